"""No secret that a reason repeats is repeated here."""

from __future__ import annotations

from itertools import chain

import pytest

from cli.explain.redaction import REMOVED, redacted
from tests.unit.cli.explain.conftest import STACK, CdkCli, Explain
from tests.unit.cli.explain.fake_aws import FakeAws, Stack

CANARY = "canary7Zq9"
LONG = "b7Kx2Lp9Qw4Rt8Yz1Mn5Vc3Hd6Jf0Gs"
SECRETS = {
    "a password": f"Property MasterPassword={CANARY} is too short",
    "a key and value": f"client_secret: {CANARY}, and more",
    "JSON": f'{{"ClientSecret": "{CANARY}", "ClientId": "portal"}}',
    "words": f"the token is {CANARY}",
    "quotes": f"Invalid ClientSecret '{CANARY}' given",
    "a header": f"Authorization: Bearer {CANARY}.abc",
    "an address": f"https://someone:{CANARY}@host.example.com/x",
    "an address with a token alone": f"https://{CANARY}@host.example.com/simple refused",
    "an option": f"uv pip install --registry-token {CANARY} failed",
    "a JSON Web Token": f"got eyJhbGciOiJIUzI1NiJ9.eyJzdWIi{CANARY}.sig{CANARY}",
    "a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
    "an access key": f"credentials AKIA{CANARY.upper()}ABCDEF were used",
    "an API key": f"x-api-key={CANARY}",
    "something made by chance": f"value {LONG} is not allowed",
}
KEPT = (
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:oidc-AbCdEf",
    "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555",
    "AirflowEnvironmentD4869977",
    "EndpointTargetsFinderFunctionServiceRole1A2B3C4D",
    "mwaa-platform-Sso-AuthenticatorFunction-1aBcD9dXyZ2",
    "Secrets Manager can't find the specified secret.",
    "is not authorized to perform: secretsmanager:GetSecretValue on resource: x",
    "The security token included in the request is invalid",
    "the secret is scheduled for deletion, or the token is expired",
    "secret oidc is not found",
    "ClientSecretArn: arn:aws:secretsmanager:us-east-1:111122223333:secret:oidc-AbCdEf",
    "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:oidc}}",
    "https://docs.aws.amazon.com/mwaa/latest/userguide/troubleshooting.html",
    "(Service: AmazonMWAA; Request ID: 0a1b2c3d-1111-2222-3333-444455556666)",
    "AWS::SecretsManager::Secret LineageTokenAtlan8b99d193",
    "The following resource(s) failed to create: [AccessLogs8B620ECA]",
)


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_what_may_be_a_secret_is_taken_out(text: str) -> None:
    shown = redacted(text)
    assert REMOVED in shown
    assert CANARY.lower() not in shown.lower()
    assert LONG not in shown


@pytest.mark.parametrize("text", KEPT)
def test_what_people_need_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "JSON"])
def test_no_secret_is_in_any_output(
    form: tuple[str, ...], aws: FakeAws, explain: Explain, cdk_cli: CdkCli
) -> None:
    secret = " ".join(chain(SECRETS.values())).replace("\n", " ")
    aws.stacks[STACK] = Stack(status="ROLLBACK_COMPLETE")
    aws.stacks["mwaa-platform-Sso"] = Stack(status="UPDATE_ROLLBACK_FAILED", reason=secret)
    cdk_cli.says(f"❌ Stack {STACK}:\nResource updates failed:\n  {secret}\n")
    error = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": secret}
    failed = {"Status": "UPDATE_FAILED", "LastUpdate": {"Status": "FAILED", "Error": error}}
    aws.environments["old_one"] = failed
    told = explain(*form)
    assert told.status == 1
    assert told.said.count(REMOVED) >= 3
    assert CANARY.lower() not in told.said.lower()
    assert LONG not in told.said
