"""Commands of `./mwaa-platform`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.addresses.options import Open, Urls
from cli.github.commands import app as github
from cli.grants.commands import app as grants
from cli.lazy import LazyTyper
from cli.lineage.commands import app as lineage
from cli.local_airflow.commands import app as local_airflow
from cli.oidc.commands import app as oidc
from cli.options import (
    DEFAULT_CONFIGURATION,
    SPANS,
    AsMarkdown,
    BreakLock,
    OutputOptions,
    PlatformOptions,
    State,
    Wait,
    configuration_option,
)
from cli.requirements.commands import app as requirements
from cli.secrets.commands import app as secrets
from cli.version import print_version
from local.layout import DEFAULT_STATE, ROOT

SHIPPED_PRICES = ROOT / "mwaa" / "prices.toml"
HERE, PREPARE, ENVIRONMENTS = "On this machine", "Before you deploy", "For your environments"
DEPLOYMENT = "Deploy"

AllowReplacement = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Let this be replaced or deleted, by the name that the plan gives it. Can be given "
        "several times.",
    ),
]
FileOfTheCdk = Annotated[
    Path,
    configuration_option("The configuration to deploy; its name must be cdk.context.json."),
]
Prices = Annotated[
    Path,
    typer.Option(metavar="FILE", help="Prices and usage.", show_default="mwaa/prices.toml"),
]

app = LazyTyper(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Amazon MWAA environments with single sign-on and lineage, from cdk.context.json.",
)


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=print_version),
    ] = False,
) -> None:
    """Options before a command."""


app.add_typer(oidc, name="oidc", rich_help_panel=PREPARE)
app.add_typer(github, name="github", rich_help_panel=DEPLOYMENT)
app.add_typer(requirements, name="requirements", rich_help_panel=PREPARE)
app.add_typer(grants, name="grants", rich_help_panel=ENVIRONMENTS)
app.add_typer(lineage, name="lineage", rich_help_panel=ENVIRONMENTS)
app.add_typer(secrets, name="secrets", rich_help_panel=ENVIRONMENTS)
app.add_typer(local_airflow, name="local-airflow", rich_help_panel=ENVIRONMENTS)


@app.lazy_command("up", "cli.up:up", rich_help_panel=HERE)
@dataclass(frozen=True, kw_only=True)
class Up:
    """Run the whole application on this machine, on loopback alone, with no AWS account."""

    configuration: Annotated[Path, configuration_option("The configuration to run.")] = (
        DEFAULT_CONFIGURATION
    )
    state: State = DEFAULT_STATE


@app.lazy_command("down", "cli.up:down", rich_help_panel=HERE)
@dataclass(frozen=True, kw_only=True)
class Down:
    """Stop everything that `up` started."""

    state: State = DEFAULT_STATE


@app.lazy_command(
    "test",
    "cli.run_tests:run_tests",
    rich_help_panel=HERE,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
@dataclass(frozen=True, kw_only=True)
class Test:
    """Set up what the tests need and run every one of them; what follows goes to pytest."""

    context: typer.Context


@app.lazy_command("cost", "cli.cost.command:cost", rich_help_panel=PREPARE)
@dataclass(frozen=True, kw_only=True)
class Cost(OutputOptions):
    """Estimate what the configuration costs in a month, by stack and part."""

    configuration: Annotated[Path, configuration_option("The configuration to estimate.")] = (
        DEFAULT_CONFIGURATION
    )
    environment: Annotated[
        str | None,
        typer.Option(
            "--environment", "-e", metavar="NAME", help="Only what is this environment's alone."
        ),
    ] = None
    prices: Prices = SHIPPED_PRICES
    region: Annotated[
        str | None,
        typer.Option(metavar="REGION", help="The Region.", show_default="that of the file's ARNs"),
    ] = None


@app.lazy_command("sbom", "cli.sbom.write:write_sboms", rich_help_panel=PREPARE)
@dataclass(frozen=True, kw_only=True)
class Sbom:
    """Write bills of materials (CycloneDX) of all packages, and list their licences."""

    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The folder for the files.")
    ] = Path("sbom")


@app.lazy_command("plan", "cli.plan.command:plan", rich_help_panel=PREPARE)
@dataclass(frozen=True, kw_only=True)
class Plan(PlatformOptions, OutputOptions):
    """Say what a deployment will do: restarts, losses, access, money, minutes.

    The exit status is 3 for a loss or a refusal, 1 where the plan is not complete.
    """

    configuration: FileOfTheCdk = DEFAULT_CONFIGURATION
    since: Annotated[
        str | None,
        typer.Option(
            metavar="REVISION",
            help="Compare with this revision of git, offline, instead of what is deployed.",
        ),
    ] = None
    allow_replacement: AllowReplacement = None
    as_markdown: AsMarkdown = False
    prices: Prices = SHIPPED_PRICES


@app.lazy_command("check", "cli.check.command:check", rich_help_panel=PREPARE)
@dataclass(frozen=True, kw_only=True)
class Check(OutputOptions):
    """Check the files of environments as MWAA would treat them: requirements, plugins, DAGs.

    It needs no AWS account and no Docker. The exit status is 1 when something is wrong.
    """

    configuration: Annotated[Path, configuration_option("The configuration to check.")] = (
        DEFAULT_CONFIGURATION
    )
    environment: Annotated[
        list[str] | None,
        typer.Option(
            "--environment",
            "-e",
            metavar="NAME",
            help="Check this environment alone. Can be given several times.",
        ),
    ] = None
    as_markdown: AsMarkdown = False
    junit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write the findings to this JUnit XML file, for CI."
        ),
    ] = None
    since: Annotated[
        str | None,
        typer.Option(
            metavar="REVISION",
            help="Also list packages and DAGs that differ from this git revision.",
        ),
    ] = None
    run_startup: Annotated[
        bool,
        typer.Option(
            "--run-startup",
            help="Also run the startup scripts, and import DAGs with what they export.",
        ),
    ] = False
    run: Annotated[
        str | None,
        typer.Option(
            metavar="DAG", help="Also run this DAG once, by its dag_id. Needs one environment."
        ),
    ] = None
    allow_network: Annotated[
        bool,
        typer.Option(
            "--allow-network", help="Give startup scripts and the DAG run this machine's network."
        ),
    ] = False


@app.lazy_command("deploy", "cli.deploy.command:deploy", rich_help_panel=DEPLOYMENT)
@dataclass(frozen=True, kw_only=True)
class Deploy(PlatformOptions):
    """Deploy the configuration wave by wave, after its plan; each wave must be healthy first.

    The exit status is 3 where the plan refuses, 1 where a stack fails or a wave is not healthy.
    """

    configuration: FileOfTheCdk = DEFAULT_CONFIGURATION
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Deploy this environment's stacks, or this stack, alone. Can be given several "
            "times.",
        ),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and the stages, and stop.")
    ] = False
    allow_replacement: AllowReplacement = None
    concurrency: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Deploy up to this many stacks of a stage in parallel."
        ),
    ] = 5
    wait: Wait = "0m"
    break_lock: BreakLock = None
    wait_for_tasks: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN",
            help="Before a restart that ends running tasks, wait for them up to this long "
            f"({SPANS}), and stop if some still run.",
        ),
    ] = None
    settle: Annotated[
        str,
        typer.Option(metavar="SPAN", help=f"Let a wave become healthy within this time ({SPANS})."),
    ] = "10m"
    prices: Prices = SHIPPED_PRICES


@app.lazy_command("policies", "cli.policies.command:policies", rich_help_panel=PREPARE)
@dataclass(frozen=True, kw_only=True)
class Policies(OutputOptions):
    """Print what the policies of roles, keys and buckets that exist must say, to be copied."""

    environment: Annotated[
        str | None,
        typer.Option(
            "--environment",
            "-e",
            metavar="NAME",
            help="A new environment; without it, all of them, and boundaries of every role.",
        ),
    ] = None
    configuration: Annotated[Path, configuration_option("The configuration to deploy.")] = (
        DEFAULT_CONFIGURATION
    )


@app.lazy_command("destroy", "cli.deploy.destroy:destroy", rich_help_panel=DEPLOYMENT)
@dataclass(frozen=True, kw_only=True)
class Destroy(PlatformOptions):
    """Remove an environment's stacks, and say what was kept: whatever holds data."""

    environment: Annotated[str, typer.Argument(metavar="NAME", help="The environment.")]
    confirm: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Do not ask; the environment's name once more."),
    ] = None
    wait: Wait = "0m"
    break_lock: BreakLock = None


