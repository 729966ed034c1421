"""The alarms and the dashboard of each stack, as the configuration has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from config.artifacts import artifact_sources
from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.quick_start import QuickStart
from config.stack_names import Kind, Stack, stack_name, stacks
from config.watch import Watch
from mwaa.monitoring import environment, sign_in
from mwaa.monitoring.alarm import Alarm, tuned


def alarms_of(configuration: Configuration, stack: Stack) -> list[Alarm]:
    """The alarms of a stack beside the one that sends, which it has where it has any."""
    watch = _watch(configuration, stack)
    return [*tuned(_designed(configuration, stack), watch.tuning)] if watch else []


def has_dashboard(configuration: Configuration, stack: Stack) -> bool:
    """Whether a stack has a dashboard: that of a watched environment, or the portal's of all."""
    if stack.kind not in {Kind.SSO, Kind.ENVIRONMENT, Kind.ALARMS}:
        return False
    watch = _watch(configuration, stack)
    return watch is not None and watch.dashboard


def notifying_alarms(configuration: Configuration) -> Iterator[str]:
    """Names of the alarms that send, those about signing in first."""
    for stack in _watched_stacks(configuration):
        yield stack_name(configuration.app_name, stack.id)


def alarms_by_topic(
    configuration: Configuration, *, made_topic: str | None
) -> Mapping[str, Sequence[str]]:
    """Names of the alarms that send to each topic, by its ARN; `made_topic` is the ARN of the one
    that is made."""
    found: dict[str, list[str]] = {}
    for stack in _watched_stacks(configuration):
        watch = _watch(configuration, stack, made_topic=made_topic)
        if watch and watch.topic_arn:
            name = stack_name(configuration.app_name, stack.id)
            found.setdefault(watch.topic_arn, []).append(name)
    return found


def _watched_stacks(configuration: Configuration) -> Iterator[Stack]:
    """The stacks with alarms, those about signing in first."""
    kinds = (Kind.SSO, Kind.GATE, Kind.QUICK_START, Kind.ENVIRONMENT, Kind.ALARMS, Kind.UI)
    own = [each for each in stacks(configuration) if each.kind in kinds]
    for stack in sorted(own, key=lambda each: kinds.index(each.kind)):
        if alarms_of(configuration, stack):
            yield stack


def host_alarm(configuration: Configuration, environment: AnyEnvironment) -> str | None:
    """Name of the alarm that sends about an environment's host; None without one."""
    stack = Stack(Kind.UI, environment)
    if not environment.ui_host or not alarms_of(configuration, stack):
        return None
    return stack_name(configuration.app_name, stack.id)


def _watch(
    configuration: Configuration, stack: Stack, *, made_topic: str | None = None
) -> Watch | None:
    match stack.about:
        case ExistingEnvironment() | NewEnvironment() as about:
            host = stack.kind is Kind.UI
            return configuration.watch_of(about, made_topic=made_topic, host=host)
    return configuration.watch(made_topic=made_topic)


def _designed(configuration: Configuration, stack: Stack) -> Iterator[Alarm]:
    match stack:
        case Stack(Kind.ENVIRONMENT, NewEnvironment() as new):
            yield from (*environment.FROM_METRICS, environment.REQUIREMENTS)
            if artifact_sources(new).lineage:
                yield environment.LINEAGE
        case Stack(Kind.ALARMS):
            yield from environment.FROM_METRICS
        case Stack(Kind.UI, about):
            yield from (*sign_in.HOST, sign_in.HOST_ADDRESSES)
            if isinstance(about, ExistingEnvironment):
                yield sign_in.HOST_RULE
        case Stack(Kind.GATE):
            yield from sign_in.ENTRANCE
        case Stack(Kind.SSO):
            yield from (*sign_in.ENTRANCE, *sign_in.AUTHENTICATOR, *sign_in.AUDIT, sign_in.GRANTS)
        case Stack(Kind.QUICK_START, QuickStart() as settings):
            yield from (*sign_in.ENTRANCE, *sign_in.AUTHENTICATOR, *sign_in.HOST)
            yield from () if settings.mwaa_endpoint_ips else (sign_in.HOST_ADDRESSES,)
            yield from () if settings.security_group_id else (sign_in.HOST_RULE,)
            yield from () if configuration.has_portal else sign_in.AUDIT
