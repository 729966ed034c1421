"""plugins.zip: a team's files and lineage's, the same bytes everywhere, none for another."""

from __future__ import annotations

import os
import re
import stat
import time
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from pathspec import PathSpec

from artifacts.archive import LARGEST_BYTES, write_archive
from artifacts.conflict import ConflictError
from artifacts.dags import build_dags
from artifacts.plugins import build_plugins, plugin_members
from artifacts.requirements import merged_requirements
from tests.lineage import ATLAN, resolved
from tests.unit.artifacts.wheels import make_wheel

LINEAGE = resolved(ATLAN)
TEAM = {"own.py": b"OWN = 1\n", "operators/__init__.py": b"", "operators/deep/more.py": b"MORE = 1"}

AsTeam = Callable[[Path, Mapping[str, bytes]], Path]


def folder(directory: Path, files: Mapping[str, bytes]) -> Path:
    """A team's plugins as a folder."""
    result = directory / "plugins"
    for name, content in files.items():
        path = result / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return result


def archive(directory: Path, files: Mapping[str, bytes]) -> Path:
    """A team's plugins as a zip, as a tool of theirs compresses it."""
    result = directory / "plugins.zip"
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in reversed([*files.items()]):
            written.writestr(name, content)
    return result


def built(team: Path | None, directory: Path) -> Path:
    """plugins.zip with lineage."""
    directory.mkdir(exist_ok=True)
    return build_plugins(LINEAGE, team=team, directory=directory)


def content(plugins: Path) -> dict[str, bytes]:
    """What MWAA finds in it."""
    with zipfile.ZipFile(plugins) as read:
        assert read.testzip() is None
        return {name: read.read(name) for name in read.namelist()}


as_team = pytest.mark.parametrize("as_team", [folder, archive])


@as_team
def test_a_teams_files_stand_beside_those_of_lineage(tmp_path: Path, as_team: AsTeam) -> None:
    found = content(built(as_team(tmp_path, TEAM), tmp_path / "out"))
    assert TEAM.items() <= found.items()
    assert found.keys() - TEAM.keys() == content(built(None, tmp_path / "out")).keys()


def test_folder_and_zip_with_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    one = built(folder(tmp_path, TEAM), tmp_path / "a")
    other = built(archive(tmp_path, TEAM), tmp_path / "b")
    assert (one.name, one.read_bytes()) == (other.name, other.read_bytes())


def test_neither_time_nor_umask_nor_leftovers_change_the_bytes(tmp_path: Path) -> None:
    team = folder(tmp_path, TEAM)
    before = built(team, tmp_path / "out")
    for name in TEAM:
        os.utime(team / name, (0, 0))
        (team / name).chmod(0o600)
    cache = team / "operators" / "__pycache__"
    cache.mkdir()
    (cache / "more.cpython-311.pyc").write_bytes(b"left over")
    (team / ".DS_Store").write_bytes(b"left over")
    assert built(team, tmp_path / "out") == before


def test_a_program_stays_one(tmp_path: Path) -> None:
    team = folder(tmp_path, {"bin/tool": b"#!/bin/sh\n", "own.py": b""})
    (team / "bin" / "tool").chmod(0o755)
    with zipfile.ZipFile(built(team, tmp_path / "out")) as plugins:
        assert plugins.getinfo("bin/tool").external_attr >> 16 == stat.S_IFREG | 0o755
        assert plugins.getinfo("own.py").external_attr >> 16 == stat.S_IFREG | 0o644


@as_team
@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("mwaa_platform_lineage.py", "mwaa_platform_lineage.py"),
        ("MWAA_Platform_Lineage.json", "mwaa_platform_lineage.json"),
        # Airflow loads a plugin by the name of its file, in whatever folder.
        ("vendor/deep/mwaa_platform_token.py", "mwaa_platform_token.py"),
        # Python takes a package, and a compiled module, before the module of that name.
        ("mwaa_platform_token/__init__.py", "mwaa_platform_token.py"),
        ("mwaa_platform_token.cpython-311-x86_64-linux-gnu.so", "mwaa_platform_token.py"),
    ],
)
def test_nothing_stands_in_for_a_file_of_lineage(
    tmp_path: Path, as_team: AsTeam, name: str, ours: str
) -> None:
    team = as_team(tmp_path, {**TEAM, name: b"stolen"})
    with pytest.raises(ConflictError) as raised:
        built(team, tmp_path / "out")
    message = str(raised.value)
    assert name in message
    assert ours in message
    assert "lineage brings" in message
    assert raised.value.remedy


