"""The plan against what is deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cli.commands import Plan as Options
from cli.deployed import DeployedPlatform, deployed_platform
from cli.plan.application import Application
from cli.plan.consequences import plan as compare
from cli.plan.deployed import read_deployed
from cli.plan.existing_networks import (
    environments_made,
    needs_of_networks,
    notes_on_ways,
    ways_made,
)
from cli.plan.money import money_between
from cli.plan.plan import Plan
from cli.plan.seen_roles import seen_roles
from cli.plan.synthesis import FILE, synthesise
from cli.plan.taken_names import taken_names
from config.key_changes import Written
from config.loader import load_configuration, parse_configuration
from config.model import Configuration
from errors import PlatformError
from mwaa.regions import Target


def plan_of_file(options: Options) -> Plan:
    """The plan of the file where its stacks are deployed, or a part of them.

    Raises InputError for a wrong configuration, PlatformError where nothing can be told.
    """
    with deployed_platform(options) as platform, ThreadPoolExecutor(1) as pool:
        file = options.state / "cdk" / FILE if options.local else options.configuration
        target = _target(platform)
        configuration = load_configuration(file, target=target)
        synthesis = pool.submit(synthesise, file, target=_variables(target))
        return plan_against_deployed(
            platform, configuration, synthesis.result, file=file, prices=options.prices
        )


def plan_against_deployed(
    platform: DeployedPlatform,
    configuration: Configuration,
    synthesised: Callable[[], Application],
    *,
    file: Path,
    prices: Path,
) -> Plan:
    """The plan of deploying what was synthesised from a file, of this configuration.

    What is deployed is read before that is asked for. Raises PlatformError where nothing can be
    told, and what the AWS SDK raises.
    """
    deployed = read_deployed(platform)
    after = _without(synthesised(), deployed.foreign)
    made = compare(deployed.application, after, described=f"what is deployed {platform.place}")
    written = deployed.application.written
    former = _parsed(written, file) if written else None
    region = str(platform.session.region_name)
    new = environments_made(made)
    return replace(
        made,
        notes=(
            "Grants that people added by hand are not part of the plan; they stay as they are. "
            "What was changed by hand in AWS is not detected.",
            *needs_of_networks(configuration, new, region=region),
            *notes_on_ways(configuration, ways_made(made)),
        ),
        money=money_between(prices, former, configuration),
        roles=tuple(seen_roles(platform, configuration)),
        uncertain=(*deployed.uncertain, *taken_names(platform, new)),
    )


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
