"""Headers that a load balancer does not simply pass on."""

from __future__ import annotations

from collections.abc import Sequence

Headers = Sequence[tuple[str, str]]
"""Names in lower case, with their values."""

# What the load balancer itself says on each of its two connections.
CONNECTION_HEADERS = frozenset(
    {"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
# A browser that trusts the local authority would force HTTPS on every port of localhost, and of the
# names below it, for as long as the header says: on any other program of the machine.
NOT_ON_LOCALHOST = frozenset({"strict-transport-security"})