def loaded(plugins: Path) -> dict[str, list[str]]:
    """The modules that Airflow takes for plugins: by regular expressions (2), by globs (3)."""
    files = content(plugins)
    lines = files[".airflowignore"].decode().split("\n")
    rules = [rule for line in lines if (rule := re.sub(r"\s*#.*", "", line))]
    modules = [name for name in files if name.endswith(".py")]
    expressions = [rule for rule in rules if not rule.startswith("*")]
    return {
        "2": [name for name in modules if not any(re.search(each, name) for each in expressions)],
        "3": [*PathSpec.from_lines("gitignore", rules).match_files(modules, negate=True)],
    }


@as_team
def test_a_teams_airflowignore_counts_beside_that_of_lineage(
    tmp_path: Path, as_team: AsTeam
) -> None:
    rules = b"notes.py  # of Ada's\n*_lineage.py\ndrafts.py"
    team = as_team(tmp_path, {**TEAM, "notes.py": b"1", "drafts.py": b"1", ".airflowignore": rules})
    ours = "mwaa_platform_lineage.py"
    wanted = [ours, *(name for name in TEAM if name.endswith(".py"))]
    found = loaded(built(team, tmp_path / "out"))
    assert {version: sorted(names) for version, names in found.items()} == {
        version: sorted(wanted) for version in ("2", "3")
    }


def test_no_file_of_a_team_is_hidden_by_lineage(tmp_path: Path) -> None:
    names = [
        "acme_mwaa_platform_tools.py",
        "mwaa_platform_sla.py",
        "mwaa_platform_secrets.py",
        "acme/mwaa_platform_tokens.py",
        "acme/of_mwaa_platform_token.py",
    ]
    found = loaded(built(folder(tmp_path, dict.fromkeys(names, b"1")), tmp_path / "out"))
    wanted = sorted(["mwaa_platform_lineage.py", *names])
    assert {version: sorted(each) for version, each in found.items()} == {"2": wanted, "3": wanted}


@pytest.mark.parametrize("rule", ["lineage", "^mwaa.*", ".*", "own  \nplatform_  # those"])
def test_rule_that_would_hide_lineage_is_refused(tmp_path: Path, rule: str) -> None:
    team = folder(tmp_path, {**TEAM, ".airflowignore": rule.encode()})
    with pytest.raises(ConflictError, match=r"Line \d of \.airflowignore.*hides mwaa_platform_"):
        built(team, tmp_path / "out")


def test_rules_that_airflow_could_not_read_are_refused(tmp_path: Path) -> None:
    team = folder(tmp_path, {".airflowignore": b"caf\xe9"})
    with pytest.raises(ConflictError, match=r"\.airflowignore is not UTF-8"):
        built(team, tmp_path / "out")


@as_team
def test_without_lineage_a_team_may_call_its_files_as_it_likes(
    tmp_path: Path, as_team: AsTeam
) -> None:
    team = as_team(tmp_path, {"mwaa_platform_token.py": b"ours"})
    plugins = build_plugins(team=team, directory=tmp_path)
    assert content(plugins) == {"mwaa_platform_token.py": b"ours"}


def test_names_that_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    team = archive(tmp_path, {"Own.py": b"1", "own.py": b"2"})
    with pytest.raises(ConflictError, match=r"(?=.*Own\.py)(?=.*own\.py)"):
        built(team, tmp_path / "out")


@as_team
def test_names_that_differ_in_composed_letters_alone_are_refused(
    tmp_path: Path, as_team: AsTeam
) -> None:
    names = [unicodedata.normalize(form, "café.py") for form in ("NFC", "NFD")]
    with pytest.raises(ConflictError, match="have the same name on some file systems"):
        built(as_team(tmp_path, dict.fromkeys(names, b"1")), tmp_path / "out")


@pytest.mark.parametrize("build", [built, partial(build_dags, preflight=False)])
def test_name_that_is_not_utf8_is_refused(tmp_path: Path, build: Callable[..., Path]) -> None:
    team = folder(tmp_path, TEAM)
    (team / os.fsdecode(b"caf\xe9.py")).touch()
    with pytest.raises(ConflictError, match=r"The name of plugins/caf\?\.py is not UTF-8"):
        build(team=team, directory=tmp_path)


def test_time_grows_with_the_number_of_files_and_not_faster(tmp_path: Path) -> None:
    team = archive(tmp_path, {f"package{n % 50}/module{n}.py": b"" for n in range(20_000)})
    started = time.process_time()
    built(team, tmp_path / "out")
    assert time.process_time() - started < 5


