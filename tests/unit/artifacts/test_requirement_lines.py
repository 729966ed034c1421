"""Lines of a requirements.txt, as pip on MWAA reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from artifacts.conflict import ConflictError
from artifacts.requirements import merged_requirements
from mwaa.versions import airflow_version
from tests.unit.artifacts.merging import PROVIDER, VERSION, plugin_folder, requirements
from tests.unit.artifacts.wheels import make_wheel

BELOW = "/usr/local/airflow/plugins"


@pytest.mark.parametrize(
    "line",
    [
        "--no-deps",
        "pandas --no-deps",
        "--upgrade",
        "pandas -U",
        "--user",
        "--no-cache-dir",
        "--target /tmp",
        "--force-reinstall",
        "--ignore-installed",
        "--timeout 5",
        "--proxy http://proxy",
        "--no-build-isolation",
        "--made-up",
        "--trusted-host",
        "--no-index=yes",
        '--extra-index-url "https://example.com',
    ],
)
def test_an_option_for_which_pip_installs_nothing_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 2") as caught:
        requirements(tmp_path, f"humanize\n{line}\n")
    assert "pip does not take" in caught.value.message


@pytest.mark.parametrize(
    "line",
    [
        "-i https://example.com/simple",
        "--index-url=https://example.com/simple",
        "--extra-index-url https://${TOKEN}@example.com/simple",
        "-f https://example.com/wheels.html",
        f"--find-links {BELOW}",
        "--no-binary :all:",
        "--only-binary=pandas",
        "--prefer-binary",
        "--pre",
        "--trusted-host example.com",
        "--use-feature=fast-deps",
        "-e git+https://example.com/own.git#egg=own",
        f"-e {BELOW}/own",
        f"file://{BELOW}/own.whl",
        f"own @ file://{BELOW}/own.whl",
        f"{BELOW}/own.whl",
        "${OWN_WHEEL}",
        "pandas --config-settings=x=y",
        "pandas --global-option=--quiet",
    ],
)
def test_what_pip_takes_in_a_file_passes(line: str, tmp_path: Path) -> None:
    merged = requirements(tmp_path, f"{line}\n", plugins=["own.whl", "own/pyproject.toml"])
    assert line in merged.splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "/home/me/own.whl",
        "wheels/own.whl",
        "own.whl",
        "own @ file:///home/me/own.whl",
        "file:///home/me/own",
        "-e /home/me/own",
        "--find-links wheels",
        "-f /home/me/wheels",
        "-r /home/me/more.txt",
        f"{BELOW}/../own.whl",
        "/usr/local/airflow/dags/../own.whl",
        f"{BELOW}/other.whl",
        f"-r {BELOW}/other.txt",
        f"--find-links {BELOW}/other",
        "/usr/local/airflow/own.whl",
    ],
)
def test_a_path_that_mwaa_does_not_have_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 1"):
        requirements(tmp_path, line, plugins=["own.whl"])


@pytest.mark.parametrize(
    ("line", "has_script"),
    [
        ("-r /usr/local/airflow/dags/codeartifact.txt", False),
        ("-f /usr/local/airflow/dags/wheels", False),
        ("/opt/made/own.whl", True),
    ],
)
def test_what_only_mwaa_can_tell_is_a_warning(line: str, has_script: bool, tmp_path: Path) -> None:
    team = tmp_path / "team.txt"
    team.write_text(line)
    merged = merged_requirements(version=VERSION, team=team, has_startup_script=has_script)
    assert line in merged.content.splitlines()
    (warning,) = merged.warnings
    assert "team.txt, line 1" in warning
    assert "not checked" in warning


@pytest.mark.parametrize("line", ["pandas==1.5.3", "--no-deps", "requests ??", "-r more.txt"])
def test_a_file_in_plugins_that_is_named_is_read_too(line: str, tmp_path: Path) -> None:
    named = f"-r {BELOW}/more.txt\n"
    assert requirements(tmp_path, named, plugins={"more.txt": "humanize\n"})
    with pytest.raises(ConflictError, match=r"more\.txt, line 2"):
        requirements(tmp_path, named, plugins={"more.txt": f"humanize\n{line}\n"})


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("own==1.0\nown==2.0", 2),
        ("own>=2\n\nOwn == 1.0", 3),
        ("own==1.*\nown==1.2\nown==2", 3),
    ],
)
def test_two_versions_of_one_package_are_refused(lines: str, number: int, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=rf"team\.txt, line {number} ") as caught:
        requirements(tmp_path, lines)
    assert "line 1" in caught.value.message


@pytest.mark.parametrize(
    "lines",
    [
        "own>1\nown<2",
        "own==1.0\nown[extra]==1.0",
        "own==1.0; python_version < '3.11'\nown==2.0; python_version >= '3.11'",
        "own~=1.4\nown==1.4.2",
        "own\nown==1",
    ],
)
def test_what_pip_can_meet_together_passes(lines: str, tmp_path: Path) -> None:
    assert requirements(tmp_path, lines).splitlines()[2:] == lines.splitlines()


def test_a_comment_that_ends_in_a_backslash_hides_nothing(tmp_path: Path) -> None:
    # pip joins no line to a comment, so the second one is a requirement.
    with pytest.raises(ConflictError, match=r"team\.txt, line 2 \(pandas==1\.5\.3\)"):
        requirements(tmp_path, "# Ours \\\npandas==1.5.3\n")


@pytest.mark.parametrize(
    "marker",
    [
        'extras == "a"',
        '"a" in extras',
        'dependency_groups == "a"',
        '"a" == "a"',
        'python_version ~= "3"',
        f'{"(" * 5000}python_version > "3"{")" * 5000}',
    ],
)
def test_a_marker_that_pip_cannot_evaluate_is_refused(marker: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 2") as caught:
        requirements(tmp_path, f"humanize\nrequests; {marker}\n")
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    ("version", "marker", "counts"),
    [
        ("2.10.3", "python_full_version == '3.11.9'", True),
        ("2.10.3", "python_full_version < '3.11.9'", False),
        ("3.3.1", "implementation_version >= '3.12.13'", True),
        ("3.0.6", "implementation_version >= '3.12.13'", False),
        ("3.3.1", "implementation_name == 'pypy'", False),
        ("3.3.1", "platform_python_implementation == 'CPython'", True),
        ("3.3.1", "sys_platform == 'darwin'", False),
        ("3.3.1", "platform_machine == 'arm64'", False),
        ("3.3.1", "extra == 'a'", False),
        # Of the host below the container, and of an image that is not public: it may count.
        ("3.3.1", "platform_release >= '999'", True),
        ("3.3.1", "platform_version == 'none'", True),
        ("2.8.1", "python_full_version == '3.11.99'", True),
        ("2.8.1", "os_name == 'python_full_version'", False),
    ],
)
def test_markers_are_those_of_mwaas_python(
    version: str, marker: str, counts: bool, tmp_path: Path
) -> None:
    team = f"apache-airflow==1.9; {marker}\n"
    known = airflow_version(version)
    if counts:
        with pytest.raises(ConflictError, match="contradicts apache-airflow"):
            requirements(tmp_path, team, version=known)
    else:
        assert "1.9" in requirements(tmp_path, team, version=known)


def test_hashes_for_all_are_refused_beside_lines_without(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="hash"):
        requirements(tmp_path, "--require-hashes\n")
    assert "--require-hashes" in requirements(tmp_path, "--require-hashes\n", ours=())


HASHED = f"own==1.0 --hash=sha256:{'0' * 64}\n"


@pytest.mark.parametrize(
    "line",
    [
        "other",
        "other==2.0",
        "boto3[crt]",
        f"other>=2 --hash=sha256:{'0' * 64}",
        f"other==2.* --hash=sha256:{'0' * 64}",
        "other @ https://example.com/other-2.0-py3-none-any.whl",
        "-e git+https://example.com/own.git#egg=own",
    ],
)
def test_a_line_that_pip_refuses_beside_hashes_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConflictError, match=r"team\.txt, line 2 .*would install nothing"):
        requirements(tmp_path, f"{HASHED}{line}\n", ours=())
    if "--hash" not in line:
        assert line in requirements(tmp_path, f"{line}\n", ours=())


def test_what_the_image_keeps_or_an_address_holds_needs_no_hash(tmp_path: Path) -> None:
    lines = (
        "boto3\nother; python_version < '3'\n"
        f"other @ https://example.com/other-2.0-py3-none-any.whl#sha256={'0' * 64}\n"
    )
    assert requirements(tmp_path, f"{HASHED}{lines}", ours=()).endswith(lines)


PACKAGED = f"--find-links {BELOW}\n--no-index\n"
"""What AWS's packaging tool puts first."""


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """A folder of plugins with the wheels of lineage's packages, and a team's."""
    folder = plugin_folder(tmp_path, ["own_plugin.py", "below/elsewhere-4.0-py3-none-any.whl"])
    make_wheel(folder, PROVIDER, "1.13.0")
    for name in ("integration-common", "python", "sql"):
        make_wheel(folder, f"openlineage-{name}", "1.23.0")
    make_wheel(folder, "own", "1.0")
    return folder


