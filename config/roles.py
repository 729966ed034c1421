"""Conventions of the account for all IAM roles of the platform."""

from __future__ import annotations

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from config.section import Matches, Section, reject, setting
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
        "Path of each role; give `NamePrefix` too.",
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

    @field_validator("name_prefix")
    @classmethod
    def _check_path(cls, prefix: str | None, info: ValidationInfo) -> str | None:
        if prefix is None and info.data.get("path"):
            reject(
                "Path needs a prefix of names too: with another path the roles have to get other "
                "names.",
                "Give NamePrefix, such as platform-.",
            )
        return prefix
