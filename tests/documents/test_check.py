"""docs/check.md shows each report as it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.check import command, loading, running
from cli.check.airflow_run import Imported
from cli.check.dag_run import DagRun
from cli.check.requirements import check_requirements
from cli.check.shipped import ShippedFiles
from errors import Finding
from local.layout import ROOT
from tests.package_index import package_index
from tests.unit.artifacts.wheels import make_wheel
from tests.unit.cli.check.team import Team
from tests.unit.cli.check.test_difference import commit, keep
from tests.unit.cli.terminal import Terminal

DOCUMENT = (ROOT / "docs" / "check.md").read_text()
BLOCK = re.compile(r"<!-- (.+?) -->\n```\w+\n(.*?)```", re.DOTALL)
SHOWN = {match[1]: " ".join(match[2].split()) for match in BLOCK.finditer(DOCUMENT)}
NOTHING: dict[str, Any] = {
    "errors": (),
    "calls": (),
    "forks": (),
    "printed": "",
    "seconds": 0.1,
    "limit": 30,
}
SECONDS = re.compile(r"\d+\.\d s")
KEYS = {"AirflowVersion": "2.10.3", "Requirements": "requirements.txt"}


@pytest.fixture
def team(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Team]:
    """A team whose index of packages is on loopback."""
    for name in ("team", "index"):
        (tmp_path / name).mkdir()
    make_wheel(tmp_path / "index", "reports", "2.0", requires=["pandas>=2.2"])
    make_wheel(tmp_path / "index", "pandas", "2.1.4")
    make_wheel(tmp_path / "index", "pandas", "2.2.3")
    for name, version in (("modest", "1.0"), ("modest", "2.0"), ("fresh", "1.5")):
        make_wheel(tmp_path / "index", name, version)
    files = {each.name: each.read_bytes() for each in (tmp_path / "index").iterdir()}
    with package_index(files) as index:
        for name, value in index.settings(tmp_path / "cache").items():
            monkeypatch.setenv(name, value)
        terminal = Terminal(capsys=capsys, monkeypatch=monkeypatch)
        yield Team(folder=tmp_path / "team", terminal=terminal)


def as_shown(text: str, team: Team) -> str:
    """The words, without what another run would say otherwise, or break otherwise."""
    for folder in (str(team.folder), str(team.folder).replace("_", r"\_")):
        text = text.replace(f"{folder}/", "")
    return SECONDS.sub("0.1 s", " ".join(text.split()))


def test_what_is_wrong_with_dags_is_shown(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL", "UV_CACHE_DIR"):
        monkeypatch.delenv(name)  # of an Airflow that is not installed yet
    dag = "from airflow import DAG\n"
    team.write(
        dags__nightly=f"{dag}\ndag = DAG('nightly')\n",
        dags__copied=f"{dag}\ndag = DAG('nightly')\n",
        dags__broken=f"{dag}from reports import monthly\n\ndag = DAG('broken')\n",
        dags__asks=f"{dag}from airflow.models import Variable\n\nVariable.get('day')\n",
        dags__ends=f"{dag}import os\n\nos._exit(1)\n",
    )
    said = team.check(AirflowVersion="2.10.3", Dags="dags")
    assert as_shown(said.out, team) == SHOWN["DAGs"]
    assert said.status == 1


def test_a_conflict_is_shown_in_each_form(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "CHECKS", {"requirements": check_requirements})
    team.require("reports")
    xml = team.folder / "check.xml"
    for name, options in (("conflict", ()), ("Markdown", ("--markdown",)), ("JSON", ("--json",))):
        said = team.check(*options, "--junit", str(xml), **KEYS)
        assert as_shown(said.out, team) == SHOWN[name]
        assert said.status == 1
    assert as_shown(xml.read_text(), team) == SHOWN["JUnit"]


def test_what_a_startup_script_does_is_shown(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "CHECKS", {})
    script = team.folder / "startup.sh"
    script.write_text(
        "sudo dnf install -y wget\n"
        "wget --quiet https://packages.example.com/certificate.pem\n"
        "export JAVA_OPTIONS=-Xmx1g API_TOKEN=hush-hush\n"
    )
    said = team.check("--run-startup", AirflowVersion="2.10.3", StartupScript="startup.sh")
    assert as_shown(said.out, team) == SHOWN["startup"]


def test_what_a_run_does_is_shown(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a made-up run: real ones take minutes, and are in the tests of `--run`."""

    def run(_dag: str, _python: Path, shipped: ShippedFiles, **_: bool) -> DagRun:
        lines = (f'File "{shipped.home}/dags/nightly.py", line 12', "ValueError: no table orders")
        events = [{"eventType": "START"}] * 4
        states = {"get": "success", "load": "failed"}
        said = "\n".join(lines)
        return DagRun(state="failed", tasks=states, events=events, timed_out=False, said=said)

    monkeypatch.setattr(command, "CHECKS", {})
    monkeypatch.setattr(command, "EVENTS", team.folder / ".local" / "check")
    monkeypatch.setattr(running, "DEFAULT_STATE", team.folder)
    monkeypatch.setattr(running, "airflow_python", lambda _: Path("python"))
    monkeypatch.setattr(running, "why_not_contained", lambda _: None)
    monkeypatch.setattr(running, "run_dag", run)
    lineage = {"Provider": "Marquez", "Connection": "c", "Url": "https://marquez.example.com"}
    said = team.check("--run", "nightly", AirflowVersion="2.10.3", Lineage=lineage)
    assert as_shown(said.out, team) == SHOWN["run"]


def test_what_differs_is_shown(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def see_dags(shipped: ShippedFiles) -> Iterator[Finding]:
        """As Airflow's import does, which others try."""
        files = (shipped.home / "dags").glob("*.py")
        imported = [Imported(**NOTHING, file=str(each), dags=[each.stem]) for each in files]
        shipped.seen.dags = {each.dags[0]: each.file for each in imported}
        return loading.summary(imported, shipped)

    checks = {"requirements": check_requirements, "plugins and DAGs": see_dags}
    monkeypatch.setattr(command, "CHECKS", checks)
    keep(team, "modest==1.0", dags=("nightly", "weekly"))
    commit(team)
    keep(team, "modest==2.0", "fresh", dags=("nightly", "daily"))
    said = team.check("--since", "main", Dags="dags", **KEYS)
    shown = re.sub(r"main \([0-9a-f]{7}\)", "main", said.out)
    assert as_shown(shown, team) == SHOWN["since"]
