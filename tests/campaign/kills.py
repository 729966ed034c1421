"""Commands and custom resources that are killed at a random point, and run again.

A process gets SIGKILL at a random moment of the time that it takes. After the next run the state
must be that of one that nothing disturbed.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from local.layout import ROOT
from tests.campaign.death import NEVER, dying
from tests.campaign.resources import RESOURCES
from tests.campaign.stage import staging
from tests.integration.deploying import CANARY, SECOND, Deploying, configuration, deploying
from tests.integration.typed import typed

Trial = Callable[[random.Random], bool]
"""Kills once, and returns whether the end state is the undisturbed one."""


@contextmanager
def custom_resources() -> Iterator[Trial]:
    """Any custom resource, the DAG sync among them, at any line of any deployment."""
    with staging() as stage:

        def trial(chance: random.Random) -> bool:
            resource = RESOURCES[chance.choice(sorted(RESOURCES))]
            undisturbed = stage.begin(resource)
            number = chance.randrange(undisturbed.length)
            undisturbed.deploy_all_before(number)
            with dying(NEVER, by_line=True) as death:
                undisturbed.deploy(number)
            expected = undisturbed.scene.state()
            life = stage.begin(resource)
            life.deploy_all_before(number)
            with dying(chance.randint(1, death.moments), by_line=True):
                life.deploy(number)
            life.deploy(number)
            return life.succeeded and bool(life.scene.state() == expected)

        yield trial


@contextmanager
def _platform() -> Iterator[Deploying]:
    with TemporaryDirectory() as folder, deploying(Path(folder)) as made:
        yield made


def run(
    platform: Deploying, *command: str, kill_after: float | None = None
) -> tuple[int | None, str]:
    """Runs a command, or kills it after some seconds; its status and what it said."""
    place = ("--local", "--state", str(platform.layout.state))
    with typed(*command, *place) as process:
        if kill_after is not None:
            time.sleep(kill_after)
            process.kill()
        return process.end(), process.said


@contextmanager
def deploy() -> Iterator[Trial]:
    """`deploy` of two environments, each with another number of workers."""
    with _platform() as platform:
        platform.write(configuration(MaxWorkers=2))
        started = time.monotonic()
        run(platform, *DEPLOY)
        longest = time.monotonic() - started
        workers = 2

        def trial(chance: random.Random) -> bool:
            nonlocal workers
            workers = workers % 20 + 2
            platform.write(configuration(MaxWorkers=workers))
            run(platform, *DEPLOY, kill_after=chance.uniform(0, longest))
            _, said = run(platform, *DEPLOY)
            if holder := re.search(r"--break-lock (\S+)", said):
                run(platform, *DEPLOY, "--break-lock", holder[1])
            found = {platform.workers(each) for each in (CANARY, SECOND)}
            return found == {workers} and not platform.is_locked()

        yield trial


DEPLOY = ("deploy", "--yes", "--settle", "0s", "--wait", "5")


@contextmanager
def grants_import() -> Iterator[Trial]:
    """`grants import` of forty grants, into a table that is empty but for somebody's by hand."""
    with _platform() as platform:
        people = [f"person{number}@example.com" for number in range(40)]
        lines = [f"{each},{CANARY},Viewer\n" for each in people]
        file = platform.layout.state / "grants.csv"
        file.write_text("user,environment,role\n" + "".join(lines))
        command = ("grants", "import", str(file))
        dynamodb = platform.cloud.session.client("dynamodb")
        table = platform.output("Grants", "TableName")

        def items() -> dict[str, object]:
            pages = dynamodb.get_paginator("scan").paginate(TableName=table)
            found = [each for page in pages for each in page["Items"]]
            return {each["principal"]["S"] + each["source"]["S"]: each["grants"] for each in found}

        def clear() -> None:
            for person in people:
                key = {"principal": {"S": f"user:{person}"}, "source": {"S": "manual"}}
                dynamodb.delete_item(TableName=table, Key=key)

        started = time.monotonic()
        run(platform, *command)
        longest, expected = time.monotonic() - started, items()

        def trial(chance: random.Random) -> bool:
            clear()
            run(platform, *command, kill_after=chance.uniform(0, longest))
            status, _ = run(platform, *command)
            return status == 0 and items() == expected

        yield trial


@contextmanager
def up() -> Iterator[Trial]:
    """`up` of the project's own configuration, by the launcher; what the killed one started runs
    on, until the next run ends it."""
    with TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        place = ("--state", str(state))

        def launch(command: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [str(ROOT / "mwaa-platform"), command, *place],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

        def summary() -> tuple[list[str], list[str]]:
            content = json.loads((state / "summary.json").read_text())
            return sorted(content["environments"]), sorted(content["outputs"])

        def has_ended() -> bool:
            return launch("down").wait() == 0 and not (state / "processes.json").exists()

        started = time.monotonic()
        launch("up").wait()
        longest, expected = time.monotonic() - started, summary()
        has_ended()

        def trial(chance: random.Random) -> bool:
            killed = launch("up")
            time.sleep(chance.uniform(0, longest))
            killed.kill()
            killed.wait()
            return launch("up").wait() == 0 and summary() == expected and has_ended()

        yield trial


SUBJECTS: Mapping[str, Callable[[], AbstractContextManager[Trial]]] = MappingProxyType(
    {
        "custom resources": custom_resources,
        "grants import": grants_import,
        "deploy": deploy,
        "up": up,
    }
)