def test_zip_that_understates_a_size_is_named(tmp_path: Path) -> None:
    size = 987
    team = archive(tmp_path, {"own.py": os.urandom(size)})
    false = (size - 1).to_bytes(4, "little")
    team.write_bytes(team.read_bytes().replace(size.to_bytes(4, "little"), false))
    with pytest.raises(ConflictError, match=r"own\.py in plugins\.zip cannot be read"):
        built(team, tmp_path / "out")


def test_file_that_vanishes_is_named(tmp_path: Path) -> None:
    team = folder(tmp_path, TEAM)
    members = plugin_members(team=team)
    (team / "own.py").unlink()
    with pytest.raises(ConflictError, match=r"plugins/own\.py cannot be read: No such file"):
        write_archive(members, tmp_path, "plugins-{}.zip")


def test_name_that_is_a_file_and_a_folder_is_refused(tmp_path: Path) -> None:
    team = archive(tmp_path, {"own": b"1", "own/more.py": b"2"})
    with pytest.raises(ConflictError, match=r"own/more\.py"):
        built(team, tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/cron.d/own",
        "../own.py",
        "operators/../../own.py",
        "C:/own.py",
        "..\\own.py",
        "operators\\own.py",
        "./../own.py",
        "operators//own.py",
        "own\n.py",
    ],
)
def test_zip_that_reaches_out_of_itself_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConflictError, match=r"plugins\.zip"):
        built(archive(tmp_path, {name: b"out"}), tmp_path / "out")


@pytest.mark.parametrize("name", ["./own.py", "./operators/./own.py", ".//own.py"])
def test_a_path_that_begins_here_is_taken_for_what_it_is(tmp_path: Path, name: str) -> None:
    found = content(built(archive(tmp_path, {"./": b"", name: b"1"}), tmp_path / "out"))
    assert ("operators/own.py" if "operators" in name else "own.py") in found


def test_a_zip_of_powershell_5_is_called_that(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="PowerShell 5") as caught:
        built(archive(tmp_path, {"operators\\own.py": b"1"}), tmp_path / "out")
    assert "PowerShell 7" in caught.value.remedy


def test_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("own.py")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    team = tmp_path / "plugins.zip"
    with zipfile.ZipFile(team, "w") as written:
        written.writestr(entry, "/etc/passwd")
    with pytest.raises(ConflictError, match=r"own\.py in plugins\.zip"):
        built(team, tmp_path / "out")


@pytest.mark.parametrize("target", ["secret.txt", "secrets"])
def test_link_in_a_folder_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret.txt").write_text("canary")
    (tmp_path / "secrets").mkdir()
    team = folder(tmp_path, TEAM)
    (team / "link").symlink_to(tmp_path / target)
    with pytest.raises(ConflictError, match="plugins/link"):
        built(team, tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".env.production",
        ".env.example.local",
        "jobs/.aws/credentials",
        "id_ed25519",
        "sub/.netrc",
    ],
)
@as_team
def test_what_holds_secrets_by_its_name_is_refused(
    tmp_path: Path, as_team: AsTeam, name: str
) -> None:
    team = as_team(tmp_path, {**TEAM, name: b"canary"})
    with pytest.raises(ConflictError, match=re.escape(name.rpartition("/")[2])) as caught:
        built(team, tmp_path / "out")
    assert "Secrets Manager" in caught.value.remedy


@pytest.mark.parametrize("name", [".env.example", ".env.sample", "jobs/.env.template", ".env.dist"])
@as_team
def test_a_pattern_of_a_file_of_secrets_is_shipped(
    tmp_path: Path, as_team: AsTeam, name: str
) -> None:
    assert name in content(built(as_team(tmp_path, {**TEAM, name: b"KEY="}), tmp_path / "out"))


