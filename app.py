"""The CDK application: the stacks that cdk.context.json of the current folder asks for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

import console
from config.environments import ExistingEnvironment
from config.loader import load_configuration
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.quick_start import QuickStart
from config.sign_in import NamedVpc
from config.stack_names import Kind, Stack, stack_name, stacks
from errors import InputError
from mwaa_platform.network.vpc import PlatformVpc
from mwaa_platform.network.vpc_peering import PeerVpc
from mwaa_platform.sign_in.authenticator_bundle import BundlingError
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
    made = _Made(app, configuration)
    for stack in stacks(configuration):
        name = stack_name(configuration, stack.id)
        made.add(stack, construct_id=stack.id, stack_name=name, env=env)
    return app


class _Made:
    """The stacks so far, on which those that follow stand."""

    def __init__(self, app: cdk.App, configuration: Configuration) -> None:
        self._app = app
        self._configuration = configuration
        self._alb_vpc: PlatformVpc | NamedVpc
        self._alb_peer: PeerVpc
        if existing := configuration.alb.named_vpc:
            self._alb_vpc, self._alb_peer = existing, _peer(existing)
        self._grants: GrantsStack
        self._sso: SsoStack
        self._environments: dict[str, EnvironmentStack] = {}

    def add(self, stack: Stack, **named: Any) -> None:
        """Instantiate a stack."""
        configuration = self._configuration
        match stack:
            case Stack(Kind.NETWORK):
                network = NetworkStack(self._app, settings=configuration.customer_vpc, **named)
                self._alb_vpc, self._alb_peer = network.vpc, network.peer
            case Stack(Kind.GRANTS):
                self._grants = GrantsStack(self._app, grants=configuration.grants, **named)
            case Stack(Kind.SSO):
                self._sso = SsoStack(
                    self._app,
                    configuration=configuration,
                    vpc=self._alb_vpc,
                    grants=self._grants.grants,
                    **named,
                )
            case Stack(Kind.ENVIRONMENT, NewEnvironment() as new):
                self._environments[new.name] = EnvironmentStack(
                    self._app,
                    settings=new,
                    alb_vpc=self._alb_peer,
                    **named,
                )
            case Stack(Kind.UI, ExistingEnvironment() | NewEnvironment() as environment):
                self._add_ui(environment, named)
            case Stack(Kind.QUICK_START, QuickStart() as settings):
                QuickStartStack(self._app, configuration=configuration, settings=settings, **named)

    def _add_ui(self, environment: AnyEnvironment, named: Mapping[str, Any]) -> None:
        configuration = self._configuration
        ui = UiStack(
            self._app,
            settings=environment,
            host=str(environment.ui_host),
            index=configuration.ui_priority(environment),
            alb=self._sso.ui_alb,
            alb_vpc_cidr=configuration.alb_vpc_cidr,
            **named,
        )
        if environment.name in self._environments:
            ui.add_stack_dependency(self._environments[environment.name])


def _peer(existing: NamedVpc) -> PeerVpc:
    """The existing VPC of the load balancer, for the VPCs that are joined to it."""
    return PeerVpc(
        vpc_id=existing.vpc_id, cidr=existing.cidr, route_table_ids=existing.route_table_ids
    )


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
    except (InputError, BundlingError) as error:
        console.exit_with(error)


if __name__ == "__main__":
    main()
