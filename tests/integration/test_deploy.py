"""`deploy` rolls the configuration out to the AWS stand-in by the real CDK CLI."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from cli.deploy import rollout
from cli.deploy.lock import Holder, Lock
from cli.deploy.states import State, read_states
from cli.deployed import DeployedPlatform
from local.aws.trouble import Failure
from local.layout import ROOT
from tests.integration.deploying import (
    APP,
    CANARY,
    LOCK,
    SECOND,
    Deploying,
    configuration,
    deploying,
    synthesised_here,
)
from tests.integration.typed import typed
from tests.unit.cli.conftest import terminal
from tests.unit.cli.terminal import Terminal

__all__ = ["synthesised_here", "terminal"]

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.usefixtures("synthesised_here")]

BROKEN = Failure(stack=f"{APP}-Env-{CANARY}", logical_id="Airflow", operation="update", done=True)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploying]:
    with deploying(tmp_path_factory.mktemp("deploying")) as made:
        yield made


@dataclass(frozen=True)
class FakeCli:
    """A program in the CDK CLI's place, which takes down what it is asked, and deploys nothing."""

    folder: Path

    def does(self, *lines: str) -> None:
        program = self.folder / "cdk"
        program.write_text("\n".join(["#!/bin/sh", f'echo "$@" >>{self.folder}/calls', *lines]))
        program.chmod(0o700)

    @property
    def stacks(self) -> list[list[str]]:
        """The stacks of each deployment."""
        calls = self.folder / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        return [line.partition("deploy ")[2].partition(" --")[0].split() for line in lines]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCli:
    fake = FakeCli(tmp_path)
    fake.does()
    monkeypatch.setattr("local.cdk_cli.CDK", tmp_path / "cdk")
    return fake


def shown_in_the_document() -> str:
    """What docs/pipeline.md shows of a rollout that stopped, whatever its lines."""
    page = (ROOT / "docs" / "pipeline.md").read_text()
    [shown] = re.findall(r"<!-- stopped -->\n```text\n(.*?)```", page, re.S)
    return " ".join(shown.split())


def rows(out: str) -> dict[str, list[str]]:
    """The last table: cells by stack."""
    lines = out.rpartition("came to")[2].splitlines()[1:]
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    return {each[1]: each[2:] for each in cells if len(each) > 2}


def test_a_rollout_stops_at_a_broken_canary_and_goes_on_once_it_is_mended(
    platform: Deploying, terminal: Terminal
) -> None:
    platform.write(configuration(MaxWorkers=12))
    platform.fail(BROKEN)
    broken = platform.deploy(terminal)
    assert broken.status == 1
    assert f"Env-{CANARY} failed, so nothing further is begun." in broken.said
    came_to = {stack: each[0] for stack, each in rows(broken.out).items()}
    assert came_to[f"Env-{CANARY}"] == "failed"
    assert came_to[f"Env-{SECOND}"] == "not begun"
    assert "This is a failure that a test asked for." in broken.said
    assert shown_in_the_document() in re.sub(r"\d+ s\b", "0 s", broken.said)
    assert (platform.workers(CANARY), platform.workers(SECOND)) == (10, 10)
    assert not platform.is_locked()

    platform.fail()
    mended = platform.deploy(terminal)
    assert mended.status == 0, mended.said
    came_to = {stack: each[0] for stack, each in rows(mended.out).items()}
    assert came_to["Sso"] == "no change"
    assert (came_to[f"Env-{CANARY}"], came_to[f"Env-{SECOND}"]) == ("done", "done")
    assert (platform.workers(CANARY), platform.workers(SECOND)) == (12, 12)


def test_another_deployment_is_told_who_holds_the_lock(
    platform: Deploying, terminal: Terminal, cli: FakeCli
) -> None:
    lock = Lock(ssm=platform.cloud.session.client("ssm"), name=LOCK)
    holder = Holder(
        arn="arn:aws:sts::1:assumed-role/Deployer/ada",
        host="laptop",
        since="2026-01-01T12:00:00+00:00",
        id="1",
    )
    assert lock.take(holder) is None
    platform.write(configuration(MaxWorkers=13))

    told = platform.deploy(terminal)
    assert told.status == 1
    assert "assumed-role/Deployer/ada@laptop since 2026-01-01 12:00 UTC" in told.said
    assert "--break-lock assumed-role/Deployer/ada@laptop" in told.said

    refused = platform.deploy(terminal, "--break-lock", "assumed-role/Deployer/eve@laptop")
    assert (refused.status, platform.is_locked()) == (1, True)
    assert cli.stacks == []

    broken = platform.deploy(terminal, "--break-lock", holder.name)
    assert (broken.status, platform.is_locked()) == (0, False), broken.said
    assert cli.stacks == [[f"Env-{CANARY}"], [f"Env-{SECOND}"]]


