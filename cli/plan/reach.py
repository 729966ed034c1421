"""Which stacks a key of the configuration can change."""

from __future__ import annotations

from collections.abc import Mapping, Set

from cli.plan.application import Application
from config.environments import ExistingEnvironment
from config.key_changes import KeyChange
from config.stack_names import Kind, suffix

EVERY = frozenset(Kind)
REACHES: Mapping[str, Set[Kind]] = {
    "Oidc": {Kind.SSO, Kind.GATE, Kind.UI, Kind.QUICK_START},
    "Alb": EVERY - {Kind.GRANTS},
    "Authenticator": {Kind.SSO},
    "CustomerVpc": {Kind.NETWORK, Kind.SSO, Kind.GATE, Kind.ENVIRONMENT, Kind.UI},
    "QuickStart": {Kind.QUICK_START},
    "UiGate": {Kind.SSO, Kind.GATE, Kind.UI},
}
"""Kinds of stacks by the section that they read."""
LISTED = {str(field.alias) for field in ExistingEnvironment.model_fields.values()} - {
    "UiPriority",
    "Lineage",
    "Requirements",
    "Plugins",
}
"""Keys of entries that the portal lists."""


def reached_by(key: KeyChange, application: Application) -> set[str]:
    """The ids of the stacks that a key can change."""
    ids = {each.id for each in application.stacks.values()}
    if key.environment is None:
        kinds = REACHES.get(str(key.place[0]), EVERY)
        return {each for each in ids if each.partition("-")[0] in kinds}
    own = suffix(key.environment)
    stacks = {f"{Kind.ENVIRONMENT}-{own}", f"{Kind.UI}-{own}"}
    if key.place[0] in LISTED:
        stacks |= {str(Kind.SSO), str(Kind.GATE)}
    return stacks & ids
