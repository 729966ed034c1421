"""Merging into a project's files, whose own content stays byte for byte."""

from __future__ import annotations

import difflib
import errno
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cli.local_airflow import compose_file, env_file, requirements_file
from cli.local_airflow.file_changes import FileChange
from cli.local_airflow.merge_result import MergeResult
from errors import PlatformError
from tests.unit.cli.local_airflow.developer import Developer, read_yaml

VERSION = "3.3.1"
SERVICES = ("scheduler", "api-server", "triggerer", "dag-processor")

MOUNT = {"type": "bind", "source": "${HOME}/.aws", "target": "/home/astro/.aws", "read_only": True}
ADDITIONS = compose_file.Additions(
    services=("scheduler", "webserver"), mounts=(MOUNT,), environment={"AWS_PROFILE": "work"}
)

COMMENTED = """\
# Ours.
version: "3.1"
services:
    # More memory for the scheduler.
    scheduler:
        mem_limit: 2g   # measured
        volumes:
        - ./data:/data:ro

    # Behind a proxy.
    api-server:
        environment: {HTTPS_PROXY: "http://proxy.example.com:3128",  NO_PROXY: 'localhost'}
        command: |
            # not a comment
            echo

# Only for tests.
x-notes: &notes [1, 2]
"""
SHARED = """\
x-mounts: &mounts
  - ./data:/data
services:
  scheduler:
    volumes: *mounts
  webserver:
    volumes: *mounts
    environment:
      A: b
"""


