"""Headers that a load balancer does not pass on unchanged."""

from __future__ import annotations

from collections.abc import Sequence

Headers = Sequence[tuple[str, str]]
"""Names, in lower case, and values."""

# Headers that concern one of the load balancer's two connections (hop-by-hop).
CONNECTION_HEADERS = frozenset(
    {"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
# With this header, a browser that trusts the local authority would force HTTPS on every port of
# localhost and its subdomains, hence on other programs of the machine.
NOT_ON_LOCALHOST = frozenset({"strict-transport-security"})
