"""What must hold between the entries of the file.

The rules work on sketches: what is well-formed of each entry, whatever else is wrong with it. So a
misspelt key in one environment does not hide that its range overlaps another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_pascal

from config.environments import AccessMode
from config.errors import Mistake, shown
from config.fields import EnvironmentName, HostUrl, Text, VpcCidr
from config.grants import EVERY_ENVIRONMENT, Email, Environments
from config.model import is_existing, stack_suffix
from config.nearest import nearest
from config.network import CustomerVpc
from config.quick_start import is_used

T = TypeVar("T")


def _none_if_malformed(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


Lenient = Annotated[T | None, WrapValidator(_none_if_malformed)]


class _Sketch(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, frozen=True)


class _Lineage(_Sketch):
    url: Lenient[HostUrl] = None
    connection: Lenient[Text] = None


class _Environment(_Sketch):
    name: Lenient[EnvironmentName] = None
    vpc_cidr: Lenient[VpcCidr] = Field(None, alias="VpcCIDR")
    web_server_access_mode: Lenient[AccessMode] = "PRIVATE_ONLY"
    lineage: Lenient[_Lineage] = None


class _Grant(_Sketch):
    user: Lenient[Email] = None
    group: Lenient[Text] = None
    environments: Lenient[Environments] = None

    @property
    def principal(self) -> str | None:
        if self.user:
            return f"user:{self.user.casefold()}"
        return f"group:{self.group}" if self.group else None


class _CustomerVpc(_Sketch):
    vpc_cidr: Lenient[VpcCidr] = Field(
        CustomerVpc.model_fields["vpc_cidr"].default, alias="VpcCIDR"
    )


Indexed = dict[int, T]


def mistakes_between_entries(raw: dict[str, Any]) -> Iterator[Mistake]:
    """The mistakes that show only when entries are seen together."""
    entries = _objects(raw.get("MwaaEnvironments"))
    environments = {i: _Environment.model_validate(entry) for i, entry in entries.items()}
    new = {i: each for i, each in environments.items() if not is_existing(entries[i])}
    grants = {i: _Grant.model_validate(entry) for i, entry in _objects(raw.get("Grants")).items()}
    vpc = raw.get("CustomerVpc", {})
    yield from _some_environment(raw)
    yield from _one_name_each(environments)
    yield from _one_stack_each(new)
    yield from _ranges_apart(_CustomerVpc.model_validate(vpc if isinstance(vpc, dict) else {}), new)
    yield from _one_connection_each(new)
    yield from _known_environments(grants, [each.name for each in environments.values()])
    yield from _one_grant_each(grants)


def _some_environment(raw: dict[str, Any]) -> Iterator[Mistake]:
    if raw.get("MwaaEnvironments", []) == [] and not is_used(raw.get("QuickStart")):
        yield Mistake(
            "MwaaEnvironments",
            "There is no environment.",
            "Name one here, existing or new, or fill QuickStart.",
        )


def _objects(value: Any) -> Indexed[dict[str, Any]]:
    entries = value if isinstance(value, list) else []
    return {index: entry for index, entry in enumerate(entries) if isinstance(entry, dict)}


def _repeats(
    environments: Indexed[_Environment], key: Callable[[_Environment], Any]
) -> Iterator[tuple[int, int]]:
    """Pairs of an environment and an earlier one with the same key; None is no key."""
    first: dict[Any, int] = {}
    for index, environment in environments.items():
        value = key(environment)
        if value is not None and first.setdefault(value, index) != index:
            yield index, first[value]


def _one_name_each(environments: Indexed[_Environment]) -> Iterator[Mistake]:
    for index, earlier in _repeats(environments, lambda each: each.name):
        yield Mistake(
            f"MwaaEnvironments[{index}].Name",
            f"MwaaEnvironments[{earlier}] has this name already.",
        )


def _one_stack_each(new: Indexed[_Environment]) -> Iterator[Mistake]:
    by_suffix = _repeats(new, lambda each: each.name and stack_suffix(each.name).casefold())
    for index, earlier in by_suffix:
        if new[index].name != new[earlier].name:
            yield Mistake(
                f"MwaaEnvironments[{index}].Name",
                f"Its stack would have the name of that of MwaaEnvironments[{earlier}]: names must "
                "differ in more than case, hyphens and underscores.",
            )


def _ranges_apart(vpc: _CustomerVpc, new: Indexed[_Environment]) -> Iterator[Mistake]:
    ranges = {
        f"MwaaEnvironments[{index}].VpcCIDR": IPv4Network(each.vpc_cidr)
        for index, each in new.items()
        if each.vpc_cidr and each.web_server_access_mode in {"PRIVATE_ONLY", "PUBLIC_AND_PRIVATE"}
    }
    if vpc.vpc_cidr:
        ranges = {"CustomerVpc.VpcCIDR": IPv4Network(vpc.vpc_cidr), **ranges}
    for (path, one), (other_path, other) in combinations(ranges.items(), 2):
        if one.overlaps(other):
            yield Mistake(
                other_path,
                f"{other} overlaps {one} of {path}.",
                "The load balancer's VPC is joined to those of private environments: take ranges "
                "that do not overlap.",
            )


def _one_connection_each(new: Indexed[_Environment]) -> Iterator[Mistake]:
    def namespace(environment: _Environment) -> tuple[str, str] | None:
        lineage = environment.lineage
        if lineage is None or lineage.url is None or lineage.connection is None:
            return None
        return lineage.url.casefold(), lineage.connection

    for index, earlier in _repeats(new, namespace):
        yield Mistake(
            f"MwaaEnvironments[{index}].Lineage.Connection",
            f"MwaaEnvironments[{earlier}] sends to this connection already, and two environments "
            "with one connection corrupt each other's lineage.",
            "Give each environment a connection of its own.",
        )


def _known_environments(grants: Indexed[_Grant], names: list[str | None]) -> Iterator[Mistake]:
    known = [name for name in names if name]
    for index, grant in grants.items():
        for position, name in enumerate(grant.environments or ()):
            if name not in (EVERY_ENVIRONMENT, *known):
                near = nearest(name, known)
                yield Mistake(
                    f"Grants[{index}].Environments[{position}]",
                    f"{shown(name)} is no environment under MwaaEnvironments.",
                    f"Did you mean {near}?" if near else None,
                )


def _one_grant_each(grants: Indexed[_Grant]) -> Iterator[Mistake]:
    first: dict[tuple[str, str], int] = {}
    for index, grant in grants.items():
        for name in grant.environments or ():
            if grant.principal and first.setdefault((grant.principal, name), index) != index:
                yield Mistake(
                    f"Grants[{index}]",
                    f"Grants[{first[grant.principal, name]}] has this principal and environment.",
                    "Join the two into one grant with all roles.",
                )
