"""A team's own files: what MWAA would drop without a word is a mistake of the configuration."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from artifacts.startup_script import build_startup_script
from config.loader import parse_configuration
from errors import InputError
from tests.unit.config.configurations import (
    ALB,
    LINEAGE,
    MARQUEZ,
    SOURCE,
    draft,
    fill_with_lineages_wheels,
    mistakes_in,
    parse,
    two,
    warnings_of,
    with_environment,
    words,
)

AT = "MwaaEnvironments[0]"
KEY = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
KEYS = {"Requirements", "Plugins", "Dags", "StartupScript", "Wheels"}


def _folder(path: Path, **files: str) -> str:
    path.mkdir()
    for name, content in files.items():
        (path / f"{name}.py").write_text(content)
    return str(path)


def test_paths_start_from_the_configurations_folder(tmp_path: Path) -> None:
    keys = {
        "Requirements": "team.txt",
        "Plugins": "plugins",
        "Dags": "dags",
        "StartupScript": "startup.sh",
        "Wheels": "wheels",
    }
    for folder in ("plugins", "dags", "wheels"):
        (tmp_path / folder).mkdir()
    (tmp_path / "team.txt").write_text("# nothing\n")
    (tmp_path / "startup.sh").write_text("export A=1\n")
    configuration = parse_configuration(with_environment(**keys), source=tmp_path / "file.json")
    (environment,) = configuration.new_environments
    assert environment.requirements == tmp_path / "team.txt"
    assert environment.plugins == tmp_path / "plugins"
    assert environment.dags == tmp_path / "dags"
    assert environment.startup_script == tmp_path / "startup.sh"
    assert environment.wheels == tmp_path / "wheels"


def test_what_is_not_there_is_named_all_at_once(tmp_path: Path) -> None:
    mistakes = mistakes_in(with_environment(**dict.fromkeys(KEYS, str(tmp_path / "nowhere"))))
    assert set(mistakes) == {f"{AT}.{key}" for key in KEYS}
    assert all("There is no such" in mistake.message for mistake in mistakes.values())


def test_what_is_of_another_kind(tmp_path: Path) -> None:
    (file := tmp_path / "file.txt").write_text("no archive")
    folder = _folder(tmp_path / "folder")
    keys = {"Plugins": str(file), "Dags": str(file), "StartupScript": folder}
    mistakes = mistakes_in(with_environment(**keys))
    assert {path: each.message for path, each in mistakes.items()} == {
        f"{AT}.Plugins": "This is no folder or zip archive.",
        f"{AT}.Dags": "This is no folder.",
        f"{AT}.StartupScript": "This is no file.",
    }


def test_a_startup_script_is_text(tmp_path: Path) -> None:
    (script := tmp_path / "startup.sh").write_bytes(b"\x7fELF\xff")
    raw = with_environment(StartupScript=str(script))
    assert "not text in UTF-8" in words(raw, f"{AT}.StartupScript")[0]


def _as_zip(folder: str) -> str:
    archive = Path(folder).with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as writer:
        for file in Path(folder).iterdir():
            writer.write(file, file.name)
    return str(archive)


@pytest.mark.parametrize("packed", [str, _as_zip], ids=["folder", "zip"])
def test_a_plugin_of_lineages_name_is_a_clash_with_lineage_only(
    tmp_path: Path, packed: Callable[[str], str]
) -> None:
    plugins = packed(_folder(tmp_path / "team", mwaa_platform_lineage=""))
    raw = with_environment(Lineage=LINEAGE, Plugins=plugins)
    reason, hint = words(raw, f"{AT}.Plugins")
    assert "team" in reason
    assert "which lineage brings" in reason
    assert hint == "Rename the file."
    assert not mistakes_in(with_environment(Plugins=plugins))


def test_a_dag_of_the_preflights_name_is_a_clash_with_the_preflight_only(tmp_path: Path) -> None:
    dags = _folder(tmp_path / "dags", mwaa_platform_lineage_preflight="")
    checked = {**LINEAGE, "Preflight": True}
    assert (
        "which Preflight brings"
        in words(with_environment(Lineage=checked, Dags=dags), f"{AT}.Dags")[0]
    )
    assert not mistakes_in(with_environment(Lineage=LINEAGE, Dags=dags))


def test_clashes_are_named_beside_every_other_mistake(tmp_path: Path) -> None:
    (requirements := tmp_path / "team.txt").write_text("apache-airflow==2.9.2\n")
    keys = {
        "AirflowVersion": "2.10.3",
        "VpcCIDR": "ten",
        "Requirements": str(requirements),
        "Plugins": _folder(tmp_path / "plugins", mwaa_platform_token=""),
        "Dags": _folder(tmp_path / "dags", mwaa_platform_lineage_preflight=""),
        "Lineage": {**LINEAGE, "Preflight": True},
    }
    paths = set(mistakes_in(with_environment(**keys)))
    assert paths == {f"{AT}.{key}" for key in ("VpcCIDR", "Requirements", "Plugins", "Dags")}


def test_the_files_of_an_environment_that_exists_are_checked_too(tmp_path: Path) -> None:
    plugins = _folder(tmp_path / "plugins", mwaa_platform_lineage="")
    entry = {"Name": "legacy", "AirflowVersion": "2.6.3", "Lineage": MARQUEZ, "Plugins": plugins}
    assert list(mistakes_in(draft(MwaaEnvironments=[entry]))) == [f"{AT}.Plugins"]


def test_wheels_hold_what_is_installed(tmp_path: Path) -> None:
    keys: dict[str, Any] = {"Lineage": LINEAGE, "NatGateways": 0, "Wheels": str(tmp_path)}
    reason, hint = words(with_environment(**keys), f"{AT}.Wheels")
    assert "apache-airflow-providers-openlineage is not among the wheels" in reason
    assert "requirements wheels" in hint
    fill_with_lineages_wheels(tmp_path)
    assert not mistakes_in(with_environment(**keys))
    assert "PyPI" not in warnings_of(with_environment(**keys))
    assert "PyPI" in warnings_of(with_environment(**{**keys, "Wheels": None}))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pandas-2.2.3.tar.gz", "is no wheel"),
        ("pandas-2.2.3-cp312-cp312-macosx_11_0_arm64.whl", "does not fit Airflow 3.3.1"),
        ("pandas-2.2.3-cp39-cp39-manylinux_2_17_x86_64.whl", "does not fit Airflow 3.3.1"),
    ],
)
def test_a_wheel_that_mwaa_cannot_install(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).touch()
    raw = with_environment(Wheels=str(tmp_path))
    assert reason in words(raw, f"{AT}.Wheels")[0]


def test_the_command_that_fetches_wheels_does_without_them(tmp_path: Path) -> None:
    raw = with_environment(Lineage=LINEAGE, Wheels=str(tmp_path / "to-come"))
    assert list(mistakes_in(raw)) == [f"{AT}.Wheels"]
    configuration = parse_configuration(raw, source=SOURCE, with_wheels=False)
    assert configuration.new_environments[0].wheels == tmp_path / "to-come"
    raw["AppName"] = "9"
    with pytest.raises(InputError) as caught:
        parse_configuration(raw, source=SOURCE, with_wheels=False)
    assert [mistake.path for mistake in caught.value.findings] == ["AppName"]


def test_an_empty_key_names_no_file() -> None:
    assert parse(with_environment(**dict.fromkeys(KEYS))).new_environments[0].plugins is None


BUCKET = {"SourceBucketArn": "arn:aws:s3:::example-bucket", "KmsKeyArn": KEY}


def test_two_environments_never_have_one_folder_of_dags(tmp_path: Path) -> None:
    own = {**BUCKET, "Dags": _folder(tmp_path / "one")}
    checked = {**BUCKET, "DagsS3Path": "dags/", "Lineage": {**LINEAGE, "Preflight": True}}
    reason, _ = words(two(own, checked), "MwaaEnvironments[1].DagsS3Path")
    assert "MwaaEnvironments[0]" in reason
    assert not mistakes_in(two(own, {**checked, "DagsS3Path": "others"}))
    for one in (own, BUCKET):
        reason, _ = words(two(one, BUCKET), "MwaaEnvironments[1].DagsS3Path")
        assert "and so the same DAGs" in reason, "Whoever puts them there"
    assert not mistakes_in(two(own, {"Dags": own["Dags"]}))


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [("dags", "dags/prod", "around this one"), ("dags/prod", "dags/", "in this one")],
)
def test_two_environments_do_not_ship_dags_into_each_others_folder(
    one: str, other: str, where: str, tmp_path: Path
) -> None:
    dags = _folder(tmp_path / "team")
    entries = [{**BUCKET, "Dags": dags, "DagsS3Path": path} for path in (one, other)]

    assert where in words(two(*entries), "MwaaEnvironments[1].DagsS3Path")[0]
    # A name that begins the other's is not a folder around it.
    entries[1]["DagsS3Path"] = f"{one}-prod"
    assert not mistakes_in(two(*entries))
    assert "runs them too" not in warnings_of(two(*entries))


@pytest.mark.parametrize(
    ("one", "other", "doubt"),
    [
        ("teams", "teams/d", "one: DagsS3Path: the DAGs of two are in a folder in this one"),
        ("teams/d/", "teams/", "two: DagsS3Path: the DAGs of one are in a folder in this one"),
    ],
)
def test_an_environment_that_runs_anothers_dags_is_doubted(
    one: str, other: str, doubt: str
) -> None:
    folders = ({**BUCKET, "DagsS3Path": one}, {**BUCKET, "DagsS3Path": other})
    assert doubt in warnings_of(two(*folders))
    elsewhere = {**folders[1], "SourceBucketArn": "arn:aws:s3:::other-bucket"}
    assert "runs them too" not in warnings_of(two(folders[0], elsewhere))


@pytest.mark.parametrize("folder", ["mwaa-platform", "mwaa-platform/", "mwaa-platform/dags"])
def test_airflow_does_not_look_for_dags_among_our_own_files(folder: str) -> None:
    reason, _ = words(with_environment(DagsS3Path=folder), f"{AT}.DagsS3Path")
    assert "mwaa-platform/" in reason
    assert not mistakes_in(with_environment(DagsS3Path="mwaa-platform-dags"))


@pytest.mark.parametrize("path", ["*", "dags/*", "da?s", "${aws:username}", "dags//", "a//b"])
@pytest.mark.parametrize("key", ["DagsS3Path", "RequirementsS3Path"])
def test_a_path_in_the_bucket_is_one_path_to_a_policy_too(key: str, path: str) -> None:
    raw = with_environment(**BUCKET, **{key: path})
    assert "none of * ? $" in words(raw, f"{AT}.{key}")[0]


@pytest.mark.parametrize("prefix", ["*", "logs/*", "l?gs", "${aws:username}"])
def test_a_prefix_of_logs_is_one_prefix_to_a_policy_too(prefix: str) -> None:
    raw = draft(Alb={**ALB, "LogBucketPrefix": prefix})
    assert "none of * ? $" in words(raw, "Alb.LogBucketPrefix")[0]


# As vendors' guides have people write it.
GUIDES = """
import os
os.environ["AIRFLOW__OPENLINEAGE__TRANSPORT"] = '{"auth": {"api_key": "canary"}}'
"""


@pytest.mark.parametrize(
    ("plugin", "line"),
    [
        (GUIDES, 3),
        ("os.environ.update({'OPENLINEAGE_API_KEY': 'canary'})", 1),
        ('\nos.environ.setdefault("AIRFLOW__OPENLINEAGE__DISABLED", "True")', 2),
        ("os.environ.update(OPENLINEAGE__TRANSPORT__TYPE='http')", 1),
        ("os.environ['OPENLINEAGE__TRANSPORT__AUTH__API_KEY'] = 'canary'", 1),
    ],
)
def test_a_plugin_that_sets_lineage_up_in_another_way(
    plugin: str, line: int, tmp_path: Path
) -> None:
    team = _folder(tmp_path / "plugins", env_var_plugin=plugin)
    reason, hint = words(with_environment(Plugins=team, Lineage=LINEAGE), f"{AT}.Plugins")
    assert f"plugins/env_var_plugin.py, line {line}, sets " in reason
    assert "canary" not in reason + hint
    assert not mistakes_in(with_environment(Plugins=team))


@pytest.mark.parametrize(
    "plugin",
    [
        'namespace = os.environ.get("AIRFLOW__OPENLINEAGE__NAMESPACE", "none")',
        'os.environ["AIRFLOW__OPENLINEAGE__DISABLED_FOR_OPERATORS"] = "a.B"',
        'if os.environ["OPENLINEAGE_URL"] == "x": pass',
        '# os.environ["OPENLINEAGE_URL"] = "x"',
        'os.environ["OPENLINEAGE__TAGS__JOB__TEAM"] = "data"',
        "this is no Python: OPENLINEAGE_URL",
    ],
)
def test_a_plugin_that_reads_them_or_sets_others_is_left(plugin: str, tmp_path: Path) -> None:
    team = _folder(tmp_path / "plugins", ours=plugin)
    assert not mistakes_in(with_environment(Plugins=team, Lineage=LINEAGE))


def test_plugins_with_their_folder_around_them_are_a_warning(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "plugins.zip", "w") as archive:
        archive.writestr("plugins/own.py", "")
    zipped = with_environment(Plugins=str(tmp_path / "plugins.zip"))
    assert "plugins.zip has a folder plugins" in warnings_of(zipped)
    folder = with_environment(Plugins=_folder(tmp_path / "plugins", own=""))
    assert "folder plugins" not in warnings_of(folder)


def test_an_empty_startup_script_is_one(tmp_path: Path) -> None:
    (script := tmp_path / "startup.sh").touch()
    assert not mistakes_in(with_environment(StartupScript=str(script)))
    built = build_startup_script(script, directory=tmp_path).read_text()
    assert built.startswith("# Nothing to do")


def test_a_requirement_that_cannot_be_checked_is_a_warning(tmp_path: Path) -> None:
    (file := tmp_path / "requirements.txt").write_text("-r /usr/local/airflow/dags/more.txt\n")
    assert "not checked" in warnings_of(with_environment(Requirements=str(file)))
    file.write_text("/opt/made/own.whl\n")
    (script := tmp_path / "startup.sh").touch()
    made = with_environment(Requirements=str(file), StartupScript=str(script))
    assert "the startup script can have made" in warnings_of(made)
    assert f"{AT}.Requirements" in mistakes_in(with_environment(Requirements=str(file)))


def test_a_script_that_turns_lineage_off(tmp_path: Path) -> None:
    script = tmp_path / "startup.sh"
    one_command = "OPENLINEAGE_URL=x ./backfill.sh\n"
    script.write_text(f"{one_command}export A=1 AIRFLOW__OPENLINEAGE__DISABLED=True\n")
    keys = {"StartupScript": str(script)}
    reason, _ = words(with_environment(**keys, Lineage=LINEAGE), f"{AT}.StartupScript")
    assert "startup.sh, line 2, sets AIRFLOW__OPENLINEAGE__DISABLED" in reason
    assert not mistakes_in(with_environment(**keys))
