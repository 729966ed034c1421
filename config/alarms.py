"""Alarms: what is watched, where an alarm sends, and what is changed of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, Strict

from config.nearest import nearest
from config.section import Expects, Matches, Section, reject, setting
from config.types import ACCOUNT_ARN, Boolean, HttpsUrl, Integer, check_unique
from config.update_policy import FREE, UpdatePolicy
from mwaa.monitoring.alarm import DAY, Alarm, longest_evaluation
from mwaa.monitoring.catalogue import ALARMS, OF_ENVIRONMENTS

RUNBOOKS = "docs/alarms.md"
"""The page of this project with a section for each alarm."""
MAX_RUNBOOK_URL = 700
"""Characters of the address: CloudWatch takes 1,024 for the whole description of an alarm.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

TopicArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="sns", resource=r"[A-Za-z0-9_-]{1,256}"),
        "the ARN of a standard topic in SNS, such as arn:aws:sns:eu-west-1:111122223333:on-call",
    ),
]


def _check_runbook_url(url: str) -> str:
    if len(url) > MAX_RUNBOOK_URL:
        reject(
            f"This has {len(url)} characters, of {MAX_RUNBOOK_URL} at most: the text of each alarm "
            "has it."
        )
    if "{" in url or "}" in url:  # CloudFormation would read ${…} in a dashboard's body
        reject("A URL here has no braces.", "Write %7B for { and %7D for }.")
    return url


