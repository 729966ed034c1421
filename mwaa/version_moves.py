"""Moves of an environment from one Airflow version to another, by MWAA's rules.

https://docs.aws.amazon.com/mwaa/latest/userguide/upgrading-environment.html
https://docs.aws.amazon.com/mwaa/latest/userguide/airflow-versions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from mwaa.versions import AIRFLOW_VERSIONS, AirflowVersion, airflow_version

CREATION_MINUTES = 40
MOVE_MINUTES = 120
"""At most.

https://docs.aws.amazon.com/mwaa/latest/userguide/create-environment.html
https://docs.aws.amazon.com/mwaa/latest/userguide/environments-maintenance-updates.html
"""

STEP = (2, 11)
"""The one minor of Airflow 2 between which and Airflow 3 an environment moves."""
STEP_VERSION = max(
    (each for each in AIRFLOW_VERSIONS if Version(each).release[:2] == STEP), key=Version
)

NEW_ENVIRONMENT = "Add an environment with another name, and move DAGs, connections and variables."


class Kind(StrEnum):
    """What a move is."""

    CREATION = "creation"
    NONE = "no move"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"


@dataclass(frozen=True, kw_only=True)
class Move:
    """A move, allowed or refused.

    `before` is None for a new environment. `minutes` is the most that it takes, 0 where it is
    refused or none. A refused move has a `reason` and a `way_round`; `steps` are the versions of
    that way in their order, the last being `after`, where it is one of moves in place. `notes` are
    what to know of an allowed one, in sentences.
    """

    before: str | None
    after: str
    kind: Kind
    minutes: int = 0
    reason: str | None = None
    way_round: str | None = None
    steps: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def allowed(self) -> bool:
        """Whether MWAA makes this move."""
        return self.reason is None


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    reason: str
    way_round: str
    steps: Sequence[str] = ()


def version_move(before: str | None, after: str) -> Move:
    """The move of an environment; of a new one where `before` is None.

    Raises KeyError for a version that MWAA never had; one newer than the table is assumed to follow
    the same rules.
    """
    to = airflow_version(after)
    if before is None:
        return _creation(to)
    running = airflow_version(before)
    if running.version == to.version:
        return Move(before=before, after=after, kind=Kind.NONE)
    upgrades = Version(before) < Version(after)
    kind = Kind.UPGRADE if upgrades else Kind.DOWNGRADE
    if refusal := next(filter(None, (rule(running, to) for rule in RULES)), None):
        return Move(
            before=before,
            after=after,
            kind=kind,
            reason=refusal.reason,
            way_round=refusal.way_round,
            steps=refusal.steps,
        )
    return Move(
        before=before,
        after=after,
        kind=kind,
        minutes=MOVE_MINUTES,
        notes=[*_notes(running, to)],
    )


def _creation(to: AirflowVersion) -> Move:
    if to.creatable:
        return Move(before=None, after=to.version, kind=Kind.CREATION, minutes=CREATION_MINUTES)
    return Move(
        before=None,
        after=to.version,
        kind=Kind.CREATION,
        reason=f"MWAA has ended Airflow {to.version}: nothing new is created on it.",
        way_round=f"Take Airflow {_nearest_offered(to)}.",
    )


def _ended(_: AirflowVersion, to: AirflowVersion) -> _Refusal | None:
    if to.creatable:
        return None
    return _Refusal(
        reason=f"MWAA has ended Airflow {to.version}: no environment moves to it.",
        way_round=f"The nearest that it offers is {_nearest_offered(to)}.",
    )


def _airflow_1(running: AirflowVersion, to: AirflowVersion) -> _Refusal | None:
    if running.major > 1 or to.major == 1:
        return None
    return _Refusal(
        reason="An environment of Airflow 1 moves to no other major version in place.",
        way_round=NEW_ENVIRONMENT,
    )


def _between_2_and_3(running: AirflowVersion, to: AirflowVersion) -> _Refusal | None:
    if running.major == to.major:
        return None
    of_2 = min(running, to, key=lambda each: each.major)
    if Version(of_2.version).release[:2] == STEP:
        return None
    step = ".".join(map(str, STEP))
    return _Refusal(
        reason=f"Between Airflow {running.major} and {to.major} an environment moves through "
        f"{step} alone.",
        way_round=f"First deploy {STEP_VERSION}, then {to.version}: two moves. Or: "
        f"{NEW_ENVIRONMENT[0].lower()}{NEW_ENVIRONMENT[1:]}",
        steps=(STEP_VERSION, to.version),
    )


RULES: Sequence[Callable[[AirflowVersion, AirflowVersion], _Refusal | None]] = (
    _ended,
    _airflow_1,
    _between_2_and_3,
)
"""Why MWAA refuses a move, the first that applies."""


def _notes(running: AirflowVersion, to: AirflowVersion) -> Iterator[str]:
    """What to know of an allowed move."""
    yield (
        "MWAA takes a snapshot of the metadata database, replaces all containers, which ends "
        "running tasks, and restores the database from the snapshot."
    )
    yield (
        "Requirements are installed again, under the constraints of the new version: a "
        f"--constraint line that names {running.version} must name {to.version}."
    )
    if running.python != to.python:
        yield (
            f"Python {running.python} becomes {to.python}: DAGs, plugins and wheels must be for it."
        )
    if running.major != to.major:
        yield (
            f"DAGs and plugins must be written for Airflow {to.major}. People sign in to Airflow "
            "again."
        )
    yield from _notes_on_lineage(running, to)
    if to.major > running.major and running.version != STEP_VERSION:
        yield f"AWS names the latest 2.11 as the step to Airflow 3, which is {STEP_VERSION}."
    if not running.creatable:
        yield f"MWAA has ended {running.version}: there is no way back."


def _notes_on_lineage(running: AirflowVersion, to: AirflowVersion) -> Iterator[str]:
    if not (running.lineage_package or to.lineage_package):
        return
    if not to.lineage_package:
        yield f"Airflow {to.version} has no package that sends lineage: it ends."
    elif running.lineage_package != to.lineage_package:
        former = f", and {running.lineage_package} no more" if running.lineage_package else ""
        yield f"Lineage is sent by {to.lineage_package} from then on{former}."
    elif running.openlineage_provider != to.openlineage_provider:
        known = [each.openlineage_provider or "that of its release" for each in (running, to)]
        yield f"Lineage's package {to.lineage_package} moves from {known[0]} to {known[1]}."


def _nearest_offered(to: AirflowVersion) -> str:
    """The oldest of the versions that MWAA offers and that are newer than an ended one."""
    offered = [each for each in AIRFLOW_VERSIONS.values() if each.creatable]
    newer = [each for each in offered if Version(each.version) > Version(to.version)]
    return min((each.version for each in newer), key=Version)
