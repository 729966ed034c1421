"""The constraints that pip is under on MWAA: the image's, a team's own, or none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from artifacts.build import ArtifactSources, build_artifacts
from artifacts.conflict import ConflictError
from artifacts.image_constraints import IMAGE_FILE, INSTALLED_IMAGE_FILE
from artifacts.requirements import merged_requirements
from mwaa.constraints import constraints, essential
from mwaa.versions import AIRFLOW_VERSIONS, airflow_version
from tests.lineage import ATLAN, openmetadata, resolved
from tests.unit.artifacts.merging import PROVIDER, VERSION, requirements

KNOWN = [each.version for each in AIRFLOW_VERSIONS.values() if each.openlineage_provider]
OTHER_THAN_APACHES = {"3.2.1", "2.11.2"}


def built(directory: Path, version: str, team: str | None = None) -> tuple[str, dict[str, str]]:
    """The requirements.txt and the texts in plugins.zip, of an environment with lineage."""
    file = directory / "team.txt"
    file.write_text(team or "")
    sources = ArtifactSources(
        version=airflow_version(version),
        lineage=resolved(ATLAN, version=version),
        requirements=file if team is not None else None,
    )
    made = build_artifacts(sources, directory)
    with zipfile.ZipFile(made.plugins) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert made.requirements
    return made.requirements.read_text(), texts


@pytest.mark.parametrize("version", KNOWN)
def test_pip_sees_the_constraints_of_the_image(version: str, tmp_path: Path) -> None:
    named, shipped = built(tmp_path, version)
    if version not in OTHER_THAN_APACHES:
        assert named.startswith(f'--constraint "{airflow_version(version).constraints_url}"\n')
        assert IMAGE_FILE not in shipped
        return
    assert named.startswith(f'--constraint "/usr/local/airflow/plugins/{IMAGE_FILE}"\n')
    pins = [Requirement(line) for line in shipped[IMAGE_FILE].splitlines()]
    held: dict[str, str] = {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins
    }
    # What MWAA always adds is left to it: two files that differ would contradict each other.
    assert held | dict(essential(version)) == {**constraints(version), **essential(version)}
    assert not held.keys() & essential(version).keys()


def test_the_provider_of_3_2_1_is_the_one_that_aws_chose(tmp_path: Path) -> None:
    _, shipped = built(tmp_path, "3.2.1")
    assert f"{PROVIDER}==2.16.0\n" in shipped[IMAGE_FILE]


@pytest.mark.parametrize("version", sorted(OTHER_THAN_APACHES))
def test_apaches_line_of_a_team_gives_way_to_the_images(version: str, tmp_path: Path) -> None:
    apaches = f"-c {airflow_version(version).constraints_url}\nhumanize\n"
    named, shipped = built(tmp_path, version, apaches)
    assert named == f'--constraint "{INSTALLED_IMAGE_FILE}"\n{PROVIDER}\nhumanize\n'
    assert IMAGE_FILE in shipped


def test_nothing_is_shipped_for_an_environment_that_installs_nothing(tmp_path: Path) -> None:
    made = build_artifacts(ArtifactSources(version=airflow_version("3.2.1")), tmp_path)
    with zipfile.ZipFile(made.plugins) as archive:
        assert archive.namelist() == ["README.txt"]


@pytest.mark.parametrize(
    ("version", "line"), [("3.0.6", "Flask_Caching==2.1"), ("3.3.1", "fluent-logger<0.11")]
)
def test_what_mwaa_builds_on_is_held_too(version: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 1"):
        requirements(tmp_path, line, version=airflow_version(version))


COMMENT = "# pip-compile -c constraints.txt\n"


@pytest.mark.parametrize(
    "comment", [COMMENT, '  # --constraint "https://example.com/c.txt"\n', "humanize  # gcc -c x\n"]
)
def test_a_comment_turns_constraints_off_as_on_mwaa(comment: str, tmp_path: Path) -> None:
    lines = requirements(tmp_path, f"{comment}pandas==1.5.3\n").splitlines()
    # Then nothing else chooses what lineage is made of.
    assert lines[:4] == [
        f"{PROVIDER}==1.13.0",
        "openlineage-integration-common==1.23.0",
        "openlineage-python==1.23.0",
        "openlineage-sql==1.23.0",
    ]
    assert lines[4:] == [*comment.rstrip().splitlines(), "pandas==1.5.3"]


def test_a_comment_that_turns_constraints_off_is_warned_of(tmp_path: Path) -> None:
    team = tmp_path / "team.txt"
    team.write_text(f"humanize\n{COMMENT}")
    (warning,) = merged_requirements(version=VERSION, team=team).warnings
    assert "line 2 of team.txt" in warning
    team.write_text(f"{COMMENT}-c {VERSION.constraints_url}\nhumanize\n")
    merged = merged_requirements(version=VERSION, team=team)
    assert VERSION.constraints_url in merged.content
    assert not merged.warnings


@pytest.mark.parametrize("line", ["Flask==3.1.0", "apache-airflow==2.9.2", f"{PROVIDER}==1.14.0"])
def test_without_constraints_mwaas_own_versions_and_lineages_hold(
    line: str, tmp_path: Path
) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 2"):
        requirements(tmp_path, f"{COMMENT}{line}\n")


def test_with_openmetadatas_client_a_comment_has_no_effect(tmp_path: Path) -> None:
    ours = resolved(openmetadata("1.10.14")).requirements
    assert requirements(tmp_path, COMMENT, ours=ours).startswith("--constraint ")


OWN = "-c /usr/local/airflow/plugins/own.txt\n"


def test_a_teams_own_constraints_take_the_place_of_the_images(tmp_path: Path) -> None:
    team, plugins = f"{OWN}pandas==1.5.3\n", {"own.txt": "# Ours\npandas==1.5.3\n"}
    lines = requirements(tmp_path, team, plugins=plugins, ours=()).splitlines()
    assert lines == [OWN.strip(), "pandas==1.5.3"]


@pytest.mark.parametrize(
    ("constraint", "line", "said"),
    [
        ("pandas<2", "pandas==2.1.4", "line 1 of own.txt in plugins"),
        ("Flask==2.2.5", "Flask==3.1.0", "own.txt"),
        (f"{PROVIDER}==1.12.0", "pandas", f"lineage needs {PROVIDER}==1.13.0"),
        ("pandas 2", "pandas", "line 1"),
    ],
)
def test_what_a_teams_own_constraints_do_not_allow_is_refused(
    constraint: str, line: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConflictError) as caught:
        requirements(tmp_path, f"{OWN}{line}\n", plugins={"own.txt": f"{constraint}\n"})
    assert said in caught.value.message.replace("plugins/own.txt", "own.txt in plugins")


def test_constraints_in_the_dag_folder_are_warned_of(tmp_path: Path) -> None:
    team = tmp_path / "team.txt"
    team.write_text("-c /usr/local/airflow/dags/own.txt\npandas==1.5.3\n")
    merged = merged_requirements(version=VERSION, team=team)
    assert 'constraint "http' not in merged.content
    (warning,) = merged.warnings
    assert "team.txt, line 1" in warning
    assert "not checked" in warning


@pytest.mark.parametrize("version", ["2.7.2", "2.8.1", "3.99.0"])
@pytest.mark.parametrize("pin", ["==1.4.0", " @ https://example.com/own.whl"])
def test_a_version_of_the_provider_is_never_dropped_in_silence(
    version: str, pin: str, tmp_path: Path
) -> None:
    known = airflow_version(version)
    with pytest.raises(ConflictError, match="chooses a version"):
        requirements(tmp_path, f"{PROVIDER}{pin}\n", version=known)
    assert requirements(tmp_path, f"{PROVIDER}\n", version=known).count(PROVIDER) == 1
