"""`check`: what each environment will get, treated as MWAA would treat it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from functools import partial

import typer
from packaging.version import InvalidVersion

import console
from artifacts.conflict import ConflictError
from cli.check.by_pip import check_pip
from cli.check.difference import differences
from cli.check.junit import write_junit
from cli.check.loading import check_loading
from cli.check.requirements import check_requirements
from cli.check.running import check_run
from cli.check.scratch import scratch_folder
from cli.check.shipped import ShippedFiles, shipped_files
from cli.check.startup import check_startup
from cli.commands import Check
from cli.interruption import interrupted_by_termination
from cli.lookup import check_one_form, find_environment, option_error
from cli.markdown import error_as_markdown
from cli.plan.revision import Revision, checked_out
from cli.report import start_report
from config.loader import load_configuration
from config.model import AnyEnvironment
from errors import Finding, Level, PlatformError
from local.layout import ROOT

IMPORTED, BY_PIP = "plugins and DAGs", "requirements by pip"
EVENTS = ROOT / ".local" / "check"
TITLE, NOT_CHECKED = "What environments will get", "It could not be checked"
Section = tuple[str, Iterator[Finding]]
"""What findings are about, and they, which are found while they are asked for."""
CHECKS: Mapping[str, Callable[[ShippedFiles], Iterator[Finding]]] = {
    "requirements": check_requirements,
    BY_PIP: check_pip,
    IMPORTED: check_loading,
}


def check(options: Check) -> None:
    """Checks environments and shows the findings; exits with 1 when something is wrong.

    Raises InputError for a configuration that cannot be used and an environment there is not.
    """
    check_one_form(as_json=options.as_json, as_markdown=options.as_markdown)
    try:
        with interrupted_by_termination():
            is_well = _report(options)
    except PlatformError as error:
        if options.as_markdown:
            console.text(error_as_markdown(TITLE, NOT_CHECKED, error))
        raise
    if not is_well:
        raise typer.Exit(1)


def _report(options: Check) -> bool:
    _check_options(options)
    place = options.configuration.absolute()
    configuration = load_configuration(place)
    names = dict.fromkeys(options.environment or ())
    environments = [find_environment(name, configuration) for name in names]
    chosen = environments or configuration.environments
    if options.run and len(chosen) > 1:
        wrong = f"It runs a DAG of one environment, and {len(chosen)} are checked."
        raise option_error("--run", wrong, "Name one with --environment.")
    since = options.since
    with checked_out(since, place) if since is not None else nullcontext() as revision:
        report = start_report(
            TITLE,
            str(place),
            as_json=options.as_json,
            as_markdown=options.as_markdown,
            keeps_skipped=True,
        )
        sections: dict[str, list[Finding]] = {}
        for environment in chosen:
            for heading, findings in _sections(environment, options, revision):
                report.heading(heading)
                # Each is shown when it is found.
                for finding in findings:
                    report.add(finding)
                    sections.setdefault(heading, []).append(finding)
    is_well = report.conclude()
    if options.junit:
        write_junit(options.junit, sections)
    return is_well


def _check_options(options: Check) -> None:
    """Raises InputError for options that can have no effect."""
    if options.allow_network and not (options.run or options.run_startup):
        raise option_error(
            "--allow-network",
            "It has no effect without --run-startup or --run.",
            "Add one of these, or leave it out.",
        )
    if options.junit and not options.junit.absolute().parent.is_dir():
        raise option_error(
            "--junit",
            f"There is no folder {options.junit.absolute().parent}.",
            "Create it, or name a file in another folder.",
        )


def _sections(
    environment: AnyEnvironment, options: Check, revision: Revision | None
) -> Iterator[Section]:
    """The findings about an environment, by what they are about."""
    name = environment.name
    with scratch_folder() as folder:
        try:
            shipped = shipped_files(environment, folder / "now")
        except ConflictError as error:
            yield name, iter([Finding.from_error("files", error)])
            return
        except InvalidVersion:
            unknown = "AirflowVersion is not given, so nothing about its packages is known."
            yield name, iter([Finding(level=Level.SKIPPED, subject="files", message=unknown)])
            return
        for about, findings in _checked(shipped, options):
            yield f"{name}: {about}", findings
        if options.run:
            events = options.junit.parent if options.junit else EVENTS
            found = check_run(options.run, shipped, events, network=options.allow_network)
            yield f"{name}: run of {options.run}", found
        if revision:
            found = differences(shipped, revision, folder / "then", partial(_look, options))
            yield f"{name}: since {revision.title}", found


def _checked(shipped: ShippedFiles, options: Check) -> Iterator[Section]:
    """The findings about files; what the startup script exports is known to later checks."""
    for about, findings_of in CHECKS.items():
        if about != IMPORTED and (about != BY_PIP or shipped.seen.versions):
            yield about, findings_of(shipped)
    # After what is resolved: a script can change what the resolver would run.
    if options.run_startup:
        yield "startup script", check_startup(shipped, network=options.allow_network)
    if IMPORTED in CHECKS:
        yield IMPORTED, CHECKS[IMPORTED](shipped)


def _look(options: Check, shipped: ShippedFiles) -> None:
    """Has files checked for what is seen of them alone."""
    for _, findings in _checked(shipped, options):
        deque(findings, maxlen=0)
