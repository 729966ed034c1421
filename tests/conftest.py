"""A platform for the tests, their options, and their order and distribution among workers."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page
from xdist.scheduler import LoadGroupScheduling

from local.aws_stand_in import AwsStandIn
from local.layout import PREFERRED_PORTS, ROOT
from local.ports import choose
from local.processes import Processes
from tests.browser.chromium import CHROMIUM, launched, opened
from tests.connections import STRACE, Connection, connections, run_watched
from tests.integration.dag_discovery import wait_for_dags
from tests.integration.visitor import Visitor, localhost_names

TOKEN_CACHE_SECONDS = 20
CONNECTIONS_LOG = "connections.log"
INSTANCE_NAME = "webserver.instance_name"
CHECKS_OF_THE_CDK = "CDK_VALIDATION"
"""https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.AppProps.html"""

LONGEST_FIRST = (
    "changes",
    "platform",
    "test_local_airflow_export",
    "airflow-2.10.3",
    "airflow-3.3.1",
    "attacks",
    "team files",
    "openmetadata",
    "deploy interrupted",
    "story",
    "workflows",
    "failed deployments",
    "told",
    "deploy",
    "test_local_sign_in",
    "quick start",
    "test_quality",
    "test_dag_sync",
    "test_samples",
    "test_update_policies",
    "test_checkers",
    "test_pins",
    "test_cache",
    "test_airflow_side",
    "test_growth",
)
"""Groups and modules that take longer than half a minute, the longest first."""

SWITCHES = {
    "all_versions": ("--all-versions", "run the tests of every version, not of a few"),
    "long": ("--long", "run the tests that take many minutes too"),
}
"""Markers of tests that a run leaves out, and the options that ask for them."""

RUNNING_PLATFORM = pytest.StashKey[ExitStack]()

# What is imported stays: looking through it for garbage again and again takes a tenth of a run.
gc.set_threshold(50_000, 20, 100)

# A busy machine may take its time, and the same code has the same examples in every run.
# `--hypothesis-profile default` looks for others.
settings.register_profile(
    "tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A whole platform that `./mwaa-platform up` started for the tests."""

    state: Path
    output: str
    summary: dict[str, Any]
    taken_port: int

    @property
    def ca(self) -> Path:
        return Path(self.summary["ca"])

    @property
    def cloud(self) -> AwsStandIn:
        return AwsStandIn(endpoint=self.summary["aws"])

    @property
    def portal(self) -> str:
        return str(self.summary["portal"])

    @property
    def processes(self) -> Processes:
        return Processes.recorded(self.state / "processes.json")

    def airflow(self, environment: str) -> str:
        """Address of an environment's Airflow, without the slash at its end."""
        return str(self.summary["environments"][environment]).rstrip("/")

    def ui(self, environment: str) -> str:
        """Where the load balancer serves an environment's Airflow, without the slash at its end."""
        return str(self.summary["ui_hosts"][environment]).rstrip("/")

    @property
    def identity_provider(self) -> str:
        """The issuer."""
        settings = json.loads((self.state / "identity-provider.json").read_text())
        return str(settings["issuer"])

    def visitor(self) -> Visitor:
        return Visitor(ca=self.ca)

    @property
    def connections(self) -> list[Connection]:
        """What its programs have connected to so far."""
        return [*connections(self.state.with_name(CONNECTIONS_LOG))]

    def outputs(self, stack: str) -> dict[str, str]:
        prefix = json.loads((self.state / "cdk" / "cdk.context.json").read_text())["AppName"]
        outputs: dict[str, str] = self.summary["outputs"][f"{prefix}-{stack}"]
        return outputs


@pytest.fixture(scope="session")
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The platform of the project's own configuration, set up by the command that people use.

    Somebody else holds the port that the load balancer would like, and tokens are cached for a
    shorter time, so that a test can wait for a rotation. One environment has an option, for a test
    to take out. It ends with the last of its tests.
    """
    configuration = project_configuration()
    configuration["MwaaEnvironments"][1]["ConfigurationOptions"] = {INSTANCE_NAME: "Reports"}
    folder = tmp_path_factory.mktemp("platform")
    with ExitStack() as stack:
        request.session.stash[RUNNING_PLATFORM] = stack
        taken_port = stack.enter_context(_held(PREFERRED_PORTS["alb"]))
        yield stack.enter_context(platform_of(configuration, folder, taken_port=taken_port))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """It ends with its module: playwright's event loop runs on in the thread of the others."""
    with launched() as chromium:
        yield chromium


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a profile of its own."""
    with opened(browser) as page:
        yield page


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the shared platform with the last of its tests: its programs take a part of a core."""
    stack = item.session.stash.get(RUNNING_PLATFORM, None)
    if stack and not (nextitem and "platform" in _groups(nextitem)):
        stack.close()