def added_and_removed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that came and those that went."""
    lines = list(difflib.ndiff(before.splitlines(True), after.splitlines(True)))
    return (
        [line[2:] for line in lines if line.startswith("+ ")],
        [line[2:] for line in lines if line.startswith("- ")],
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_compose_file_gets_lines_and_loses_none(developer: Developer, line_end: str) -> None:
    developer.has_environment(VERSION)
    before = COMMENTED.replace("\n", line_end)
    path = developer.project / "docker-compose.override.yml"
    path.write_bytes(before.encode())
    assert developer.exports().status == 0
    after = path.read_bytes().decode()
    added, removed = added_and_removed(before, after)
    assert removed == []
    assert {line.endswith(line_end) for line in added} == {True}
    old, new = read_yaml(before), read_yaml(after)
    for name in SERVICES:
        service = new["services"][name]
        assert service["volumes"].pop()["target"] == "/home/astro/.aws"
        expected = old["services"].get(name, {})
        assert {**service, "volumes": service["volumes"]} == {"volumes": [], **expected}
    assert new["x-notes"] == [1, 2]


@pytest.mark.parametrize(
    "existing", [SHARED, "services:\n  db:\n    image: postgres\n", "# Nothing yet.\n", "x-a: 1"]
)
def test_whatever_was_there_is_still_there(existing: str) -> None:
    merged = compose_file.merge(existing, ADDITIONS, comment="Secrets.")
    assert merged.manual_steps == ()
    assert merged.text.startswith(existing.partition("\n")[0])
    services = read_yaml(merged.text)["services"]
    for name in ADDITIONS.services:
        assert services[name]["volumes"].count(MOUNT) == 1
        assert services[name]["environment"]["AWS_PROFILE"] == "work"
    again = compose_file.merge(merged.text, ADDITIONS, comment="Secrets.")
    assert again == MergeResult(text=merged.text)


@pytest.mark.parametrize(
    "existing",
    [
        "services: {scheduler: {}}\n",
        "services:\n  scheduler:\n    volumes: [./data:/data]\n",
        "services:\n  scheduler:\n    environment:\n      - A=b\n",
        "services:\n  scheduler:\n",
        "services:\n",
        "x-a: &a\n  volumes: [a:/b]\nservices:\n  scheduler:\n    <<: *a\n",
        "- no\n- mapping\n",
        "services: [unclosed\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\na: 2\n",
    ],
)
def test_a_file_written_in_another_way_is_left_and_the_lines_are_shown(existing: str) -> None:
    merged = compose_file.merge(existing, ADDITIONS, comment="Secrets.")
    assert merged.text == existing
    [sentence] = merged.manual_steps
    shown = read_yaml(sentence.partition(":\n")[2])
    assert shown == {"environment": {"AWS_PROFILE": "work"}, "volumes": [MOUNT]}
    assert "scheduler, webserver" in sentence


@pytest.mark.parametrize(
    "mount",
    [
        "/home/ada/.aws:/home/astro/.aws",
        "/home/ada/.aws:/home/astro/.aws:rw",
        r"C:\Users\ada\.aws:/home/astro/.aws:ro",
        "{type: bind, source: /srv, target: /home/astro/.aws}",
    ],
)
def test_another_mount_at_that_place_stays_and_is_named(mount: str) -> None:
    existing = f"services:\n  scheduler:\n    volumes:\n      - {mount}\n"
    merged = compose_file.merge(existing, ADDITIONS, comment="Secrets.")
    services = read_yaml(merged.text)["services"]
    assert (
        services["scheduler"]["volumes"] == read_yaml(existing)["services"]["scheduler"]["volumes"]
    )
    assert services["webserver"]["volumes"] == [MOUNT]
    [sentence] = merged.manual_steps
    assert "scheduler mounts something else at /home/astro/.aws" in sentence
    assert read_yaml(sentence.partition("Ours:\n")[2]) == [MOUNT]


@pytest.mark.parametrize(
    "mount",
    [
        "~/.aws:/home/astro/.aws:ro",
        "$HOME/.aws/:/home/astro/.aws/:ro,z",
        "{type: bind, source: '${HOME}/.aws', target: /home/astro/.aws, read_only: true}",
    ],
)
def test_a_mount_that_does_the_same_is_well(mount: str) -> None:
    existing = f"services:\n  scheduler:\n    volumes:\n      - {mount}\n"
    merged = compose_file.merge(existing, ADDITIONS, comment="Secrets.")
    assert merged.manual_steps == ()


@pytest.mark.parametrize("mount", ["~/.aws:/home/astro/.aws", "~/aws:/home/astro/.aws:ro"])
def test_a_mount_that_does_nearly_the_same_is_named(mount: str) -> None:
    existing = f"services:\n  scheduler:\n    volumes:\n      - {mount}\n"
    assert len(compose_file.merge(existing, ADDITIONS, comment="Secrets.").manual_steps) == 1


def test_another_value_stays_and_is_not_shown() -> None:
    existing = "services:\n  webserver:\n    environment:\n      AWS_PROFILE: canary\n"
    merged = compose_file.merge(existing, ADDITIONS, comment="Secrets.")
    assert read_yaml(merged.text)["services"]["webserver"]["environment"] == {
        "AWS_PROFILE": "canary"
    }
    assert merged.manual_steps == (
        "The service webserver sets AWS_PROFILE to something else. Ours:\nwork",
    )


NAMES = st.sampled_from(["scheduler", "webserver", "db"])
SERVICE = st.fixed_dictionaries(
    {},
    optional={
        "image": st.sampled_from(["a", "b: c", "'", "x # y", "multi\nline\n"]),
        "volumes": st.lists(st.sampled_from(["a:/b", "./c:/home/astro/.aws", "d"]), max_size=2),
        "environment": st.dictionaries(
            st.sampled_from(["A", "AWS_PROFILE"]), st.text("ab", max_size=2)
        ),
    },
)


@settings(deadline=None)
@given(
    services=st.dictionaries(NAMES, SERVICE),
    indent=st.sampled_from([(2, 2, 0), (4, 4, 2), (3, 5, 3)]),
)
def test_whatever_the_file_nothing_is_lost_and_nothing_changes_twice(
    services: dict[str, Any], indent: tuple[int, int, int]
) -> None:
    existing = written({"services": services, "x-after": "kept"}, indent)
    merged = compose_file.merge(existing, ADDITIONS, comment="Secrets.")
    assert added_and_removed(existing, merged.text)[1] == []
    read = read_yaml(merged.text)
    assert read["x-after"] == "kept"
    for name, service in services.items():
        now = read["services"][name]
        assert (
            now["volumes"][: len(service["volumes"])] == service["volumes"]
            if "volumes" in service
            else True
        )
        assert now.get("environment", {}) | service.get("environment", {}) == now.get(
            "environment", {}
        )
    assert compose_file.merge(merged.text, ADDITIONS, comment="Secrets.") == merged


def written(document: Any, indent: tuple[int, int, int]) -> str:
    yaml = YAML()
    mapping, sequence, offset = indent
    yaml.indent(mapping=mapping, sequence=sequence, offset=offset)
    yaml.dump(document, out := StringIO())
    return out.getvalue()


def test_an_env_file_keeps_what_it_sets_and_never_shows_it() -> None:
    existing = 'OTHER="a\nb"\nexport AWS_PROFILE=canary # mine'
    merged = env_file.merge(existing, {"AWS_PROFILE": "work", "NEW": "1"}, comment="Secrets.")
    assert merged.text == f"{existing}\n\n# Secrets.\nNEW=1\n"
    assert merged.manual_steps == ("It sets AWS_PROFILE to something else. Put:\nAWS_PROFILE=work",)
    assert env_file.merge(merged.text, {"NEW": "1"}, comment="Secrets.").text == merged.text


def test_a_line_of_an_env_file_that_cannot_be_read_is_named_and_not_shown(
    developer: Developer, caplog: pytest.LogCaptureFixture
) -> None:
    developer.has_environment(VERSION)
    before = "A=1\n\n# mine\nexport =canary\nB='canary\n"
    (developer.project / ".env").write_text(before)
    done = developer.exports()
    assert done.status == 0
    assert developer.read(".env").startswith(before)
    assert ".env: Line 4 is no setting (NAME=value)" in done.said
    assert ".env: Line 5 is no setting (NAME=value)" in done.said
    assert "canary" not in done.said
    assert "dotenv" not in done.said + caplog.text
    assert "Once you have done what is said above" in done.said


@pytest.mark.parametrize("there", ["NEW=1", "NEW='1'", 'NEW = "1"', "export NEW=1 # one"])
def test_a_variable_that_is_right_already_is_left(there: str) -> None:
    assert env_file.merge(there, {"NEW": "1"}, comment="x") == MergeResult(text=there)


def test_an_env_file_keeps_its_line_ends() -> None:
    assert env_file.merge("A=1\r\n", {"B": "2"}, comment="x").text == "A=1\r\n\r\n# x\r\nB=2\r\n"


@pytest.mark.parametrize("value", ["$HOME", "it's", "a #b", "two\nlines", " padded", "`id`", "\\n"])
def test_a_value_that_tools_read_differently_is_never_written(value: str) -> None:
    with pytest.raises(ValueError, match="NEW"):
        env_file.merge("", {"NEW": value}, comment="x")


OURS = """\
--constraint "https://example.com/c.txt"
# ours
apache-airflow-providers-openlineage
b==2 \\
    --hash=sha256:00
