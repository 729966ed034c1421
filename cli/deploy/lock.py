"""The lock that keeps two deployments of one platform apart.

It is a parameter in Systems Manager, which the command makes itself, since at first no stack
exists. PutParameter without Overwrite makes it only where there is none.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html

A holder whose lock was broken is not told of it, so it asks before each step (`HeldLock.check`).
"""

from __future__ import annotations

import json
import platform as machine
import shlex
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from pydantic import TypeAdapter

import console
from cli.aws_errors import aws_errors_translated
from cli.deploy.one_deletion import delete, one_deletion, value
from cli.explain.stacks import duration
from config.stack_names import parameter_folder
from errors import PlatformError

if TYPE_CHECKING:
    import boto3
    from types_boto3_ssm import SSMClient


def lock_name(app_name: str) -> str:
    """The parameter of an application's lock."""
    return f"{parameter_folder(app_name)}/deployment"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds the lock: the caller's ARN, the host, since when (ISO 8601), and a unique id."""

    arn: str
    host: str
    since: str
    id: str

    @classmethod
    def here(cls, session: boto3.Session) -> Holder:
        """The caller of this process."""
        return cls(
            arn=session.client("sts").get_caller_identity()["Arn"],
            host=machine.node() or "unknown",
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            id=uuid.uuid4().hex,
        )

    @classmethod
    def read(cls, value: str) -> Self:
        """Whom a parameter's value names; raises ValueError for one that names nobody."""
        found = TypeAdapter(cls).validate_json(value)
        if datetime.fromisoformat(found.since).tzinfo is None:
            raise ValueError("the time has no zone")
        return found

    @property
    def name(self) -> str:
        """The name by which people break the lock, such as assumed-role/Deployer/ada@laptop."""
        return f"{self.arn.rpartition(':')[2]}@{self.host}"

    @property
    def described(self) -> str:
        """Who, since when."""
        since = datetime.fromisoformat(self.since)
        lasts = duration(datetime.now(UTC) - since)
        return f"{self.name} since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({lasts})"


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The lock of an application; what it raises beside PlatformErrors is the AWS SDK's."""

    ssm: SSMClient
    name: str

    @contextmanager
    def held(self, own: Holder, *, wait: Callable[[Holder], None]) -> Iterator[HeldLock]:
        """Takes the lock for the block. `wait` waits a while for another, or raises."""
        while other := self.take(own):
            wait(other)
        try:
            yield HeldLock(lock=self, own=own)
        finally:
            self._release_or_say(own)

    def take(self, own: Holder) -> Holder | None:
        """Takes the lock; returns who holds it instead.

        The SDK asks again where an answer was lost, and then finds the lock that it has made.
        """
        try:
            self.ssm.put_parameter(
                Name=self.name,
                Value=json.dumps(asdict(own)),
                Type="String",
                Description="Held by a deployment that is going on.",
            )
        except self.ssm.exceptions.ParameterAlreadyExists:
            holder = self.holder()
            if holder and holder.id == own.id:
                return None
            # It may have been released in between.
            return holder if holder else self.take(own)
        return None

    def holder(self) -> Holder | None:
        """Who holds the lock."""
        if (found := value(self.ssm, self.name)) is None:
            return None
        try:
            return Holder.read(found)
        except ValueError:
            raise PlatformError(
                "The deployment's lock does not say who holds it.",
                place=self.name,
                remedy="If no deployment is running, delete the parameter: "
                f"aws ssm delete-parameter --name {self.name}",
            ) from None

    def release(self, own: Holder) -> None:
        """Releases the lock where it is still one's own: somebody may have broken it."""
        with one_deletion(self.ssm, self.name):
            if (holder := self.holder()) and holder.id == own.id:
                delete(self.ssm, self.name)

    def _release_or_say(self, own: Holder) -> None:
        """Releases it; that AWS refuses is only said, for it is not how the deployment ended."""
        try:
            with aws_errors_translated(self.name):
                self.release(own)
        except PlatformError as error:
            console.warn(
                f"The deployment's lock was not released: {error.message} Deploy next with:",
                lines=[f"--break-lock {shlex.quote(own.name)}"],
            )

    def break_by_name(self, name: str) -> None:
        """Takes the lock from the holder of that name; does nothing where nobody holds it."""
        with one_deletion(self.ssm, self.name):
            holder = self.holder()
            if holder and holder.name != name:
                raise PlatformError(
                    f"The lock is not held by {name}, but by {holder.described}.",
                    place=self.name,
                    remedy="If you are sure that this deployment has ended: "
                    f"--break-lock {shlex.quote(holder.name)}",
                )
            if holder:
                delete(self.ssm, self.name)


@dataclass(frozen=True, kw_only=True)
class HeldLock:
    """A lock that was taken, and by whom."""

    lock: Lock
    own: Holder

    def check(self) -> None:
        """Raises PlatformError where it is held no longer: somebody has broken it."""
        holder = self.lock.holder()
        if holder and holder.id == self.own.id:
            return
        now = f"{holder.described} holds it now" if holder else "nobody holds it now"
        raise PlatformError(
            f"The lock of this run was broken; {now}. No further stage is started.",
            place=f"Systems Manager, parameter {self.lock.name}",
            remedy="Run this again, with --wait 60m if another deployment is running: it "
            "continues.",
        )


def held_error(lock: str, holder: Holder, waited: timedelta) -> PlatformError:
    """Error of a deployment that another keeps out."""
    after = f", after {duration(waited)} of waiting" if waited else ""
    return PlatformError(
        f"Another deployment is running{after}: {holder.described}.",
        place=f"Systems Manager, parameter {lock}",
        remedy="Wait for it (--wait 60m). If you are sure that it was killed, break its lock: "
        f"--break-lock {shlex.quote(holder.name)}",
    )