@app.lazy_command("protect", "cli.deploy.protect:protect", rich_help_panel=DEPLOYMENT)
@dataclass(frozen=True, kw_only=True)
class Protect(PlatformOptions):
    """Protect deployed stacks against deletion as the file says, where a pipeline deploys them."""


@app.lazy_command("doctor", "cli.doctor.checks:doctor", rich_help_panel=ENVIRONMENTS)
@dataclass(frozen=True, kw_only=True)
class Doctor(PlatformOptions, OutputOptions):
    """Check what is deployed, and what it stands on; say what to do where something is wrong.

    The exit status is 1 when something is wrong.
    """

    environment: Annotated[
        list[str] | None,
        typer.Option(
            "--environment",
            "-e",
            metavar="NAME",
            help="Check this environment alone. Can be given several times.",
        ),
    ] = None
    wave: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            help="Check the environments of this wave alone. Can be given several times.",
        ),
    ] = None
    before: Annotated[
        bool,
        typer.Option(
            "--before",
            help="Check before a deployment: also the programs on this machine; what is not "
            "deployed yet is not a finding.",
        ),
    ] = False
    drift: Annotated[
        bool,
        typer.Option(
            "--drift",
            help="Have CloudFormation compare each stack with its template too, which takes "
            "minutes.",
        ),
    ] = False
    as_markdown: AsMarkdown = False


