"""`secrets list`: names, kinds and times of an environment's secrets, never their values."""

from __future__ import annotations

import console
from cli.deployed import deployed_platform
from cli.secrets.commands import ListSecrets
from cli.secrets.secrets_environment import (
    Secret,
    SecretsEnvironment,
    find_secrets_environment,
)
from cli.secrets.stores import Store, Stored, store_of

HEADERS = ("kind", "name", "last changed", "in AWS")
BEING_DELETED = "being deleted"


def list_secrets(options: ListSecrets) -> None:
    """Shows a row for each connection and variable."""
    with deployed_platform(options) as platform:
        environment = find_secrets_environment(platform.configuration, options.environment)
        store = store_of(platform, environment.backend)
        found = stored_secrets(environment, store)
    if options.as_json:
        console.data([_as_json(*each) for each in found])
    elif found:
        console.table(HEADERS, [_row(*each) for each in found])
    else:
        prefixes = " or ".join(environment.prefixes.values())
        console.say(f"There are none: {store.service} has no name that begins with {prefixes}.")


def stored_secrets(environment: SecretsEnvironment, store: Store) -> list[tuple[Secret, Stored]]:
    """Returns the connections, then the variables, that are there, by name.

    Raises boto3's errors.
    """
    found = {
        stored.name: stored
        for prefix in environment.prefixes.values()
        for stored in store.below(prefix)
    }
    secrets = [(environment.secret_named(name), stored) for name, stored in found.items()]
    return sorted(
        ((secret, stored) for secret, stored in secrets if secret),
        key=lambda each: (each[0].kind, each[0].name),
    )


def _row(secret: Secret, stored: Stored) -> tuple[str, ...]:
    changed = f"{stored.changed:%Y-%m-%d %H:%M}" if stored.changed else ""
    state = f"  {BEING_DELETED}" if stored.is_being_deleted else ""
    return (secret.kind, secret.name, changed, f"{secret.aws_name}{state}")


def _as_json(secret: Secret, stored: Stored) -> dict[str, object]:
    return {
        "kind": secret.kind,
        "name": secret.name,
        "last_changed": stored.changed.isoformat() if stored.changed else None,
        "in_aws": secret.aws_name,
        "being_deleted": stored.is_being_deleted,
    }