RunbookUrl = Annotated[HttpsUrl, AfterValidator(_check_runbook_url)]
Email = Annotated[str, Matches(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]


def _named(known: Mapping[str, Alarm]) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in known:
            near = nearest(name, [*known])
            elsewhere = "It is about signing in, and so for the file's Alarms."
            reject(
                "There is no such alarm of an environment."
                if name in ALARMS
                else f"There is no such alarm. {RUNBOOKS} has all of them.",
                elsewhere if name in ALARMS else f"Did you mean {near}?" if near else None,
            )
        return name

    return check


AlarmName = Annotated[
    str, AfterValidator(_named(ALARMS)), Expects(f"the name of an alarm, as in {RUNBOOKS}")
]
EnvironmentAlarmName = Annotated[
    str,
    AfterValidator(_named(OF_ENVIRONMENTS)),
    Expects(f"the name of an alarm of environments, as in {RUNBOOKS}"),
]
Count = Annotated[Integer, Field(ge=1)]
Threshold = Annotated[float, Strict(), Field(allow_inf_nan=False)]


def _sensible(thresholds: dict[str, float]) -> dict[str, float]:
    """Rejects thresholds that no value, or every value, breaches."""
    for name, threshold in thresholds.items():
        alarm = ALARMS[name]
        most = f"{alarm.most:.10g}" if alarm.most is not None else "any number"
        about = f"{alarm.metric_names} is {alarm.least:.10g} to {most}"
        if not alarm.can_fire(threshold):
            reject(f"{name} can never fire at {threshold:.10g}: {about} ({alarm.unit}).")
        if not alarm.can_rest(threshold):
            reject(
                f"{name} always fires at {threshold:.10g}: {about} ({alarm.unit}).",
                "To be without it, name it in Off.",
            )
    return thresholds


def _short_enough(periods: dict[str, int]) -> dict[str, int]:
    """Rejects more periods than CloudWatch looks back on."""
    for name, count in periods.items():
        period = ALARMS[name].period
        longest = longest_evaluation(period)
        most, span = longest // period, "a day" if longest == DAY else "a week"
        if count > most:
            reject(
                f"{name} can look back on {most} periods at most, which are {span}, not {count}."
            )
    return periods


# What the file and an entry both change of alarms, by their names.
Name = TypeVar("Name", bound=str)
Thresholds = Annotated[dict[Name, Threshold], AfterValidator(_sensible)]
Periods = Annotated[dict[Name, Count], AfterValidator(_short_enough)]
THRESHOLDS = "Other thresholds, by alarm, in its unit."
PERIODS = "How many periods each of these alarms looks back on."
DATAPOINTS = "How many of those periods must breach the threshold."
AS_DESIGNED = "the designed ones"
AS_IN_THE_FILE = f"those of the file's `Alarms`, then {AS_DESIGNED}"
AS_BEFORE = "as many of them as before, or all"


def _by_alarm(description: str, otherwise: str) -> Any:
    return setting(description, update=FREE, default_factory=dict, otherwise=otherwise)


class EnvironmentAlarms(Section):
    """Alarms of one environment and of its host. What is left out is as the file's `Alarms` say.

    `Off` replaces the file's; thresholds and numbers of periods replace its own alarm by alarm.
    """

    enabled: Boolean | None = setting(
        "Whether it is watched.",
        update=UpdatePolicy.ADDS_STACKS,
        default=None,
        otherwise="as the file's `Alarms` say; of an existing environment its host alone",
    )
    notify: Boolean | None = setting(
        "Whether its alarms send. Without, they are there to be looked at.",
        update=FREE,
        default=None,
        otherwise="as the file's `Alarms` say",
    )
    dashboard: Boolean | None = setting(
        "Whether it has a dashboard, where it is watched.",
        update=FREE,
        default=None,
        otherwise="as the file's `Alarms` say",
    )
    topic_arn: TopicArn | None = setting(
        "ARN of an existing topic for its alarms, in the same account and Region.",
        update=FREE,
        default=None,
        otherwise="that of all alarms",
    )
    off: tuple[EnvironmentAlarmName, ...] | None = setting(
        "Alarms that the platform does not create.",
        update=FREE,
        default=None,
        otherwise="those of the file's `Alarms`",
    )
    thresholds: Thresholds[EnvironmentAlarmName] = _by_alarm(THRESHOLDS, AS_IN_THE_FILE)
    evaluation_periods: Periods[EnvironmentAlarmName] = _by_alarm(PERIODS, AS_IN_THE_FILE)
    datapoints_to_alarm: dict[EnvironmentAlarmName, Count] = _by_alarm(DATAPOINTS, AS_BEFORE)


class Alarms(Section):
    """What is watched, and where an alarm sends. [Every alarm, and what to do](alarms.md)."""

    enabled: Boolean = setting(
        "Whether new environments, hosts and signing in are watched. An existing environment is "
        "watched where its entry says so.",
        update=UpdatePolicy.ADDS_STACKS,
        default=True,
    )
    notify: Boolean = setting(
        "Whether alarms send. Without, they are there to be looked at.", update=FREE, default=True
    )
    dashboard: Boolean = setting(
        "Whether each environment that is watched has a dashboard, and the portal one of all.",
        update=FREE,
        default=True,
    )
    topic_arn: TopicArn | None = setting(
        "ARN of an existing topic for all alarms, in the same account and Region. Its policy, and "
        "that of its key, must let CloudWatch send.",
        update=FREE,
        default=None,
        otherwise="the topic of `AlarmTopic`, or none: then alarms are there to be looked at",
    )
    runbook_url: RunbookUrl | None = setting(
        "Address at which your people read docs/alarms.md: the texts of alarms link to its "
        "sections.",
        update=FREE,
        default=None,
        otherwise="the texts name docs/alarms.md",
    )
    off: tuple[AlarmName, ...] = setting(
        "Alarms that the platform does not create.",
        update=FREE,
        default=(),
        otherwise="all are made",
    )
    thresholds: Thresholds[AlarmName] = _by_alarm(THRESHOLDS, AS_DESIGNED)
    evaluation_periods: Periods[AlarmName] = _by_alarm(PERIODS, AS_DESIGNED)
    datapoints_to_alarm: dict[AlarmName, Count] = _by_alarm(DATAPOINTS, AS_BEFORE)


class AlarmTopic(Section):
    """A topic that the platform creates for alarms, with a key of its own that encrypts messages.

    `{}` creates it without subscriptions: the stack Topic has its ARN as output `AlarmTopicArn`.
    """

    emails: Annotated[tuple[Email, ...], AfterValidator(check_unique)] = setting(
        "Addresses that get what alarms send. Each gets a message first, and must confirm.",
        update=FREE,
        default=(),
        otherwise="nobody; subscribe what your people are called by",
    )
