"""The CDK application: the stacks that cdk.context.json of the current folder asks for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from cli import console
from config.errors import ConfigurationError
from config.loader import load_configuration
from config.model import Configuration
from mwaa_platform.authenticator_bundle import BundlingError
from mwaa_platform.vpc_peering import PeerVpc
from stacks.entrance import ui_session_cookie_name
from stacks.environment import EnvironmentStack
from stacks.feature_flags import FEATURE_FLAGS
from stacks.grants import GrantsStack
from stacks.network import NetworkStack
from stacks.quick_start import QuickStartStack
from stacks.sso import SsoStack
from stacks.ui import UiStack

CONFIGURATION = Path("cdk.context.json")


def platform(
    configuration: Configuration,
    *,
    outdir: str | None = None,
    context: Mapping[str, Any] | None = None,
    env: cdk.Environment | None = None,
) -> cdk.App:
    """The application, ready to be synthesised. Without `env` it suits any account and Region."""
    app = cdk.App(
        outdir=outdir, context={**FEATURE_FLAGS, **(context or {})}, analytics_reporting=False
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    def named(construct_id: str) -> dict[str, Any]:
        stack_name = f"{configuration.app_name}-{construct_id}"
        return {"construct_id": construct_id, "stack_name": stack_name, "env": env}

    if configuration.quick_start:
        QuickStartStack(
            app,
            configuration=configuration,
            settings=configuration.quick_start,
            **named("QuickStart"),
        )
    if configuration.has_portal:
        _add_portal(app, configuration, named)
    return app


def _add_portal(
    app: cdk.App, configuration: Configuration, named: Callable[[str], dict[str, Any]]
) -> None:
    alb = configuration.alb
    network = (
        None
        if alb.vpc_id
        else NetworkStack(app, settings=configuration.customer_vpc, **named("Network"))
    )
    grants = GrantsStack(app, grants=configuration.grants, **named("Grants"))
    sso = SsoStack(
        app,
        configuration=configuration,
        vpc=network.vpc if network else None,
        grants=grants.grants,
        **named("Sso"),
    )
    named_vpc = PeerVpc(
        vpc_id=alb.vpc_id or "",
        cidr=configuration.alb_vpc_cidr,
        route_table_ids=alb.route_table_ids or (),
    )
    made = {
        new.name: EnvironmentStack(
            app,
            settings=new,
            alb_vpc=network.peer if network else named_vpc,
            **named(f"Env-{configuration.stack_suffix(new)}"),
        )
        for new in configuration.new_environments
    }
    for environment in configuration.environments:
        if environment.ui_host:
            ui = UiStack(
                app,
                settings=environment,
                host=environment.ui_host,
                priority=configuration.ui_priority(environment),
                session_cookie_name=ui_session_cookie_name(alb, environment.name),
                entrance=sso.ui_entrance,
                alb_vpc_cidr=configuration.alb_vpc_cidr,
                **named(f"Ui-{configuration.stack_suffix(environment)}"),
            )
            if environment.name in made:
                ui.add_stack_dependency(made[environment.name])


def _env() -> cdk.Environment | None:
    """What the CLI found out about the account that it deploys to."""
    account, region = (os.environ.get(f"CDK_DEFAULT_{name}") for name in ("ACCOUNT", "REGION"))
    return cdk.Environment(account=account, region=region) if account and region else None


def main() -> None:
    """Synthesise into the folder that the CLI names, or cdk.out."""
    try:
        configuration = load_configuration(CONFIGURATION)
        for warning in configuration.warnings:
            console.warn(warning)
        platform(configuration, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"), env=_env()).synth()
    except (ConfigurationError, BundlingError) as error:
        console.exit_with(error)


if __name__ == "__main__":
    main()
