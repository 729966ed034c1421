"""QuickStart: one existing environment behind a load balancer in its own VPC, under one role."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from config.fields import (
    Change,
    EnvironmentName,
    PrivateAddresses,
    Section,
    SecurityGroupId,
    SubnetIds,
    VpcId,
    is_placeholder,
    setting,
)
from config.grants import Role

DISRUPTIVE, IN_PLACE, REPLACES = Change.DISRUPTIVE, Change.IN_PLACE, Change.REPLACES
SHIPPED_ROLE: Role = "Admin"

SecurityGroupIdOrEmpty = Annotated[
    SecurityGroupId | None,
    BeforeValidator(lambda given: None if given == "" else given),
    WithJsonSchema({"type": "string", "pattern": "^(?:sg-[0-9a-f]{8,17})?$"}),
]


class QuickStart(Section):
    """One existing private environment in its own VPC: every request passes the load balancer.

    There are no grants: everybody whom the identity provider lets into the client enters under one
    role. Without a value in any key but `RbacRoleName` the section is not used.
    """

    vpc_id: VpcId = setting(
        "Id of the environment's VPC. A change fails until the QuickStart stack is destroyed.",
        change=REPLACES,
    )
    subnet_ids: SubnetIds = setting(
        "Ids of subnets of that VPC for the load balancer, in two Availability Zones at least; "
        "public ones if `Alb.InternetFacing`.",
        change=IN_PLACE,
    )
    security_group_id: SecurityGroupIdOrEmpty = setting(
        "Id of an existing security group for the load balancer. The environment's own must let "
        "it in on port 443.",
        change=IN_PLACE,
        default=None,
        otherwise="one is made, with `Alb.AllowedCidrs`",
    )
    mwaa_environment_name: EnvironmentName = setting(
        "The environment's name in MWAA.", change=DISRUPTIVE
    )
    rbac_role_name: Role = setting(
        "The role in Airflow under which everybody enters.", change=IN_PLACE, default=SHIPPED_ROLE
    )
    mwaa_endpoint_ips: PrivateAddresses = setting(
        "Private addresses of its web server's endpoint.",
        change=IN_PLACE,
        default=(),
        otherwise="found at deployment and followed when they change",
    )


KEYS = [str(field.alias) for field in QuickStart.model_fields.values()]


def is_used(section: Any) -> bool:
    """Whether the file's section is more than what the published sample ships unfilled."""
    if not isinstance(section, dict):
        return section is not None
    shipped = {"RbacRoleName": SHIPPED_ROLE}
    return any(
        key not in KEYS or (_is_filled(value) and value != shipped.get(key))
        for key, value in section.items()
    )


def _is_filled(value: Any) -> bool:
    entries = value if isinstance(value, list) else [value]
    return any(entry and not is_placeholder(entry) for entry in entries)


QuickStartIfUsed = Annotated[
    QuickStart | None, BeforeValidator(lambda section: section if is_used(section) else None)
]
