"""Roles by the tokens of an OIDC provider."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.layout import REGION
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn

HOST = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
SUBJECT = "repo:example/platform:environment:production"
TYPE = "AWS::IAM::OIDCProvider"
A_DAY = 86_400
"""Tokens are made when the tests are collected, long before some of them run."""


def provider(*audiences: str, host: str = HOST) -> dict[str, Any]:
    return {
        "Type": TYPE,
        "Properties": {"Url": f"https://{host}", "ClientIdList": list(audiences)},
    }


def token(**claims: Any) -> str:
    """A token whose signature nobody knows."""
    made = {"iss": f"https://{HOST}", "aud": AUDIENCE, "sub": SUBJECT, "exp": time.time() + A_DAY}
    return jwt.encode({**made, **claims}, "a key that is of no use to anybody", algorithm="HS256")


@pytest.fixture(scope="module")
def role(stand_in: StandIn) -> Iterator[str]:
    """A role for the jobs of one environment; its provider has a second audience."""
    stack, outputs = stand_in.deploy(
        {"Provider": provider(AUDIENCE, "another")}, {"Arn": {"Ref": "Provider"}}
    )
    yield stand_in.create_role(
        trust={
            "Effect": "Allow",
            "Principal": {"Federated": outputs["Arn"]},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{HOST}:aud": AUDIENCE, f"{HOST}:sub": SUBJECT}},
        }
    )
    stand_in.destroy(stack)


def assume(stand_in: StandIn, role: str, presented: str) -> Any:
    sts = boto3.client(
        "sts",
        endpoint_url=stand_in.endpoint,
        region_name=REGION,
        config=Config(signature_version=UNSIGNED),
    )
    return sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="job", WebIdentityToken=presented
    )["Credentials"]


def test_a_token_of_whom_the_role_trusts_gives_its_credentials(
    stand_in: StandIn, role: str
) -> None:
    credentials = assume(stand_in, role, token())
    caller = stand_in.client_of(credentials, "sts").get_caller_identity()
    assert caller["Arn"].endswith(f"assumed-role/{role.rpartition('/')[2]}/job")


@pytest.mark.parametrize(
    ("presented", "refusal"),
    [
        (token(sub="repo:example/platform:pull_request"), "AccessDenied"),
        (token(sub="repo:example/other:environment:production"), "AccessDenied"),
        (token(aud="another"), "AccessDenied"),
        (token(aud="https://github.com/example"), "Incorrect token audience"),
        (token(iss="https://gitlab.com"), "No OpenIDConnect provider"),
        (token(exp=time.time() - 1), "ExpiredTokenException"),
        ("no token", "InvalidIdentityToken"),
    ],
    ids=["pull request", "repository", "trusted", "audience", "issuer", "ended", "no token"],
)
def test_another_token_gives_none(
    stand_in: StandIn, role: str, presented: str, refusal: str
) -> None:
    with pytest.raises(ClientError, match=refusal):
        assume(stand_in, role, presented)


@pytest.mark.usefixtures("role")
def test_an_account_has_one_provider_of_an_issuer(stand_in: StandIn) -> None:
    with pytest.raises(DeployFailedError, match="already exists"):
        stand_in.deploy({"Second": provider(AUDIENCE)})


def test_a_provider_takes_other_audiences_in_place(stand_in: StandIn) -> None:
    host = "gitlab.example.com"
    output = {"Arn": {"Fn::GetAtt": ["Provider", "Arn"]}}
    stack, before = stand_in.deploy({"Provider": provider("one", host=host)}, output)
    _, after = stand_in.deploy({"Provider": provider("two", host=host)}, output, stack=stack)
    iam = stand_in.session.client("iam")
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=after["Arn"])
    assert (before, found["ClientIDList"]) == (after, ["two"])
    stand_in.destroy(stack)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=after["Arn"])
