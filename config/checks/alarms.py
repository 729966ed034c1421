"""Rules about alarms."""

from __future__ import annotations

from collections.abc import Iterator

from config.alarms import Alarms, EnvironmentAlarms
from config.checks.finding import warning
from config.checks.partial import PartialFile, partial
from config.model import Configuration
from config.new_environment import NewEnvironment
from config.watch import watch
from errors import Finding, Place
from mwaa.monitoring.alarm import tuned
from mwaa.monitoring.catalogue import ALARMS, OF_ENVIRONMENTS
from mwaa.monitoring.environment import FROM_METRICS
from mwaa.monitoring.sent import kept_by

DATAPOINTS = "DatapointsToAlarm"


def one_topic(file: PartialFile) -> Iterator[Finding]:
    """All alarms send to a topic that is made, or to one that exists."""
    alarms = file.own.get("Alarms")
    if isinstance(alarms, dict) and alarms.get("TopicArn") and "AlarmTopic" in file.own:
        yield Finding(
            place=("Alarms", "TopicArn"),
            message="AlarmTopic makes a topic for all alarms, and this names another.",
            remedy="Keep one of them.",
        )


def datapoints_within_periods(file: PartialFile) -> Iterator[Finding]:
    """No alarm needs more datapoints than the periods that it looks back on."""
    of_all = partial(Alarms, file.own.get("Alarms")).get(_whole)
    if not of_all:
        return
    said = [*_too_many(of_all, None, at=("Alarms",))]
    yield from said
    inherited = {each.place[-1] for each in said}
    for index, environment in file.environments.items():
        own = environment.get(lambda each: each.alarms)
        if own:
            for each in _too_many(of_all, own, at=("MwaaEnvironments", index, "Alarms")):
                name = each.place[-1]
                changed = name in own.evaluation_periods or name in own.datapoints_to_alarm
                if changed or name not in inherited:
                    yield each


def unsent_metrics(configuration: Configuration) -> Iterator[Finding]:
    """Alarms on metrics that the environment's options keep from CloudWatch."""
    for index, environment in enumerate(configuration.environments):
        watched = configuration.watch_of(environment, made_topic=None)
        if watched is None or not isinstance(environment, NewEnvironment):
            continue
        for alarm in tuned(FROM_METRICS, watched.tuning):
            if option := kept_by(alarm, environment.configuration_options):
                does = "always fires" if alarm.missing == "breaching" else "never fires"
                yield warning(
                    ("MwaaEnvironments", index, "ConfigurationOptions", option),
                    f"it keeps {alarm.metric_names} from CloudWatch, so {alarm.name} {does}; let "
                    "it through, or name the alarm in Alarms.Off.",
                    subject=f"{environment.name}: {option}",
                )


def silent_alarms(configuration: Configuration) -> Iterator[Finding]:
    """Alarms of an entry that nothing is watched by, or whose topic gets nothing."""
    for index, environment in enumerate(configuration.environments):
        own, said = environment.alarms, None
        if own is None or own.enabled is False:
            continue
        host = bool(environment.ui_host)
        if configuration.watch_of(environment, made_topic=None, host=host) is None:
            said = "this has no effect, because nothing watches it; give Enabled as well."
        elif own.topic_arn and own.notify is None and not configuration.alarms.notify:
            said = "its topic gets nothing, because of Notify in the file's Alarms; give its own."
        if said:
            yield warning(
                ("MwaaEnvironments", index, "Alarms"), said, subject=f"{environment.name}: Alarms"
            )


def unwatched_environments(configuration: Configuration) -> Iterator[Finding]:
    """`Enabled` in the file's `Alarms`, of which existing environments take no notice."""
    alarms = configuration.alarms
    if not (alarms.enabled and "enabled" in alarms.model_fields_set):
        return
    silent = [
        each.name
        for each in configuration.existing_environments
        if each.alarms is None or each.alarms.enabled is None
    ]
    if silent:
        yield warning(
            ("Alarms", "Enabled"),
            f"this does not watch environments that exist, but their hosts: {', '.join(silent)}. "
            "Give Enabled, true or false, in the Alarms of their entries.",
        )


def _whole(alarms: Alarms) -> Alarms:
    """The section, where all of it is valid; raises AttributeError where it is not."""
    for name in Alarms.model_fields:
        getattr(alarms, name)
    return alarms


def _too_many(of_all: Alarms, own: EnvironmentAlarms | None, *, at: Place) -> Iterator[Finding]:
    catalogue = ALARMS if own is None else OF_ENVIRONMENTS
    for each in tuned(catalogue.values(), watch(of_all, own, made=None).tuning):
        if each.datapoints_to_alarm > each.evaluation_periods:
            given = own or of_all
            key = DATAPOINTS if each.name in given.datapoints_to_alarm else "EvaluationPeriods"
            yield Finding(
                place=(*at, key, each.name),
                message=f"{each.name} needs {each.datapoints_to_alarm} datapoints of "
                f"{each.evaluation_periods} periods, so it can never fire.",
                remedy=f"Give EvaluationPeriods of {each.datapoints_to_alarm} or more, or fewer "
                f"{DATAPOINTS}.",
            )
