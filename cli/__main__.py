"""The commands of `./mwaa-platform`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

import console
from cli.doctor.commands import doctor
from cli.grants import commands as grants
from cli.lineage import commands as lineage
from cli.local_airflow import commands as local_airflow
from cli.oidc import commands as oidc
from cli.options import DEFAULT_CONFIGURATION, DEFAULT_STATE, State, configuration_option
from cli.requirements import commands as requirements
from errors import PlatformError
from local.layout import ROOT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Amazon MWAA environments with single sign-on and lineage, from cdk.context.json.",
)

HERE, PREPARE, ENVIRONMENTS = "On this machine", "Before you deploy", "For your environments"


@app.command(rich_help_panel=HERE)
def up(
    configuration: Annotated[
        Path, configuration_option("The configuration to run.")
    ] = DEFAULT_CONFIGURATION,
    state: State = DEFAULT_STATE,
) -> None:
    """Run the whole application on this machine, on loopback alone, with no AWS account."""
    from cli.up import run_up

    run_up(configuration=configuration.absolute(), state=state.absolute())


@app.command(rich_help_panel=HERE)
def down(state: State = DEFAULT_STATE) -> None:
    """Stop everything that `up` started."""
    from cli.up import run_down

    run_down(state=state.absolute())


@app.command(
    rich_help_panel=HERE,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def test(context: typer.Context) -> None:
    """Set up what the tests need and run every one of them; what follows goes to pytest."""
    from local.toolchain import install_node_packages

    with console.step("The CDK CLI is installed"):
        install_node_packages(ROOT)
    # One worker more than cores: many tests wait for a program. tests/conftest.py has the order.
    workers = ("-n", f"{(os.cpu_count() or 1) + 1}", "--dist=loadgroup", "--no-loadscope-reorder")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *workers, *context.args], cwd=ROOT, check=False
    )
    raise typer.Exit(result.returncode)


app.add_typer(oidc.app, name="oidc", rich_help_panel=PREPARE)
app.add_typer(requirements.app, name="requirements", rich_help_panel=PREPARE)
app.add_typer(grants.app, name="grants", rich_help_panel=ENVIRONMENTS)
app.add_typer(lineage.app, name="lineage", rich_help_panel=ENVIRONMENTS)
app.add_typer(local_airflow.app, name="local-airflow", rich_help_panel=ENVIRONMENTS)
app.command(rich_help_panel=ENVIRONMENTS)(doctor)


def main() -> None:
    """Run a command; an error that a person can act on is shown without a traceback."""
    # The launcher went to the project's folder; paths that a person gives start from where it was.
    os.chdir(os.environ.pop("MWAA_PLATFORM_CALLER", "."))
    try:
        app(prog_name="mwaa-platform")
    except PlatformError as error:
        console.exit_with(error)


if __name__ == "__main__":
    main()
