"""plugins.zip and requirements.txt: the same bytes for the same input, and no contradiction."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import pytest

from mwaa_platform.airflow_versions import AirflowVersion, airflow_version
from mwaa_platform.lineage_artefacts import (
    LineagePluginSettings,
    build_plugins,
    build_requirements,
)
from mwaa_platform.requirements_file import RequirementsClash

VERSION = airflow_version("2.10.3")
SETTINGS = LineagePluginSettings(
    provider="Atlan", url="https://example.com", namespace="gold", token_cache_seconds=60
)


def requirements(
    directory: Path, team: str | None, *, lineage: bool = True, version: AirflowVersion = VERSION
) -> str:
    """The merged content, with a team's file of the given content."""
    file = directory / "team.txt" if team is not None else None
    if file:
        file.write_bytes(team.encode())  # type: ignore[union-attr]
    path = build_requirements(version=version, lineage=lineage, team=file, directory=directory)
    return path.read_text()


def transport(archive: Path) -> dict[str, object]:
    with zipfile.ZipFile(archive) as plugins:
        settings = json.loads(plugins.read("mwaa_platform_lineage.json"))
    result: dict[str, object] = settings["transport"]
    return result


def test_same_settings_give_the_same_bytes_anywhere_at_any_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    one = build_plugins(settings=SETTINGS, directory=first)
    umask = os.umask(0o077)
    try:
        other = build_plugins(settings=SETTINGS, directory=second)
    finally:
        os.umask(umask)
    assert (one.name, one.read_bytes()) == (other.name, other.read_bytes())
    with zipfile.ZipFile(one) as plugins:
        assert plugins.namelist() == sorted(plugins.namelist())
        assert {entry.date_time for entry in plugins.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("change", [{"namespace": "silver"}, {"token_cache_seconds": 61}])
def test_other_settings_give_another_file(tmp_path: Path, change: dict[str, object]) -> None:
    changed = replace(SETTINGS, **change)  # type: ignore[arg-type]
    one = build_plugins(settings=SETTINGS, directory=tmp_path)
    assert one.name != build_plugins(settings=changed, directory=tmp_path).name


@pytest.mark.parametrize("host", ["https://example.com", "https://example.com/"])
def test_events_go_to_the_path_of_atlan(tmp_path: Path, host: str) -> None:
    archive = build_plugins(settings=replace(SETTINGS, url=host), directory=tmp_path)
    # As the OpenLineage client joins them.
    url = urljoin(str(transport(archive)["url"]), "api/v1/lineage")
    assert url == "https://example.com/events/openlineage/airflow-mwaa/api/v1/lineage"


@pytest.mark.parametrize("namespace", ["gold$HOME", "$gold", "~gold"])
def test_connection_that_airflow_would_expand_is_refused(namespace: str) -> None:
    with pytest.raises(ValueError, match="connection"):
        replace(SETTINGS, namespace=namespace)


def test_requirements_begin_with_the_constraints_of_the_version(tmp_path: Path) -> None:
    assert requirements(tmp_path, None).splitlines() == [
        f'--constraint "{VERSION.constraints_url}"',
        "apache-airflow-providers-openlineage",
    ]


def test_where_nothing_is_installed_nothing_is_fetched(tmp_path: Path) -> None:
    (line,) = requirements(tmp_path, None, lineage=False).splitlines()
    assert line.startswith("#")


def test_team_keeps_its_lines_comments_and_order(tmp_path: Path) -> None:
    team = (
        "\ufeff# Ours\r\n"
        "\r\n"
        "pandas>=2  # for reports\r\n"
        "--extra-index-url https://example.com/simple\r\n"
        "polars[all] \\\r\n"
        "    >=1\r\n"
        "tools @ https://example.com/tools.whl#sha256=00\r\n"
        "./wheels/own.whl\r\n"
        "git+https://example.com/own.git\r\n"
    )
    assert requirements(tmp_path, team).splitlines()[2:] == [
        "# Ours",
        "",
        "pandas>=2  # for reports",
        "--extra-index-url https://example.com/simple",
        "polars[all] \\",
        "    >=1",
        "tools @ https://example.com/tools.whl#sha256=00",
        "./wheels/own.whl",
        "git+https://example.com/own.git",
    ]


@pytest.mark.parametrize(
    "repeated",
    [
        "apache-airflow-providers-openlineage",
        "Apache_Airflow-providers.openlineage==1.13.0",
        f"-c {VERSION.constraints_url}",
        f"--constraint='{VERSION.constraints_url}'",
        "pandas >= 2",
    ],
)
def test_what_is_said_twice_stands_once(tmp_path: Path, repeated: str) -> None:
    once = requirements(tmp_path, "pandas>=2\n")
    assert requirements(tmp_path, f"pandas>=2\n{repeated}\n") == once


def test_extras_of_the_openlineage_provider_are_kept(tmp_path: Path) -> None:
    line = "apache-airflow-providers-openlineage[sql]"
    assert line in requirements(tmp_path, line).splitlines()


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("--constraint https://example.com/own.txt", VERSION.constraints_url),
        ("-c own.txt", VERSION.constraints_url),
        ("apache-airflow==2.9.2", "apache-airflow==2.10.3"),
        ("apache-airflow-providers-openlineage==1.8.0", "openlineage==1.13.0"),
        ("Apache.Airflow_Providers_OpenLineage >= 2", "openlineage==1.13.0"),
        ("apache-airflow-providers-amazon<9", "amazon==9.0.0"),
        ("openlineage-python @ https://example.com/own.whl", "openlineage-python==1.23.0"),
        ("apache-airflow==2.9.2; python_version >= '3.11'", "apache-airflow==2.10.3"),
        (f"pandas==2.2.3 --hash=sha256:{'0' * 64}", "apache-airflow-providers-openlineage"),
    ],
)
def test_clash_names_both_sides_and_the_line(tmp_path: Path, line: str, ours: str) -> None:
    with pytest.raises(RequirementsClash) as raised:
        requirements(tmp_path, f"# Ours\npolars \\\n  >=1\n{line}\n")
    message = str(raised.value)
    assert f"team.txt, line 4 ({line})" in message
    assert ours in message


@pytest.mark.parametrize("line", ["-c {}", "apache-airflow @ {}", "pip install -i {}"])
def test_clash_does_not_repeat_credentials(tmp_path: Path, line: str) -> None:
    with pytest.raises(RequirementsClash) as raised:
        requirements(tmp_path, line.format("https://me:canary@example.com/own.whl"))
    assert "example.com/own.whl" in str(raised.value)
    assert "canary" not in str(raised.value) + raised.value.remedy


def test_pin_for_another_python_is_no_clash(tmp_path: Path) -> None:
    line = "apache-airflow==2.9.2; python_version < '3.11'"
    assert line in requirements(tmp_path, line)


def test_hashes_are_the_teams_where_no_line_is_ours(tmp_path: Path) -> None:
    line = f"pandas==2.2.3 --hash=sha256:{'0' * 64}"
    assert line in requirements(tmp_path, line, lineage=False)


@pytest.mark.parametrize(
    "line", ["-r more.txt", "-rmore.txt", "--requirement=more.txt", "pandas=2", "pandas 2"]
)
def test_line_that_would_fail_on_mwaa_unseen_is_refused_here(tmp_path: Path, line: str) -> None:
    with pytest.raises(RequirementsClash, match=r"team\.txt, line 1"):
        requirements(tmp_path, line)
