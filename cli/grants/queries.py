"""`grants list` and `grants check`."""

from __future__ import annotations

import typer

import console
from authenticator.grants import EVERY_ENVIRONMENT
from cli.deployed import DeployedPlatform, deployed_platform
from cli.grants import access, views
from cli.grants.commands import CheckAccess, ListGrants
from cli.grants.grant_input import principals, validate_roles
from cli.grants.table_client import grants_table
from cli.lookup import find_environment
from errors import PlatformError

UNKNOWN = 2
"""Exit status of `grants check` where the question cannot be answered."""


def list_grants(options: ListGrants) -> None:
    """Shows the grants of the named principals for the named environments; all where none are."""
    wanted = principals(options.users, options.groups)
    environments = options.environments and {*options.environments, EVERY_ENVIRONMENT}
    with deployed_platform(options) as platform:
        grants = views.sorted_grants(
            grant
            for grant in grants_table(platform).grants()
            if (not wanted or grant.principal in wanted)
            and (not environments or grant.environment in environments)
        )
    views.warn_of_decision(platform.configuration)
    if options.as_json:
        console.data([views.grant_data(grant) for grant in grants])
    elif grants:
        views.show_grants(grants)
    else:
        console.remark("No such grants." if wanted or environments else "No grants.")


def check_access(options: CheckAccess) -> None:
    """Explains what a person may open; the exit status says whether any of it is allowed.

    A team's own decision is not run here, without its permissions and its answers of the moment:
    then the grants are explained, and the answer is unknown.
    """
    try:
        with deployed_platform(options) as platform:
            is_allowed = _explain(platform, options)
    except PlatformError as error:
        console.exit_with(error, status=UNKNOWN)
    if options.environment or options.role:
        if platform.configuration.authenticator.decision:
            raise typer.Exit(UNKNOWN)
        if not is_allowed:
            raise typer.Exit(1)


def _explain(platform: DeployedPlatform, options: CheckAccess) -> bool:
    environment, role = options.environment, options.role
    if environment is not None:
        find_environment(environment, platform.configuration)
    validate_roles([role] if role else [])
    person = access.person_of(options.email, options.groups or ())
    grants = list(grants_table(platform).grants_of(person.principals))
    allowed = [
        each
        for each in access.permissions(
            person, grants, [environment] if environment else platform.environments
        )
        if role is None or each.role == role
    ]
    relevant = [
        grant
        for grant in grants
        if environment is None or grant.environment in (environment, EVERY_ENVIRONMENT)
        if role is None or role in grant.roles or grant.problem
    ]
    ignored = list(access.ignored_grants(relevant, platform.environments))
    decision = platform.configuration.authenticator.decision
    views.warn_of_decision(platform.configuration)
    if options.as_json:
        views.write_access(person.principals, allowed, ignored, decision=decision)
    else:
        views.show_access(
            person,
            allowed,
            ignored,
            environment=environment,
            role=role,
            is_final=decision is None,
        )
    return bool(allowed)
