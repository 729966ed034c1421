"""IAM that knows a new role, or a policy, only after a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.layout import ACCOUNT
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn, allow, policy
from tests.unit.local.aws.test_taken_names import attribute, resource
from tests.waits import wait_until

BUCKET = "known-later"
SOON, NEVER = 0.5, 3600.0
LIST = allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}")


@pytest.fixture(autouse=True)
def bucket(stand_in: StandIn) -> None:
    stand_in.session.client("s3").create_bucket(Bucket=BUCKET)


def allowed(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def lists(stand_in: StandIn, role: str) -> Callable[[], Any]:
    """A call that needs the permission to list the bucket."""
    client = stand_in.client_of(stand_in.assume(role), "s3")
    return lambda: client.list_objects_v2(Bucket=BUCKET)


def put(stand_in: StandIn, role: str, *statements: Any) -> None:
    stand_in.session.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="permissions",
        PolicyDocument=policy(*statements),
    )


def test_a_policy_has_its_effect_later(stand_in: StandIn) -> None:
    role = stand_in.create_role()
    call = lists(stand_in, role)
    with stand_in.trouble(iam_delay_seconds=NEVER):
        put(stand_in, role, LIST)
        assert not allowed(call)
    assert allowed(call)

    with stand_in.trouble(iam_delay_seconds=SOON):
        put(stand_in, role, LIST | {"Effect": "Deny"})
        wait_until("a denial", lambda: not allowed(call))


def test_a_policy_that_was_taken_away_still_holds_for_a_while(stand_in: StandIn) -> None:
    role = stand_in.create_role(LIST)
    call = lists(stand_in, role)
    with stand_in.trouble(iam_delay_seconds=NEVER):
        stand_in.session.client("iam").delete_role_policy(
            RoleName=role.rpartition("/")[2], PolicyName="permissions"
        )
        assert allowed(call)
    assert not allowed(call)


def test_a_new_role_is_not_there_at_first(stand_in: StandIn) -> None:
    with stand_in.trouble(iam_delay_seconds=NEVER):
        role = stand_in.create_role(LIST)
        assert not allowed(lambda: stand_in.assume(role))
    assert allowed(lambda: stand_in.assume(role))

    with stand_in.trouble(iam_delay_seconds=SOON):
        soon = stand_in.create_role()
        wait_until("the role", lambda: allowed(lambda: stand_in.assume(soon)))


@pytest.mark.parametrize("kind", ["Role", "Policy", "ManagedPolicy"])
def test_what_a_template_makes_is_known_later(stand_in: StandIn, kind: str) -> None:
    account = f"arn:aws:iam::{ACCOUNT}:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.loads(policy(LIST))
    role = resource("IAM::Role", AssumeRolePolicyDocument=json.loads(policy(trust)))
    stack, made = stand_in.deploy({"Role": role}, {"Role": attribute("Role", "Arn")})
    call = lists(stand_in, made["Role"])
    with_policy = {
        "Role": {
            "Role": resource(
                "IAM::Role",
                **role["Properties"],
                Policies=[{"PolicyName": "List", "PolicyDocument": document}],
            )
        },
        "Policy": {
            "Policy": resource(
                "IAM::Policy", PolicyName="List", PolicyDocument=document, Roles=[{"Ref": "Role"}]
            )
        },
        "ManagedPolicy": {
            "Policy": resource(
                "IAM::ManagedPolicy", PolicyDocument=document, Roles=[{"Ref": "Role"}]
            )
        },
    }[kind]

    with stand_in.trouble(iam_delay_seconds=NEVER):
        stand_in.deploy({"Role": role, **with_policy}, stack=stack)
        assert not allowed(call)
    assert allowed(call)
    stand_in.destroy(stack)


def test_an_environment_is_refused_whose_role_is_not_known_yet(stand_in: StandIn) -> None:
    with stand_in.trouble(iam_delay_seconds=NEVER):
        role = stand_in.create_role(LIST)
        environment = resource(
            "MWAA::Environment",
            Name="early",
            SourceBucketArn=f"arn:aws:s3:::{BUCKET}",
            DagS3Path="dags",
            ExecutionRoleArn=role,
        )
        with pytest.raises(DeployFailedError, match=f"permissions for s3 location {BUCKET}/dags"):
            stand_in.deploy({"Airflow": environment})
    stand_in.destroy(stand_in.deploy({"Airflow": environment})[0])