@app.lazy_command("explain", "cli.explain.command:explain", rich_help_panel=ENVIRONMENTS)
@dataclass(frozen=True, kw_only=True)
class Explain(PlatformOptions, OutputOptions):
    """Tell what is wrong with a failed or stuck deployment, why, and what to do next.

    The exit status is 1 when something is wrong.
    """

    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A stack or an environment; without it, everything."),
    ] = None


@app.lazy_command("status", "cli.status.command:status", rich_help_panel=ENVIRONMENTS)
@dataclass(frozen=True, kw_only=True)
class Status(PlatformOptions, OutputOptions):
    """Show the environments side by side: state, version, workers, lineage, sign-ins.

    The exit status is 1 where something could not be read.
    """

    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again every 15 seconds, until Ctrl-C.")
    ] = False


app.lazy_command("urls", "cli.addresses.command:urls", rich_help_panel=ENVIRONMENTS)(Urls)
app.lazy_command("open", "cli.addresses.command:open_one", rich_help_panel=ENVIRONMENTS)(Open)


@app.lazy_command("logs", "cli.logs.command:logs", rich_help_panel=ENVIRONMENTS)
@dataclass(frozen=True, kw_only=True)
class Logs(PlatformOptions, OutputOptions):
    """Show the line that an error page names, or the log of an environment's component."""

    reference: Annotated[
        str | None,
        typer.Argument(metavar="REFERENCE", help="The reference on a person's error page."),
    ] = None
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", metavar="NAME", help="The environment.")
    ] = None
    component: Annotated[
        str,
        typer.Option(metavar="NAME", help="dag-processing, scheduler, task, web-server or worker."),
    ] = "scheduler"
    since: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN",
            help=f"How far back ({SPANS}).",
            show_default="1h; of a reference as long as lines are kept",
        ),
    ] = None
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on showing lines, until Ctrl-C.")
    ] = False
