"""How what is watched is watched: the file's `Alarms`, and what an entry changes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.alarms import RUNBOOKS, Alarms, EnvironmentAlarms
from mwaa.monitoring.alarm import Tuning
from mwaa.monitoring.catalogue import OF_ENVIRONMENTS


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How something is watched: what is changed of its alarms, where they send, and whether a
    dashboard shows it."""

    tuning: Tuning
    topic_arn: str | None
    dashboard: bool
    runbooks: str


def watch(alarms: Alarms, own: EnvironmentAlarms | None = None, *, made: str | None) -> Watch:
    """How something is watched by the file's alarms, and those of an entry; `made` is the ARN of
    the topic that is made, if one is."""
    own = own or EnvironmentAlarms()
    notify = alarms.notify if own.notify is None else own.notify
    return Watch(
        tuning=Tuning(
            off=frozenset(alarms.off if own.off is None else own.off),
            thresholds={**alarms.thresholds, **own.thresholds},
            evaluation_periods={**alarms.evaluation_periods, **own.evaluation_periods},
            datapoints_to_alarm={**alarms.datapoints_to_alarm, **own.datapoints_to_alarm},
        ),
        topic_arn=(own.topic_arn or alarms.topic_arn or made) if notify else None,
        dashboard=alarms.dashboard if own.dashboard is None else own.dashboard,
        runbooks=alarms.runbook_url or RUNBOOKS,
    )


BY_ALARM = ("Thresholds", "EvaluationPeriods", "DatapointsToAlarm")
ALARM_KEYS = {str(field.alias) for field in EnvironmentAlarms.model_fields.values()}


def with_alarms(raw: dict[str, Any]) -> dict[str, Any]:
    """The file as it is written, with the alarms that environments inherit in their entries.

    What of the file's `Alarms` only environments read is in the entries alone. Shapes that are
    wrong are left as they are.
    """
    of_all, listed = raw.get("Alarms"), raw.get("MwaaEnvironments")
    if not isinstance(of_all, dict) or not isinstance(listed, list):
        return raw
    environments = [
        {**each, "Alarms": _merged(of_all, each.get("Alarms") or {})}
        if isinstance(each, dict) and isinstance(each.get("Alarms"), dict | None)
        else each
        for each in listed
    ]
    own = {key: _some(value, of_environments=False) for key, value in of_all.items()}
    return {**raw, "Alarms": own, "MwaaEnvironments": environments}


def _merged(of_all: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    inherited = {
        key: _some(value, of_environments=True)
        for key, value in of_all.items()
        if key in ALARM_KEYS
    }
    merged = {**inherited, **own}
    for key in BY_ALARM:
        both = inherited.get(key, {}), own.get(key, {})
        if key in merged and all(isinstance(each, dict) for each in both):
            merged[key] = {**both[0], **both[1]}
    return merged


def _some(value: Any, *, of_environments: bool) -> Any:
    """Of a list or an object of alarms those of environments, or the others."""
    match value:
        case dict():
            return {k: v for k, v in value.items() if (k in OF_ENVIRONMENTS) == of_environments}
        case list():
            return [each for each in value if (each in OF_ENVIRONMENTS) == of_environments]
    return value
