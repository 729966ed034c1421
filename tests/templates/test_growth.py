"""Added and removed environments: stacks, exports and quotas."""

from __future__ import annotations

import json
import re

import aws_cdk as cdk
import pytest

from mwaa_platform.sign_in.managed_policies import chunks
from tests.templates.listener import https_rules
from tests.templates.synthesis import (
    Json,
    Synthesis,
    existing,
    raw_sample,
    rendered,
    sample,
    synthesise,
)

MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
LONGEST_NAMES = [f"environment-{index:03}-{'x' * 64}" for index in range(200)]
FARTHEST = {
    "AWS_Partition": "aws-us-gov",
    "AWS_Region": "us-isof-south-1",
    "AWS_AccountId": "123456789012",
}


@pytest.fixture(scope="module")
def two_hundred() -> Synthesis:
    return synthesise(existing(*LONGEST_NAMES))


def test_policies_of_200_environments_are_within_iams_limits(two_hundred: Synthesis) -> None:
    policies = [
        each["Properties"] for each in two_hundred.resources("Sso", MANAGED_POLICY).values()
    ]
    by_role: dict[str, int] = {}
    for policy in policies:
        document = rendered(policy["PolicyDocument"], **FARTHEST)
        assert len(json.dumps(document, separators=(",", ":"))) <= 6144
        (role,) = policy["Roles"]
        by_role[role["Ref"]] = by_role.get(role["Ref"], 0) + 1

    assert len(by_role) == 6
    assert max(by_role.values()) <= 10


def test_each_environment_is_named_once_for_each_role(two_hundred: Synthesis) -> None:
    policies = json.dumps(two_hundred.resources("Sso", MANAGED_POLICY))

    for name in LONGEST_NAMES:
        assert policies.count(f"role/{name}/Viewer") == 1
        assert policies.count(f":environment/{name}") == 1


def test_the_sign_in_stack_grows_by_names_alone(two_hundred: Synthesis) -> None:
    few = synthesise(existing("one", "two"))

    def others(synthesis: Synthesis) -> Json:
        resources: Json = synthesis.templates["Sso"]["Resources"]
        for resource in resources.values():
            # What comes after the policies names each.
            resource.pop("DependsOn", None)
        return {k: v for k, v in resources.items() if v["Type"] != MANAGED_POLICY}

    def without_code(resources: Json) -> str:
        for resource in resources.values():
            resource["Properties"].pop("Code", None)
        return json.dumps(resources)

    assert without_code(others(two_hundred)) == without_code(others(few))
    # Half of CloudFormation's limit.
    assert len(two_hundred.files["Sso.template.json"]) < 500_000


def test_a_policy_is_filled_before_the_next_begins() -> None:
    arns = [f"arn:${{AWS::Partition}}:airflow:role/{index}" for index in range(1000)]

    runs = chunks("airflow:GetEnvironment", arns)

    assert [arn for run in runs for arn in run] == arns
    assert len(runs) == 6


def test_another_environment_leaves_all_others_as_they_are() -> None:
    raw = raw_sample("many-with-lineage")
    raw["MwaaEnvironments"].append({"Name": "added", "VpcCIDR": "10.9.0.0/16"})

    before, after = sample("many-with-lineage").files, synthesise(raw).files

    templates = {name for name in before if name.endswith(".template.json")}
    changed = {name for name in templates if before[name] != after[name]}
    assert changed == {"Sso.template.json"}
    assert "Env-added.template.json" in after


ADDED = {
    "new": {"Name": "added", "VpcCIDR": "10.9.0.0/16", "UiHost": "added.airflow.example.net"},
    "existing": {"Name": "added", "UiHost": "added.airflow.example.net"},
}


@pytest.mark.parametrize("kind", ADDED)
@pytest.mark.parametrize("name", ["many-new", "one-new"])
def test_a_host_more_or_less_changes_its_own_stack_and_names_in_sso(kind: str, name: str) -> None:
    raw = raw_sample(name)
    raw["MwaaEnvironments"].append(ADDED[kind])

    before, after = sample(name).files, synthesise(raw).files

    templates = {name for name in before if name.endswith(".template.json")}
    assert {name for name in templates if before[name] != after[name]} == {"Sso.template.json"}
    own = {"Ui-added", *(["Env-added"] if kind == "new" else [])}
    assert {name for name in after if "added" in name and name.endswith(".template.json")} == {
        f"{stack}.template.json" for stack in own
    }


