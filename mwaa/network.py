"""What MWAA needs of the network of an environment.

https://docs.aws.amazon.com/mwaa/latest/userguide/networking-about.html
"""

from __future__ import annotations

SUBNETS = 2
"""Of an environment, in as many Availability Zones.

https://docs.aws.amazon.com/mwaa/latest/API/API_NetworkConfiguration.html
"""
SECURITY_GROUPS = 5
"""Of an environment, at most."""
RESERVED_ADDRESSES = 5
"""Of each subnet, which AWS keeps for itself.

https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
"""


def own_endpoints(*, is_private: bool) -> int:
    """How many endpoints of its own an environment has in each subnet: each takes an address.

    Beside that of the database a private environment has one for its web server.
    """
    return 2 if is_private else 1
