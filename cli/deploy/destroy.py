"""`destroy`: removes an environment's stacks, and says what it kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import console
from cli.commands import Destroy
from cli.deploy.health import Health
from cli.deploy.lock import HeldLock
from cli.deploy.locking import locked
from cli.deploy.patience import Patience
from cli.deploy.progress import elapsed
from cli.deploy.states import State, read_states
from cli.deployed import DeployedPlatform, deployed_platform
from cli.interruption import interrupted_by_termination
from cli.lookup import COMMAND_LINE, option_error, unknown_environment
from cli.plan.deployed import deployed_template
from cli.spans import parse_span
from config.stack_names import Kind, stack_name, suffix
from errors import InputError, PlatformError
from mwaa.log_groups import log_group_names

POLL_SECONDS = 3.0
REMOVED = (Kind.UI, Kind.ALARMS, Kind.ENVIRONMENT)
"""An environment's stacks in the order in which they go."""
RETAINED = {"Retain", "RetainExceptOnCreate"}
DELETED = "DELETE_COMPLETE"
DELETING = "DELETE_IN_PROGRESS"
CONTAINED = ("AWS::S3::BucketPolicy", "AWS::KMS::Alias")
"""Types that are no things of their own."""


@dataclass(frozen=True, kw_only=True)
class Removal:
    """The removal of an environment: its stacks in the order in which they go, and what stays."""

    platform: DeployedPlatform
    environment: str
    stacks: Sequence[str]
    kept: Sequence[tuple[str, str]]
    """Types and names."""

    @classmethod
    def of(cls, platform: DeployedPlatform, environment: str) -> Removal:
        """The removal of an environment; a stack that left the file is one of it as well.

        Raises PlatformError where it has no stack, InputError where there is no such environment.
        """
        states = read_states(platform)
        ids = [f"{kind}-{suffix(environment)}" for kind in REMOVED]
        there = [id_ for id_ in ids if id_ in states and states[id_].status != DELETED]
        if not there and environment in platform.environments:
            raise PlatformError(
                f"No stack of {environment} is deployed.",
                place=platform.place,
                remedy="Take it out of the file, if it is not to be made.",
            )
        if not there:
            finding = unknown_environment(environment, "NAME", platform.environments)
            raise InputError(COMMAND_LINE, [finding])
        kept = [each for id_ in there for each in _retained(platform, id_)]
        groups = _log_groups(platform, environment) if ids[-1] in there else []
        return cls(
            platform=platform,
            environment=environment,
            stacks=there,
            kept=[*kept, *(("AWS::Logs::LogGroup", each) for each in groups)],
        )

    def run(self, lock: HeldLock) -> None:
        """Deletes the stacks one after another, and what was kept for the next deployment of it.

        Raises PlatformError where one is not deleted, or the lock was broken meanwhile.
        """
        cloudformation = self.platform.session.client("cloudformation")
        for id_ in self.stacks:
            lock.check()
            name = stack_name(self.platform.outline.app_name, id_)
            state = self._state(id_)
            # Another run may have deleted it, or have begun to.
            if state and state.status not in {DELETED, DELETING}:
                cloudformation.update_termination_protection(
                    StackName=name, EnableTerminationProtection=False
                )
                cloudformation.delete_stack(StackName=name)
            self._wait(id_, name)
        lock.check()
        Health(platform=self.platform).forget([self.environment])

    def _wait(self, id_: str, name: str) -> None:
        started = time.monotonic()
        with console.status_line() as show:
            while (state := self._state(id_)) and state.status == DELETING:
                show(f"Deleting {id_}: {elapsed(time.monotonic() - started)} of 20 to 30 minutes")
                time.sleep(POLL_SECONDS)
        if state and state.status != DELETED:
            raise PlatformError(
                f"The stack {name} was not deleted: it is {state.status}.",
                place=self.platform.place,
                remedy=f"`./mwaa-platform explain {id_}` says why. Remove the cause, then run this "
                "again: it continues.",
            )
        took = elapsed(time.monotonic() - started)
        console.say(f"{id_} is deleted, {took}", mark="✓", style="bold green")

    def _state(self, id_: str) -> State | None:
        return read_states(self.platform).get(id_)


def destroy(options: Destroy) -> None:
    """Removes an environment after its name was typed.

    Raises InputError for an environment that is not deployed, or where nobody can be asked.
    """
    name = options.environment
    if options.confirm is None and not console.can_ask():
        raise option_error(
            "--confirm",
            "Nobody can be asked here, for the input is no terminal.",
            f"Give the environment's name again: --confirm {name}",
        )
    limit = parse_span("--wait", options.wait)
    with (
        interrupted_by_termination(),
        deployed_platform(options) as platform,
        locked(platform, Patience(limit), break_lock=options.break_lock) as lock,
    ):
        removal = Removal.of(platform, name)
        _show(removal)
        typed = options.confirm or console.ask(f"Type {name} to remove it:")
        if typed != name:
            raise option_error(
                "--confirm", "That is not the environment's name.", "Nothing was removed."
            )
        removal.run(lock)
        _show_rest(removal)


def _show(removal: Removal) -> None:
    console.heading(f"{removal.environment} {removal.platform.place}")
    console.say(f"Deleted: {', '.join(removal.stacks)}", mark="-")
    if f"{Kind.ENVIRONMENT}-{suffix(removal.environment)}" in removal.stacks:
        console.say(
            "Its run history, connections and variables are lost, with the token of its lineage.",
            mark="-",
        )


def _show_rest(removal: Removal) -> None:
    if removal.kept:
        console.heading("Kept, for you to delete")
        console.table(("type", "name"), removal.kept)
    if removal.environment in removal.platform.environments:
        console.gap()
        console.say(
            f"Take {removal.environment} out of MwaaEnvironments and Grants, then deploy: that "
            "removes it from the sign-in. Left in the file, the next deployment makes it again."
        )


def _retained(platform: DeployedPlatform, id_: str) -> Iterator[tuple[str, str]]:
    """What of a stack stays in the account when it is deleted."""
    cloudformation = platform.session.client("cloudformation")
    name = stack_name(platform.outline.app_name, id_)
    declared = deployed_template(cloudformation, name).get("Resources", {})
    resources = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    for page in resources:
        for each in page["StackResourceSummaries"]:
            policy = declared.get(each["LogicalResourceId"], {}).get("DeletionPolicy")
            type_ = each["ResourceType"]
            if policy in RETAINED and type_ not in CONTAINED:
                yield type_, str(each.get("PhysicalResourceId"))


def _log_groups(platform: DeployedPlatform, environment: str) -> Iterator[str]:
    """The log groups that MWAA has made for an environment."""
    logs = platform.session.client("logs")
    for name in log_group_names(environment).values():
        found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        if any(each["logGroupName"] == name for each in found):
            yield name
