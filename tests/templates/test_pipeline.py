"""The pipeline deploys what `cdk deploy` does, in the order of `deploy`, and may do no more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest

from app import platform
from config.loader import parse_configuration
from mwaa_platform.operations.generated_roles import NOT_NEEDED
from tests.templates.synthesis import (
    ROOT,
    WITHOUT_BUNDLING,
    Json,
    Synthesis,
    as_list,
    raw_sample,
    rendered,
    sample,
    statements,
    synthesise,
)

SAMPLE = "deployed-by-codepipeline"
PIPELINE: Json = raw_sample(SAMPLE)["Pipeline"]
ACCOUNT = cdk.Environment(account="111122223333", region="us-east-1")
AS_BY_THE_CLI = {**WITHOUT_BUNDLING, "aws:cdk:enable-path-metadata": True}
CONVENTIONS: Json = {"Path": "/data/", "NamePrefix": "company-"}


class Action(NamedTuple):
    """A step of the pipeline, and its place among those of its stage."""

    stage: str
    order: int
    name: str
    provider: str
    configuration: Mapping[str, Any]


def actions(synthesis: Synthesis) -> Iterator[Action]:
    pipeline = synthesis.properties("Pipeline", "AWS::CodePipeline::Pipeline")
    for stage in pipeline["Stages"]:
        for each in stage["Actions"]:
            yield Action(
                stage=stage["Name"],
                order=each["RunOrder"],
                name=each["Name"],
                provider=each["ActionTypeId"]["Provider"],
                configuration=each.get("Configuration", {}),
            )


def deployed(synthesis: Synthesis, *, app_name: str) -> dict[str, int]:
    """When each stack is deployed, by its id."""
    return {
        each.configuration["StackName"].removeprefix(f"{app_name}-"): each.order
        for each in actions(synthesis)
        if each.provider == "CloudFormation"
    }


def ordered(synthesis: Synthesis, provider: str, name: str) -> dict[str, int]:
    """When each step is made whose name has this word, by the wave at its end."""
    return {
        each.name.rpartition("_")[2]: each.order
        for each in actions(synthesis)
        if each.provider == provider and name in each.name
    }


def buildspec(synthesis: Synthesis, name: str) -> Json:
    """What a step runs, by the end of the step's name."""
    [project] = [
        each["Properties"]
        for each in synthesis.resources("Pipeline", "AWS::CodeBuild::Project").values()
        if each["Properties"]["Description"].endswith(name)
    ]
    found: Json = json.loads(project["Source"]["BuildSpec"])
    return found


def files(raw: Json, folder: Path) -> dict[str, bytes]:
    """Templates and lists of assets by their names, as the CDK CLI has them made in an account."""
    configuration = parse_configuration(raw, source=ROOT / "samples" / "test.json")
    platform(
        configuration, outdir=str(folder), context=AS_BY_THE_CLI, env=ACCOUNT, checked=False
    ).synth()
    kinds = (".template.json", ".assets.json", ".metadata.json")
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.name.endswith(kinds)}


@cache
def waves(*, approval: bool = True) -> Synthesis:
    """Three waves, listed in another order than they are deployed in."""
    raw = raw_sample(SAMPLE)
    [new, *_] = raw["MwaaEnvironments"]

    raw["MwaaEnvironments"] = [
        {"Name": "last", "UiHost": "last.example.com", "Wave": 7},
        *(
            {**new, "Name": name, "VpcCIDR": f"10.{number}.0.0/16", "Wave": wave}
            for number, (name, wave) in enumerate(
                {"late": 3, "canary": 1, "middle": 2, "second": 1}.items(), start=1
            )
        ),
        {"Name": "shown", "UiHost": "shown.example.com", "Wave": 2},
        {"Name": "listed"},
    ]
    raw["Grants"] = []
    raw["Pipeline"]["Approval"] = approval
    return synthesise(raw)


@pytest.mark.parametrize("name", [SAMPLE, "team-files", "gated-hosts", "everything-given"])
def test_what_is_deployed_is_the_same_with_and_without_a_pipeline(
    name: str, tmp_path: Path
) -> None:
    raw = {**raw_sample(name), "Roles": CONVENTIONS, "Tags": {"team": "platform"}}
    raw.pop("Pipeline", None)
    (without := tmp_path / "without").mkdir()
    (with_ := tmp_path / "with").mkdir()

    former = files(raw, without)
    now = files({**raw, "Pipeline": PIPELINE}, with_)

    assert {each for each in now if each not in former} == {
        f"Pipeline.{kind}.json" for kind in ("template", "assets", "metadata")
    }
    assert {each: now[each] for each in former} == former


