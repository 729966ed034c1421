"""Which stacks a key of the configuration can change."""

from __future__ import annotations

from collections.abc import Mapping, Set

from cli.plan.application import Application
from config.environments import ExistingEnvironment
from config.key_changes import CONNECTIVITY, KeyChange, entries
from config.model import FACTS
from config.stack_names import PER_ENVIRONMENT, Kind, suffix

EVERY = frozenset(Kind)
UI_HOST, ALARMS = "UiHost", "Alarms"
"""With either an environment can have one stack more, which the pipeline deploys; the dashboard of
all shows the alarm of each that sends."""
SIGN_IN = frozenset({Kind.SSO, Kind.GATE, Kind.UI, Kind.QUICK_START})
REACHES: Mapping[str, Set[Kind]] = {
    "Oidc": {Kind.SSO, Kind.GATE, Kind.UI, Kind.QUICK_START},
    "Alb": SIGN_IN,
    "Authenticator": {Kind.SSO},
    "Alarms": EVERY - {Kind.NETWORK, Kind.GRANTS, Kind.WAY, Kind.TOPIC},
    "CustomerVpc": {Kind.NETWORK, Kind.SSO, Kind.GATE, Kind.ENVIRONMENT, Kind.UI, Kind.WAY},
    "AlarmTopic": EVERY - {Kind.NETWORK, Kind.GRANTS, Kind.WAY},
    "QuickStart": {Kind.QUICK_START},
    "Deployers": {Kind.DEPLOYERS},
    "Pipeline": {Kind.PIPELINE},
    "UiGate": {Kind.SSO, Kind.GATE, Kind.UI},
}
"""Kinds of stacks by the section that they read."""
MADE_BY: Mapping[str, str] = {
    "QuickStart": Kind.QUICK_START,
    "Deployers": Kind.DEPLOYERS,
    "Pipeline": Kind.PIPELINE,
}
"""The stacks that sections make, which nothing else reads."""
KEYS_REACH: Mapping[tuple[str, ...], Set[Kind]] = {
    **{
        ("Alb", key): EVERY - {Kind.GRANTS}
        for key in ("VpcId", "SubnetIds", "VpcCIDR", "RouteTableIds")
    },
    ("Alb", "InternetFacing"): SIGN_IN | {Kind.NETWORK},
}
"""Of sections with keys that reach other stacks than the rest of it."""
LISTED = {str(field.alias) for field in ExistingEnvironment.model_fields.values()} - {
    "UiPriority",
    "Connectivity",
    ALARMS,
    "Wave",
    "Lineage",
    "Requirements",
    "Plugins",
}
"""Keys of entries that the portal lists."""


def reached_by(key: KeyChange, application: Application) -> set[str]:
    """The ids of the stacks that a key can change."""
    ids = {each.id for each in application.stacks.values()}
    if key.environment is None:
        section, *_ = place = tuple(map(str, key.place[:2]))
        kinds = KEYS_REACH.get(place, REACHES.get(section, EVERY))
        return {each for each in ids if each.partition("-")[0] in kinds}
    own = suffix(key.environment)
    stacks = {f"{kind}-{own}" for kind in PER_ENVIRONMENT}
    stacks |= {f"{Kind.WAY}-{vpc}" for vpc in _vpcs(key.environment, application)}
    if key.place[0] in {UI_HOST, ALARMS}:
        stacks |= {str(Kind.PIPELINE), str(Kind.SSO)}
    if key.place[0] == CONNECTIVITY:
        stacks.add(str(Kind.NETWORK))
    if key.place[0] in LISTED:
        stacks |= {str(Kind.SSO), str(Kind.GATE)}
    return stacks & ids


def comes_with(key: KeyChange, id_: str) -> bool:
    """Whether a stack comes or goes with a section, because that alone makes it."""
    return key.environment is None and MADE_BY.get(str(key.place[0])) == id_


def _vpcs(environment: str, application: Application) -> set[str]:
    """The existing VPC of an environment, by what its entry says."""
    entry = entries(application.written or {}).get(environment, {})
    given = (entry.get(FACTS), entry.get("Vpc"))
    return {str(each.get("VpcId")) for each in given if isinstance(each, dict)}
