"""`lineage token set`: writes a token to Secrets Manager, and shows it nowhere."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

import console
from artifacts.lineage import ResolvedCatalogue
from cli.deployed import DeployedPlatform, deployed_platform
from cli.lineage.commands import SetToken
from cli.lineage.lineage_environment import (
    LineageEnvironment,
    find_lineage_environment,
    secrets_manager,
)
from cli.rerun import rerun_options
from cli.secret_input import TYPED, read_secret
from errors import PlatformError
from mwaa_platform_preflight.secret import SecretProblem, token_in
from mwaa_platform_preflight.targets import Target, targets

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

NO_VALUE = "ResourceNotFoundException"
DENIED = "AccessDeniedException"
MAX_BYTES = 65_536
"""Limit of Secrets Manager."""


def set_token(options: SetToken) -> None:
    """Reads a token and writes it to its secret. Raises PlatformError where it cannot be one."""
    with deployed_platform(options) as platform:
        environment = find_lineage_environment(platform.configuration, options.environment)
        catalogue = _with_token(environment, options.catalogue)
        _write_token(platform, environment, catalogue)
    console.say(
        f"The new token is in. Airflow of {options.environment} shows it to {catalogue.provider} "
        f"within {environment.lineage.token_ttl_seconds} seconds, without a restart.",
        mark="✓",
        style="bold green",
    )
    one = f" --catalogue {catalogue.id}" if len(environment.catalogues) > 1 else ""
    console.say("Look whether it is let in:")
    console.line(f"./mwaa-platform lineage check {rerun_options(options)}{one}", indent=2)


def _write_token(
    platform: DeployedPlatform, environment: LineageEnvironment, catalogue: ResolvedCatalogue
) -> None:
    arn = environment.secret_arn(platform, catalogue)
    [target] = [each for each in targets(environment.lineage.settings) if each.id == catalogue.id]
    secrets = secrets_manager(platform, arn)
    prompt = f"Token of {catalogue.provider} for {environment.entry.name} (not shown): "
    typed = read_secret(prompt, MAX_BYTES + 1)
    _validate(typed, target)
    own = catalogue.token_secret_arn is None
    others = {} if target.is_whole else _fields(secrets, arn, target.field, own=own)
    value = _secret_of(typed.strip(), target.field, others)
    secrets.put_secret_value(SecretId=arn, SecretString=value)


def _with_token(environment: LineageEnvironment, catalogue: str | None) -> ResolvedCatalogue:
    """Returns the one selected catalogue that has a token; raises PlatformError otherwise."""
    found = [each for each in environment.select(catalogue) if each.token]
    if len(found) == 1:
        return found[0]
    name = environment.entry.name
    if found:
        raise PlatformError(
            f"{name} sends to several catalogues.",
            place=f"{', '.join(each.id for each in found)}",
            remedy=f"Say whose token it is: --catalogue {found[0].id}",
        )
    raise PlatformError(
        f"{catalogue or name} is entered without a token.",
        place=f"Lineage of {name} in the configuration",
        remedy="There is nothing to put in.",
    )


def _validate(typed: str, target: Target) -> None:
    """Raises PlatformError for what is no token, with nothing of it in the message."""
    token = typed.strip()
    try:
        token_in(token if target.is_whole else json.dumps({target.field or "token": token}), target)
    except SecretProblem:
        nothing = not token.strip(".")
        raise PlatformError(
            "That is no token: nothing was typed, or a placeholder."
            if nothing
            else "That is no token: it has a space, a second line or a letter that no token has.",
            place=TYPED,
            remedy="Copy the token from the catalogue again, all of it and nothing else.",
        ) from None


def _fields(
    secrets: SecretsManagerClient, arn: str, field: str | None, *, own: bool
) -> dict[str, object]:
    """Returns the fields of a secret that is a JSON object, to be kept; otherwise none.

    A user without permission to read the stack's `own` secret may still set its token. Raises
    PlatformError where a `field` would replace a secret of another form that somebody else made.
    """
    try:
        response = secrets.get_secret_value(SecretId=arn)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == NO_VALUE or (own and code == DENIED):
            return {}
        raise
    text = response.get("SecretString")
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
    """Returns the text of the secret: the token, or a JSON object with the token in its field."""
    value = json.dumps({**others, field or "token": token}) if field or others else token
    if len(value.encode()) > MAX_BYTES:
        raise PlatformError(
            "That is longer than Secrets Manager takes (64 KiB).",
            place=TYPED,
            remedy="Put in the token alone.",
        )
    return value
