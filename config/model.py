"""Model of the configuration as a whole, cdk.context.json."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Discriminator, PrivateAttr, Tag

from config.alarms import Alarms, AlarmTopic, EnvironmentAlarms
from config.alb import Alb
from config.authenticator import Authenticator
from config.connectivity import Connectivity
from config.deployers import Deployers
from config.environments import ExistingEnvironment
from config.grants import Grant
from config.lineage.settings import LineageDefaults
from config.network import CustomerVpc, limit
from config.new_environment import NewEnvironment
from config.oidc import Client, Oidc
from config.pipeline import Pipeline
from config.quick_start import QuickStartIfUsed
from config.roles import Roles
from config.section import Matches, Section, setting
from config.types import Boolean, TagKey, TagValue
from config.ui_gate import UiGate
from config.ui_priority import ui_priority
from config.update_policy import BY_KEY, FREE, RESTARTS, SIGNS_IN_AGAIN, UpdatePolicy
from config.watch import Watch, watch

ANY_IPV4 = "0.0.0.0/0"
EXISTING_KEYS = {field.alias for field in ExistingEnvironment.model_fields.values()}
NEW_KEYS = {field.alias for field in NewEnvironment.model_fields.values()} - EXISTING_KEYS

AppName = Annotated[
    str,
    Matches(
        r"[A-Za-z][A-Za-z0-9-]{0,19}",
        "a letter, then letters, digits or hyphens, 20 characters at most",
    ),
]


FACTS = "Existing"


def is_existing(entry: Any) -> bool:
    """Whether an entry of the file is of an existing environment.

    It has facts about one, or no key that only a new environment has. With both it counts as
    existing, where such a key is a mistake: a guess would create an environment, which costs.
    """
    return isinstance(entry, dict) and (FACTS in entry or not NEW_KEYS & entry.keys())


def _kind(entry: Any) -> str:
    return "existing" if is_existing(entry) else "new"


AnyEnvironment = ExistingEnvironment | NewEnvironment
Environments = tuple[
    Annotated[
        Annotated[ExistingEnvironment, Tag("existing")] | Annotated[NewEnvironment, Tag("new")],
        Discriminator(_kind),
    ],
    ...,
]


class Configuration(Section):
    """The sections of the file."""

    app_name: AppName = setting(
        "Prefix of the names of all stacks and of the resources that people look up by name. IAM "
        "roles are among them, so a second Region of the same account needs another prefix.",
        update=UpdatePolicy.ANOTHER_PLATFORM,
        default="mwaa-platform",
    )
    termination_protection: Boolean = setting(
        "Whether the stacks that hold data, load balancers or environments cannot be deleted. To "
        "delete them, set this to `false` and deploy first.",
        update=FREE,
        default=True,
    )
    tags: dict[TagKey, TagValue] = setting(
        "Tags for every resource that CloudFormation can tag. An environment's own `Tags` "
        "override them. Another one restarts every environment.",
        update=RESTARTS,
        default_factory=dict,
        otherwise="no tags",
    )
    oidc: Oidc = setting("The client at the company's identity provider.", update=BY_KEY)
    alb: Alb = setting("The load balancer that people open.", update=BY_KEY)
    authenticator: Authenticator = setting(
        "The function that signs people in.",
        update=BY_KEY,
        default_factory=Authenticator,
        otherwise="its defaults",
    )
    customer_vpc: CustomerVpc = setting(
        "The VPC that is created for the load balancer, unless `Alb.VpcId` names one.",
        update=BY_KEY,
        default_factory=CustomerVpc,
        otherwise="its defaults",
    )
    connectivity: Connectivity = setting(
        "How the VPCs of private web servers are joined to the load balancer's; each environment "
        "can have its own.",
        update=BY_KEY,
        default_factory=Connectivity,
        otherwise="its defaults",
    )
    roles: Roles = setting(
        "What the account demands of every IAM role.",
        update=BY_KEY,
        default_factory=Roles,
        otherwise="its defaults",
    )
    quick_start: QuickStartIfUsed = setting(
        "One existing environment behind a load balancer in its own VPC, under one role.",
        update=UpdatePolicy.ADDS_STACKS,
        default=None,
        otherwise="not used",
    )
    alarms: Alarms = setting(
        "What is watched, and where an alarm sends; each environment can have its own.",
        update=BY_KEY,
        default_factory=Alarms,
        otherwise="its defaults",
    )
    alarm_topic: AlarmTopic | None = setting(
        "A topic that the platform creates for alarms.",
        update=UpdatePolicy.ADDS_STACKS,
        default=None,
        otherwise="no topic is made",
    )
    ui_gate: UiGate | None = setting(
        "A sign-in in front of every `UiHost`.",
        update=SIGNS_IN_AGAIN,
        default=None,
        otherwise="whoever can reach the load balancer reaches the web servers' own sign-in pages",
    )
    deployers: Deployers | None = setting(
        "The roles as which the jobs of a repository look at the platform, and deploy it.",
        update=UpdatePolicy.ADDS_STACKS,
        default=None,
        otherwise="no such roles; deploy from a laptop, or make them yourself",
    )
    pipeline: Pipeline | None = setting(
        "A pipeline that deploys each merged commit.",
        update=UpdatePolicy.ADDS_STACKS,
        default=None,
        otherwise="none: the file is deployed by commands",
    )
    lineage_defaults: LineageDefaults | None = setting(
        "Where new environments send lineage; each can override it.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
        default=None,
        otherwise="no lineage, except from environments with their own `Lineage`",
        alias="Lineage",
    )
    environments: Environments = setting(
        "The environments in the portal.",
        update=UpdatePolicy.ADDS_STACKS,
        default=(),
        otherwise="no portal; **required** without `QuickStart`",
        alias="MwaaEnvironments",
    )
    grants: tuple[Grant, ...] = setting(
        "Who may open which environment, under which roles.",
        update=FREE,
        default=(),
        otherwise="only the grants that people add by hand",
    )

    _written: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def written(self) -> dict[str, Any]:
        """The keys and values of the file, environments with the lineage that they inherit."""
        return self._written

    def with_written(self, content: dict[str, Any]) -> Self:
        """The configuration, which knows how it is written."""
        copy = self.model_copy()
        copy._written = content
        return copy

    @property
    def new_environments(self) -> tuple[NewEnvironment, ...]:
        """The environments that the platform creates, in the file's order."""
        return tuple(each for each in self.environments if isinstance(each, NewEnvironment))

    @property
    def existing_environments(self) -> tuple[ExistingEnvironment, ...]:
        """The environments that exist already, in the file's order."""
        return tuple(each for each in self.environments if isinstance(each, ExistingEnvironment))

    @property
    def has_portal(self) -> bool:
        """Whether there are environments apart from QuickStart's, and so a portal."""
        return bool(self.environments)

    @property
    def alb_vpc_cidr(self) -> str:
        """The CIDR range of the VPC of the portal's load balancer."""
        named = self.alb.named_vpc
        return named.cidr if named else self.customer_vpc.vpc_cidr

    @property
    def alb_vpc(self) -> CustomerVpc:
        """The settings of the load balancer's new VPC.

        Without the key it has no NAT gateways for a load balancer with addresses of its own: it
        calls the identity provider from them, and nothing else is in the VPC.
        """
        vpc = self.customer_vpc
        if self.alb.internet_facing and "nat_gateways" not in vpc.model_fields_set:
            return vpc.model_copy(update={"nat_gateways": 0})
        return vpc

    @property
    def alb_ingress_cidrs(self) -> tuple[str, ...]:
        """CIDR ranges that may connect to the load balancer."""
        default = ANY_IPV4 if self.alb.internet_facing else self.alb_vpc_cidr
        return self.alb.allowed_cidrs or (default,)

    @property
    def is_open(self) -> bool:
        """Whether more of the internet may connect than one organisation's addresses."""
        return self.alb.internet_facing and not limit(self.alb_ingress_cidrs)

    @property
    def quick_start_client(self) -> Client:
        """QuickStart's client at the identity provider, its own or the portal's."""
        return (self.quick_start and self.quick_start.client) or self.oidc.client

    def connectivity_of(self, environment: AnyEnvironment) -> Connectivity:
        """How the VPC of an environment is joined to the load balancer's: its own key, or all's."""
        return environment.connectivity or self.connectivity

    def watch(self, *, made_topic: str | None) -> Watch | None:
        """How signing in is watched; None where it is not. `made_topic` is the ARN of the topic
        that is made, if one is."""
        return watch(self.alarms, made=made_topic) if self.alarms.enabled else None

    def watch_of(
        self, environment: AnyEnvironment, *, made_topic: str | None, host: bool = False
    ) -> Watch | None:
        """How an environment is watched, or its `host`; None where it is not."""
        own = environment.alarms or EnvironmentAlarms()
        default = self.alarms.enabled and (host or isinstance(environment, NewEnvironment))
        enabled = default if own.enabled is None else own.enabled
        return watch(self.alarms, own, made=made_topic) if enabled else None

    def is_protected(self, environment: NewEnvironment | None = None) -> bool:
        """Whether the stack of an environment, or one that is not about one, cannot be deleted."""
        own = environment.termination_protection if environment else None
        return self.termination_protection if own is None else own

    def ui_priority(self, environment: AnyEnvironment) -> int:
        """A number that no other environment with a `UiHost` has; see config.ui_priority."""
        return ui_priority(
            environment.name, given=environment.ui_priority, gated=self.ui_gate is not None
        )
