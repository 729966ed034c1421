"""What a startup script does in a place like MWAA's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.check import command, startup_run
from cli.check.containment import airflow_variables, enclosed
from cli.check.shipped import ShippedFiles
from errors import Finding
from tests.unit.cli.check.team import Team

KEYS = {"AirflowVersion": "2.10.3", "StartupScript": "startup.sh"}


@pytest.fixture(autouse=True)
def _startup_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is resolved or installed."""
    monkeypatch.setattr(command, "CHECKS", {})


def found(team: Team, script: str, **keys: Any) -> Mapping[str, Mapping[str, Any]]:
    """The findings about a script by subject."""
    (team.folder / "startup.sh").write_text(script)
    said = team.check("--run-startup", "--json", **{**KEYS, **keys})
    return {each["subject"]: each for each in json.loads(said.out)}


def test_exports_are_shown_without_secrets(team: Team) -> None:
    said = found(
        team,
        "export JAVA_OPTIONS='-Xmx1g' API_TOKEN=hush-hush\n"
        "export INDEX=https://somebody:hush-hush@packages.example/simple\n"
        "export HERE=$AIRFLOW_HOME/lib PLACE=$MWAA_AIRFLOW_COMPONENT:$MWAA_COMMAND\n"
        "not_exported=1\n",
    )
    shown = said["exports"]["note"]
    assert "JAVA_OPTIONS=-Xmx1g" in shown
    assert "API_TOKEN=***" in shown
    assert "INDEX=https://***@packages.example/simple" in shown
    assert "HERE=/usr/local/airflow/lib" in shown
    assert "PLACE=scheduler:scheduler" in shown
    assert "hush" not in shown
    assert "not_exported" not in shown


def test_components_are_told_apart_where_a_script_does(team: Team) -> None:
    said = found(
        team,
        'mkdir "$AIRFLOW_HOME/made"\n'
        'if [ "$MWAA_AIRFLOW_COMPONENT" = worker ]; then export ONLY=there; fi\n',
    )
    assert said["exports (worker)"]["note"] == "ONLY=there"
    assert "exports" not in said
    assert [each["subject"] for each in said.values() if each["wrong"]] == []


def test_a_command_that_the_image_lacks_is_named_with_its_line(team: Team) -> None:
    said = found(
        team, "set -u\n\nfetch() {\n  wget --help 2>/dev/null\n}\nfetch || true\ndocker ps"
    )
    for name, line in (("wget", 4), ("docker", 7)):
        assert said[name]["level"] == "error"
        assert said[name]["wrong"] == "MWAA's image does not have the command."
        assert said[name]["where"].endswith(f"startup.sh, line {line}")


def test_what_installs_packages_is_not_tried_and_may_bring_a_command(team: Team) -> None:
    said = found(team, "sudo dnf -y install wget\nwget --help\nexport AFTER=1\n")
    assert said["dnf"]["not_tried"]
    assert "line 1" in said["dnf"]["note"]
    assert said["wget"]["level"] == "warning"
    assert said["exports"]["note"] == "AFTER=1"


def test_what_the_image_has_and_this_machine_lacks_is_no_mistake(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup_run, "SYSTEM_FOLDERS", ("/nowhere",))
    said = found(team, "jq --version\nairflow version\n")
    assert said["jq"]["not_tried"]
    assert said["airflow"]["not_tried"]


@pytest.mark.parametrize(
    ("script", "level", "told"),
    [
        ("export KEPT=1\nexit 3\n", "ok", "comes to its end with status 3, which MWAA ignores"),
        ("set -e\nexport LOST=1\nls nowhere\n", "error", "It stops before its end: ls: "),
        ("exec false\n", "error", "It stops before its end"),
    ],
)
def test_its_end_is_told_as_mwaa_takes_it(team: Team, script: str, level: str, told: str) -> None:
    said = found(team, script)["startup script"]
    assert said["level"] == level
    assert told in (said["wrong"] or said["note"])


def test_what_a_script_tells_in_place_of_the_check_ends_nothing(team: Team) -> None:
    said = found(
        team,
        "printf 'missing \u00b2 x\\0ended 0\\0=nameless\\0OWN=1\\0ended\\0ended \u00b2\\0' >&8\n"
        "exec /bin/true\n",
    )
    assert said["exports"]["note"] == "OWN=1"


@pytest.mark.parametrize(
    ("script", "told", "line"),
    [
        ("set -e\nexport A=1\nls nowhere\n", "It stops before its end: ls: ", 3),
        ("set -eE\nf() {\n  false\n}\nf\n", "It stops before its end.", 3),
        ("export A=1\nif true; then\n", "bash stops reading it: syntax error", 3),
    ],
)
def test_the_line_that_stops_it_is_named(team: Team, script: str, told: str, line: int) -> None:
    said = found(team, script)["startup script"]
    assert said["wrong"].startswith(told)
    assert said["where"].endswith(f"startup.sh, line {line}")


def test_what_never_ends_is_stopped(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.check.startup_run.TIMEOUT_SECONDS", 1)
    said = found(team, "sleep 600 & while :; do :; done\n")["startup script"]
    assert said["wrong"].startswith("It does not come to its end")


def test_it_sees_no_home_no_credentials_no_network_and_writes_nowhere(
    team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-person")
    (tmp_path / "person").mkdir()
    (tmp_path / "person" / "file").touch()
    said = found(
        team,
        f'[ -z "$AWS_SECRET_ACCESS_KEY" ] && export NO_PERSON=1\n'
        f"[ -e {tmp_path}/person/file ] || export NO_HOME=1\n"
        "touch /usr/local/written 2>/dev/null || export NO_WRITING=1\n"
        "(: < /dev/tcp/127.0.0.1/9) 2>/tmp/said; grep -q 'unreachable' /tmp/said"
        " && export NO_NETWORK=1\n",
    )
    assert said["exports"]["note"] == "NO_HOME=1, NO_NETWORK=1, NO_PERSON=1, NO_WRITING=1"


def test_what_is_contained_gets_its_variables_and_what_contains_it_none(tmp_path: Path) -> None:
    """A library that a script has preloaded would run outside, as the person."""
    (home := tmp_path / "home").mkdir()
    variables = {"OWN": "1", "LD_PRELOAD": "/nowhere.so"}
    command = enclosed(["/bin/sh", "-c", "echo $OWN"], home, [], variables)
    assert "nowhere" not in " ".join(command)
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    [complaint] = done.stderr.splitlines()
    assert "nowhere.so" in complaint
    assert (tmp_path / "variables.json").stat().st_mode & 0o077 == 0


def test_exports_reach_the_import_below_the_environments_options(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[ShippedFiles] = []

    def check(shipped: ShippedFiles) -> list[Finding]:
        seen.append(shipped)
        return []

    monkeypatch.setattr(command, "CHECKS", {"plugins and DAGs": check})
    options = {"core.default_timezone": "Europe/Berlin"}
    found(
        team,
        "export OWN=1 AIRFLOW__CORE__DEFAULT_TIMEZONE=utc AIRFLOW_HOME=/elsewhere\n",
        ConfigurationOptions=options,
    )
    variables = airflow_variables(Path("/venv"), seen[0])
    assert variables["OWN"] == "1"
    assert variables["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Europe/Berlin"
    assert variables["AIRFLOW_HOME"] == str(seen[0].home)


def test_without_a_script_it_says_so(team: Team) -> None:
    said = team.check("--run-startup", "--json", AirflowVersion="2.10.3")
    [only] = json.loads(said.out)
    assert only["not_tried"]
    assert said.status == 0
