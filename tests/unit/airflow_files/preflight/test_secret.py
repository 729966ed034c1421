"""Parsing of a secret: the preflight and the plugin read the same token, or none."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import mwaa_platform_token as plugin
from mwaa_platform_preflight.secret import (
    BEARER_TOKEN,
    HEADER_VALUE,
    SecretProblem,
    read_secret,
    token_in,
)
from mwaa_platform_preflight.targets import Target
from mwaa_platform_secret import TokenUnavailableError
from tests.loopback import serving
from tests.unit.airflow_files.lineage.servers import SecretsManager

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:atlan-abcdef"
CANARY = "canary-5b1e"
TARGET = Target(id="blue", provider="Atlan", token=True)
SET_TOKEN = "lineage token set -e <environment> --catalogue blue"
TEXTS = [
    "",
    "  ",
    "...",
    CANARY,
    f"  {CANARY}\n",
    "two words",
    "line\nbreak",
    "ünïcode",
    "a" * 5000 + "==",
    "{",
    "null",
    '"quoted"',
    "[1]",
    f'{{"token": "{CANARY}"}}',
    f'{{"key": "{CANARY}"}}',
    '{"token": ""}',
    '{"token": "..."}',
    '{"token": 5}',
    '{"token": null}',
    "{" * 200_000,
]


@pytest.mark.parametrize("field", [None, "key"])
@pytest.mark.parametrize("header", [None, "X-API-Key"])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_it_takes_what_the_plugin_takes(text: str, header: str | None, field: str | None) -> None:
    target = Target(
        id="blue", provider="Atlan", token=True, auth={"field": field, "header": header}
    )
    form = HEADER_VALUE if header else BEARER_TOKEN
    assert _outcome(lambda: token_in(text, target), SecretProblem) == _outcome(
        lambda: plugin._part(text, field, whole=False, form=form), TokenUnavailableError
    )


def _outcome(take: Any, refused: type[Exception]) -> str | None:
    try:
        return str(take())
    except refused:
        return None


@pytest.mark.parametrize(
    ("text", "field", "said", "remedy"),
    [
        ("", None, "has no token yet", f"Put it in: ./mwaa-platform {SET_TOKEN}"),
        ('{"token": "..."}', None, "no token in its field 'token' yet", SET_TOKEN),
        ('{"key": "a"}', None, "without the field 'token'", "name that one as TokenField"),
        ('{"key": "a"}', "kee", "without the field 'kee'", "name that one as TokenField"),
        ("two words", None, "cannot stand in an HTTP header", SET_TOKEN),
    ],
)
def test_what_to_do_where_there_is_no_token(
    text: str, field: str | None, said: str, remedy: str
) -> None:
    target = replace(TARGET, auth={"field": field})
    with pytest.raises(SecretProblem, match=said) as problem:
        token_in(text, target)
    assert remedy in problem.value.remedy


@pytest.mark.parametrize("text", [f"two {CANARY}", f'{{"key": "{CANARY}"}}', f"{CANARY}\n{CANARY}"])
def test_a_refusal_has_nothing_of_the_secret(text: str) -> None:
    with pytest.raises(SecretProblem) as problem:
        token_in(text, Target(id="blue", provider="Atlan", token=True))
    assert CANARY not in problem.value.wrong + problem.value.remedy


def test_the_forms_are_the_plugins() -> None:
    assert BEARER_TOKEN.pattern == plugin.BEARER_TOKEN.pattern


class Refusing:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_secret_value(self, **_: str) -> None:
        raise self._error


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetSecretValue")


@pytest.mark.parametrize(
    ("error", "said", "remedy"),
    [
        (refused("AccessDeniedException", "User: x"), "may not be read", "GetSecretValue"),
        (
            refused(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret value for staging label: "
                "AWSCURRENT",
            ),
            "has no value yet",
            SET_TOKEN,
        ),
        (
            refused(
                "ResourceNotFoundException", "Secrets Manager can't find the specified secret."
            ),
            "There is no secret",
            "TokenSecretArn",
        ),
        (refused("InvalidRequestException", "marked for deletion"), "being deleted", "Restore"),
        (refused("DecryptionFailure", "kms"), "cannot be decrypted", "kms:Decrypt"),
        (refused("InternalServiceError", "oh"), "InternalServiceError", "again"),
        (EndpointConnectionError(endpoint_url="https://x"), "cannot be asked", "endpoint"),
    ],
)
def test_why_a_secret_cannot_be_read(error: Exception, said: str, remedy: str) -> None:
    with pytest.raises(SecretProblem, match=re.escape(said)) as problem:
        read_secret(Refusing(error), ARN, TARGET)
    assert remedy in problem.value.remedy


def test_a_wrong_signature_is_not_explained_by_the_signed_request() -> None:
    """Its text holds the request's headers, the session's token among them."""
    words = f"The Canonical String should have been x-amz-security-token:{CANARY}"
    with pytest.raises(SecretProblem, match="InvalidSignatureException") as problem:
        read_secret(Refusing(refused("InvalidSignatureException", words)), ARN, TARGET)
    assert CANARY not in problem.value.wrong + problem.value.remedy


def test_not_even_the_most_detailed_log_has_the_secret_or_a_request_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(SecretsManager(CANARY)) as server:
        client = boto3.client(
            "secretsmanager",
            region_name="eu-west-1",
            endpoint_url=server.url,
            aws_access_key_id="x",
            aws_secret_access_key="x",
            aws_session_token="canary-of-the-role",
        )
        assert read_secret(client, ARN, TARGET) == CANARY
        seen = caplog.text
        client.get_secret_value(SecretId=ARN)
        first, second = server.signatures
    assert not [each for each in (CANARY, "canary-of-the-role", first) if each in seen]
    assert second in caplog.text, "What is asked outside is logged as ever."
