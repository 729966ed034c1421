"""The CDK application: the stacks that cdk.context.json of the current folder describes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

import console
from boundary import errors_shown
from config.checks.rules import warnings
from config.environment_network import environment_network
from config.loader import load_configuration
from config.model import Configuration
from config.stack_names import Kind, Stack, stack_id
from config.watched_alarms import host_alarm
from config.ways import existing_vpcs
from errors import PlatformError
from mwaa.regions import Target
from stacks.alarms import alarm_topic, watch_existing
from stacks.application import Application
from stacks.conventions import apply_conventions
from stacks.deployers import DeployersStack
from stacks.environment import EnvironmentStack
from stacks.feature_flags import FEATURE_FLAGS
from stacks.gate import GateStack
from stacks.grants import GrantsStack
from stacks.network import alb_network
from stacks.pipeline import PipelineStack
from stacks.platform_stack import stack_props
from stacks.quick_start import QuickStartStack
from stacks.sso import SsoStack
from stacks.ui import UiStack
from stacks.way import WayStack

CONFIGURATION = Path("cdk.context.json")


def platform(
    configuration: Configuration,
    *,
    outdir: str | None = None,
    context: Mapping[str, Any] | None = None,
    env: cdk.Environment | None = None,
    checked: bool = True,
) -> cdk.App:
    """The application, ready to be synthesised. Without `env` it suits any account and Region.

    Not `checked`, its templates are the same, without cdk-nag's rules and the CDK's own.
    """
    app = _without_pipeline(configuration, outdir=outdir, context=context, env=env, checked=checked)
    if settings := configuration.pipeline:
        # Its stacks have the names and the folder of those above, and so are the same files.
        deployed = _without_pipeline(
            configuration, outdir=app.outdir, context=context, env=env, checked=False
        )
        apply_conventions(deployed, configuration)
        PipelineStack(
            app,
            configuration=configuration,
            settings=settings,
            application=deployed,
            **stack_props(configuration, Kind.PIPELINE, env=env),
        )
    apply_conventions(app, configuration)
    return app


def _without_pipeline(
    configuration: Configuration,
    *,
    outdir: str | None,
    context: Mapping[str, Any] | None,
    env: cdk.Environment | None,
    checked: bool,
) -> cdk.App:
    """The stacks that a pipeline deploys, where there is one."""
    app = Application(
        outdir=outdir,
        context={**FEATURE_FLAGS, **(context or {})},
        analytics_reporting=False,
        builtin_cloud_formation_validation=checked,
    )
    if checked:
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    props = partial(stack_props, configuration, env=env)
    topic = alarm_topic(app, configuration, **props(Kind.TOPIC))
    watch = configuration.watch(made_topic=topic)
    if deployers := configuration.deployers:
        DeployersStack(
            app, configuration=configuration, settings=deployers, **props(Kind.DEPLOYERS)
        )
    if configuration.has_portal:
        alb_vpc, alb_peer = alb_network(app, configuration, **props(Kind.NETWORK))
        table = GrantsStack(app, grants=configuration.grants, **props(Kind.GRANTS)).grants
        sso = SsoStack(
            app,
            configuration=configuration,
            vpc=alb_vpc,
            grants=table,
            watch=watch,
            **props(Kind.SSO),
        )
        ui_alb = sso.ui_alb
        if gate := configuration.ui_gate:
            ui_alb = GateStack(
                app,
                configuration=configuration,
                settings=gate,
                vpc=alb_vpc,
                watch=watch,
                **props(Kind.GATE),
            ).ui_alb
        networks = {
            new.name: environment_network(configuration, new)
            for new in configuration.new_environments
        }
        ways = {}
        for vpc in existing_vpcs(configuration):
            way = WayStack(app, vpc=vpc, alb_vpc=alb_peer, **props(Stack(Kind.WAY, vpc).id))
            ways.update({each.name: way for each in vpc.environments})
        environments = {
            new.name: EnvironmentStack(
                app,
                settings=new,
                network=networks[new.name],
                connectivity=configuration.connectivity_of(new),
                alb_vpc=alb_peer,
                watch=configuration.watch_of(new, made_topic=topic),
                host_alarm=host_alarm(configuration, new),
                **props(stack_id(Kind.ENVIRONMENT, new)),
            )
            for new in configuration.new_environments
        }
        for name, stack in environments.items():
            if (owner := networks[name].endpoints_owner) not in {None, name}:
                stack.add_stack_dependency(environments[str(owner)])
        watch_existing(app, configuration, made_topic=topic, props=props)
        for served in filter(lambda each: each.ui_host, configuration.environments):
            UiStack(
                app,
                configuration=configuration,
                settings=served,
                alb=ui_alb,
                after=[each[served.name] for each in (environments, ways) if served.name in each],
                watch=configuration.watch_of(served, made_topic=topic, host=True),
                **props(stack_id(Kind.UI, served)),
            )
    if settings := configuration.quick_start:
        QuickStartStack(
            app,
            configuration=configuration,
            settings=settings,
            watch=watch,
            **props(Kind.QUICK_START),
        )
    return app


def synthesise(app: cdk.App) -> None:
    """Writes the templates; raises PlatformError for those that the CDK's checks refuse.

    The CDK itself shows what they found.
    """
    try:
        app.synth()
    except RuntimeError as error:
        # jsii hands JavaScript's errors over by their text alone.
        if not str(error).startswith("ValidationFailed"):
            raise
        raise PlatformError(
            "CloudFormation or cdk-nag would not take these templates, for the errors shown here.",
            place=str(Path(app.outdir) / "validation-report.json"),
            remedy="Correct what they name in the configuration or in its files. Where it names "
            "neither, the mistake is the platform's: report it.",
        ) from None


def main() -> None:
    """Synthesises into the folder that the CLI names, or cdk.out."""
    account, region = (os.environ.get(f"CDK_DEFAULT_{name}") for name in ("ACCOUNT", "REGION"))
    target = Target(account=account, region=region) if account and region else None
    env = cdk.Environment(account=account, region=region) if target else None
    with errors_shown():
        configuration = load_configuration(CONFIGURATION, target=target)
        for warning in warnings(configuration, deployed_to=target):
            console.warn(str(warning))
        synthesise(platform(configuration, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"), env=env))


if __name__ == "__main__":
    main()
