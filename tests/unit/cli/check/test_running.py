"""What is told of a DAG's run, and where its events go."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.check import command
from cli.check.dag_run import DagRun, events_written, states_written, written_to
from cli.check.running import check_run, lineage_finding, run_finding
from cli.check.shipped import ShippedFiles, shipped_files
from local.layout import PREFERRED_PORTS, Layout
from local.lineage_endpoint import service
from local.ports import choose
from local.processes import Processes
from local.summary import Summary, write_summary
from local.tls import make_certificates
from tests.unit.cli.check.team import Team
from tests.unit.config.configurations import parse, with_environment
from tests.waits import DEADLINE_SECONDS

LOG = """\
[info] DAG TEST starting
Traceback (most recent call last):
  File "/venv/site-packages/airflow/operators/python.py", line 238, in execute
    return self.execute_callable()
  File "{home}/dags/daily.py", line 25, in load
    raise ValueError(message)
ValueError: no table for {secret}, password={secret}
[error] Marking run failed
"""
SECRET = "hush-hush-hush"
EVENTS = [{"eventType": "START", "job": {"namespace": "analytics", "name": "daily"}}]
SUMMARY = Summary(
    portal=None,
    lineage="",
    aws="",
    ca="",
    environments={},
    ui_hosts={},
    people={},
    outputs={},
)
DAG = """\
import os
from datetime import datetime

try:
    from airflow.sdk import dag, task
except ImportError:
    from airflow.decorators import dag, task


@dag(schedule=None, start_date=datetime(2024, 1, 1))
def numbers():
    @task
    def one():
        return 1

    @task
    def add(number):
        if os.environ.get("OWN") != "1":
            raise ValueError("OWN is not known")
        return number + 1

    add(one())


@dag(schedule=None, start_date=datetime(2024, 1, 1))
def fails():
    @task
    def load():
        token = os.environ["API_TOKEN"]
        raise ValueError("no table for " + token)

    load()


numbers()
fails()
"""


@pytest.fixture
def shipped(tmp_path: Path) -> ShippedFiles:
    [environment] = parse(with_environment()).environments
    found = shipped_files(environment, tmp_path / "shipped")
    found.seen.exports = {"API_TOKEN": SECRET}
    return found


def run(**values: Any) -> DagRun:
    return replace(DagRun(state="success", tasks={}, events=(), timed_out=False, said=""), **values)


def test_a_run_that_ends_well_names_its_tasks(shipped: ShippedFiles) -> None:
    made = run(tasks={"load": "success", "tell": "skipped"}, said=LOG)
    found = run_finding("daily", made, shipped, network=False)
    assert not found.is_wrong
    assert found.message == "ends with success: load success, tell skipped"


def test_the_errors_of_other_files_are_not_those_of_the_run(shipped: ShippedFiles) -> None:
    other = f"""\
Failed to import: broken.py
Traceback (most recent call last):
  File "{shipped.home}/dags/broken.py", line 3, in <module>
ModuleNotFoundError: No module named 'reports'
Task failed with exception
Traceback (most recent call last):
  File "{shipped.home}/dags/daily.py", line 7, in load
