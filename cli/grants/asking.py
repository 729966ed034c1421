"""`grants list` and `grants check`: what the table says, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence

import console
from authenticator.grants import EVERY_ENVIRONMENT
from cli.asked import environment_named
from cli.deployed import Deployed
from cli.grants import decision, views
from cli.grants.request import check_roles
from cli.grants.table import grants_table


def list_grants(
    platform: Deployed,
    *,
    principals: Sequence[str],
    environments: Sequence[str],
    as_json: bool,
) -> None:
    """Show the grants of these principals for these environments; of all where none are named."""
    asked = {*environments, EVERY_ENVIRONMENT}
    grants = views.sorted_grants(
        grant
        for grant in grants_table(platform).grants()
        if (not principals or grant.principal in principals)
        and (not environments or grant.environment in asked)
    )
    if as_json:
        console.data([views.grant_data(grant) for grant in grants])
    elif grants:
        views.show_grants(grants)
    else:
        console.remark("No such grants." if principals or environments else "No grants.")


def check(
    platform: Deployed,
    *,
    email: str,
    groups: Sequence[str],
    environment: str | None,
    role: str | None,
    as_json: bool,
) -> bool:
    """Explain what a person may open; whether anything of what was asked about is allowed."""
    known = platform.environments
    if environment is not None:
        environment_named(environment, platform.configuration)
    check_roles([role] if role else [])
    person = decision.person_of(email, groups)
    grants = list(grants_table(platform).grants_of(person.principals))
    asked = [environment] if environment else known
    allowed = [
        each for each in decision.permissions(grants, asked) if role is None or each.role == role
    ]
    relevant = [
        grant
        for grant in grants
        if environment is None or grant.environment in (environment, EVERY_ENVIRONMENT)
        if role is None or role in grant.roles or grant.problem
    ]
    without = list(decision.ignored(relevant, known))
    if as_json:
        views.write_decision(person.principals, allowed, without)
    else:
        views.show_decision(person, allowed, without, environment=environment, role=role)
    return bool(allowed)
