"""requirements.txt: what lineage needs and what a team asks for, without a contradiction."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from artifacts.conflict import ConflictError
from artifacts.openmetadata_constraints import INSTALLED_CONSTRAINTS
from artifacts.requirements import (
    merged_requirements,
)
from mwaa.versions import PREINSTALLED, airflow_version
from tests.lineage import ATLAN, openmetadata, resolved
from tests.unit.artifacts.merging import PROVIDER, VERSION, requirements
from tests.unit.artifacts.wheels import make_wheel

BENEATH = ("openlineage-integration-common", "openlineage-python", "openlineage-sql")


def test_requirements_begin_with_the_constraints_of_the_version(tmp_path: Path) -> None:
    assert requirements(tmp_path, None).splitlines() == [
        f'--constraint "{VERSION.constraints_url}"',
        "apache-airflow-providers-openlineage",
    ]


def test_where_nothing_is_installed_nothing_is_fetched(tmp_path: Path) -> None:
    (line,) = requirements(tmp_path, None, ours=()).splitlines()
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
        "/usr/local/airflow/plugins/own.whl\r\n"
        "git+https://example.com/own.git\r\n"
    )
    assert requirements(tmp_path, team, plugins=["own.whl"]).splitlines()[2:] == [
        "# Ours",
        "",
        "pandas>=2  # for reports",
        "--extra-index-url https://example.com/simple",
        "polars[all] \\",
        "    >=1",
        "tools @ https://example.com/tools.whl#sha256=00",
        "/usr/local/airflow/plugins/own.whl",
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
        ("--constraint https://example.com/own.txt", INSTALLED_CONSTRAINTS),
        ("-c own.txt", INSTALLED_CONSTRAINTS),
        ("apache-airflow==2.9.2", "apache-airflow==2.10.3"),
        ("apache-airflow-providers-openlineage==1.8.0", "openlineage==1.13.0"),
        ("Apache.Airflow_Providers_OpenLineage >= 2", "openlineage==1.13.0"),
        ("apache-airflow-providers-amazon<9", "amazon==9.0.0"),
        ("openlineage-python @ https://example.com/own.whl", "openlineage-python==1.23.0"),
        ("openmetadata-ingestion==1.9.12.1", "openmetadata-ingestion==1.9.13.*"),
        ("openmetadata-ingestion[trino]<1.9", "openmetadata-ingestion==1.9.13.*"),
        ("apache-airflow==2.9.2; python_version >= '3.11'", "apache-airflow==2.10.3"),
        (f"pandas==2.1.4 --hash=sha256:{'0' * 64}", "apache-airflow-providers-openlineage"),
    ],
)
def test_clash_names_both_sides_and_the_line(tmp_path: Path, line: str, ours: str) -> None:
    with pytest.raises(ConflictError) as raised:
        requirements(
            tmp_path,
            f"# Ours\npolars \\\n  >=1\n{line}\n",
            ours=(PROVIDER, "openmetadata-ingestion==1.9.13.*"),
        )
    message = str(raised.value)
    assert f"team.txt, line 4 ({line})" in message
    assert ours in message


def test_constraints_of_a_teams_own_clash_with_the_versions(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=re.escape(VERSION.constraints_url)):
        requirements(tmp_path, "-c https://example.com/own.txt")


@pytest.mark.parametrize(
    ("line", "ours"),
    [("openlineage-airflow>=1", PROVIDER), (PROVIDER, "openlineage-airflow")],
)
def test_no_event_is_sent_twice(tmp_path: Path, line: str, ours: str) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 1") as raised:
        requirements(tmp_path, line, ours=(ours,))
    assert ours in str(raised.value)


@pytest.mark.parametrize("line", ["-c {}", "apache-airflow @ {}", "pip install -i {}"])
def test_clash_does_not_repeat_credentials(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConflictError) as raised:
        requirements(tmp_path, line.format("https://me:canary@example.com/own.whl"))
    assert "example.com/own.whl" in str(raised.value)
    assert "canary" not in str(raised.value) + raised.value.remedy


def test_pin_for_another_python_is_no_clash(tmp_path: Path) -> None:
    line = "apache-airflow==2.9.2; python_version < '3.11'"
    assert line in requirements(tmp_path, line)


def test_hashes_are_the_teams_where_no_line_is_ours(tmp_path: Path) -> None:
    line = f"pandas==2.1.4 --hash=sha256:{'0' * 64}"
    assert line in requirements(tmp_path, line, ours=())


@pytest.mark.parametrize(
    "line", ["-r more.txt", "-rmore.txt", "--requirement=more.txt", "pandas=2", "pandas 2"]
)
def test_line_that_would_fail_on_mwaa_unseen_is_refused_here(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 1"):
        requirements(tmp_path, line)


@pytest.mark.parametrize(
    "line", ["openmetadata-ingestion[trino]", "openmetadata-ingestion==1.9.13.1"]
)
def test_team_may_say_more_of_what_lineage_needs(tmp_path: Path, line: str) -> None:
    merged = requirements(tmp_path, line, ours=("openmetadata-ingestion==1.9.13.*",))
    assert line.partition("==")[0].partition("[")[0] in merged


@pytest.mark.parametrize(
    ("version", "package"),
    [
        ("3.3.1", PROVIDER),
        ("2.7.2", PROVIDER),
        ("2.6.3", "openlineage-airflow"),
        ("2.5.1", "openlineage-airflow"),
        ("2.4.3", None),
    ],
)
def test_each_airflow_gets_the_package_that_sends_from_it(
    version: str, package: str | None
) -> None:
    needed = resolved(ATLAN, version=version).requirements
    assert needed == ((package,) if package else ())


def test_a_backend_needs_its_client_and_nothing_of_openlineage() -> None:
    # Not every release of the server has a client of just its number: 1.9.13 begins with 1.9.13.1.
    backend = openmetadata("1.9.13")
    alone = resolved(backend).requirements
    # Airflow and the Amazon provider, so that pip heeds what they need.
    assert {*alone} == {*PREINSTALLED, "openmetadata-ingestion==1.9.13.*", "cachetools"}
    both = resolved(backend, ATLAN).requirements
    assert {*both} == {*alone, PROVIDER}


def test_datazone_needs_the_provider_too() -> None:
    entry = {"Provider": "DataZone", "DomainId": "dzd-abc"}
    assert resolved(entry).requirements == (PROVIDER,)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with all that lineage needs on Airflow 2.10.3."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, PROVIDER, "1.13.0")
    for name in BENEATH:
        make_wheel(folder, name, "1.23.0")
    return folder


def test_wheels_are_all_that_is_installed_from(tmp_path: Path, wheels: Path) -> None:
    make_wheel(wheels, "humanize", "4.11.0")
    lines = requirements(tmp_path, "humanize>=4\n", wheels=wheels).splitlines()
    assert lines == [
        "--no-index",
        "--find-links /usr/local/airflow/plugins/wheels",
        PROVIDER,
        "humanize>=4",
    ]
    assert not any("https:" in line for line in lines)


@pytest.mark.parametrize("missing", [PROVIDER, *BENEATH])
def test_wheel_that_lineage_needs_is_missed_here(
    tmp_path: Path, wheels: Path, missing: str
) -> None:
    for wheel in wheels.glob(f"{missing.replace('-', '_')}-*"):
        wheel.unlink()
    with pytest.raises(ConflictError, match=re.escape(missing)) as raised:
        requirements(tmp_path, None, wheels=wheels)
    assert "requirements wheels" in raised.value.remedy


@pytest.mark.parametrize(
    "line",
    [
        "humanize",
        "humanize>=5",
        "humanize @ https://example.com/humanize.whl",
        "git+https://example.com/own.git",
        "--extra-index-url https://example.com/simple",
        "-e ./own",
    ],
)
def test_what_only_the_internet_has_is_refused_beside_wheels(
    tmp_path: Path, wheels: Path, line: str
) -> None:
    if ">=" in line:
        make_wheel(wheels, "humanize", "4.11.0")
    with pytest.raises(ConflictError, match=r"team\.txt, line 2"):
        requirements(tmp_path, f"# Ours\n{line}\n", wheels=wheels)


def test_wheel_of_another_version_than_mwaas_is_refused(tmp_path: Path, wheels: Path) -> None:
    for wheel in wheels.glob("openlineage_python-*"):
        wheel.unlink()
    make_wheel(wheels, "openlineage-python", "1.52.0")
    with pytest.raises(ConflictError, match="openlineage-python"):
        requirements(tmp_path, None, wheels=wheels)


@pytest.mark.parametrize("line", ["apache-airflow==2.10.3", "boto3; python_version < '3'"])
def test_what_is_there_already_needs_no_wheel(tmp_path: Path, wheels: Path, line: str) -> None:
    assert line in requirements(tmp_path, line, wheels=wheels).splitlines()


@pytest.mark.parametrize(
    "tag",
    [
        "py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp37-abi3-manylinux1_x86_64",
        "cp311-cp311-manylinux_2_34_x86_64",
        "cp311-none-any",
    ],
)
def test_wheel_that_mwaa_can_install_is_taken(tmp_path: Path, wheels: Path, tag: str) -> None:
    make_wheel(wheels, "own", "1.0", tag=tag)
    assert "own" in requirements(tmp_path, "own", wheels=wheels).splitlines()


@pytest.mark.parametrize(
    "tag",
    [
        "cp312-cp312-manylinux_2_17_x86_64",
        "cp311-cp311-manylinux_2_17_aarch64",
        "cp311-cp311-macosx_11_0_arm64",
        "cp311-cp311-win_amd64",
        "cp311-cp311-musllinux_1_2_x86_64",
        "cp311-cp311-manylinux_2_39_x86_64",
    ],
)
def test_wheel_for_another_machine_is_refused(tmp_path: Path, wheels: Path, tag: str) -> None:
    name = make_wheel(wheels, "own", "1.0", tag=tag).name
    with pytest.raises(ConflictError, match=re.escape(name)) as raised:
        requirements(tmp_path, None, wheels=wheels)
    assert "Python 3.11" in str(raised.value)


def test_what_would_have_to_be_built_is_refused(tmp_path: Path, wheels: Path) -> None:
    (wheels / "own-1.0.tar.gz").write_bytes(b"")
    with pytest.raises(ConflictError, match=r"own-1\.0\.tar\.gz"):
        requirements(tmp_path, None, wheels=wheels)


def test_what_an_editor_hides_in_the_folder_is_passed_over(wheels: Path) -> None:
    (wheels / ".gitignore").write_text("*\n")
    assert merged_requirements(version=VERSION, ours=(PROVIDER,), wheels=wheels)


@pytest.mark.parametrize("line", [".", "-e .", "--editable=./packages/ours", "./wheels/ours.whl"])
def test_a_path_of_this_machine_is_refused(line: str, tmp_path: Path) -> None:
    team = tmp_path / "team.txt"
    team.write_text(line)
    with pytest.raises(ConflictError, match=r"team\.txt, line 1") as caught:
        merged_requirements(version=airflow_version("2.10.3"), team=team)
    assert "Wheels" in caught.value.remedy


@pytest.mark.parametrize("version", ["2.6.3", "3.3.1"])
def test_the_plugin_that_turns_openlineages_off_is_refused_beside_it(
    version: str, tmp_path: Path
) -> None:
    team = tmp_path / "team.txt"
    team.write_text("acryl_datahub_airflow_plugin\n")
    known = airflow_version(version)
    assert known.lineage_package
    with pytest.raises(ConflictError, match="turns off the plugin"):
        merged_requirements(version=known, ours=[known.lineage_package], team=team)
    assert "acryl" in merged_requirements(version=known, team=team).content
