"""`secrets put`: writes a connection or variable, and shows its value nowhere."""

from __future__ import annotations

import sys

import typer

import console
from cli.deployed import DeployedPlatform, deployed_platform
from cli.rerun import rerun_options
from cli.secret_input import TYPED, read_secret
from cli.secrets.commands import Kind, PutSecret
from cli.secrets.connection_rules import validate_connection
from cli.secrets.secrets_environment import (
    Secret,
    SecretsEnvironment,
    find_secrets_environment,
)
from cli.secrets.stores import STANDARD_BYTES, Store, Stored, is_encrypted_with, store_of
from config.secrets_backend import PARAMETER_STORE
from errors import PlatformError

LONGEST_LINE = 1_023
"""What every terminal passes on of one line; macOS drops the rest, Linux what is behind 4,095."""


def put_secret(options: PutSecret) -> None:
    """Reads a value and writes it. Raises PlatformError where Airflow could not take it."""
    with deployed_platform(options) as platform:
        environment = find_secrets_environment(platform.configuration, options.environment)
        secret = environment.secret(options.kind, options.name)
        store = store_of(platform, environment.backend)
        former = store.find(secret.aws_name)
        if former and not options.replace:
            _confirm(secret, former)
        value, note = _value(secret, options.environment, store)
        store.write(secret.aws_name, value, former)
        _report(platform, environment, secret, note)
    if former and not environment.backend.kms_key_arn and not is_encrypted_with(former, None):
        console.warn(
            f"It is still encrypted with the key {former.key}, which SecretsBackend.KmsKeyArn does "
            "not name: the environment's role is not allowed to decrypt with it."
        )
    if environment.backend.service == PARAMETER_STORE and len(value.encode()) > STANDARD_BYTES:
        console.warn(f"It is over {STANDARD_BYTES} bytes: AWS charges for an advanced parameter.")
    console.say("Have Airflow read it:")
    options_there = rerun_options(options)
    check = f"./mwaa-platform secrets check {options.kind} {options.name} {options_there}"
    console.line(check, indent=2)


def _report(
    platform: DeployedPlatform, environment: SecretsEnvironment, secret: Secret, note: str
) -> None:
    where = "parameter" if environment.backend.service == PARAMETER_STORE else "secret"
    console.say(
        f"The {secret.subject}{note} is in the {where} {secret.aws_name}, {platform.place}. "
        f"Airflow of {environment.entry.name} reads it from now on, without a restart.",
        mark="✓",
        style="bold green",
    )


def _confirm(secret: Secret, former: Stored) -> None:
    """Asks at a terminal whether to replace; raises PlatformError elsewhere, and typer.Exit."""
    changed = f", last changed {former.changed:%Y-%m-%d}" if former.changed else ""
    if not sys.stdin.isatty():
        raise PlatformError(
            f"The {secret.subject} is there already{changed}.",
            place=secret.aws_name,
            remedy="To replace its value add --replace. AWS keeps the former one.",
        )
    if not typer.confirm(f"The {secret.subject} is there already{changed}. Replace it?"):
        console.say("Nothing was written.")
        raise typer.Exit(1)


def _value(secret: Secret, environment: str, store: Store) -> tuple[str, str]:
    """Returns the value to write and a note on it; raises PlatformError for one that is none."""
    # A variable's own spaces are its own; the end of the line is that of `echo`.
    typed = _read(secret, environment, store.max_bytes)
    is_connection = secret.kind is Kind.CONNECTION
    value = typed.strip() if is_connection else typed.removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise PlatformError(
            "There is nothing to put in.",
            place=TYPED,
            remedy="Type the value, or pass it on standard input.",
        )
    if len(value.encode()) > store.max_bytes:
        raise PlatformError(
            f"That is longer than {store.service} takes ({store.max_bytes} bytes).",
            place=TYPED,
            remedy="Put large texts into the bucket, and in secrets what must be hidden alone.",
        )
    note = f" ({validate_connection(value)})" if is_connection else ""
    return value, note


def _read(secret: Secret, environment: str, most: int) -> str:
    form = ", as URI or JSON" if secret.kind is Kind.CONNECTION else ""
    prompt = f"The {secret.subject} for {environment}{form} (not shown): "
    typed = read_secret(prompt, most + 3)  # more than a value and the end of its line
    if sys.stdin.isatty() and len(typed.encode()) >= LONGEST_LINE:
        raise PlatformError(
            "That is so long for one line of a terminal that its end may be lost.",
            place="what was typed",
            remedy="Pass it on standard input, from a file that you delete then: … < FILE",
        )
    return typed
