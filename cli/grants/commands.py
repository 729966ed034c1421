"""`grants`: who may open which environment, read and changed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STATE,
    AsJson,
    ConfigurationFile,
    Local,
    State,
)

UNKNOWN = 2
"""Exit status of `grants check` where the question cannot be answered."""

app = typer.Typer(
    no_args_is_help=True,
    help="Read and change who may open which environment, and ask why.",
)

Users = Annotated[
    list[str] | None,
    typer.Option("--user", "-u", metavar="EMAIL", help="A person. Several: give it again."),
]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group", "-g", metavar="NAME", help="A group, exactly as the provider names it."
    ),
]
Environments = Annotated[
    list[str] | None,
    typer.Option("--environment", "-e", metavar="NAME", help="An environment, or '*' for all."),
]
Everywhere = Annotated[
    bool, typer.Option("--all-environments", help="Every environment, those to come included.")
]
ROLE = typer.Option("--role", "-r", metavar="ROLE", help="Admin, Op, User, Viewer or Public.")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, change nothing.")]


@app.command("list")
def list_(
    *,
    user: Users = None,
    group: Groups = None,
    environment: Environments = None,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
    as_json: AsJson = False,
) -> None:
    """List the grants: the configuration's and those made by hand.

    With --environment also the grants for every environment are listed, which open it as well.
    """
    from cli.deployed import deployed
    from cli.grants import asking, request

    with deployed(configuration=configuration, local=local, state=state) as platform:
        asking.list_grants(
            platform,
            principals=request.principals(user, group),
            environments=environment or [],
            as_json=as_json,
        )


@app.command()
def add(
    *,
    role: Annotated[list[str], ROLE],
    user: Users = None,
    group: Groups = None,
    environment: Environments = None,
    all_environments: Everywhere = False,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Last day (UTC), or a moment with its offset."),
    ] = None,
    dry_run: DryRun = False,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Let people or groups open environments, on top of what they may open already.

    For example:
    mwaa-platform grants add -u viewer@example.com -e analytics -r Viewer -r Op --until 2099-12-31
    """
    from cli.deployed import deployed
    from cli.grants import changing, request

    with deployed(configuration=configuration, local=local, state=state) as platform:
        changing.add(
            platform,
            users=user or [],
            groups=group or [],
            environments=request.asked_environments(environment, everywhere=all_environments),
            roles=role,
            until=until,
            dry_run=dry_run,
        )


@app.command()
def remove(
    *,
    user: Users = None,
    group: Groups = None,
    environment: Environments = None,
    all_environments: Everywhere = False,
    role: Annotated[list[str] | None, ROLE] = None,
    dry_run: DryRun = False,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Take away what was granted by hand: everything, or these environments or roles.

    Grants of the configuration stay: take them out of cdk.context.json and deploy.
    """
    from cli.deployed import deployed
    from cli.grants import changing, request

    with deployed(configuration=configuration, local=local, state=state) as platform:
        changing.remove(
            platform,
            principals=request.principals(user, group),
            environments=request.asked_environments(environment, everywhere=all_environments),
            roles=role or [],
            dry_run=dry_run,
        )


@app.command()
def check(
    *,
    email: Annotated[str, typer.Argument(help="The person's address.", metavar="EMAIL")],
    group: Annotated[
        list[str] | None,
        typer.Option("--group", "-g", metavar="NAME", help="A group that the provider sends."),
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", metavar="NAME", help="Ask about this one.")
    ] = None,
    role: Annotated[
        str | None, typer.Option("--role", "-r", metavar="ROLE", help="Ask about this role.")
    ] = None,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
    as_json: AsJson = False,
) -> None:
    """Explain what a person may open, and which grant decides.

    With --environment or --role the exit status answers: 0 for yes, 1 for no, 2 for unknown.
    """
    import console
    from cli.deployed import deployed
    from cli.grants import asking
    from errors import PlatformError

    try:
        with deployed(configuration=configuration, local=local, state=state) as platform:
            allowed = asking.check(
                platform,
                email=email,
                groups=group or [],
                environment=environment,
                role=role,
                as_json=as_json,
            )
    except PlatformError as error:
        console.exit_with(error, status=UNKNOWN)
    if (environment or role) and not allowed:
        raise typer.Exit(1)


@app.command("import")
def import_(
    *,
    file: Annotated[Path, typer.Argument(help="A CSV file; - reads it from standard input.")],
    dry_run: DryRun = False,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Add the grants of a CSV file; nothing is written unless every line is right.

    Columns: user, group, environments, roles, until.

    Or those of the published sample's table: email, mwaa_env, rbac_roles.

    Running it again changes nothing.
    """
    from cli.deployed import deployed
    from cli.grants import changing

    with deployed(configuration=configuration, local=local, state=state) as platform:
        changing.import_file(platform, file, dry_run=dry_run)
