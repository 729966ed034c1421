"""The pictures of a terminal in docs/pictures: what `deploy` shows of a plan, a wave, and a stop.

`.venv/bin/python -m tests.documents.terminal_pictures` takes them. The command's own code shows
them, of an account that is made up here.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import MagicMock, patch

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

import console
from cli.commands import Deploy
from cli.deploy import aftermath, command, health, rollout
from cli.deploy.rollout import Manner, Rollout
from cli.deploy.stages import Stage, stages
from cli.deploy.states import State
from cli.deployed import DeployedPlatform
from cli.doctor.stack_states import StackState
from cli.explain.stacks import explain_state
from cli.plan.consequences import changes_between, plan_of
from cli.plan.plan import Plan
from config.loader import parse_configuration
from config.model import Configuration
from config.outline import outline_of
from errors import Finding, Level, PlatformError
from local.layout import ROOT
from tests.documents.plan_examples import application
from tests.templates.synthesis import SAMPLES, raw_sample

FOLDER = ROOT / "docs" / "pictures"
WIDTH = 92
COMMAND = "./mwaa-platform deploy"
CANARY, SECOND = "trials", "reporting"
BEGINNING = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTES = 24
REASON = (
    "Resource handler returned message: The environment could not be updated: "
    "INCORRECT_CONFIGURATION"
)
# Fonts of the viewer's own, rather than of another host.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)

Json = dict[str, Any]


def pictures() -> Mapping[str, str]:
    """The pictures (SVG) by the names of their files."""
    before, after = _raw("mw1.small"), _raw("mw1.medium")
    old, new = application(before), application(after)
    [changes] = changes_between([(old, new)])
    plan = plan_of(old, new, changes, described="what is deployed in AWS, Region us-east-1")
    plan = replace(plan, notes=())
    configuration = _configuration(after)
    order = stages(new, configuration)
    made = _platform(configuration)
    return {
        "deploy-plan.svg": _shown(lambda: _ask(plan, order)),
        "deploy-wave.svg": _shown(lambda: _roll_out(made, plan, order, broken=None)),
        "deploy-stop.svg": _shown(lambda: _roll_out(made, plan, order, broken=CANARY)),
    }


def _raw(class_: str) -> Json:
    raw = raw_sample("one-new")
    common = {**raw["MwaaEnvironments"][0], "EnvironmentClass": class_}
    common.pop("Description")
    raw["MwaaEnvironments"] = [
        {**common, "Name": CANARY},
        {**common, "Name": SECOND, "VpcCIDR": "10.2.0.0/16", "Wave": 2},
    ]
    return raw


def _configuration(raw: Json) -> Configuration:
    return parse_configuration(raw, source=SAMPLES["one-new"])


def _platform(configuration: Configuration) -> DeployedPlatform:
    return DeployedPlatform(
        configuration=configuration,
        outline=outline_of(configuration),
        place="in AWS, Region us-east-1",
        session=MagicMock(),
        variables={},
        ca_file="",
    )


def _ask(plan: Plan, order: tuple[Stage, ...]) -> None:
    command._decide(plan, order, Deploy())
    with patch("builtins.input", return_value="y"):
        console.confirm("Deploy this?")


def _roll_out(
    platform: DeployedPlatform, plan: Plan, order: tuple[Stage, ...], *, broken: str | None
) -> None:
    account = _Account(broken=broken)
    with ExitStack() as stack:
        for module, name, other in (
            (rollout, "read_states", account.read_states),
            (time, "monotonic", account.seconds),
            (health.Health, "before", lambda *_, **_more: {}),
            (health.Health, "_remembered", lambda _: {}),
            (health.Health, "_remember", lambda *_: None),
            (health.Health, "_findings", _healthy),
            (aftermath, "stack_states", account.stack_states),
            (aftermath, "explain_stacks", account.explain_stacks),
        ):
            stack.enter_context(patch.object(module, name, other))
        made = Rollout(
            platform=platform,
            stages=order,
            plans={each.id: each for each in plan.stacks},
            assembly=Path(),
            cdk=cast(Any, account),
            manner=Manner(concurrency=5, tasks=None, settling=timedelta()),
            lock=MagicMock(),
        )
        try:
            command._roll_out(made)
        except PlatformError as error:
            console._out.print(console.render(error), soft_wrap=True)


def _healthy(_: object, names: tuple[str, ...], _before: object) -> list[tuple[str, Finding]]:
    return [
        (name, Finding(level=Level.OK, subject=subject, message=message))
        for name in names
        for subject, message in (
            (f"Environment {name}", "AVAILABLE: It runs."),
            (f"Airflow of {name}", "Its components are healthy."),
        )
    ]


class _Account:
    """An account and a CDK CLI, in which each stack takes the same minutes; one may be broken."""

    log = ".local/deployments/2026-01-01-120000.log"

    def __init__(self, *, broken: str | None) -> None:
        self._broken = broken
        self._now = 0.0
        self._stacks: dict[str, str] = {}

    def seconds(self) -> float:
        return self._now

    def read_states(self, _: DeployedPlatform) -> Mapping[str, State]:
        since = BEGINNING + timedelta(seconds=self._now)
        return {
            id_: State(id=id_, status=status, since=since, protected=False)
            for id_, status in self._stacks.items()
        }

    @contextmanager
    def started(self, _deploy: str, *arguments: str) -> Iterator[Any]:
        """A run of the CLI: begun at the first look, ended at the second."""
        ids = arguments[: arguments.index("--exclusively")]
        ends = iter([None, 0])
        self._stacks |= dict.fromkeys(ids, "UPDATE_IN_PROGRESS")

        def wait(_: float) -> None:
            self._now += 60 * MINUTES
            self._stacks |= {id_: self._ended(id_) for id_ in ids}

        yield SimpleNamespace(
            poll=lambda: next(ends), wait=wait, returncode=int(any(map(self._is_broken, ids)))
        )

    def stack_states(self, _: object) -> Iterator[StackState]:
        for id_ in self._stacks:
            yield StackState(
                stack=id_,
                status=self._ended(id_),
                since=BEGINNING + timedelta(minutes=MINUTES),
            )

    def explain_stacks(
        self, _: object, states: list[StackState], *, makes: Mapping[str, str]
    ) -> Iterator[Finding]:
        for each in states:
            yield explain_state(
                each,
                name=f"mwaa-platform-{each.stack}",
                reason=REASON,
                environment=makes[each.stack],
                now=BEGINNING,
            )

    def _is_broken(self, id_: str) -> bool:
        return id_ == f"Env-{self._broken}"

    def _ended(self, id_: str) -> str:
        return "UPDATE_ROLLBACK_COMPLETE" if self._is_broken(id_) else "UPDATE_COMPLETE"


def _shown(show: Callable[[], object]) -> str:
    """What is shown meanwhile, as a picture."""
    recording = Console(
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    # A line that changes has no end in a picture.
    with (
        patch.object(console, "_out", recording),
        patch.object(console, "status_line", _no_status_line),
        patch.object(console, "waiting", lambda _: ExitStack()),
    ):
        show()
    return recording.export_svg(title=COMMAND, code_format=FORMAT, unique_id="terminal")


@contextmanager
def _no_status_line() -> Iterator[Callable[[str], None]]:
    yield lambda _: None


if __name__ == "__main__":
    for name, content in pictures().items():
        (FOLDER / name).write_text(content)
