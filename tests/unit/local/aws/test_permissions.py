"""Enforcement of the deployed policies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from local.layout import ACCOUNT, REGION
from tests.unit.local.aws.stand_in import TOKEN_KEY, StandIn, allow, policy

SIGN_IN = "airflow:CreateWebLoginToken"


def airflow_role(environment: str, role: str) -> str:
    return f"arn:aws:airflow:{REGION}:{ACCOUNT}:role/{environment}/{role}"


@pytest.fixture(scope="module", autouse=True)
def environments(stand_in: StandIn) -> Iterator[None]:
    stand_in.session.client("s3").create_bucket(Bucket="files")
    stack, _ = stand_in.deploy(
        {
            name: {
                "Type": "AWS::MWAA::Environment",
                "Properties": {"Name": name, "SourceBucketArn": "arn:aws:s3:::files"},
            }
            for name in ("blue", "green")
        }
    )
    yield
    stand_in.destroy(stack)


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, TOKEN_KEY, algorithms=["HS256"])
    return decoded


def test_a_token_is_for_the_role_that_the_session_policy_leaves(stand_in: StandIn) -> None:
    both = [airflow_role("blue", "Op"), airflow_role("blue", "Viewer")]
    role = stand_in.create_role(allow(SIGN_IN, *both))
    credentials = stand_in.assume(role, Policy=policy(allow(SIGN_IN, both[1])))

    before = int(time.time())
    answer = stand_in.client_of(credentials, "mwaa").create_web_login_token(Name="blue")

    user = f"assumed-role/{role.rpartition('/')[2]}/ada@example.com"
    token = claims(answer["WebToken"])
    assert (token["env"], token["role"], token["sub"]) == ("blue", "Viewer", user)
    assert token["exp"] - token["iat"] == 60
    assert before <= token["iat"] <= time.time()
    assert answer["WebServerHostname"] == "blue.localhost:8446"
    assert answer["IamIdentity"] == user


def test_each_token_is_another_one(stand_in: StandIn) -> None:
    role = stand_in.create_role(allow(SIGN_IN, airflow_role("blue", "User")))
    mwaa = stand_in.client_of(stand_in.assume(role), "mwaa")
    first, second = (mwaa.create_web_login_token(Name="blue")["WebToken"] for _ in range(2))
    assert claims(first)["jti"] != claims(second)["jti"]


def test_the_most_powerful_of_several_roles_counts(stand_in: StandIn) -> None:
    roles = [airflow_role("blue", role) for role in ("Viewer", "Op")]
    role = stand_in.create_role(allow(SIGN_IN, *roles))
    mwaa = stand_in.client_of(stand_in.assume(role), "mwaa")
    assert claims(mwaa.create_web_login_token(Name="blue")["WebToken"])["role"] == "Op"


@pytest.mark.parametrize(
    ("granted", "session", "environment"),
    [
        pytest.param(["blue/Viewer"], ["blue/Admin"], "blue", id="session asks for more"),
        pytest.param(["blue/Viewer"], None, "green", id="another environment"),
        pytest.param(["blue/Viewer"], None, "unheard-of", id="an unknown environment"),
        pytest.param(["blue/Root"], None, "blue", id="a role that Airflow has not"),
        pytest.param([], None, "blue", id="no permission"),
    ],
)
def test_no_token_without_permission(
    stand_in: StandIn, granted: list[str], session: list[str] | None, environment: str
) -> None:
    def arns(roles: list[str]) -> list[str]:
        return [airflow_role(*role.split("/")) for role in roles]

    role = stand_in.create_role(*([allow(SIGN_IN, *arns(granted))] if granted else []))
    request = {"Policy": policy(allow(SIGN_IN, *arns(session)))} if session else {}
    mwaa = stand_in.client_of(stand_in.assume(role, **request), "mwaa")
    with pytest.raises(mwaa.exceptions.AccessDeniedException):
        mwaa.create_web_login_token(Name=environment)


def test_no_token_for_a_forged_signature(stand_in: StandIn) -> None:
    role = stand_in.create_role(allow(SIGN_IN, airflow_role("blue", "Viewer")))
    forged = {**stand_in.assume(role), "SecretAccessKey": "guessed"}
    with pytest.raises(ClientError, match="signature"):
        stand_in.client_of(forged, "mwaa").create_web_login_token(Name="blue")


def test_reading_an_environment_needs_its_name_in_the_policy(stand_in: StandIn) -> None:
    blue = f"arn:aws:airflow:{REGION}:{ACCOUNT}:environment/blue"
    role = stand_in.create_role(allow("airflow:GetEnvironment", blue))
    mwaa = stand_in.client_of(stand_in.assume(role), "mwaa")
    assert mwaa.get_environment(Name="blue")["Environment"]["Name"] == "blue"
    with pytest.raises(mwaa.exceptions.AccessDeniedException):
        mwaa.get_environment(Name="green")


def trusting(principal: str, *actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions)}


BOTH = ("sts:AssumeRole", "sts:SetSourceIdentity")


@pytest.mark.parametrize(
    ("permitted", "trusted", "outcome"),
    [
        pytest.param(BOTH, BOTH, "allowed"),
        pytest.param(BOTH[:1], BOTH, "sts:SetSourceIdentity", id="caller may not set it"),
        pytest.param(BOTH, BOTH[:1], "sts:AssumeRole", id="role does not take it"),
    ],
)
def test_a_source_identity_needs_permission_on_both_sides(
    stand_in: StandIn, permitted: tuple[str, ...], trusted: tuple[str, ...], outcome: str
) -> None:
    caller = stand_in.create_role(*(allow(action, "*") for action in permitted))
    role = stand_in.create_role(trust=trusting(caller, *trusted))
    sts = stand_in.client_of(stand_in.assume(caller), "sts")
    request = {"RoleArn": role, "RoleSessionName": "ada", "SourceIdentity": "ada@example.com"}
    if outcome == "allowed":
        assert sts.assume_role(**request)["SourceIdentity"] == "ada@example.com"
    else:
        with pytest.raises(ClientError, match=rf"AccessDenied.*{outcome}"):
            sts.assume_role(**request)


def test_a_role_may_demand_a_source_identity(stand_in: StandIn) -> None:
    caller = stand_in.create_role(*(allow(action, "*") for action in BOTH))
    demand = {"Condition": {"StringLike": {"sts:SourceIdentity": "?*"}}}
    role = stand_in.create_role(trust={**trusting(caller, *BOTH), **demand})
    sts = stand_in.client_of(stand_in.assume(caller), "sts")
    request: dict[str, Any] = {"RoleArn": role, "RoleSessionName": "ada"}

    assert sts.assume_role(**request, SourceIdentity="ada@example.com")["Credentials"]
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(**request)


def test_a_role_is_given_to_nobody_but_whom_it_trusts(stand_in: StandIn) -> None:
    trusted, other = (stand_in.create_role(allow("sts:AssumeRole", "*")) for _ in range(2))
    role = stand_in.create_role(trust=trusting(trusted, "sts:AssumeRole"))
    request: dict[str, Any] = {"RoleArn": role, "RoleSessionName": "ada"}

    assert stand_in.client_of(stand_in.assume(trusted), "sts").assume_role(**request)
    for client in (
        stand_in.client_of(stand_in.assume(other), "sts"),
        stand_in.session.client("sts"),  # the account itself
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.assume_role(**request)


def test_a_bucket_that_demands_tls_takes_requests_on_loopback(stand_in: StandIn) -> None:
    s3 = stand_in.session.client("s3")
    s3.create_bucket(Bucket="tls-only")
    demand = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="tls-only", Policy=policy(demand))
    role = stand_in.create_role(allow("s3:PutObject", "arn:aws:s3:::tls-only/*"))
    stand_in.client_of(stand_in.assume(role), "s3").put_object(Bucket="tls-only", Key="a", Body=b"")


def test_the_service_takes_on_an_execution_role_for_its_own_environment_alone(
    stand_in: StandIn,
) -> None:
    def trust(environment: str) -> dict[str, Any]:
        arn = f"arn:aws:airflow:{REGION}:{ACCOUNT}:environment/{environment}"
        conditions = {"aws:SourceArn": arn, "aws:SourceAccount": ACCOUNT}
        return {
            "Effect": "Allow",
            "Principal": {"Service": "airflow-env.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": conditions},
        }

    roles = {name: stand_in.create_role(trust=trust("own")) for name in ("own", "other")}
    stack, _ = stand_in.deploy(
        {
            name: {
                "Type": "AWS::MWAA::Environment",
                "Properties": {
                    "Name": name,
                    "SourceBucketArn": "arn:aws:s3:::files",
                    "ExecutionRoleArn": role,
                },
            }
            for name, role in roles.items()
        }
    )
    sts = stand_in.session.client("sts")
    assert sts.assume_role(RoleArn=roles["own"], RoleSessionName="mwaa")["Credentials"]
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=roles["other"], RoleSessionName="mwaa")
    stand_in.destroy(stack)


def test_a_web_acl_is_put_before_a_load_balancer_by_who_may_use_that_one(
    stand_in: StandIn,
) -> None:
    web_acls = stand_in.session.client("wafv2")
    mine, other = (
        web_acls.create_web_acl(
            Name=name,
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig={
                "SampledRequestsEnabled": False,
                "CloudWatchMetricsEnabled": False,
                "MetricName": name,
            },
        )["Summary"]["ARN"]
        for name in ("mine", "other")
    )
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/lb/0123"
    role = stand_in.create_role(allow("wafv2:AssociateWebACL", mine, balancer))
    client = stand_in.client_of(stand_in.assume(role), "wafv2")

    client.associate_web_acl(WebACLArn=mine, ResourceArn=balancer)
    with pytest.raises(ClientError, match="not authorized"):
        client.associate_web_acl(WebACLArn=other, ResourceArn=balancer)
    found = web_acls.get_web_acl_for_resource(ResourceArn=balancer)
    assert found["WebACL"]["ARN"] == mine
