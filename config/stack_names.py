"""Stacks of a configuration, and their names.

An id is the name that the CDK CLI takes; CloudFormation's name has the application's before it,
which `stack_name` adds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.quick_start import QuickStart
from config.ways import ExistingVpc, existing_vpcs


class Kind(StrEnum):
    """Kind of a stack: its id, or the beginning of the id of an environment's stack."""

    TOPIC = "Topic"
    NETWORK = "Network"
    GRANTS = "Grants"
    SSO = "Sso"
    GATE = "Gate"
    ENVIRONMENT = "Env"
    ALARMS = "Alarms"
    UI = "Ui"
    WAY = "Way"
    QUICK_START = "QuickStart"
    DEPLOYERS = "Deployers"
    PIPELINE = "Pipeline"


RESERVED_PARAMETERS = ("aws", "ssm")
"""Beginnings of names that Systems Manager keeps for itself, in any case of letters.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""
DIGEST_LENGTH = 6
PER_ENVIRONMENT = {Kind.ENVIRONMENT, Kind.ALARMS, Kind.UI}
SEVERAL = PER_ENVIRONMENT | {Kind.WAY}
"""Kinds of which there can be several stacks, each with a suffix of its own."""
PROTECTED = {Kind.GRANTS, Kind.SSO, Kind.GATE, Kind.ENVIRONMENT, Kind.QUICK_START}
"""Kinds of stacks that hold data, a load balancer or an environment."""


class Stack(NamedTuple):
    """A stack, and the part of the configuration that it is about; None for the whole."""

    kind: Kind
    about: AnyEnvironment | QuickStart | ExistingVpc | None = None

    @property
    def id(self) -> str:
        """The name without the application's."""
        match self.about:
            case ExistingEnvironment() | NewEnvironment() as environment:
                return stack_id(self.kind, environment)
            case ExistingVpc(vpc_id=vpc_id):
                return f"{self.kind}-{vpc_id}"
        return self.kind

    @property
    def serves(self) -> str | None:
        """The name of the environment whose web server it puts behind a load balancer."""
        match self:
            case Stack(Kind.UI, ExistingEnvironment() | NewEnvironment() as environment):
                return environment.name
            case Stack(Kind.QUICK_START, QuickStart() as settings):
                return settings.mwaa_environment_name
        return None


def stacks(configuration: Configuration) -> Iterator[Stack]:
    """Every stack, after those that it depends on."""
    if configuration.deployers:
        yield Stack(Kind.DEPLOYERS)
    if configuration.alarm_topic:
        yield Stack(Kind.TOPIC)
    if configuration.has_portal:
        if not configuration.alb.named_vpc:
            yield Stack(Kind.NETWORK)
        yield Stack(Kind.GRANTS)
        yield Stack(Kind.SSO)
    if configuration.ui_gate:
        yield Stack(Kind.GATE)
    for vpc in existing_vpcs(configuration):
        yield Stack(Kind.WAY, vpc)
    yield from _of_environments(configuration)
    if configuration.quick_start:
        yield Stack(Kind.QUICK_START, configuration.quick_start)
    if configuration.pipeline:
        yield Stack(Kind.PIPELINE)


def is_protected(configuration: Configuration, stack: Stack) -> bool:
    """Whether a stack cannot be deleted."""
    own = stack.about if isinstance(stack.about, NewEnvironment) else None
    return stack.kind in PROTECTED and configuration.is_protected(own)


def _of_environments(configuration: Configuration) -> Iterator[Stack]:
    for new in sorted(configuration.new_environments, key=_uses_endpoints):
        yield Stack(Kind.ENVIRONMENT, new)
    for existing in configuration.existing_environments:
        if configuration.watch_of(existing, made_topic=None):
            yield Stack(Kind.ALARMS, existing)
    for environment in configuration.environments:
        if environment.ui_host:
            yield Stack(Kind.UI, environment)


def _uses_endpoints(environment: NewEnvironment) -> bool:
    """Whether another environment's stack may make the interface endpoints of its VPC."""
    return environment.vpc is not None and not environment.vpc.owns_interface_endpoints


def stack_id(kind: Kind, environment: AnyEnvironment) -> str:
    """The id of an environment's stack."""
    return f"{kind}-{suffix(environment.name)}"


def stack_name(app_name: str, stack_id: str) -> str:
    """The name of a stack in CloudFormation, from the application's and its id."""
    return f"{app_name}-{stack_id}"


def own_stack_id(app_name: str, name: str) -> str | None:
    """The id of the stack of this name in CloudFormation; None for one that is not this platform's.

    Another application's name may begin with this one's: `data-platform-Sso` is no stack of `data`.
    """
    prefix = stack_name(app_name, "")
    id_ = name.removeprefix(prefix)
    return id_ if name.startswith(prefix) and kind_of(id_) else None


def parameter_folder(app_name: str) -> str:
    """The beginning of the names of an application's parameters in Systems Manager."""
    reserved = app_name.lower().startswith(RESERVED_PARAMETERS)
    return f"/mwaa-{app_name}" if reserved else f"/{app_name}"


def kind_of(stack_id: str) -> Kind | None:
    """The kind of a stack, from its id; None for one that is not the platform's."""
    name, dash, _ = stack_id.partition("-")
    kind = next((each for each in Kind if each == name), None)
    return kind if kind and bool(dash) == (kind in SEVERAL) else None


def suffix(environment: str) -> str:
    """An environment's name with the characters that CloudFormation allows in a stack's.

    One with underscores has a digest as well: under the name with hyphens in their place an
    environment that is renamed would be another one in the same stack, and the former deleted.
    """
    if "_" not in environment:
        return environment
    digest = hashlib.sha256(environment.encode()).hexdigest()[:DIGEST_LENGTH]
    return f"{environment.replace('_', '-')}-{digest}"
