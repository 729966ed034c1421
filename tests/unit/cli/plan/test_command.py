"""The command, typed in a terminal."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from cli.plan.money import money_between
from config.loader import parse_configuration
from config.written import METADATA, RELEASE, WRITTEN
from local.layout import ACCOUNT, REGION, ROOT
from mwaa.prices import SHIPPED
from tests.templates.synthesis import raw_sample
from tests.unit.cli.plan.test_revision import git
from tests.unit.cli.terminal import Terminal
from tests.unit.local.aws.stand_in import StandIn

Json = dict[str, Any]
FILE = "cdk.context.json"
EVE = {"User": "eve@example.com", "Environments": "*", "Roles": ["Admin"]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration of existing environments, of which git knows the first version."""
    folder = tmp_path / "platform"
    folder.mkdir()
    (folder / FILE).write_text(json.dumps(_raw()))
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=first")
    return folder / FILE


def _raw() -> Json:
    return {**raw_sample("existing"), "AppName": "planned"}


def test_a_grant_since_a_revision_is_told_to_a_program(terminal: Terminal, file: Path) -> None:
    raw = _raw()
    raw["Grants"].append(EVE)
    file.write_text(json.dumps(raw))

    done = terminal.type("plan", "--since", "HEAD", "--json", "-c", str(file))

    found = json.loads(done.out)
    assert (done.status, found["exit_status"], found["effect"]) == (0, 0, "free")
    assert [each["id"] for each in found["stacks"]] == ["Grants"]
    [gained] = found["access"]
    assert (gained["principal"], gained["gained"]) == ("user:eve@example.com", ["Admin"])
    assert found["money"]["total"] == {"low": 0.0, "high": 0.0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "HEAD", "--local"), "Give one of them."),
        (("--json", "--markdown"), "Give one of them."),
        (("--since", "never"), "git knows no revision never."),
        (("--since", ""), "git knows no revision"),
    ],
)
def test_wrong_use_ends_with_2(
    arguments: tuple[str, ...], words: str, terminal: Terminal, file: Path
) -> None:
    done = terminal.type("plan", *arguments, "-c", str(file))
    assert done.status == 2
    assert words in done.said


@pytest.mark.parametrize("command", ["plan", "deploy"])
def test_a_file_that_the_cdk_does_not_read_is_refused_as_the_help_says(
    command: str, terminal: Terminal, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = file.rename(file.with_name("of the team.json"))
    done = terminal.type(command, *(["--yes"] if command == "deploy" else []), "-c", str(other))
    assert done.status == 2
    assert "the CDK CLI reads no other" in done.said
    assert "of the team/cdk.context.json'" in done.said
    monkeypatch.setenv("COLUMNS", "200")
    assert "must be cdk.context.json" in terminal.type(command, "--help").said


@pytest.mark.parametrize(("revision", "status"), [("never", 2), ("HEAD", 1)])
def test_a_program_and_a_pull_request_are_told_that_there_is_no_plan(
    revision: str, status: int, terminal: Terminal, file: Path
) -> None:
    """The revision has a file whose mistakes do not let it be synthesised."""
    right = file.read_text()
    file.write_text("{}")
    git(file.parent, "commit", "--quiet", "--all", "--message=wrong")
    file.write_text(right)

    found = terminal.type("plan", "--since", revision, "--json", "-c", str(file))
    shown = terminal.type("plan", "--since", revision, "--markdown", "-c", str(file))

    written = json.loads(found.out)
    assert (found.status, written["exit_status"], written["format"]) == (status, status, 1)
    assert written["error"]["message"] in " ".join(found.err.split())
    assert written["error"]["remedy"]
    assert shown.status == status
    assert shown.out.startswith("### What deploying this does\n\n**What it does could not be told")


def test_a_file_that_the_cdk_does_not_read_is_refused(terminal: Terminal, file: Path) -> None:
    other = file.rename(file.with_name("other.json"))
    done = terminal.type("plan", "-c", str(other))
    assert (done.status, "called cdk.context.json" in done.said) == (2, True)


def test_a_wrong_configuration_ends_with_2(terminal: Terminal, file: Path) -> None:
    file.write_text("{}")
    done = terminal.type("plan", "--since", "HEAD", "-c", str(file))
    assert (done.status, "Missing" in done.said) == (2, True)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"AWS_PROFILE": "never-made"}, "There are no usable AWS credentials."),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "No AWS Region is set."),
    ],
)
def test_without_credentials_it_says_what_to_do(
    variables: dict[str, str],
    words: str,
    terminal: Terminal,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in variables.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    done = terminal.type("plan", "-c", str(file))
    assert (done.status, words in done.said) == (1, True)


@pytest.fixture
def deployed(stand_in: StandIn, file: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Any]:
    """The configuration of an account, in which a stack of its table is deployed."""
    for name, value in stand_in.sdk_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    raw = {**_raw(), "AppName": f"t{uuid.uuid4().hex[:12]}"}
    there = json.dumps(raw).replace("us-east-1", REGION).replace("111122223333", ACCOUNT)
    file.write_text(there)
    return file, stand_in.session.client("cloudformation")


def test_against_what_is_deployed(terminal: Terminal, deployed: tuple[Path, Any]) -> None:
    """What is there is compared, what is missing is new, and another's stack makes it uncertain."""
    file, cloudformation = deployed
    raw = json.loads(file.read_text())
    former = [*raw["Grants"], {**EVE, "Environments": "closed"}]
    held = {METADATA: {RELEASE: "0.1.0", WRITTEN: json.dumps({"Grants": former})}}
    topic = {"Type": "AWS::SNS::Topic"}
    for stack, template in {
        "Grants": {"Metadata": held, "Resources": {"Topic": topic}},
        "Network": {"Resources": {"Topic": topic}},
    }.items():
        cloudformation.create_stack(
            StackName=f"{raw['AppName']}-{stack}", TemplateBody=json.dumps(template)
        )

    done = terminal.type("plan", "--json", "-c", str(file))

    found = json.loads(done.out)
    actions = {each["id"]: each["action"] for each in found["stacks"]}
    assert actions == {"Grants": "changed", "Sso": "made"}
    assert (done.status, found["exit_status"]) == (1, 1)
    [uncertain] = found["not_told"]
    assert uncertain["subject"] == f"Stack {raw['AppName']}-Network"
    lost = [each for each in found["access"] if each["lost"]]
    assert [(each["principal"], each["environments"]) for each in lost] == [
        ("user:eve@example.com", ["closed"])
    ]
    changed = subprocess.run(
        ["git", "-C", str(file.parent), "status", "--short"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert changed.stdout.split() == ["M", FILE], "it writes nothing"


def test_what_left_the_configuration_saves_nothing_while_it_runs() -> None:
    raw = json.loads((ROOT / "samples" / "many-with-lineage.json").read_text())
    after = parse_configuration(raw, source=ROOT / "samples" / "x.json")
    first, *_ = raw["MwaaEnvironments"]
    more = {**first, "Name": "more", "VpcCIDR": "10.99.0.0/16", "Lineage": False}
    raw["MwaaEnvironments"] = [*raw["MwaaEnvironments"], more]
    before = parse_configuration(raw, source=ROOT / "samples" / "x.json")

    taken_out = money_between(SHIPPED, before, after)
    added = money_between(SHIPPED, after, before)

    assert taken_out
    assert taken_out.stacks.keys() <= {"Sso"}
    assert added
    assert added.stacks["Env-more"].low > 0
