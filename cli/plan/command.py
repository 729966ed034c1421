"""`plan`: compares the configuration with what is deployed, or with a revision of git."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import console
from cli.commands import Plan as Options
from cli.cost.estate import Difference, difference
from cli.cost.month import monthly_cost
from cli.cost.prices import load_prices, region_of
from cli.deployed import DeployedPlatform, deployed_platform
from cli.lookup import option_error
from cli.plan.application import Application
from cli.plan.as_json import as_json
from cli.plan.consequences import plan as compare
from cli.plan.deployed import read_deployed
from cli.plan.execution_roles import seen_roles, unseen_roles
from cli.plan.markdown import markdown
from cli.plan.plan import Plan
from cli.plan.revision import Revision, checked_out, synthesise_revision
from cli.plan.synthesis import FILE, check_name, synthesise
from cli.plan.text import show
from config.key_changes import Written
from config.loader import load_configuration, parse_configuration
from config.model import Configuration
from config.stack_names import stacks
from errors import PlatformError
from mwaa.regions import Target

DOING = "Comparing what would be deployed"


def plan(options: Options) -> None:
    """Writes the plan and ends with its exit status.

    Raises InputError for a wrong configuration or option, PlatformError where nothing can be told.
    """
    _check(options)
    with console.waiting(DOING):
        made = _deployed(options) if options.since is None else _since(options, options.since)
    allowed = frozenset(options.allow_replacement or ())
    if options.as_json:
        console.data(as_json(made, allowed))
    elif options.as_markdown:
        console.text(markdown(made, allowed))
    else:
        show(made, allowed)
    sys.exit(made.exit_status(allowed))


def _check(options: Options) -> None:
    if options.as_json and options.as_markdown:
        raise option_error("--markdown", "It cannot be written with --json.", "Give one of them.")
    if options.since is not None and options.local:
        raise option_error("--local", "--since compares with git alone.", "Give one of them.")
    if not options.local:
        check_name(options.configuration)


def _since(options: Options, name: str) -> Plan:
    configuration = load_configuration(options.configuration)
    with checked_out(name, options.configuration) as revision, ThreadPoolExecutor(2) as pool:
        after = pool.submit(synthesise, options.configuration)
        before = synthesise_revision(revision)
        made = compare(before, after.result(), described=f"revision {revision.title}")
        former = _at(revision)
        money = money_between(options.prices, former, configuration)
    return replace(
        made,
        notes=tuple(_notes(revision)),
        is_release_seen=not revision.differs,
        money=money,
        roles=tuple(unseen_roles(former, configuration)),
    )


def _notes(revision: Revision) -> list[str]:
    notes = ["Grants that people added by hand are not seen."]
    if revision.differs:
        notes.append(
            f"{' and '.join(revision.differs)} is not that of {revision.title}, so its "
            "configuration was synthesised by today's code: what the release of the platform "
            "itself changes is not seen."
        )
    return notes


def _at(revision: Revision) -> Configuration | None:
    try:
        return load_configuration(revision.configuration, with_wheels=False)
    except PlatformError:
        return None


def _deployed(options: Options) -> Plan:
    with deployed_platform(options) as platform, ThreadPoolExecutor(1) as pool:
        file = options.state / "cdk" / FILE if options.local else options.configuration
        target = _target(platform)
        configuration = load_configuration(file, target=target)
        synthesis = pool.submit(synthesise, file, target=_variables(target))
        deployed = read_deployed(platform)
        after = _without(synthesis.result(), deployed.foreign)
        made = compare(deployed.application, after, described=f"what is deployed {platform.place}")
        written = deployed.application.written
        former = _parsed(written, file) if written else None
        money = money_between(options.prices, former, configuration)
        roles = tuple(seen_roles(platform, configuration))
    notes = ("Grants that people added by hand are not seen. Nor is what was changed by hand.",)
    return replace(made, notes=notes, money=money, roles=roles, uncertain=deployed.uncertain)


def _target(platform: DeployedPlatform) -> Target:
    identity = platform.session.client("sts").get_caller_identity()
    return Target(account=identity["Account"], region=str(platform.session.region_name))


def _variables(target: Target) -> Mapping[str, str]:
    known = {"CDK_DEFAULT_ACCOUNT": target.account, "CDK_DEFAULT_REGION": target.region}
    return {name: value for name, value in known.items() if value}


def _without(application: Application, names: frozenset[str]) -> Application:
    """The application without stacks of these names, of which nothing can be told."""
    kept = {name: each for name, each in application.stacks.items() if name not in names}
    return replace(application, stacks=kept)


def _parsed(written: Written, file: Path) -> Configuration | None:
    """What is deployed as a configuration; None where today's rules, or files, do not fit it."""
    try:
        return parse_configuration(dict(written), source=file, with_wheels=False)
    except PlatformError:
        return None


def money_between(
    prices: Path, before: Configuration | None, after: Configuration
) -> Difference | None:
    """What a month costs more; None where the former configuration is not known."""
    if before is None:
        return None
    known = load_prices(prices, region=region_of(after))
    # What left the configuration runs on, and costs what it did.
    stays = {each.id for each in stacks(after)}
    former = monthly_cost(before, known)
    former = replace(former, parts=[each for each in former.parts if each.stack in stays])
    return difference(former, monthly_cost(after, known))
