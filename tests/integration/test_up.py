"""Output, ports and error handling of `up`."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cli.commands import Up
from cli.up import up
from errors import PlatformError
from local.layout import ROOT
from local.processes import Processes
from tests.conftest import Platform
from tests.connections import STRACE

UV = {"uv", "main2", "tokio-rt-worker"}
"""The names of uv's threads: it installs packages."""


def small_configuration(folder: Path) -> Path:
    """A file that asks for no other Airflow than the project's own."""
    configuration = json.loads((ROOT / "samples" / "existing.json").read_text())
    configuration["MwaaEnvironments"] = [{"Name": "finance"}]
    configuration["Grants"] = []
    path = folder / "small.json"
    path.write_text(json.dumps(configuration))
    return path


@pytest.mark.platform
@pytest.mark.xdist_group("platform")
def test_it_says_what_to_open_and_as_whom(platform: Platform) -> None:
    for line in (platform.portal, "admin@example.com", "stranger@example.com", str(platform.ca)):
        assert line in platform.output
    assert "Every stack is deployed" in platform.output
    assert "./mwaa-platform down --state" in platform.output


@pytest.mark.platform
@pytest.mark.xdist_group("platform")
def test_a_taken_port_is_left_to_its_owner(platform: Platform) -> None:
    assert not platform.portal.endswith(f":{platform.taken_port}/")


@pytest.mark.platform
@pytest.mark.xdist_group("platform")
def test_everything_listens_on_loopback_alone(platform: Platform) -> None:
    listening = []
    for started in platform.processes.started:
        process = started.process()
        assert process is not None, f"{started.name} has ended"
        for member in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):  # a task that has ended meanwhile
                listening += [
                    connection.laddr.ip
                    for connection in member.net_connections(kind="inet")
                    if connection.status == psutil.CONN_LISTEN
                ]
    assert len(listening) >= 6
    assert all(address == "::1" or address.startswith("127.") for address in listening)


@pytest.mark.platform
@pytest.mark.xdist_group("platform")
@pytest.mark.last(9)
@pytest.mark.skipif(STRACE is None, reason="needs strace: apt-get install strace")
def test_nothing_leaves_the_machine_but_the_installation_of_packages(platform: Platform) -> None:
    """From the beginning of `up` on, and through all the tests that the platform serves."""
    seen = platform.connections
    programs = {each.program for each in seen}
    assert {"python", "MainThread"} <= programs, (
        "Python and Node.js connect at least to the stand-in"
    )
    assert [each for each in seen if each.leaves_the_machine and each.program not in UV] == []


def test_a_wrong_configuration_is_a_list_of_mistakes_and_nothing_starts(tmp_path: Path) -> None:
    configuration = json.loads((ROOT / "cdk.context.json").read_text())
    configuration["MwaaEnvironments"][0]["EnvironmentClas"] = "mw1.small"
    configuration["MwaaEnvironments"][1]["MaxWorkers"] = 0
    path = tmp_path / "cdk.context.json"
    path.write_text(json.dumps(configuration))
    state = tmp_path / "state"

    result = subprocess.run(
        [str(ROOT / "mwaa-platform"), "up", "--configuration", str(path), "--state", str(state)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "300"},
    )

    assert result.returncode == 2
    for words in ("2 mistakes", "EnvironmentClas", "EnvironmentClass", "MaxWorkers", str(path)):
        assert words in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    assert not state.exists()


@pytest.mark.xdist_group("platform")  # so that two runs never choose ports at once
def test_a_failed_deployment_is_one_message_and_everything_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "cdk"
    broken.write_text("#!/bin/sh\necho the stack is on fire\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("local.cdk_cli.CDK", broken)
    stopped: list[psutil.Process] = []
    stop = Processes.stop

    def stop_and_remember(processes: Processes) -> None:
        stopped.extend(filter(None, (each.process() for each in processes.started)))
        stop(processes)

    monkeypatch.setattr(Processes, "stop", stop_and_remember)
    with pytest.raises(PlatformError) as caught:
        up(Up(configuration=small_configuration(tmp_path), state=tmp_path / "state"))

    assert caught.value.message == "`cdk bootstrap` failed."
    assert "the stack is on fire" in caught.value.remedy
    assert len(stopped) == 2
    assert not [each for each in stopped if each.is_running() and each.status() != "zombie"]
    assert not (tmp_path / "state" / "processes.json").exists()


@pytest.mark.xdist_group("platform")
def test_an_interrupted_run_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "cdk"
    record = tmp_path / "state" / "processes.json"
    slow.write_text(
        "#!/bin/sh\nsleep 300 &\n"
        f"until grep -q 'cdk bootstrap' {record}; do sleep 0.1; done\n"
        f"kill -TERM {os.getpid()}\nwait\n"
    )
    slow.chmod(0o755)
    monkeypatch.setattr("local.cdk_cli.CDK", slow)
    with pytest.raises(KeyboardInterrupt):
        up(Up(configuration=small_configuration(tmp_path), state=tmp_path / "state"))
    assert not [each for each in psutil.Process().children(recursive=True) if _sleeps(each)]
    assert not record.exists()


def _sleeps(process: psutil.Process) -> bool:
    try:
        return "sleep" in process.name()
    except psutil.NoSuchProcess:  # somebody else's, that has ended meanwhile
        return False


def test_down_without_a_run_is_no_error(tmp_path: Path) -> None:
    result = subprocess.run(
        [str(ROOT / "mwaa-platform"), "down", "--state", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0
    assert result.stdout == "Nothing was running.\n"