KeyError: 'orders'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/venv/site-packages/airflow/sdk/execution_time/task_runner.py", line 9, in run
ValueError: no orders
"""
    made = run(state="failed", tasks={"load": "failed"}, said=other)
    found = run_finding("daily", made, shipped, network=False)
    assert found.message.endswith("ValueError: no orders")
    assert found.detail == "dags/daily.py, line 7"


def test_a_dag_that_there_is_not_is_refused_with_those_there_are(
    shipped: ShippedFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.check.running.airflow_python", lambda _: Path("python"))
    shipped.seen.dags = {"weekly": "dags/weekly.py", "daily": "dags/daily.py"}
    [found] = check_run("dayly", shipped, tmp_path, network=False)
    assert found.is_wrong
    assert found.remedy == "Name one of these: daily, weekly."


def test_a_run_that_fails_names_tasks_reason_and_line_without_secrets(
    shipped: ShippedFiles,
) -> None:
    said = LOG.format(home=shipped.home, secret=SECRET)
    made = run(state="failed", tasks={"get": "success", "load": "failed"}, said=said)
    found = run_finding("daily", made, shipped, network=False)
    assert found.message == (
        "Its run ends with the state failed: load failed. "
        "ValueError: no table for ***, password=***"
    )
    assert found.detail == "dags/daily.py, line 25"
    assert "--allow-network" in str(found.remedy)
    assert "--allow-network" not in str(run_finding("daily", made, shipped, network=True).remedy)


def test_a_run_that_never_ends_or_never_begins_is_wrong(shipped: ShippedFiles) -> None:
    ended = run_finding("daily", run(timed_out=True, state="running"), shipped, network=False)
    assert ended.message.startswith("Its run does not end within 15 minutes.")
    begun = run_finding("daily", run(state=None, said="No such DAG\n"), shipped, network=False)
    assert begun.message == "It does not run. No such DAG"


def test_states_are_those_of_the_last_run(tmp_path: Path) -> None:
    database = tmp_path / "airflow.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "create table dag_run (id, dag_id, run_id, state);"
            "create table task_instance (dag_id, task_id, map_index, run_id, state, end_date);"
            "insert into dag_run values (1, 'a', 'r', 'failed'), (2, 'a', 's', 'success');"
            "insert into task_instance values ('a', 'load', 1, 's', 'success', 1),"
            "('a', 'tell', -1, 's', null, 2), ('a', 'load', -1, 'r', 'failed', 3),"
            "('b', 'load', -1, 's', 'failed', 3);"
        )
    assert states_written(database, "a") == (
        "success",
        {"load[1]": "success", "tell": "not run"},
    )
    assert states_written(database, "c") == (None, {})
    assert states_written(tmp_path / "nowhere", "a") == (None, {})


@pytest.mark.parametrize(
    "run_id",
    [
        "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
        "select zeroblob(1 << 28)",
    ],
)
def test_a_database_of_the_codes_own_ends_at_once(tmp_path: Path, run_id: str) -> None:
    database = tmp_path / "airflow.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            f"create view dag_run as select 1 id, 'a' dag_id, ({run_id}) run_id, 'success' state;"
            "create table task_instance (dag_id, task_id, map_index, run_id, state, end_date);"
        )
    assert states_written(database, "a") == (None, {})


def test_an_odd_position_of_a_task_ends_nothing(tmp_path: Path) -> None:
    database = tmp_path / "airflow.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "create table dag_run (id, dag_id, run_id, state);"
            "create table task_instance (dag_id, task_id, map_index, run_id, state, end_date);"
            "insert into dag_run values (1, 'a', 'r', 'failed');"
            "insert into task_instance values ('a', 'load', 'x', 'r', 'failed', 1),"
            "('a', 'tell', null, 'r', 'failed', 2);"
        )
    assert states_written(database, "a") == ("failed", {"load[0]": "failed", "tell": "failed"})


def test_links_of_the_code_lead_nowhere(tmp_path: Path) -> None:
    """What the code leaves in its folder is read, and written, from outside."""
    person = tmp_path / "person.json"
    person.write_text('{"transport": {"type": "http"}}')
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    settings, events = plugins / "settings.json", tmp_path / "lineage.jsonl"
    settings.symlink_to(person)
    events.symlink_to(person)
    assert written_to(events, settings) == {}
    assert events_written(events) == []
    assert person.read_text() == '{"transport": {"type": "http"}}'
    assert states_written(events, "a") == (None, {})


def test_events_are_written_to_a_file_and_no_token_is_asked_for(tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    content = {"transport": {"type": "http"}, "catalogues": [{"token": True}], "namespace": "n"}
    settings.write_text(json.dumps(content))
    variables = written_to(tmp_path / "lineage.jsonl", settings)
    transport = {"type": "file", "log_file_path": f"{tmp_path}/lineage.jsonl", "append": True}
    assert json.loads(settings.read_text()) == {
        "transport": transport,
        "catalogues": [],
        "namespace": "n",
    }
    assert json.loads(variables["AIRFLOW__OPENLINEAGE__TRANSPORT"]) == transport
    (tmp_path / "lineage.jsonl").write_text(f'{json.dumps(EVENTS[0])}\nnot json\n["x"]\n')
    assert events_written(tmp_path / "lineage.jsonl") == EVENTS


def test_events_go_into_a_file_where_no_platform_runs(tmp_path: Path) -> None:
    nowhere = replace(SUMMARY, lineage="https://127.0.0.1:9", ca=str(tmp_path / "nowhere"))
    write_summary(nowhere, tmp_path)
    found = lineage_finding(EVENTS, tmp_path / "made" / "lineage.jsonl", tmp_path)
    assert found.message == f"1 event in {tmp_path}/made/lineage.jsonl"
    assert json.loads((tmp_path / "made" / "lineage.jsonl").read_text()) == EVENTS[0]


def test_events_are_on_the_lineage_page_where_a_platform_runs(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "tls", ["localhost", "127.0.0.1"])
    layout = Layout(state=tmp_path, ports=choose({"lineage": PREFERRED_PORTS["lineage"]}))
    page = service.program(layout, certificates)
    processes = Processes.recorded(tmp_path / "processes.json")
    try:
        processes.start(page)
        processes.wait_until(
            lambda: service.ready(layout, certificates), page.name, seconds=DEADLINE_SECONDS
        )
        write_summary(replace(SUMMARY, lineage=layout.lineage, ca=str(certificates.ca)), tmp_path)
        found = lineage_finding(EVENTS, tmp_path / "events", tmp_path)
    finally:
        processes.stop()
    assert found.message == f"1 event: {layout.lineage}"
    assert not (tmp_path / "events").exists()
    [received] = (tmp_path / "lineage.jsonl").read_text().splitlines()
    assert json.loads(received)["event"] == EVENTS[0]


def test_a_run_without_events_is_a_warning(tmp_path: Path) -> None:
    assert lineage_finding([], tmp_path / "events", tmp_path).is_wrong


def test_one_environment_is_named(team: Team) -> None:
    file = team.folder / "cdk.context.json"
    two = with_environment()
    two["MwaaEnvironments"].append(
        {**two["MwaaEnvironments"][0], "Name": "other", "VpcCIDR": "10.9.0.0/16"}
    )
    file.write_text(json.dumps(two))
    said = team.terminal.type("check", "-c", str(file), "--run", "daily")
    assert said.status == 2
    assert "--environment" in said.said


@pytest.mark.long
@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_a_dag_runs_with_the_exports_and_sends_its_events(
    team: Team, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "CHECKS", {})
    team.write(dags__numbers=DAG)
    (team.folder / "startup.sh").write_text(f"export OWN=1 API_TOKEN={SECRET}\n")
    keys = {
        "AirflowVersion": version,
        "Dags": "dags",
        "StartupScript": "startup.sh",
        "Lineage": {"Provider": "Marquez", "Connection": "c", "Url": "https://marquez.example.com"},
    }
    report = ("--json", "--junit", str(team.folder / "check.xml"), "--run-startup")
    said = team.check(*report, "--run", "numbers", **keys)
    found = {each["subject"]: each for each in json.loads(said.out)}
    assert "add success" in found["numbers"]["note"]
    lines = (team.folder / "lineage-analytics-numbers.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert {each["job"]["name"] for each in events} >= {"numbers", "numbers.add", "numbers.one"}
    assert {each["job"]["namespace"] for each in events} == {"c"}
    said = team.check(*report, "--run", "fails", **keys)
    found = {each["subject"]: each for each in json.loads(said.out)}
    assert "load failed. ValueError: no table for ***" in found["fails"]["wrong"]
    assert SECRET not in said.said
    assert said.status == 1
