"""The configuration as a whole: the typed form of cdk.context.json."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from config import warnings
from config.environments import ExistingEnvironment
from config.fields import Change, Matches, Section, setting
from config.grants import Grant, Role
from config.lineage import LineageDefaults, LineageSettings
from config.network import CustomerVpc, VpcSettings
from config.new_environment import NewEnvironment
from config.quick_start import QuickStart
from config.sign_in import Alb, Oidc

__all__ = [
    "Alb",
    "Configuration",
    "CustomerVpc",
    "ExistingEnvironment",
    "Grant",
    "LineageSettings",
    "NewEnvironment",
    "Oidc",
    "Role",
    "VpcSettings",
]

EVERYWHERE = "0.0.0.0/0"
EXISTING_KEYS = {field.alias for field in ExistingEnvironment.model_fields.values()}
NEW_KEYS = {field.alias for field in NewEnvironment.model_fields.values()} - EXISTING_KEYS

AppName = Annotated[
    str,
    Matches(
        r"[A-Za-z][A-Za-z0-9-]{0,19}",
        "a letter, then letters, digits or hyphens, 20 characters at most",
    ),
]


def is_existing(entry: Any) -> bool:
    """Whether an entry of the file has no key that only a new environment has."""
    return isinstance(entry, dict) and not NEW_KEYS & entry.keys()


def _kind(entry: Any) -> str:
    return "existing" if is_existing(entry) else "new"


Environments = Annotated[
    tuple[
        Annotated[
            Annotated[ExistingEnvironment, Tag("existing")] | Annotated[NewEnvironment, Tag("new")],
            Discriminator(_kind),
        ],
        ...,
    ],
    Field(min_length=1),
]


class Configuration(Section):
    """Everything that the user decides."""

    app_name: AppName = setting(
        "Begins the names of all stacks and of what people must read. IAM roles are among them, so "
        "a second Region of an account needs another.",
        change=Change.REPLACES,
        default="mwaa-platform",
    )
    oidc: Oidc = setting("The client at the company's identity provider.", change=Change.DISRUPTIVE)
    alb: Alb = setting("The load balancer that people open.", change=Change.IN_PLACE)
    customer_vpc: CustomerVpc = setting(
        "The VPC of the load balancer.", change=Change.REPLACES, default_factory=CustomerVpc
    )
    quick_start: QuickStart = setting(
        "Not built by this version: leave it out, or unfilled as the published sample ships it.",
        change=Change.IN_PLACE,
        default=None,
    )
    lineage_defaults: LineageDefaults | None = setting(
        "Where all new environments send lineage; each may override it.",
        change=Change.DISRUPTIVE,
        default=None,
        alias="Lineage",
    )
    environments: Environments = setting(
        "The environments.", change=Change.IN_PLACE, alias="MwaaEnvironments"
    )
    grants: tuple[Grant, ...] = setting("Who may open what.", change=Change.IN_PLACE, default=())

    @property
    def new_environments(self) -> tuple[NewEnvironment, ...]:
        return tuple(each for each in self.environments if isinstance(each, NewEnvironment))

    @property
    def existing_environments(self) -> tuple[ExistingEnvironment, ...]:
        return tuple(each for each in self.environments if isinstance(each, ExistingEnvironment))

    @property
    def alb_ingress_cidrs(self) -> tuple[str, ...]:
        """Who may connect to the load balancer."""
        default = EVERYWHERE if self.alb.internet_facing else self.customer_vpc.vpc_cidr
        return self.alb.allowed_cidrs or (default,)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What deserves a look but stops nothing."""
        return tuple(warnings.find(self))

    def stack_suffix(self, environment: ExistingEnvironment | NewEnvironment) -> str:
        """An environment's name as CloudFormation allows it in the name of a stack."""
        return stack_suffix(environment.name)


def stack_suffix(name: str) -> str:
    """See `Configuration.stack_suffix`."""
    return name.replace("_", "-")