"""


def test_requirements_get_the_lines_that_are_missing() -> None:
    merged = requirements_file.merge("# Add your requirements here", OURS)
    assert merged.text == (
        "# Add your requirements here\n"
        '--constraint "https://example.com/c.txt"\n'
        "apache-airflow-providers-openlineage\n"
        "b==2 \\\n    --hash=sha256:00\n"
    )
    assert requirements_file.merge(merged.text, OURS) == MergeResult(text=merged.text)
    assert requirements_file.merge("", OURS).text == OURS


def test_requirements_for_the_same_package_are_left() -> None:
    existing = "Apache_Airflow.Providers-OpenLineage==1.0\n-c other.txt\n"
    merged = requirements_file.merge(existing, OURS)
    assert merged.text == existing + "b==2 \\\n    --hash=sha256:00\n"
    assert len(merged.manual_steps) == 2


def test_running_it_twice_changes_nothing(developer: Developer) -> None:
    developer.has_environment(VERSION)
    (developer.project / ".env").write_text("AWS_PROFILE=other")
    developer.exports()
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(developer)}
    again = developer.exports()
    assert again.status == 0
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(developer)
    } == before
    assert "Put: AWS_PROFILE=work" in again.said


def test_another_check_dag_is_not_overwritten(developer: Developer) -> None:
    developer.has_environment(VERSION)
    dag = developer.project / "dags" / "mwaa_platform_secrets_check.py"
    dag.parent.mkdir()
    dag.write_text("# mine\n")
    assert "Delete it and run this again" in developer.exports().said
    assert dag.read_text() == "# mine\n"


def files(developer: Developer) -> list[Path]:
    return [path for path in developer.project.rglob("*") if path.is_file()]


def test_a_private_file_stays_private_and_a_failure_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("DB_PASSWORD=canary\n")
    path.chmod(0o600)
    change = FileChange(path=path, before=path.read_bytes(), after=b"DB_PASSWORD=canary\nA=1\n")
    seen = []

    def full(new: Path, _target: Path) -> None:
        seen.append((new.stat().st_mode & 0o777, new.read_bytes()))
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(PlatformError, match="No space left"):
            change.apply()
    assert seen == [(0o600, change.after)]
    assert [each.name for each in tmp_path.iterdir()] == [".env"]
    change.apply()
    assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o600, change.after)