def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its DAGs would be taken for gone. Permissions do not hold for root, so listing fails here."""
    team = folder(tmp_path, {**TEAM, "sub/b.py": b""})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("/sub"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(OSError, match="sub"):
        built(team, tmp_path / "out")


def test_pipe_in_a_folder_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    team = folder(tmp_path, TEAM)
    os.mkfifo(team / "pipe")
    with pytest.raises(ConflictError, match="plugins/pipe"):
        built(team, tmp_path / "out")


def test_damaged_zip_is_named(tmp_path: Path) -> None:
    team = archive(tmp_path, {"own.py": b"OWN = 1\n" * 100})
    whole = team.read_bytes()
    team.write_bytes(whole[:45] + b"\xff\xff" + whole[47:])
    with pytest.raises(ConflictError, match=r"own\.py in plugins\.zip"):
        built(team, tmp_path / "out")
    team.write_bytes(whole[:20])
    with pytest.raises(ConflictError, match=r"plugins\.zip"):
        built(team, tmp_path / "out")


@pytest.mark.parametrize(
    "line", ["-r /usr/local/airflow/plugins/own.txt", "-c /usr/local/airflow/plugins/own.txt"]
)
def test_a_damaged_file_that_requirements_name_is_named(tmp_path: Path, line: str) -> None:
    team = archive(tmp_path, {"own.txt": b"humanize\n" * 100})
    whole = team.read_bytes()
    team.write_bytes(whole[:45] + b"\xff\xff" + whole[47:])
    (requirements := tmp_path / "team.txt").write_text(line)
    with pytest.raises(ConflictError, match=r"own\.txt in plugins\.zip cannot be read"):
        merged_requirements(version=LINEAGE.version, team=requirements, plugins=team)


def test_more_than_mwaa_takes_is_refused_unread(tmp_path: Path) -> None:
    team = folder(tmp_path, TEAM)
    with (team / "data.bin").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)  # a hole, which takes no space
    with pytest.raises(ConflictError, match="1,000,000,000"):
        built(team, tmp_path / "out")


def test_environment_without_plugins_still_has_a_file_to_turn_to(tmp_path: Path) -> None:
    found = content(build_plugins(directory=tmp_path))
    assert found
    assert not [name for name in found if name.endswith(".py")]


def test_wheels_travel_in_a_folder_of_their_own(tmp_path: Path) -> None:
    wheels = tmp_path / "own-wheels"
    wheels.mkdir()
    wheel = make_wheel(wheels, "humanize", "4.11.0")
    names = {member.name for member in plugin_members(LINEAGE, wheels=wheels)}
    assert f"wheels/{wheel.name}" in names


def test_team_may_not_put_another_file_in_a_wheels_place(tmp_path: Path) -> None:
    wheels = tmp_path / "own-wheels"
    wheels.mkdir()
    wheel = make_wheel(wheels, "humanize", "4.11.0")
    team = folder(tmp_path, {f"wheels/{wheel.name}": b"another"})
    with pytest.raises(ConflictError) as raised:
        plugin_members(LINEAGE, team=team, wheels=wheels)
    assert f"plugins/wheels/{wheel.name}" in str(raised.value)
    assert f"own-wheels/{wheel.name}" in str(raised.value)


def test_dags_go_with_the_preflight_where_it_is_asked_for(tmp_path: Path) -> None:
    dags = folder(tmp_path, {"etl.py": b"import airflow\n"})
    alone = build_dags(team=dags, preflight=False, directory=tmp_path)
    both = build_dags(team=dags, preflight=True, directory=tmp_path)
    assert alone
    assert both
    assert content(alone).keys() == {"etl.py"}
    assert {"etl.py", "mwaa_platform_lineage_preflight.py"} <= content(both).keys()
    assert build_dags(team=None, preflight=False, directory=tmp_path) is None


@pytest.mark.parametrize("preflight", [False, True])
@pytest.mark.parametrize(
    "name", ["mwaa_platform_secret.py", "mwaa_platform_token/__init__.py", "mwaa_platform_cache.so"]
)
def test_no_dag_is_imported_in_place_of_a_module_of_lineage(
    tmp_path: Path, name: str, preflight: bool
) -> None:
    dags = folder(tmp_path, {"etl.py": b"import airflow\n", name: b"stolen"})
    with pytest.raises(ConflictError, match=re.escape(name)) as raised:
        build_dags(team=dags, preflight=preflight, directory=tmp_path)
    assert "lineage brings" in str(raised.value)


def test_dags_that_are_data_are_refused(tmp_path: Path) -> None:
    dags = folder(tmp_path, {"etl.py": b"import airflow\n"})
    with (dags / "data.parquet").open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(ConflictError, match="100,000,000"):
        build_dags(team=dags, preflight=False, directory=tmp_path)


@pytest.mark.parametrize(
    "name", ["mwaa_platform_lineage_preflight.py", "mwaa_platform_preflight/__init__.py"]
)
def test_nothing_stands_in_for_the_preflight(tmp_path: Path, name: str) -> None:
    dags = folder(tmp_path, {name: b"stolen"})
    with pytest.raises(ConflictError) as raised:
        build_dags(team=dags, preflight=True, directory=tmp_path)
    assert f"plugins/{name}" in str(raised.value)
    assert "Preflight brings" in str(raised.value)