def test_the_pipeline_deploys_the_files_of_the_command_line_under_the_same_names() -> None:
    manifest = json.loads(sample(SAMPLE).files["manifest.json"])["artifacts"]
    stacks = {
        each["properties"]["stackName"]: each["properties"]["templateFile"]
        for id_, each in manifest.items()
        if each["type"] == "aws:cloudformation:stack" and id_ != "Pipeline"
    }

    given = {
        each.configuration["StackName"]: each.configuration["TemplatePath"]
        for each in actions(sample(SAMPLE))
        if each.provider == "CloudFormation"
    }

    assert given == {name: f"Synth_Output::{file}" for name, file in stacks.items()}
    assert set(stacks.values()) <= sample(SAMPLE).files.keys()


def test_the_stacks_of_the_command_line_know_nothing_of_waves() -> None:
    """`cdk deploy` of an environment takes no other along, and `cdk destroy` neither."""
    manifest = json.loads(sample(SAMPLE).files["manifest.json"])["artifacts"]

    assert "cdk:cloud-assembly" not in {each["type"] for each in manifest.values()}
    assert "Env-canary" not in manifest["Env-reporting"]["dependencies"]
    assert manifest["Pipeline"]["dependencies"] == ["Pipeline.assets"]


def test_every_stack_is_deployed_once_and_after_those_of_earlier_waves() -> None:
    order = deployed(waves(), app_name="rolled-out")
    checks = ordered(waves(), "CodeBuild", "Check")
    approvals = ordered(waves(), "Manual", "Approve")

    assert set(order) == waves().templates.keys() - {"Pipeline"}
    shared = max(order[each] for each in ("Network", "Grants", "Sso"))
    assert [*checks] == ["1", "2", "3", "7"]
    assert [*approvals] == ["2", "3", "7"]
    expected = [
        [shared],
        [order["Env-canary"], order["Env-second"]],
        [checks["1"]],
        [approvals["2"]],
        [order["Env-middle"], order["Ui-shown"]],
        [checks["2"]],
        [approvals["3"]],
        [order["Env-late"]],
        [checks["3"]],
        [approvals["7"]],
        [order["Ui-last"]],
        [checks["7"]],
    ]
    assert all(max(before) < min(after) for before, after in pairwise(expected))


def test_environments_of_a_wave_are_deployed_at_once() -> None:
    order = deployed(waves(), app_name="rolled-out")

    assert order["Env-canary"] == order["Env-second"]


def test_a_wave_is_checked_by_its_own_environments() -> None:
    protected, checked = buildspec(waves(), "Check_wave_1")["phases"]["build"]["commands"]

    assert protected == "sh ./mwaa-platform protect"
    assert "doctor --environment canary --environment second;" in checked


def test_nobody_is_asked_where_the_file_says_so() -> None:
    manual = [each for each in actions(waves(approval=False)) if each.provider == "Manual"]

    assert manual == []
    assert len(ordered(waves(approval=False), "CodeBuild", "Check")) == len(
        ordered(waves(), "CodeBuild", "Check")
    )


def test_it_checks_and_plans_before_anything_is_deployed() -> None:
    stages = list(dict.fromkeys(each.stage for each in actions(sample(SAMPLE))))
    [plan] = [each for each in actions(sample(SAMPLE)) if each.name == "Plan"]

    assert stages == ["Source", "Build", "UpdatePipeline", "Assets", "Deploy"]
    assert plan.order < min(deployed(sample(SAMPLE), app_name="rolled-out").values())
    assert buildspec(sample(SAMPLE), "/Plan")["phases"]["build"]["commands"] == [
        "sh ./mwaa-platform plan"
    ]


def test_it_changes_itself_alone_and_by_the_pinned_command_line() -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["dependencies"]["aws-cdk"]

    phases = buildspec(sample(SAMPLE), "/SelfMutate")["phases"]

    assert phases["install"]["commands"] == [f"npm install -g aws-cdk@{pinned}"]
    assert phases["build"]["commands"] == [
        "cdk -a . deploy Pipeline --require-approval=never --verbose"
    ]


