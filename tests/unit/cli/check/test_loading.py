"""What Airflow makes of plugins and DAGs, among them those that mean no good."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.check import installation
from cli.check.airflow_run import Imported
from cli.check.in_airflow import shadows_airflow
from cli.check.loading import _findings
from cli.check.shipped import shipped_files
from tests.unit.cli.check.team import Team
from tests.unit.config.configurations import parse, with_environment

DAG = "from airflow import DAG\n"
OPTIONS = {"core.dagbag_import_timeout": "4"}
SECRET = "AKIA-of-the-person"
HOSTILE = {
    "dags__good": f"{DAG}dag = DAG('good')\n",
    "dags__imports": f"{DAG}\nimport nowhere_to_be_found\n",
    "dags__hangs": f"{DAG}import time\ntime.sleep(600)\n",
    "dags__ignores": (
        f"{DAG}import signal, time\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "while True: time.sleep(1)\n"
    ),
    "dags__exits": f"{DAG}import sys\nsys.exit(3)\n",
    "dags__ends": f"{DAG}import os\nos._exit(4)\n",
    "dags__forks": (
        f"{DAG}import os, time\n"
        "for _ in range(3):\n    if not os.fork():\n        os.setsid(); time.sleep(600)\n"
        "dag = DAG('forks')\n"
    ),
    "dags__takes": f"{DAG}everything = bytearray(16 << 30)\n",
    "dags__writes": f"{DAG}from pathlib import Path\nPath('/usr/written').touch()\n",
    "dags__calls": (
        f"{DAG}import socket\n"
        "try: socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError: pass\n"
        "dag = DAG('calls')\n"
    ),
    "dags__home": (
        f"{DAG}import os\nfrom pathlib import Path\n"
        "assert not [*Path(PERSON).glob('*')], 'the home is seen'\n"
        "assert 'AWS_SECRET_ACCESS_KEY' not in os.environ, 'credentials are seen'\n"
        "running = [each for each in Path('/proc').iterdir() if each.name.isdigit()]\n"
        "assert len(running) < 10, 'other processes are seen'\n"
        "hashes = Path('/etc/shadow')\n"
        "if os.access(hashes, os.R_OK): assert not hashes.read_bytes(), 'hashes are seen'\n"
        "caps = Path('/proc/self/status').read_text().split('CapEff:')[1].split()[0]\n"
        "assert int(caps, 16) == 0, 'it has capabilities'\n"
        "print('printed')\ndag = DAG('home')\n"
    ),
    "dags__prints": f"{DAG}print('password = hunter2-hunter2')\ndag = DAG('prints')\n",
    "dags__twice": f"{DAG}dag = DAG('good')\n",
    "plugins__team_plugin": "raise ValueError('of the plugin')\n",
    "plugins__helper": "WORD = 'word'\n",
    "dags__uses": f"{DAG}import helper\ndag = DAG('uses-' + helper.WORD)\n",
}
BOMB = {"3.3.1": f"{DAG}import os\nwhile True: os.fork()\n"}
"""Tried with one version alone, for the sake of other programs of the machine."""
WRONG = {
    "dags/imports.py": ("No module named 'nowhere_to_be_found'", "dags/imports.py, line 3"),
    "dags/hangs.py": ("imeout", None),
    "dags/ignores.py": ("did not end within 9 seconds", None),
    "dags/exits.py": ("SystemExit", None),
    "dags/ends.py": ("status 4", None),
    "dags/forks.py": ("forks the process", "dags/forks.py, line 4"),
    "dags/prints.py": ("what looks like a secret", None),
    "dags/takes.py": ("MemoryError", "dags/takes.py, line 2"),
    "dags/writes.py": ("Read-only file system", "dags/writes.py, line 3"),
    "dags/calls.py": ("192.0.2.1", None),
    "good": ("dags/good.py, dags/twice.py", None),
    "plugins": ("of the plugin", None),
}


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_what_means_no_good_is_named_and_the_others_go_on(
    team: Team, version: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    person = tmp_path / "person"
    person.mkdir()
    (person / "credentials").touch()
    monkeypatch.setenv("HOME", str(person))
    home = f"PERSON = {str(person)!r}\n{HOSTILE['dags__home']}"
    bomb = BOMB.get(version, HOSTILE["dags__ends"])
    team.write(**{**HOSTILE, "dags__home": home, "dags__bomb": bomb})
    found: Mapping[str, Mapping[str, Any]] = team.findings(
        AirflowVersion=version, Dags="dags", Plugins="plugins", ConfigurationOptions=OPTIONS
    )
    for subject, (said, where) in WRONG.items():
        assert said in found[subject]["wrong"], subject
        assert where is None or found[subject]["where"] == where
    said_of = {name: each["wrong"] for name, each in found.items() if each["wrong"]}
    # On a busy machine any import may be slow.
    wrong = {name: said for name, said in said_of.items() if "import takes" not in said}
    # The bomb meets its limit of processes, or that of time.
    wrong.pop("dags/bomb.py", None)
    assert {name: said for name, said in wrong.items() if name not in WRONG} == {}
    assert wrong.keys() == WRONG.keys()
    assert found["DAGs"]["note"].startswith("7 DAGs in 15 files")


def test_elsewhere_than_on_linux_it_says_first_that_nothing_is_contained(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    team.write(dags__good=HOSTILE["dags__good"], dags__ends=HOSTILE["dags__ends"])
    said = team.check("--json", AirflowVersion="2.10.3", Dags="dags")
    found = [each for each in json.loads(said.out) if each["from"].endswith("DAGs")]
    assert found[0]["note"] == "not contained: only Linux has namespaces"
    assert [each["subject"] for each in found if each["wrong"]] == ["dags/ends.py"]
    assert said.status == 1


MANY, MOST_CHARACTERS = 10_000, 50_000


@pytest.mark.long
def test_of_very_many_files_the_report_stays_short(team: Team) -> None:
    folder = team.folder / "dags"
    folder.mkdir()
    for number in range(MANY):
        # Every tenth is right, and all have one id.
        line = "dag = DAG('same')" if number % 10 == 0 else "import nowhere_to_be_found"
        (folder / f"dag_{number}.py").write_text(f"{DAG}{line}\n")
    said = team.check(AirflowVersion="3.3.1", Dags="dags")
    assert said.status == 1
    assert f"{MANY // 10:,} DAGs in {MANY:,} files" in said.out.replace("\n    ", " ")
    assert f"{MANY * 9 // 10 - 100:,} more of these findings are left out" in said.out
    assert "dags/dag_0.py" in said.out
    assert len(said.out) < MOST_CHARACTERS


@pytest.mark.long
def test_plugins_of_200_megabytes_are_imported(team: Team) -> None:
    folder = team.folder / "plugins"
    folder.mkdir()
    for number in range(20):
        # What compresses to nothing would be easier than it is.
        (folder / f"model_{number}.bin").write_bytes(os.urandom(10 << 20))
    (folder / "size.py").write_text(
        "from pathlib import Path\n"
        "SIZE = sum(each.stat().st_size for each in Path(__file__).parent.glob('*.bin'))\n"
    )
    team.write(
        dags__big=f"{DAG}from size import SIZE\nassert SIZE == 200 << 20\ndag = DAG('big')\n"
    )
    found = team.findings(AirflowVersion="3.3.1", Dags="dags", Plugins="plugins")
    assert [name for name, each in found.items() if each["wrong"]] == []
    assert found["DAGs"]["note"].startswith("1 DAG in 1 file")


def test_without_network_nothing_is_imported_and_the_report_says_why(
    team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(installation, "CACHE", tmp_path / "airflows")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    team.write(dags__good=HOSTILE["dags__good"])
    said = team.check("--json", AirflowVersion="3.3.1", Dags="dags")
    found = {each["subject"]: each for each in json.loads(said.out)}
    assert found["Airflow"]["not_tried"]
    assert "no network" in found["Airflow"]["note"]
    assert found["requirements.txt"]["note"] == "asks for nothing"
    assert said.status == 0


def test_a_teams_own_airflow_package_is_not_imported_beside_airflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "plugins")])
    assert not shadows_airflow({"home": str(tmp_path)})
    (tmp_path / "plugins" / "airflow" / "providers" / "ours").mkdir(parents=True)
    assert shadows_airflow({"home": str(tmp_path)})


def test_an_error_is_told_without_secrets_and_not_at_length(tmp_path: Path) -> None:
    [environment] = parse(with_environment()).environments
    shipped = shipped_files(environment, tmp_path / "shipped")
    shipped.seen.exports = {"API_TOKEN": "hush-hush"}
    error = f"ValueError: hush-hush at postgresql://a:hidden@host {'x' * 100_000}"
    imported = Imported(
        file=f"{shipped.home}/dags/a.py",
        errors=[error],
        dags=[],
        calls=[],
        forks=[],
        printed="",
        seconds=0,
        limit=0,
    )
    [found] = _findings(imported, shipped)
    assert found.message.startswith("ValueError: *** at postgresql://***@host xxx")
    assert len(found.message) < 2000
