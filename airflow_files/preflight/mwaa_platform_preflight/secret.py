"""Whether a secret can be read, and whether there is a token in it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import local
from typing import Any

from mwaa_platform_preflight.targets import Target

# As airflow_files/lineage takes them: RFC 6750, section 2.1, and RFC 9110, section 5.5.
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
PLACEHOLDER = re.compile(r"\.*")
SDK = ("botocore", "boto3", "urllib3")


class SecretProblem(Exception):  # noqa: N818 - what is wrong, in a person's words
    """Why there is no token. It holds nothing of the secret's value."""

    def __init__(self, wrong: str, remedy: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.remedy = remedy


class SecretDenied(SecretProblem):
    """The caller may not read it."""


def read_secret(client: Any, arn: str, target: Target) -> str:
    """The text of a catalogue's secret. `client` is boto3's of Secrets Manager.

    Raises SecretProblem, caused by the SDK's error where that is not about the secret itself;
    SecretDenied where a permission is missing.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        with _unlogged():
            answer = client.get_secret_value(SecretId=arn)
    except ClientError as error:
        details = error.response.get("Error", {})
        if problem := _refusal(details, arn, target):
            raise problem from None
        raise SecretProblem(
            f"Secrets Manager refused {arn}: {said(details)}", "Try again in a minute."
        ) from error
    except BotoCoreError as error:
        raise SecretProblem(
            f"Secrets Manager cannot be asked for {arn} ({type(error).__name__}).",
            "Check the credentials, and the way to Secrets Manager: without a NAT gateway its "
            "interface endpoint is needed.",
        ) from error
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise SecretProblem(
            f"The secret {arn} holds bytes, not text.",
            f"Put the token in as text: {target.set_token}",
        )
    return text


class _Reading(local):
    """Whether this thread is reading a secret."""

    now = False


_reading = _Reading()


def _may_be_logged(record: logging.LogRecord) -> bool:
    return not _reading.now or record.levelno >= logging.INFO


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep what the SDK says at DEBUG in this thread out of every log, as airflow_files/lineage
    does: the response, and the signed request, which whoever reads it could send again."""
    for name, logger in [*logging.root.manager.loggerDict.items()]:
        if name.startswith(SDK) and isinstance(logger, logging.Logger):
            logger.addFilter(_may_be_logged)
    _reading.now = True
    try:
        yield
    finally:
        _reading.now = False


def token_in(value: str, target: Target) -> str:
    """The token in a secret's text, as the plugin takes it. Raises SecretProblem."""
    field, fields = target.field, None
    if not target.is_whole:
        with suppress(ValueError, RecursionError):
            fields = json.loads(value)
    text: object = value
    if isinstance(fields, dict):
        text = fields.get(field or "token")
    elif field:
        raise SecretProblem(
            f"The secret is not a JSON object, so it has no field {field!r}.",
            f"Put it in as {{{json.dumps(field)}: …}}, or take TokenField out.",
        )
    found = text.strip() if isinstance(text, str) else ""
    if PLACEHOLDER.fullmatch(found):
        raise _nothing_in(fields if isinstance(fields, dict) else None, target)
    form = HEADER_VALUE if target.header else BEARER_TOKEN
    if target.enters_by_header and not form.fullmatch(found):
        raise SecretProblem(
            "What is in the secret cannot stand in an HTTP header: it is cut off, has a space or "
            "a line too many, or is something else than a token.",
            f"Copy the token from the catalogue again: {target.set_token}",
        )
    return found


def _nothing_in(fields: Mapping[str, Any] | None, target: Target) -> SecretProblem:
    put_in = f"Put it in: {target.set_token}"
    if fields is None:
        return SecretProblem("The secret has no token yet.", put_in)
    field = target.field or "token"
    if not fields or field in fields:
        return SecretProblem(f"The secret has no token in its field {field!r} yet.", put_in)
    return SecretProblem(
        f"The secret is a JSON object without the field {field!r}.",
        "If the token stands in another of its fields, name that one as TokenField and deploy. "
        f"Otherwise put it in: {target.set_token}",
    )


def said(error: Mapping[str, str]) -> str:
    """What AWS answered. Its words on a signature hold the whole request, which stays unsaid."""
    code = error.get("Code", "unknown")
    return f"{code}." if "Signature" in code else f"{code}. {error.get('Message', '')}"


def _refusal(error: Mapping[str, str], arn: str, target: Target) -> SecretProblem | None:
    """The problem with a secret that AWS names; None where it names another."""
    code, message = error.get("Code", "unknown"), error.get("Message", "")
    if code == "AccessDeniedException":
        return SecretDenied(
            f"The secret {arn} may not be read: {message}",
            "Allow secretsmanager:GetSecretValue on it (and kms:Decrypt on a key of its own).",
        )
    if code == "ResourceNotFoundException" and "value" in message:
        return SecretProblem(
            f"The secret {arn} has no value yet.", f"Put it in: {target.set_token}"
        )
    if code == "ResourceNotFoundException":
        return SecretProblem(
            f"There is no secret {arn}.",
            "Check TokenSecretArn with its account and Region, or deploy the stack.",
        )
    if code == "InvalidRequestException":
        return SecretProblem(
            f"The secret {arn} is being deleted.", "Restore it, or name another as TokenSecretArn."
        )
    if code in {"DecryptionFailure", "KMSAccessDeniedException"}:
        return SecretDenied(
            f"The secret {arn} cannot be decrypted: {message}",
            "Encrypt it with aws/secretsmanager, or allow kms:Decrypt on its key.",
        )
    return None
