"""`policies`: prints the policies that environments need of things that exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import console
from cli.commands import Policies
from cli.lookup import find_environment, option_error
from cli.policies.boundary import Names, bounded_roles
from cli.policies.needed import BOUNDARY, NeededPolicy, needed_by_all, needed_policies
from cli.role_check import POLICIES
from config.loader import load_configuration
from config.model import Configuration
from config.new_environment import NewEnvironment
from config.role_access import location_of


def policies(options: Policies) -> None:
    """Prints them. Raises InputError for a wrong configuration, or an environment that exists."""
    configuration = load_configuration(options.configuration)
    if name := options.environment:
        environments = [_new(name, configuration)]
        needed = [*needed_policies(configuration, environments[0])]
    else:
        environments = [*configuration.new_environments]
        needed = [*_of_all(options.configuration, configuration)]
    location = location_of(configuration, *environments)
    if options.as_json:
        console.data(
            {
                "environment": name,
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
    if needed:
        own = any(each.execution_role.arn for each in environments)
        source = "ExecutionRole.Arn" if own else "Oidc.ClientSecretArn"
        console.say(
            f"{name or 'The platform'} in the account of {source}, {location.account}, and the "
            f"Region of Oidc.ClientSecretArn, {location.region}."
        )
    else:
        console.say(
            f"{name} needs none: its role, key and bucket are made in its own stack."
            if name
            else "Nothing that exists needs a policy: roles, keys and buckets are made here."
        )
    for each in needed:
        console.heading(f"{each.title} {each.of}")
        console.say(each.advice)
        console.text(json.dumps(each.content, indent=2) + "\n")
    if name and (boundary := configuration.roles.permissions_boundary_arn):
        console.say(
            f"{boundary} bounds every role of the platform, beside the execution role those of "
            f"functions and of the sign-in: `{POLICIES}` prints all that it must allow."
        )


def _new(name: str, configuration: Configuration) -> NewEnvironment:
    settings = find_environment(name, configuration)
    if not isinstance(settings, NewEnvironment):
        raise option_error(
            "--environment",
            f"{settings.name} exists already, and the platform knows nothing of its policies.",
            "Name a new environment.",
        )
    return settings


def _of_all(file: Path, configuration: Configuration) -> Iterator[NeededPolicy]:
    yield from needed_by_all(configuration)
    environments = configuration.new_environments
    if configuration.roles.permissions_boundary_arn or any(
        each.execution_role.permissions_boundary_arn for each in environments
    ):
        # Without the CDK, whose application takes seconds, where nothing is bounded.
        from cli.plan.synthesis import check_name, synthesise  # noqa: PLC0415

        check_name(file)
        with console.waiting("Reading what each role may do"):
            application = synthesise(file)
        names = Names.of(application, configuration, location_of(configuration, *environments))
        for boundary, content in bounded_roles(application, names).items():
            yield NeededPolicy(
                kind=BOUNDARY,
                title="Permissions boundary of all roles that have it",
                of=boundary,
                advice="The boundary must allow this at least, and what the policies of "
                "ManagedPolicyArns give. Of what the stacks make the names are not known yet, so "
                "every name stands here; where that is longer than IAM takes, every resource.",
                content=content,
            )