def test_every_step_has_pinned_runtimes_its_artifacts_encrypted_and_its_logs_kept_for_a_time() -> (
    None
):
    projects = sample(SAMPLE).resources("Pipeline", "AWS::CodeBuild::Project").values()
    [key] = sample(SAMPLE).resources("Pipeline", "AWS::KMS::Key")
    [log_group] = sample(SAMPLE).resources("Pipeline", "AWS::Logs::LogGroup")
    names = {each["Properties"]["Description"].rpartition("/")[2] for each in projects}

    assert len(projects) == len(names) == 6
    for each in projects:
        properties = each["Properties"]
        assert properties["EncryptionKey"] == {"Fn::GetAtt": [key, "Arn"]}
        assert properties["LogsConfig"]["CloudWatchLogs"]["GroupName"] == {"Ref": log_group}
        assert properties["Environment"]["PrivilegedMode"] is False
    for name in names - {"FileAssets"}:
        install = buildspec(sample(SAMPLE), name)["phases"]["install"]
        assert install["runtime-versions"] == {"python": "3.13", "nodejs": "22"}


def test_the_source_is_the_files_branch_over_its_connection() -> None:
    [source] = [each for each in actions(sample(SAMPLE)) if each.stage == "Source"]

    assert source.configuration == {
        "ConnectionArn": PIPELINE["ConnectionArn"],
        "FullRepositoryId": "example/platform",
        "BranchName": "main",
    }


def test_the_pipeline_uses_its_connection_by_both_names_of_the_service() -> None:
    used = {
        action: as_list(each["Resource"])
        for each in allowed("DeliveryRole")
        for action in as_list(each["Action"])
        if action.endswith(":UseConnection")
    }

    assert used == {
        f"{service}:UseConnection": [PIPELINE["ConnectionArn"]]
        for service in ("codeconnections", "codestar-connections")
    }


def test_the_pipeline_acts_as_the_bootstraps_deploy_role_alone() -> None:
    [resource] = [
        each["Resource"] for each in allowed("DeliveryRole") if each["Action"] == "sts:AssumeRole"
    ]

    assert rendered(resource).endswith(
        ":role/cdk-hnb659fds-deploy-role-<AWS::AccountId>-<AWS::Region>"
    )


@pytest.mark.parametrize(
    ("role", "writes"),
    [
        ("DeliveryPlanner", set()),
        ("DeliveryChecker", {"cloudformation:UpdateTerminationProtection"}),
    ],
)
def test_the_commands_read_and_a_check_protects(role: str, writes: set[str]) -> None:
    of_build = ("codebuild:", "kms:", "logs:", "s3:")
    done = {action for each in allowed(role) for action in as_list(each["Action"])}
    reads = ("BatchDescribe", "Describe", "Detect", "Get", "List", "InvokeRestApi", "Simulate")

    assert {
        each
        for each in done
        if not each.startswith(of_build) and not each.partition(":")[2].startswith(reads)
    } == writes


def test_the_step_that_publishes_assets_starts_no_builds() -> None:
    """The CDK lets it start builds of every project in the account."""
    [denied] = [
        each
        for policy in sample(SAMPLE).resources("Pipeline", "AWS::IAM::Policy").values()
        for each in statements(policy)
        if each["Effect"] == "Deny"
    ]

    assert (denied["Action"], denied["Resource"]) == ([*NOT_NEEDED], "*")


def test_artifacts_are_encrypted_kept_from_the_public_and_expire() -> None:
    bucket = sample(SAMPLE).properties("Pipeline", "AWS::S3::Bucket")

    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert [each["ExpirationInDays"] for each in bucket["LifecycleConfiguration"]["Rules"]] == [30]


def test_roles_of_the_pipeline_follow_the_conventions_of_the_account() -> None:
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    raw = {**raw_sample(SAMPLE), "Roles": {**CONVENTIONS, "PermissionsBoundaryArn": boundary}}

    synthesis = synthesise(raw)

    roles = synthesis.resources("Pipeline", "AWS::IAM::Role").values()
    projects = synthesis.resources("Pipeline", "AWS::CodeBuild::Project").values()
    named = {name for each in projects for name in each["Properties"]["ServiceRole"]}
    assert named == {"Fn::GetAtt"}
    assert len(roles) == 6
    assert {each["Properties"]["Path"] for each in roles} == {"/data/"}
    assert {each["Properties"]["PermissionsBoundary"] for each in roles} == {boundary}
    names = {each["Properties"]["RoleName"] for each in roles}
    assert len(names) == 6
    assert all(each.startswith("company-rolled-out-Pipeline-") for each in names)


def allowed(role: str) -> Iterator[Json]:
    """The statements of a role, by the beginning of its logical id, that allow something."""
    synthesis = sample(SAMPLE)
    for type_ in ("AWS::IAM::Role", "AWS::IAM::Policy"):
        for id_, each in synthesis.resources("Pipeline", type_).items():
            if id_.startswith(role):
                yield from (found for found in statements(each) if found["Effect"] == "Allow")