@pytest.mark.parametrize("kind", ADDED)
def test_sso_can_be_updated_before_a_host_goes(kind: str) -> None:
    """It is updated first, when the stack that goes still uses what it exports."""
    raw = raw_sample("one-new")
    raw["MwaaEnvironments"].append(ADDED[kind])

    imported = json.dumps(synthesise(raw).templates["Ui-added"]).split('"Fn::ImportValue": "')[1:]
    outputs = sample("one-new").templates["Sso"]["Outputs"].values()
    exported = {each["Export"]["Name"] for each in outputs if "Export" in each}

    from_sso = {name.partition('"')[0] for name in imported if "-Sso:" in name}
    assert from_sso
    assert from_sso <= exported


@pytest.mark.parametrize("name", ["many-new", "existing-with-host-names"])
def test_sso_imports_nothing_from_what_comes_and_goes(name: str) -> None:
    sso = json.dumps(sample(name).templates["Sso"])

    assert not re.findall(r'"Fn::ImportValue": "[^"]*-(?:Env|Ui)-', sso)


def test_99_hosts_are_99_small_stacks_and_one_that_grows_by_names() -> None:
    """As many as target groups of environments fit one load balancer."""
    raw = raw_sample("existing-with-host-names")
    raw["MwaaEnvironments"] = [
        {"Name": name, "UiHost": f"h{index}.example.com"}
        for index, name in enumerate(LONGEST_NAMES[:99])
    ]
    raw["Grants"] = []

    many = synthesise(raw)

    rules = list(https_rules(many))
    assert len({rule.priority for rule in rules}) == len(rules) == 3 * 99 + 3
    assert len(many.files["Sso.template.json"]) < 500_000
    assert len([name for name in many.templates if name.startswith("Ui-")]) == 99


def test_trust_and_inline_policies_of_200_environments_are_within_iams_limits(
    two_hundred: Synthesis,
) -> None:
    for role in two_hundred.resources("Sso", "AWS::IAM::Role").values():
        properties = rendered(role["Properties"], **FARTHEST)
        trust = json.dumps(properties["AssumeRolePolicyDocument"], separators=(",", ":"))
        assert len(trust) <= 2048
    inline: dict[str, int] = {}
    for policy in two_hundred.resources("Sso", "AWS::IAM::Policy").values():
        document = rendered(policy["Properties"]["PolicyDocument"], **FARTHEST)
        for attached in policy["Properties"]["Roles"]:
            length = len(json.dumps(document, separators=(",", ":")))
            inline[attached["Ref"]] = inline.get(attached["Ref"], 0) + length
    assert inline
    assert max(inline.values()) <= 10_240


def test_the_network_does_not_know_whether_environments_are_private() -> None:
    assert (
        synthesise(existing("one")).templates["Network"]
        == synthesise(
            {
                **existing(),
                "MwaaEnvironments": [{"Name": "private", "VpcCIDR": "10.9.0.0/16"}],
            }
        ).templates["Network"]
    )


def test_a_known_account_needs_no_lookup() -> None:
    env = cdk.Environment(account="111122223333", region="eu-west-1")

    synthesis = synthesise(raw_sample("published-two-new"), env=env)

    assert "missing" not in json.loads(synthesis.files["manifest.json"])
    assert b"dummy1" not in b"".join(synthesis.files.values())


def test_government_regions_publish_their_keys_elsewhere() -> None:
    env = cdk.Environment(account="111122223333", region="us-gov-east-1")

    synthesis = synthesise(existing("one"), env=env)

    variables = synthesis.authenticator()["Environment"]["Variables"]
    assert variables["PUBLIC_KEY_ENDPOINT"] == (
        "https://s3-us-gov-east-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-east-1"
    )