def project_configuration() -> dict[str, Any]:
    """The project's own configuration, with a shorter cache of tokens and the preflight."""
    configuration: dict[str, Any] = json.loads((ROOT / "cdk.context.json").read_text())
    configuration["Lineage"] |= {"TokenCacheSeconds": TOKEN_CACHE_SECONDS, "Preflight": True}
    return configuration


@contextmanager
def platform_of(
    configuration: dict[str, Any], folder: Path, *, taken_port: int = 0
) -> Iterator[Platform]:
    """A platform whose DAGs can be run, until the block ends; its end is checked too."""
    running = set_up(configuration, folder / "state", taken_port=taken_port)
    members = _members(running.processes)
    try:
        wait_for_dags(running.summary["environments"], cloud=running.cloud, state=running.state)
        with localhost_names():
            yield running
    finally:
        members |= _members(running.processes)
        down = _run("down", "--state", str(running.state))
    assert down.returncode == 0, down.stdout + down.stderr
    assert not list(filter(_runs, members))
    assert not list(running.state.glob("airflow/*/tmp")), "a cache of tokens outlives its run"


def set_up(configuration: dict[str, Any], state: Path, *, taken_port: int = 0) -> Platform:
    """Run `up`, in the place of what ran in that folder before."""
    path = state.with_name("cdk.context.json")
    path.write_text(json.dumps(configuration))
    command = ("up", "--state", str(state), "--configuration", str(path))
    up = _run(*command, watched=state.with_name(CONNECTIONS_LOG) if STRACE else None)
    assert up.returncode == 0, up.stdout + up.stderr
    summary = json.loads((state / "summary.json").read_text())
    return Platform(state=state, output=up.stdout, summary=summary, taken_port=taken_port)


def pytest_addoption(parser: pytest.Parser) -> None:
    for option, meaning in SWITCHES.values():
        parser.addoption(option, action="store_true", help=meaning)


class GroupOrModuleScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Hands whole groups to workers, and whole modules of tests without a group.

    Either has fixtures that would else be set up by each worker.
    """

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return nodeid.partition("::")[0] if group == nodeid else group


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupOrModuleScheduling | None:
    if config.getoption("dist") != "loadgroup":
        return None
    return GroupOrModuleScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the options do not ask for, and order the others.

    What takes longest comes first, so that no worker is left with it at the end; within a group,
    tests that change the platform come last. Those of a browser are skipped without one.
    """
    if CHROMIUM is None:
        for item in filter(lambda each: each.get_closest_marker("browser"), items):
            item.add_marker(pytest.mark.skip(reason="needs a Chromium: apt-get install chromium"))
    unasked = [name for name, (option, _) in SWITCHES.items() if not config.getoption(option)]
    left_out = [item for item in items if any(map(item.get_closest_marker, unasked))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    items.sort(key=_place)


def pytest_collection_finish() -> None:
    """Have no program that the tests start check templates again: it takes half of a synthesis.

    The CDK's own check of each sample is made in the tests' processes, whose jsii runs by now.
    """
    os.environ.setdefault(CHECKS_OF_THE_CDK, "false")
    gc.freeze()


def _place(item: pytest.Item) -> tuple[int, int]:
    """Where a test stands in the run: the place of its group or module, and that within it."""
    names = (*_groups(item), item.path.stem)
    places = (LONGEST_FIRST.index(name) for name in names if name in LONGEST_FIRST)
    last = item.get_closest_marker("last")
    return next(places, len(LONGEST_FIRST)), last.args[0] if last else 0


def _groups(item: pytest.Item) -> tuple[str, ...]:
    group = item.get_closest_marker("xdist_group")
    return group.args if group else ()


@contextmanager
def _held(port: int) -> Iterator[int]:
    """Listen on a port, unless somebody does already, or a run that has chosen it will."""
    with socket.socket() as holder:
        # As servers do it: connections that are still closing are in nobody's way.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if choose({"held": port})["held"] == port:
            holder.bind(("127.0.0.1", port))
            holder.listen()
        yield port


def _members(processes: Processes) -> set[psutil.Process]:
    found: set[psutil.Process] = set()
    for started in processes.started:
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            if process := started.process():
                found |= {process, *process.children(recursive=True)}
    return found


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _run(*arguments: str, watched: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = ["env", "COLUMNS=120", str(ROOT / "mwaa-platform"), *arguments]
    if watched:
        return run_watched(command, watched)
    return subprocess.run(command, capture_output=True, text=True, check=False)