def test_wheels_in_plugins_are_all_that_is_installed_from(tmp_path: Path, packaged: Path) -> None:
    team = f"{PACKAGED}-c {VERSION.constraints_url}\nown\n"
    # No address is named: an environment of this kind seldom has a way to it.
    assert requirements(tmp_path, team) == f"{PROVIDER}\n{PACKAGED}own\n"
    make_wheel(packaged, "elsewhere", "4.11.0", tag="cp39-cp39-win_amd64")
    with pytest.raises(ConflictError, match=r"team\.txt, line 3 \(elsewhere\) is not among"):
        requirements(tmp_path, f"{PACKAGED}elsewhere\n")


def test_what_the_image_has_needs_no_wheel_in_plugins(tmp_path: Path, packaged: Path) -> None:
    assert packaged
    team = f"{PACKAGED}boto3\nown\n"
    assert requirements(tmp_path, team).endswith("boto3\nown\n")
    for line in ("boto3[crt]", "elsewhere"):
        with pytest.raises(ConflictError, match="not among"):
            requirements(tmp_path, f"{PACKAGED}{line}\n")


@pytest.mark.parametrize("missing", ["apache_airflow_providers_openlineage", "openlineage_python"])
def test_a_wheel_of_lineage_that_plugins_lack_is_missed(
    missing: str, tmp_path: Path, packaged: Path
) -> None:
    for wheel in packaged.glob(f"{missing}-*"):
        wheel.unlink()
    with pytest.raises(ConflictError, match=missing.replace("_", "-")) as caught:
        requirements(tmp_path, f"{PACKAGED}own\n")
    assert "Plugins" in caught.value.remedy
    # Without an index there is nothing at all.
    with pytest.raises(ConflictError, match="not among"):
        requirements(tmp_path, "--no-index\nown\n")


def test_wheels_beyond_what_is_shipped_are_not_missed(tmp_path: Path) -> None:
    team = "--no-index\n--find-links https://example.com/wheels.html\nown\n"
    assert VERSION.constraints_url in requirements(tmp_path, team)


def test_a_comment_that_hides_constraints_among_wheels_is_met_by_the_images(
    tmp_path: Path, packaged: Path
) -> None:
    assert packaged
    team = f"{PACKAGED}# -c here\n-c {VERSION.constraints_url}\nown\n"
    assert requirements(tmp_path, team).startswith(
        '--constraint "/usr/local/airflow/plugins/mwaa_platform_image_constraints.txt"\n'
    )
