"""QuickStart: one existing environment behind a load balancer in its own VPC, under one role."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema, field_validator

from config.grants import Role
from config.oidc import Client
from config.section import Expects, Section, is_placeholder, reject, setting
from config.types import (
    ClientId,
    EnvironmentName,
    PrivateAddresses,
    SecretArn,
    SecurityGroupId,
    SubnetIds,
    VpcId,
)
from config.update_policy import FREE, SIGNS_IN_AGAIN, UpdatePolicy

SAMPLE_ROLE: Role = "Admin"
SHIPPED_ROLES = (SAMPLE_ROLE, "Viewer")
"""Roles in the unfilled sections of the published sample and of this project's file."""

SecurityGroupIdOrEmpty = Annotated[
    SecurityGroupId | None,
    BeforeValidator(lambda given: None if given == "" else given),
    WithJsonSchema({"type": "string", "pattern": "^(?:sg-[0-9a-f]{8,17})?$"}),
    Expects("the id of a security group, such as sg-0123456789abcdef0, or empty"),
]


class QuickStart(Section):
    """One existing private environment behind a load balancer in its own VPC.

    There are no grants: everybody whom the identity provider lets into the client gets the same
    role. The section is ignored while it is as shipped: every key but `RbacRoleName` is absent,
    empty or the placeholder `"..."`, and `RbacRoleName` is that too, or `Admin` or `Viewer`. In
    other sections a placeholder is a mistake.
    """

    vpc_id: VpcId = setting(
        "ID of the environment's VPC. A change fails until the QuickStart stack is destroyed.",
        update=UpdatePolicy.REFUSED_LOAD_BALANCER,
    )
    subnet_ids: SubnetIds = setting(
        "IDs of subnets of that VPC for the load balancer, in at least two Availability Zones; "
        "public ones if `Alb.InternetFacing`.",
        update=FREE,
    )
    security_group_id: SecurityGroupIdOrEmpty = setting(
        "ID of an existing security group for the load balancer. The environment's own must "
        "allow it on port 443.",
        update=UpdatePolicy.NEEDS_A_RULE,
        default=None,
        otherwise="one is created from `Alb.AllowedCidrs`",
    )
    mwaa_environment_name: EnvironmentName = setting(
        "The environment's name in MWAA.", update=UpdatePolicy.OPENS_ANOTHER
    )
    rbac_role_name: Role = setting(
        "The Airflow role that everybody gets.", update=FREE, default=SAMPLE_ROLE
    )
    mwaa_endpoint_ips: PrivateAddresses = setting(
        "Private IP addresses of the web server's VPC endpoint.",
        update=FREE,
        default=(),
        otherwise="looked up at deployment and kept up to date",
    )
    client_id: ClientId | None = setting(
        "The ID of a client only for QuickStart, at the provider of `Oidc`; set `ClientSecretArn` "
        "too. Use one if there is also a portal: the web server sees its visitors' access tokens.",
        update=SIGNS_IN_AGAIN,
        default=None,
        otherwise="`Oidc.ClientId`",
    )
    client_secret_arn: SecretArn | None = setting(
        "ARN of the secret in Secrets Manager that holds that client's secret as plain text. It is "
        "rotated as `Oidc.ClientSecretArn` is.",
        update=FREE,
        default=None,
        otherwise="`Oidc.ClientSecretArn`; **required** with `ClientId`",
    )

    @field_validator("client_secret_arn")
    @classmethod
    def _check_client(cls, arn: str | None, info: ValidationInfo) -> str | None:
        client_id = info.data.get("client_id", arn)
        if client_id and not arn:
            reject("Missing: the secret of the client that ClientId names.", "Give its ARN.")
        if arn and not client_id:
            reject("The secret of which client?", "Give ClientId too.")
        return arn

    @property
    def client(self) -> Client | None:
        """Its own client at the identity provider; None where it shares the portal's."""
        if not (self.client_id and self.client_secret_arn):
            return None
        return Client(client_id=self.client_id, client_secret_arn=self.client_secret_arn)


KEYS = [str(field.alias) for field in QuickStart.model_fields.values()]


def is_used(section: Any) -> bool:
    """Whether the file's section differs from those that are shipped unfilled."""
    if not isinstance(section, dict):
        return section is not None
    shipped = {"RbacRoleName": SHIPPED_ROLES}
    return any(
        key not in KEYS or (_is_filled(value) and value not in shipped.get(key, ()))
        for key, value in section.items()
    )


def _is_filled(value: Any) -> bool:
    entries = value if isinstance(value, list) else [value]
    return any(entry and not is_placeholder(entry) for entry in entries)


QuickStartIfUsed = Annotated[
    QuickStart | None, BeforeValidator(lambda section: section if is_used(section) else None)
]
