"""The published sample's QuickStart section, which this version reads but does not build."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from config.fields import Change, Section, is_placeholder, reject, setting

SHIPPED_ROLE = "Admin"
NEEDED = ("VpcId", "SubnetIds", "SecurityGroupId", "MwaaEnvironmentName")


def _key() -> Any:
    return setting("Not built.", change=Change.IN_PLACE, default=None)


class QuickStartKeys(Section):
    """One existing environment in its own VPC: leave the section out, or as the sample has it."""

    vpc_id: Any = _key()
    subnet_ids: Any = _key()
    security_group_id: Any = _key()
    mwaa_environment_name: Any = _key()
    rbac_role_name: Any = _key()
    mwaa_endpoint_ips: Any = _key()


def _is_filled(value: Any) -> bool:
    entries = value if isinstance(value, list) else [value]
    return any(entry and not is_placeholder(entry) for entry in entries)


def _refuse_unless_unfilled(section: QuickStartKeys | None) -> None:
    if section is None:
        return
    filled = {
        str(field.alias)
        for name, field in QuickStartKeys.model_fields.items()
        if _is_filled(getattr(section, name))
    }
    if section.rbac_role_name == SHIPPED_ROLE:
        filled.discard("RbacRoleName")
    if not filled:
        return
    missing = [key for key in NEEDED if key not in filled]
    reject(
        "This version does not build QuickStart"
        + (f", and it is half filled: {', '.join(missing)} missing." if missing else "."),
        "Take the section out and name the existing environment under MwaaEnvironments.",
    )


QuickStart = Annotated[QuickStartKeys | None, AfterValidator(_refuse_unless_unfilled)]
