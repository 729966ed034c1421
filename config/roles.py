"""Conventions of the account for all IAM roles of the platform."""

from __future__ import annotations

from typing import Annotated

from config.section import Matches, Section, setting
from config.types import PolicyArn
from config.update_policy import FREE, UpdatePolicy

RolePath = Annotated[
    str,
    Matches(
        r"/(?:[\w+=,.@-]+/)+",
        "a path of IAM that begins and ends with a slash, such as /data-platform/",
    ),
]
NamePrefix = Annotated[
    str,
    Matches(r"[\w+=,.@-]{1,20}", "the beginning of a role's name, 20 characters at most"),
]


class Roles(Section):
    """What the account demands of every IAM role that the platform creates."""

    permissions_boundary_arn: PolicyArn | None = setting(
        "ARN of the managed policy that bounds the permissions of each role.",
        update=FREE,
        default=None,
        otherwise="no boundary",
    )
    path: RolePath | None = setting(
        "Path of each role.",
        update=UpdatePolicy.REFUSED_ROLES,
        default=None,
        otherwise="`/`",
    )
    name_prefix: NamePrefix | None = setting(
        "Prefix of each role's name.",
        update=UpdatePolicy.RENAMES_ROLES,
        default=None,
        otherwise="CloudFormation names the roles; those of web login begin with `AppName`",
    )
