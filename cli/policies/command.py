"""`policies`: prints the policies that an environment needs of things that exist."""

from __future__ import annotations

import json

import console
from cli.commands import Policies
from cli.lookup import find_environment, option_error
from cli.policies.needed import needed_policies
from config.loader import load_configuration
from config.new_environment import NewEnvironment
from config.role_access import location_of


def policies(options: Policies) -> None:
    """Prints them. Raises InputError for a wrong configuration, or an environment that exists."""
    configuration = load_configuration(options.configuration)
    settings = find_environment(options.environment, configuration)
    if not isinstance(settings, NewEnvironment):
        raise option_error(
            "--environment",
            f"{settings.name} exists already, and the platform knows nothing of its policies.",
            "Name a new environment.",
        )
    location = location_of(configuration, settings)
    needed = [*needed_policies(configuration, settings)]
    if options.as_json:
        console.data(
            {
                "environment": settings.name,
                "account": location.account,
                "region": location.region,
                "policies": [
                    {
                        "kind": each.kind,
                        "title": each.title,
                        "of": each.of,
                        "advice": each.advice,
                        "policy": each.content,
                    }
                    for each in needed
                ],
            }
        )
        return
    if not needed:
        console.say(
            f"{settings.name} needs none: its role, key and bucket are made in its own stack."
        )
        return
    source = "ExecutionRole.Arn" if settings.execution_role.arn else "Oidc.ClientSecretArn"
    console.say(
        f"{settings.name} in the account of {source}, {location.account}, and the Region of "
        f"Oidc.ClientSecretArn, {location.region}."
    )
    for each in needed:
        console.heading(f"{each.title} {each.of}")
        console.say(each.advice)
        console.text(json.dumps(each.content, indent=2) + "\n")
