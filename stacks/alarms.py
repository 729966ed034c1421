"""Topic, and alarms of environments, hosts and signing in, each set in the stack of its subject.

Alarms-<name>: those of an existing environment, which has no other stack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct, IDependable

from config.alarms import AlarmTopic as TopicSettings
from config.environments import ExistingEnvironment
from config.model import Configuration
from config.stack_names import PER_ENVIRONMENT, Kind, stack_id
from config.watch import Watch
from config.watched_alarms import host_alarm
from mwaa.monitoring import environment, sign_in
from mwaa.monitoring.alarm import tuned
from mwaa_platform.operations.alarms import Alarms, Watched, watched
from mwaa_platform.operations.log_filters import add_log_filters
from mwaa_platform.operations.topic import AlarmTopic
from mwaa_platform.sign_in.authenticator import Authenticator
from mwaa_platform.sign_in.ui_host import UiHost
from mwaa_platform.sign_in.web_server_ingress import WebServerIngress
from stacks.dashboards import show_environment
from stacks.platform_stack import PlatformStack, StackProps

NOTIFYING = (*sorted(PER_ENVIRONMENT), Kind.GATE, Kind.QUICK_START, Kind.SSO)
"""Kinds of stacks whose name is that of an alarm that notifies."""


def alarm_topic(
    app: cdk.App, configuration: Configuration, **props: Unpack[StackProps]
) -> str | None:
    """Adds the stack of the topic that is made; returns the topic's ARN, or None without one."""
    settings = configuration.alarm_topic
    if settings is None:
        return None
    return TopicStack(app, settings=settings, app_name=configuration.app_name, **props).topic_arn


def watch_existing(
    app: cdk.App,
    configuration: Configuration,
    *,
    made_topic: str | None,
    props: Callable[[str], StackProps],
) -> None:
    """Adds a stack for each existing environment that is watched; `props` gives a stack's by id."""
    for each in configuration.existing_environments:
        if own := configuration.watch_of(each, made_topic=made_topic):
            id_ = stack_id(Kind.ALARMS, each)
            AlarmsStack(
                app,
                settings=each,
                watch=own,
                host_alarm=host_alarm(configuration, each),
                **props(id_),
            )


class TopicStack(PlatformStack):
    """Stack of the topic to which all alarms send."""

    topic_arn: str

    def __init__(
        self,
        scope: Construct,
        *,
        settings: TopicSettings,
        app_name: str,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        topic = AlarmTopic(
            self,
            "Alarms",
            alarm_names=[
                f"{app_name}-{kind}{'-*' if kind in PER_ENVIRONMENT else ''}" for kind in NOTIFYING
            ],
            emails=settings.emails,
        ).topic
        self.topic_arn = topic.topic_arn
        # With or without a stack that imports it: this one is updated before they are.
        self.export_values([topic.topic_arn])
        cdk.CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn)


class AlarmsStack(PlatformStack):
    """Stack of the alarms and the dashboard of an existing environment."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: ExistingEnvironment,
        watch: Watch,
        host_alarm: str | None,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        _add(
            self,
            watch,
            about=f"Environment {settings.name}",
            alarms=watched(environment.FROM_METRICS, environment=settings.name),
        )
        show_environment(
            self,
            watch,
            name=settings.name,
            alarms=environment.FROM_METRICS,
            host_alarm=host_alarm,
        )


def watch_environment(
    stack: cdk.Stack,
    watch: Watch | None,
    *,
    name: str,
    ref: str,
    has_lineage: bool,
    log_groups: Sequence[IDependable],
    host_alarm: str | None,
) -> None:
    """Adds the alarms of a new environment, once it is there, and its dashboard.

    `ref` is its name, known by then; `host_alarm` that of the alarm that sends about its host.

    Before, no scheduler sends a heartbeat.
    """
    if watch is None:
        return
    counted = [environment.REQUIREMENTS, *([environment.LINEAGE] if has_lineage else [])]
    alarms = [*environment.FROM_METRICS, *counted]
    on = [*tuned(counted, watch.tuning)]
    add_log_filters(
        stack,
        [environment.LOG_FILTERS[each.name] for each in on],
        environment_name=name,
        log_groups=log_groups,
    )
    _add(
        stack,
        watch,
        about=f"Environment {name}",
        alarms=watched(alarms, environment=ref),
    )
    show_environment(stack, watch, name=name, alarms=alarms, host_alarm=host_alarm)


def watch_host(
    stack: cdk.Stack,
    watch: Watch | None,
    *,
    name: str,
    load_balancer: str,
    ui: UiHost,
    ingress: WebServerIngress | None,
) -> None:
    """Adds the alarms of an environment's host."""
    if watch is None:
        return
    _add(
        stack,
        watch,
        about=f"Host of environment {name}",
        alarms=host_alarms(
            load_balancer=load_balancer,
            web_servers=ui.target_group,
            finder=ui.targets.function_name,
            keeper=ingress.function_name if ingress else None,
        ),
    )


def host_alarms(
    *,
    load_balancer: str,
    web_servers: elbv2.ApplicationTargetGroup,
    finder: str | None,
    keeper: str | None,
) -> list[Watched]:
    """Alarms of a web server behind a load balancer, and of the functions that follow it."""
    followed = ((sign_in.HOST_ADDRESSES, finder), (sign_in.HOST_RULE, keeper))
    return [
        *watched(
            sign_in.HOST,
            load_balancer=load_balancer,
            target_group=web_servers.target_group_full_name,
        ),
        *(each for alarm, name in followed if name for each in watched([alarm], function=name)),
    ]


def entrance_alarms(load_balancer: str) -> list[Watched]:
    """Alarms of a load balancer that signs people in, given by its full name."""
    return watched(sign_in.ENTRANCE, load_balancer=load_balancer)


def authenticator_alarms(authenticator: Authenticator, load_balancer: str) -> list[Watched]:
    """Alarms of the authenticator behind a load balancer."""
    return watched(
        sign_in.AUTHENTICATOR,
        load_balancer=load_balancer,
        target_group=authenticator.target_group.target_group_full_name,
        function=authenticator.function_name,
    )


def audit_alarms(platform: str) -> list[Watched]:
    """Alarms of what all authenticators of the platform write down."""
    return watched(sign_in.AUDIT, platform=platform)


def grants_alarm(function_name: str) -> list[Watched]:
    """The alarm of the function that writes the declared grants."""
    return watched([sign_in.GRANTS], function=function_name)


def watch_sign_in(
    stack: cdk.Stack, watch: Watch | None, *, about: str, alarms: Sequence[Watched]
) -> None:
    """Adds the alarms of signing in."""
    if watch:
        _add(stack, watch, about=about, alarms=alarms)


def _add(stack: cdk.Stack, watch: Watch, *, about: str, alarms: Sequence[Watched]) -> None:
    """Adds those that are on, as they are tuned; nothing where all are off."""
    on = [
        Watched(alarm=alarm, subjects=each.subjects)
        for each in alarms
        for alarm in tuned([each.alarm], watch.tuning)
    ]
    if on:
        Alarms(
            stack,
            "Alarms",
            name=stack.stack_name,
            about=about,
            alarms=on,
            runbooks=watch.runbooks,
            topic_arn=watch.topic_arn,
        )
