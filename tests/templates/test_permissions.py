"""Every permission that the templates grant."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mwaa.permissions.drift import drift_actions
from mwaa.permissions.operation import LOOK_AT_ALL
from mwaa_platform.sign_in.web_login_roles import AIRFLOW_ROLES
from tests.templates.synthesis import SAMPLES, Json, as_list, rendered, sample, statements

IAM_TYPES = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")

# Actions that know no resources, of all stacks but Deployers.
UNBOUND = {
    "cloudwatch:PutMetricData",
    "datazone:PostLineageEvent",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeVpcEndpoints",
    "elasticloadbalancing:DescribeTargetHealth",
    "logs:DescribeLogGroups",
    "s3:GetAccountPublicAccessBlock",
}
# Resources with a wildcard, and why there is no other way.
WILDCARDS = {
    r"<Bucket\w+\.Arn>/\*": "an environment reads all of its own bucket",
    r".*/mwaa-platform/(?:Env[12]/)?\*": "the copier writes files named by their content",
    r".*/mwaa-platform/dags-\*\.zip": "a rollback reads the former archive of DAGs",
    r"(?:<Bucket\w+\.Arn>|arn:aws:s3:::[\w.-]+)/[\w/-]*dags/\*": "DAGs have any names",
    r"arn:.*:ssm:.*:parameter/[\w/-]+/\*": "a team makes parameters as it needs them",
    r"arn:aws:s3:::example-orders/daily/\*": "the sample's team reads its orders",
    r"arn:.*:secretsmanager:.*:secret:[\w/-]+/\*": "a team makes connections as it needs them",
    r"arn:.*:log-group:airflow-[\w-]+-[A-Za-z]+:\*": "all streams of one log group",
    r"arn:.*:wafv2:.*:regional/webacl/\*/\*": "whichever web ACL is on is taken off",
    r"arn:.*:ec2:.*:security-group/\*": "one of the environment's VPC, by a condition",
    r"arn:.*:ec2:.*:security-group-rule/\*": "a new one with the stack's tag, by a condition",
    r"<DeliveryArtifacts\w+\.Arn>/\*": "the pipeline's steps hand each other files of any names",
    r"arn:.*:sqs:.*:\*:airflow-celery-\*": "MWAA's queue is in an account of AWS's own",
}
# Those of roles that read what joins the file and leaves it, or deploy it.
DEPLOYERS = re.compile(r"/Deployers/|/Pipeline/Delivery(?:Planner|Checker)(?!DefaultPolicy)")
BY_CDK_PIPELINES = "/Pipeline/Delivery"
"""Roles that CDK Pipelines makes as it likes; cdk-nag holds each of their wildcards to a reason."""
WILDCARDS_OF_DEPLOYERS = {
    r"arn:.*:cloudformation:.*:stack/[\w-]+-\*": "the platform's own stacks, with any ids",
    r"arn:.*:ssm:.*:parameter/[\w-]+/\*": "the platform's own parameters",
    r"arn:.*:airflow:.*:environment/\*": "the state of environments that come and go",
    r"arn:.*:airflow:.*:role/\*/Viewer": "Airflow's health, under the role that changes nothing",
    r"arn:.*:acm:.*:certificate/\*": "which hosts certificates are for",
    r"arn:.*:route53:::hostedzone/\*": "the names of hosted zones",
    r"arn:.*:sns:.*:\*": "the settings of topics of alarms",
    r"arn:.*:iam::.*:(?:role|policy)/\*": "what given roles and boundaries allow",
    r"arn:.*:kms:.*:key/\*": "the state and policy of given keys",
    r"arn:.*:s3:::\*": "the settings of given buckets of the account, by a condition",
    r"arn:.*:lambda:.*:function:[\w-]+-\*": "the platform's own functions, for drift",
}


def _iam_resources() -> list[tuple[str, Json]]:
    return [
        (f"{name}/{stack}/{logical_id}", resource)
        for name in SAMPLES
        for stack, logical_id, resource in sample(name).all_resources()
        if resource["Type"] in IAM_TYPES
    ]


def test_wildcards_stand_only_where_they_must() -> None:
    for place, resource in _iam_resources():
        for statement in statements(resource):
            if statement["Effect"] == "Deny":
                continue
            of_deployers = DEPLOYERS.search(place)
            if BY_CDK_PIPELINES in place and not of_deployers:
                continue
            unbound = {*LOOK_AT_ALL, *drift_actions()} if of_deployers else UNBOUND
            wildcards = WILDCARDS_OF_DEPLOYERS if of_deployers else WILDCARDS
            for arn in map(rendered, as_list(statement["Resource"])):
                if arn == "*":
                    assert set(as_list(statement["Action"])) <= unbound, place
                elif "*" in arn:
                    assert any(re.fullmatch(known, arn) for known in wildcards), (place, arn)


def test_no_permission_is_for_a_whole_service() -> None:
    for place, resource in _iam_resources():
        for statement in statements(resource):
            actions = as_list(statement.get("Action", []))
            assert not [a for a in actions if a.endswith(":*")], place


def test_every_role_names_whom_it_trusts() -> None:
    for place, resource in _iam_resources():
        for statement in (
            resource["Properties"].get("AssumeRolePolicyDocument", {}).get("Statement", ())
        ):
            principal = rendered(statement["Principal"])
            assert "*" not in str(principal), place
            assert not re.search(r":root|AccountId", str(principal)), place


def test_mwaa_takes_on_an_execution_role_for_its_own_environment_alone() -> None:
    for name in ("curation", "ingest"):
        roles = sample("many-with-lineage").resources(f"Env-{name}", "AWS::IAM::Role")
        (role,) = (each for id_, each in roles.items() if id_.startswith("ExecutionRole"))
        trust = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        services = {
            service for each in trust for service in as_list(rendered(each["Principal"])["Service"])
        }
        assert services == {"airflow.amazonaws.com", "airflow-env.amazonaws.com"}
        for statement in trust:
            environment = "arn:<AWS::Partition>:airflow:<AWS::Region>:<AWS::AccountId>:environment"
            assert rendered(statement["Condition"]) == {
                "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
                "ArnEquals": {"aws:SourceArn": f"{environment}/{name}"},
            }


def test_only_the_authenticator_takes_on_a_web_login_role_and_says_for_whom() -> None:
    roles = sample("many-with-lineage").resources("Sso", "AWS::IAM::Role")
    logins = {
        resource["Properties"]["RoleName"]: resource["Properties"]["AssumeRolePolicyDocument"]
        for resource in roles.values()
        if "RoleName" in resource["Properties"]
    }

    assert set(logins) == {f"data-{role}" for role in AIRFLOW_ROLES}
    for document in logins.values():
        assume, set_source_identity = document["Statement"]
        assert assume["Action"] == "sts:AssumeRole"
        assert assume["Condition"] == {"StringLike": {"sts:SourceIdentity": "?*"}}
        assert set_source_identity["Action"] == "sts:SetSourceIdentity"
        for statement in (assume, set_source_identity):
            principal = rendered(statement["Principal"])
            assert principal == {"AWS": "<AuthenticatorHandlerRole67ADC78D.Arn>"}


def test_a_web_login_role_is_good_for_its_own_airflow_role_alone() -> None:
    policies = sample("many-with-lineage").resources("Sso", "AWS::IAM::ManagedPolicy")
    names = ("curation", "finance", "ingest", "playground", "regulated")
    for role in AIRFLOW_ROLES:
        permitted = [
            (statement["Action"], rendered(statement["Resource"]))
            for logical_id, policy in policies.items()
            if logical_id.startswith(f"AuthenticatorWebLogin{role}Logins")
            for statement in statements(policy)
        ]
        airflow = "arn:<AWS::Partition>:airflow:<AWS::Region>:<AWS::AccountId>"
        assert permitted == [
            ("airflow:CreateWebLoginToken", [f"{airflow}:role/{name}/{role}" for name in names])
        ]


def test_what_the_authenticator_may_do() -> None:
    synthesis = sample("many-with-lineage")
    own = "AuthenticatorHandlerRole67ADC78D"
    actions = {
        action
        for stack, logical_id, resource in synthesis.all_resources()
        if resource["Type"] in IAM_TYPES
        and stack == "Sso"
        and (logical_id == own or {"Ref": own} in resource["Properties"].get("Roles", ()))
        for statement in statements(resource)
        for action in as_list(statement["Action"])
    }

    assert actions == {
        "airflow:GetEnvironment",
        "dynamodb:BatchGetItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sts:AssumeRole",
        "sts:SetSourceIdentity",
    }


def test_quick_starts_authenticator_enters_one_environment_under_one_role_alone() -> None:
    stack = "QuickStart"
    synthesis = sample("quick-start")
    named = {
        role["Properties"]["RoleName"]: role["Properties"]
        for role in synthesis.resources(stack, "AWS::IAM::Role").values()
        if "RoleName" in role["Properties"]
    }
    permitted = {
        action: rendered(statement["Resource"])
        for _, logical_id, resource in synthesis.all_resources()
        if resource["Type"] in IAM_TYPES and logical_id.startswith("Authenticator")
        for statement in statements(resource)
        for action in as_list(statement["Action"])
    }

    assert set(named) == {"quick-start-qs-Viewer"}
    assert "<AuthenticatorHandlerRole67ADC78D.Arn>" in str(
        rendered(named["quick-start-qs-Viewer"]["AssumeRolePolicyDocument"])
    )
    assert set(permitted) == {
        "airflow:CreateWebLoginToken",
        "airflow:GetEnvironment",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sts:AssumeRole",
        "sts:SetSourceIdentity",
    }
    airflow = "arn:<AWS::Partition>:airflow:<AWS::Region>:<AWS::AccountId>"
    assert permitted["airflow:CreateWebLoginToken"] == f"{airflow}:role/reporting/Viewer"
    assert permitted["airflow:GetEnvironment"] == f"{airflow}:environment/reporting"
    assert permitted["sts:AssumeRole"] == "<AuthenticatorWebLoginViewerC8CBF18B.Arn>"


def test_what_finds_addresses_changes_its_own_target_group_alone() -> None:
    synthesis = sample("existing-with-host-names")
    [policy] = [
        each
        for each in synthesis.resources("Ui-finance", "AWS::IAM::Policy").values()
        if "RegisterTargets" in str(each)
    ]
    permitted = {
        action: rendered(statement["Resource"])
        for statement in statements(policy)
        for action in as_list(statement["Action"])
    }

    group = next(
        iter(synthesis.resources("Ui-finance", "AWS::ElasticLoadBalancingV2::TargetGroup"))
    )
    assert permitted["elasticloadbalancing:RegisterTargets"] == f"<{group}>"
    assert permitted["elasticloadbalancing:DeregisterTargets"] == f"<{group}>"
    assert permitted["airflow:GetEnvironment"].endswith(":environment/finance")
    assert {action for action, arn in permitted.items() if arn == "*"} <= UNBOUND
    assert len(permitted) == 6


def test_only_our_target_group_invokes_the_authenticator() -> None:
    permission = sample("existing").properties("Sso", "AWS::Lambda::Permission")

    assert permission["Principal"] == "elasticloadbalancing.amazonaws.com"
    assert rendered(permission["SourceArn"]) == (
        "arn:<AWS::Partition>:elasticloadbalancing:<AWS::Region>:<AWS::AccountId>:"
        "targetgroup/mwaa-platform-authn/*"
    )
    assert "AWS::Lambda::Url" not in str(sample("existing").templates)


@pytest.mark.parametrize(
    ("stack", "secret"),
    [
        ("Env-ingest", "<LineageTokenAtlan8b99d193>"),
        (
            "Env-curation",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:atlan-token-AbCdEf",
        ),
    ],
)
def test_an_environment_reads_its_own_lineage_token_alone(stack: str, secret: str) -> None:
    (statement,) = (
        each
        for each in statements(_execution_role(stack))
        if "secretsmanager:GetSecretValue" in each["Action"]
    )

    assert statement["Action"] == "secretsmanager:GetSecretValue"
    assert rendered(statement["Resource"]) == secret


def test_the_execution_role_is_the_one_that_mwaa_describes() -> None:
    role = _execution_role("Env-regulated")
    trust: Any = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    allowed = {
        action: rendered(statement["Resource"])
        for statement in statements(role)
        for action in as_list(statement["Action"])
        if statement["Effect"] == "Allow"
    }
    denied = [s["Action"] for s in statements(role) if s["Effect"] == "Deny"]
    (key,) = (s for s in statements(role) if "kms:Decrypt" in s["Action"])

    assert trust[0]["Principal"]["Service"] == [
        "airflow-env.amazonaws.com",
        "airflow.amazonaws.com",
    ]
    assert denied == ["s3:ListAllMyBuckets"]
    assert rendered(key["Condition"]) == {
        "StringEquals": {
            "kms:ViaService": [
                "sqs.<AWS::Region>.<AWS::URLSuffix>",
                "s3.<AWS::Region>.<AWS::URLSuffix>",
            ]
        }
    }
    assert allowed["airflow:PublishMetrics"].endswith(":environment/regulated")
    assert [arn.split(":log-group:")[1] for arn in allowed["logs:PutLogEvents"]] == [
        f"airflow-regulated-{component}:*"
        for component in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    ]
    assert set(allowed) == {
        "airflow:PublishMetrics",
        "cloudwatch:PutMetricData",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:GetLogEvents",
        "logs:GetLogGroupFields",
        "logs:GetLogRecord",
        "logs:GetQueryResults",
        "logs:PutLogEvents",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucket*",
        "s3:GetObject*",
        "s3:List*",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_a_function_is_called_for_a_resource_only_while_it_may_do_its_work(name: str) -> None:
    custom = [
        (sample(name).templates[stack]["Resources"], resource)
        for stack, _, resource in sample(name).all_resources()
        if resource["Type"].startswith("Custom::")
    ]

    assert custom
    for resources, resource in custom:
        properties = resource["Properties"]
        function = resources[properties["ServiceToken"]["Fn::GetAtt"][0]]["Properties"]
        role = {"Ref": function["Role"]["Fn::GetAtt"][0]}
        permissions = {
            logical_id
            for logical_id, each in resources.items()
            if each["Type"] == "AWS::IAM::Policy" and role in each["Properties"]["Roles"]
        }
        assert permissions
        assert permissions <= set(resource["DependsOn"])
        assert int(properties["ServiceTimeout"]) > function["Timeout"]


def _execution_role(stack: str) -> Json:
    roles = sample("many-with-lineage").resources(stack, "AWS::IAM::Role")
    (role,) = (role for name, role in roles.items() if name.startswith("ExecutionRole"))
    return role