def test_a_wave_whose_dags_no_longer_import_stops_until_they_do(
    platform: Deploying, terminal: Terminal, cli: FakeCli, tmp_path: Path
) -> None:
    platform.write(configuration(MaxWorkers=15))
    platform.airflows[CANARY].import_errors = 1
    platform.airflows[CANARY].broken_by = tmp_path / "broken"
    cli.does(f"touch {tmp_path}/broken")

    for _ in range(2):  # what it broke is not taken for what was there before
        broken = platform.deploy(terminal)
        assert broken.status == 1
        assert "Wave 1 is not healthy, so no further wave is begun." in broken.said
        assert "2 files of DAGs cannot be imported, 1 before" in broken.said
    assert cli.stacks == [[f"Env-{CANARY}"]] * 2

    cli.does()
    (tmp_path / "broken").unlink()
    mended = platform.deploy(terminal)
    assert mended.status == 0, mended.said
    assert cli.stacks[2:] == [[f"Env-{CANARY}"], [f"Env-{SECOND}"]]
    platform.airflows[CANARY].import_errors = 0


def test_nothing_restarts_while_tasks_run_beyond_the_limit(
    platform: Deploying, terminal: Terminal, cli: FakeCli
) -> None:
    platform.write(configuration(MaxWorkers=16))
    platform.airflows[CANARY].running_tasks = 3

    stopped = platform.deploy(terminal, "--wait-for-tasks", "0s")

    assert stopped.status == 1
    assert f"3 in {CANARY}" in stopped.said
    assert (cli.stacks, platform.is_locked()) == ([], False)
    platform.airflows[CANARY].running_tasks = 0


