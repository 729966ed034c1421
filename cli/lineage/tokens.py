"""`lineage token set`: from the keyboard or a pipe into Secrets Manager, and nowhere else."""

from __future__ import annotations

import getpass
import json
import sys
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

import console
from artifacts.lineage import ResolvedCatalogue
from cli.deployed import Deployed
from cli.lineage.subject import Subject, secrets_manager, subject
from errors import PlatformError
from mwaa_platform_preflight.secret import SecretProblem, token_in
from mwaa_platform_preflight.targets import Target, targets

NO_VALUE = "ResourceNotFoundException"
DENIED = "AccessDeniedException"
MOST_BYTES = 65_536
"""What Secrets Manager takes."""


def set_token(platform: Deployed, *, environment: str, catalogue: str | None, options: str) -> None:
    """Read a token and put it in. Raises PlatformError where it cannot be one.

    `options` are what tells another command of this environment.
    """
    about = subject(platform.configuration, environment)
    entered = _the_one(about, catalogue)
    arn = about.secret_arn(platform, entered)
    [target] = [each for each in targets(about.lineage.settings) if each.id == entered.id]
    secrets = secrets_manager(platform, arn)
    typed = _read(entered, environment)
    _check(typed, target)
    own = entered.token_secret_arn is None
    others = {} if target.is_whole else _fields(secrets, arn, target.field, own=own)
    value = _secret_of(typed.strip(), target.field, others)
    secrets.put_secret_value(SecretId=arn, SecretString=value)
    console.say(
        f"The new token is in. Airflow of {environment} shows it to {entered.provider} within "
        f"{about.lineage.token_ttl_seconds} seconds, without a restart.",
        mark="✓",
        style="bold green",
    )
    one = f" --catalogue {entered.id}" if len(about.catalogues) > 1 else ""
    console.say("Look whether it is let in:")
    console.line(f"./mwaa-platform lineage check {options}{one}", indent=2)


def _the_one(about: Subject, catalogue: str | None) -> ResolvedCatalogue:
    entered = [each for each in about.asked(catalogue) if each.token]
    if len(entered) == 1:
        return entered[0]
    name = about.environment.name
    if entered:
        raise PlatformError(
            f"{name} sends to several catalogues.",
            place=f"{', '.join(each.id for each in entered)}",
            remedy=f"Say whose token it is: --catalogue {entered[0].id}",
        )
    raise PlatformError(
        f"{catalogue or name} is entered without a token.",
        place=f"Lineage of {name} in the configuration",
        remedy="There is nothing to put in.",
    )


def _read(catalogue: ResolvedCatalogue, environment: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read(MOST_BYTES + 1)
    try:
        return getpass.getpass(f"Token of {catalogue.provider} for {environment} (not shown): ")
    except EOFError:
        return ""


def _check(typed: str, target: Target) -> None:
    """Raises PlatformError for what is no token. Its text has nothing of what was typed."""
    token = typed.strip()
    try:
        token_in(token if target.is_whole else json.dumps({target.field or "token": token}), target)
    except SecretProblem:
        nothing = not token.strip(".")
        raise PlatformError(
            "That is no token: nothing was typed, or a placeholder."
            if nothing
            else "That is no token: it has a space, a second line or a letter that no token has.",
            place="what was typed or piped in",
            remedy="Copy the token from the catalogue again, all of it and nothing else.",
        ) from None


def _fields(secrets: Any, arn: str, field: str | None, *, own: bool) -> dict[str, object]:
    """The fields of the secret where it is a JSON object: those of others must stay.

    Somebody who may not read the stack's `own` secret may still put a token in. Raises
    PlatformError where a `field` would take the place of what somebody else put in as a whole.
    """
    try:
        answer = secrets.get_secret_value(SecretId=arn)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == NO_VALUE or (own and code == DENIED):
            return {}
        raise
    text = answer.get("SecretString")
    with suppress(ValueError, TypeError, RecursionError):
        if isinstance(fields := json.loads(text), dict):
            return fields
    is_empty = text is not None and not text.strip(" \n.")  # or a placeholder
    if field and not own and not is_empty:
        raise PlatformError(
            "The secret holds a plain text or bytes, which a field for the token would replace.",
            place=arn,
            remedy=f"Make it a JSON object with the field {field}, or take TokenField out if it "
            "holds this token alone, or name another secret as TokenSecretArn.",
        )
    return {}


def _secret_of(token: str, field: str | None, others: dict[str, object]) -> str:
    """The text of the secret: the token, or the JSON object with it in its field."""
    value = json.dumps({**others, field or "token": token}) if field or others else token
    if len(value.encode()) > MOST_BYTES:
        raise PlatformError(
            "That is longer than Secrets Manager takes (64 KiB).",
            place="what was typed or piped in",
            remedy="Put in the token alone.",
        )
    return value
