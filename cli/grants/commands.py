"""Commands of `grants`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import LazyTyper
from cli.options import OutputOptions, PlatformOptions

app = LazyTyper(
    no_args_is_help=True,
    help="Read and change who may open which environment, and ask why.",
)

Users = Annotated[
    list[str] | None,
    typer.Option("--user", "-u", metavar="EMAIL", help="A person. Several: give it again."),
]
Subjects = Annotated[
    list[str] | None,
    typer.Option("--subject", metavar="SUB", help="A person, by the provider's sub."),
]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group", "-g", metavar="NAME", help="A group, exactly as the provider names it."
    ),
]
People = Annotated[
    list[str] | None,
    typer.Argument(metavar="[EMAIL]...", help="Addresses of people.", show_default=False),
]
Environments = Annotated[
    list[str] | None,
    typer.Option("--environment", "-e", metavar="NAME", help="An environment, or '*' for all."),
]
AllEnvironments = Annotated[
    bool, typer.Option("--all-environments", help="Every environment, those to come included.")
]
ROLE = typer.Option("--role", "-r", metavar="ROLE", help="Admin, Op, User, Viewer or Public.")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, change nothing.")]


@app.lazy_command("list", "cli.grants.queries:list_grants")
@dataclass(frozen=True, kw_only=True)
class ListGrants(PlatformOptions, OutputOptions):
    """List the grants: the configuration's and those made by hand.

    With --environment also the grants for every environment are listed, which open it as well.
    """

    users: Users = None
    subjects: Subjects = None
    groups: Groups = None
    environments: Environments = None


@app.lazy_command("add", "cli.grants.manual:add_grants")
@dataclass(frozen=True, kw_only=True)
class AddGrants(PlatformOptions):
    """Let people or groups open environments, on top of what they may open already.

    For example:
    mwaa-platform grants add -u viewer@example.com -e analytics -r Viewer -r Op --until 2099-12-31
    """

    roles: Annotated[list[str], ROLE]
    users: Users = None
    subjects: Subjects = None
    groups: Groups = None
    environments: Environments = None
    all_environments: AllEnvironments = False
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Last day (UTC), or a moment with its offset."),
    ] = None
    dry_run: DryRun = False


@app.lazy_command("remove", "cli.grants.manual:remove_grants")
@dataclass(frozen=True, kw_only=True)
class RemoveGrants(PlatformOptions):
    """Take away what was granted by hand: everything, or these environments or roles.

    Grants of the configuration stay: take them out of cdk.context.json and deploy.
    """

    users: Users = None
    subjects: Subjects = None
    groups: Groups = None
    environments: Environments = None
    all_environments: AllEnvironments = False
    roles: Annotated[list[str] | None, ROLE] = None
    dry_run: DryRun = False


@app.lazy_command("check", "cli.grants.queries:check_access")
@dataclass(frozen=True, kw_only=True)
class CheckAccess(PlatformOptions, OutputOptions):
    """Explain what a person may open, and which grant decides.

    With --environment or --role the exit status answers: 0 for yes, 1 for no, 2 for unknown.

    A decision of your own is not run: it is always unknown then. For a blocked person it is 1.

    It is unknown, too, where a group or a sub that you do not name could open it.
    """

    email: Annotated[
        str | None,
        typer.Argument(help="The person's address.", metavar="[EMAIL]", show_default=False),
    ] = None
    user: Annotated[
        str | None,
        typer.Option("--user", "-u", metavar="EMAIL", help="The same, given as an option."),
    ] = None
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="SUB", help="The person's sub.")
    ] = None
    groups: Annotated[
        list[str] | None,
        typer.Option("--group", "-g", metavar="NAME", help="A group that the provider sends."),
    ] = None
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", metavar="NAME", help="Ask about this one.")
    ] = None
    role: Annotated[
        str | None, typer.Option("--role", "-r", metavar="ROLE", help="Ask about this role.")
    ] = None


@app.lazy_command("block", "cli.grants.blocking:block")
@dataclass(frozen=True, kw_only=True)
class Block(PlatformOptions):
    """Refuse people from now on, whatever any grant or group gives them.

    Open Airflow sessions go on: docs/operating.md, "Remove a person now".
    """

    people: People = None
    users: Users = None
    subjects: Subjects = None
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why, for those who look at it later.")
    ] = None
    dry_run: DryRun = False


@app.lazy_command("unblock", "cli.grants.blocking:unblock")
@dataclass(frozen=True, kw_only=True)
class Unblock(PlatformOptions):
    """Remove the block of people: their grants count again.

    Of a block that blocks nobody, give the principal as `list` shows it.
    """

    people: People = None
    users: Users = None
    subjects: Subjects = None
    dry_run: DryRun = False


@app.lazy_command("export", "cli.grants.csv_export:export_grants")
@dataclass(frozen=True, kw_only=True)
class ExportGrants(PlatformOptions):
    """Write the grants and blocks of the table to a CSV file, which import takes as it is.

    It is a backup of what people grant by hand; what cdk.context.json declares is in it to be read.
    """

    file: Annotated[Path, typer.Argument(help="The CSV file; by default standard output.")] = Path(
        "-"
    )
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Another DynamoDB table of the account and Region: a restored copy, or the "
            "published sample's.",
        ),
    ] = None


@app.lazy_command("import", "cli.grants.manual:import_grants")
@dataclass(frozen=True, kw_only=True)
class ImportGrants(PlatformOptions):
    """Add the grants of a CSV file; nothing is written unless every line is right.

    Columns: user, subject, group, environments, roles, until.

    Or those of the published sample's table: email, mwaa_env, rbac_roles.

    Running it again changes nothing.
    """

    file: Annotated[Path, typer.Argument(help="A CSV file; - reads it from standard input.")]
    dry_run: DryRun = False