def test_a_dry_run_shows_the_stages_of_what_is_chosen(
    platform: Deploying, terminal: Terminal, cli: FakeCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.write(configuration(MaxWorkers=17))
    seen: list[Path] = []

    def read_bytes(path: Path) -> bytes:
        seen.append(path)
        with path.open("rb") as file:
            return file.read()

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    shown = platform.deploy(terminal, "--dry-run", "--only", SECOND, "--only", "Sso")
    assert shown.status == 0, shown.said
    stages = shown.out.rpartition("The stages")[2]
    assert "Shared stacks" in stages
    assert f"Env-{SECOND}" in stages
    assert f"Env-{CANARY}" not in shown.out
    # Once by the command, and once by the synthesis.
    assert seen.count(platform.file) == 2
    assert (cli.stacks, platform.is_locked()) == ([], False)


def test_what_the_plan_refuses_is_not_deployed(
    platform: Deploying, terminal: Terminal, cli: FakeCli
) -> None:
    raw = configuration()
    raw["MwaaEnvironments"][0]["VpcCIDR"] = "10.9.0.0/16"
    platform.write(raw)
    refused = platform.deploy(terminal)
    assert (refused.status, cli.stacks, platform.is_locked()) == (3, [], False)


def test_without_a_terminal_somebody_must_say_yes(
    platform: Deploying, terminal: Terminal, cli: FakeCli
) -> None:
    refused = terminal.type("deploy", "--local", "--state", str(platform.layout.state))
    assert refused.status == 2
    assert "Give --yes" in refused.said
    assert cli.stacks == []


def test_an_interrupted_deployment_releases_the_lock_and_ends_the_cli(
    platform: Deploying, terminal: Terminal, cli: FakeCli, tmp_path: Path
) -> None:
    platform.write(configuration(MaxWorkers=14))
    cli.does(
        f"echo $$ | tee {tmp_path}/pid",
        # By then the command waits for it.
        f"until grep -qx $$ {platform.layout.log('deploy')}; do sleep 0.1; done",
        f"kill -TERM {os.getpid()}",
        "exec sleep 600",
    )

    ended = platform.deploy(terminal)

    assert ended.status == 1
    assert "The deployment was interrupted. " in ended.said
    assert "Deploy again: it continues." in ended.said
    assert not platform.is_locked()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
    assert len(cli.stacks) == 1


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """Refusals of looks at the stacks from the time when the file `running` is there."""

    code: str
    running: Path
    refused: Path
    only_once: bool

    def read_states(self, platform: DeployedPlatform) -> Mapping[str, State]:
        if self.running.exists() and not (self.only_once and self.refused.exists()):
            self.refused.touch()
            error = {"Error": {"Code": self.code, "Message": "no"}}
            raise ClientError(error, "DescribeStacks")  # type: ignore[arg-type]
        return read_states(platform)


@pytest.fixture(
    params=[("Throttling", True), ("AccessDenied", False)], ids=["throttled once", "denied"]
)
def refusals(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Refusals:
    code, only_once = request.param
    running, refused = tmp_path / "running", tmp_path / "refused"
    made = Refusals(code=code, running=running, refused=refused, only_once=only_once)
    monkeypatch.setattr(rollout, "read_states", made.read_states)
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0.1)
    return made


def test_refused_looks_do_not_end_what_is_deployed(
    platform: Deploying, terminal: Terminal, cli: FakeCli, refusals: Refusals, tmp_path: Path
) -> None:
    platform.write(configuration(MaxWorkers=18))
    ended = tmp_path / "ended"
    cli.does(
        f"touch {refusals.running}",
        f"until [ -e {refusals.refused} ]; do sleep 0.1; done",
        f"echo >>{ended}",
    )

    deployed = platform.deploy(terminal)

    assert not platform.is_locked()
    if refusals.only_once:
        assert (deployed.status, len(cli.stacks)) == (0, 2), deployed.said
        return
    assert (deployed.status, ended.read_text()) == (1, "\n")
    assert "DescribeStacks" in deployed.said
    assert rows(deployed.out)[f"Env-{CANARY}"][0] == "not known"
    assert rows(deployed.out)[f"Env-{SECOND}"][0] == "not begun"
    assert f"What became of Env-{CANARY} is not known here" in deployed.said


def test_a_deployment_whose_lock_was_broken_starts_no_further_wave(
    platform: Deploying,
    terminal: Terminal,
    cli: FakeCli,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    platform.write(configuration(MaxWorkers=19))
    cli.does(f"touch {tmp_path}/running")
    lock = Lock(ssm=platform.cloud.session.client("ssm"), name=LOCK)

    def read_and_break(deployed: DeployedPlatform) -> Mapping[str, State]:
        if (tmp_path / "running").exists() and (holder := lock.holder()):
            lock.break_by_name(holder.name)
        return read_states(deployed)

    monkeypatch.setattr(rollout, "read_states", read_and_break)

    stopped = platform.deploy(terminal)

    assert stopped.status == 1
    assert "The lock of this run was broken; nobody holds it now." in stopped.said
    assert cli.stacks == [[f"Env-{CANARY}"]]
    assert rows(stopped.out)[f"Env-{SECOND}"][0] == "not begun"


@pytest.mark.last(1)
def test_an_environment_is_removed_after_its_name_was_given_and_what_holds_data_stays(
    platform: Deploying, terminal: Terminal
) -> None:
    state = ("--local", "--state", str(platform.layout.state))
    raw = configuration()
    private = {"WebServerAccessMode": "PRIVATE_ONLY", "UiHost": "second.example.com"}
    raw["MwaaEnvironments"][0] |= private
    platform.write(raw)
    hosted = platform.deploy(terminal)
    assert platform.resources(f"Ui-{SECOND}"), hosted.said
    former = platform.resources(f"Env-{SECOND}")
    for arguments, words in (
        ((SECOND,), "--confirm"),
        ((SECOND, "--confirm", CANARY), "not the environment's name"),
        (("secnd", "--confirm", "secnd"), f"Did you mean {SECOND}?"),
    ):
        refused = terminal.type("destroy", *arguments, *state)
        assert (refused.status, words in refused.said) == (2, True), refused.said
    assert platform.resources(f"Env-{SECOND}") == former

    with typed("destroy", SECOND, *state) as removed:
        removed.wait_for(f"Type {SECOND} to remove it:")
        assert f"Deleted: Ui-{SECOND}, Env-{SECOND}" in removed.said
        removed.answer(SECOND)
        assert removed.end() == 0, removed.said

    assert platform.resources(f"Env-{SECOND}") == platform.resources(f"Ui-{SECOND}") == {}
    client = platform.cloud.session.client("mwaa")
    assert client.list_environments()["Environments"] == [CANARY]
    [bucket] = [name for type_, name in former.values() if type_ == "AWS::S3::Bucket"]
    assert bucket in removed.said
    assert platform.cloud.session.client("s3").head_bucket(Bucket=bucket)
    assert not platform.is_locked()
