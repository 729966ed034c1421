"""The lock, in the stand-in's Systems Manager."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cli.deploy import one_deletion, patience
from cli.deploy.lock import Holder, Lock, held_error, lock_name
from cli.deploy.patience import Patience
from errors import PlatformError
from tests.unit.local.aws.stand_in import StandIn
from tests.waits import DEADLINE_SECONDS


@pytest.fixture
def lock(stand_in: StandIn) -> Lock:
    name = lock_name(f"t{uuid.uuid4().hex[:12]}")
    return Lock(ssm=stand_in.session.client("ssm"), name=name)


@pytest.fixture
def elsewhere(lock: Lock, stand_in: StandIn) -> Lock:
    """The same lock, as another process asks for it."""
    own = Config(user_agent_extra=uuid.uuid4().hex)
    return Lock(ssm=stand_in.session.client("ssm", config=own), name=lock.name)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(one_deletion, "POLL_SECONDS", 0.01)


def holder(person: str) -> Holder:
    return Holder(
        arn=f"arn:aws:iam::111122223333:user/{person}",
        host="laptop",
        since="2026-01-01T12:00:00+00:00",
        id=uuid.uuid4().hex,
    )


def test_one_of_many_gets_it(lock: Lock) -> None:
    people = [holder(f"p{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        others = list(pool.map(lock.take, people))
    [winner] = [person for person, other in zip(people, others, strict=True) if other is None]
    assert {other.id for other in others if other} == {winner.id}


def test_it_waits_for_its_turn(lock: Lock) -> None:
    first, second = holder("ada"), holder("bob")
    assert lock.take(first) is None
    seen: list[str] = []

    def wait(other: Holder) -> None:
        seen.append(other.name)
        lock.release(first)

    with lock.held(second, wait=wait):
        assert seen == ["user/ada@laptop"]
        assert lock.holder() == second
    assert lock.holder() is None


def test_a_call_that_was_made_twice_takes_it_once(lock: Lock) -> None:
    """The first answer was lost, so the SDK asked again."""
    own = holder("ada")
    assert lock.take(own) is None
    with lock.held(own, wait=lambda other: pytest.fail(f"{other.name} waits for itself")):
        assert lock.holder() == own
    assert lock.holder() is None


@pytest.mark.parametrize(
    "changed",
    [{"since": "yesterday"}, {"since": "2026-01-01T12:00:00"}, {"arn": None}, {"host": 7}],
)
def test_a_lock_that_names_nobody_says_how_to_delete_it(
    changed: dict[str, object], lock: Lock
) -> None:
    value = json.dumps({**asdict(holder("ada")), **changed})
    lock.ssm.put_parameter(Name=lock.name, Type="String", Value=value)
    with pytest.raises(PlatformError, match="does not say who holds it") as raised:
        lock.break_by_name("user/ada@laptop")
    assert f"aws ssm delete-parameter --name {lock.name}" in raised.value.remedy


def test_patience_ends_with_who_holds_it(lock: Lock) -> None:
    first = holder("ada")
    assert lock.take(first) is None
    limited = Patience(timedelta(seconds=0.05))

    def wait(other: Holder) -> None:
        limited.wait(held_error(lock.name, other, timedelta(minutes=3)))

    with (
        pytest.raises(
            PlatformError, match=re.escape("after 3 minutes of waiting: user/ada@laptop")
        ),
        lock.held(holder("bob"), wait=wait),
    ):
        pytest.fail("it was held")
    assert lock.holder() == first


def test_a_lock_that_was_broken_is_not_released_for_its_new_holder(lock: Lock) -> None:
    first, second = holder("ada"), holder("bob")
    with lock.held(first, wait=lambda _: None):
        lock.break_by_name(first.name)
        assert lock.take(second) is None
    assert lock.holder() == second


def test_it_is_released_when_the_deployment_fails(lock: Lock) -> None:
    with pytest.raises(KeyboardInterrupt), lock.held(holder("ada"), wait=lambda _: None):
        raise KeyboardInterrupt
    assert lock.holder() is None


def test_it_is_broken_by_the_name_of_its_holder_alone(lock: Lock) -> None:
    first = holder("ada")
    assert lock.take(first) is None
    with pytest.raises(PlatformError, match="user/ada@laptop since 2026-01-01 12:00 UTC"):
        lock.break_by_name("user/bob@laptop")
    assert lock.holder() == first
    lock.break_by_name(first.name)
    assert lock.holder() is None


def test_a_release_that_aws_refuses_does_not_hide_how_the_deployment_ended(
    lock: Lock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def expired(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, "DeleteParameter")

    own = holder("ada")
    monkeypatch.setattr(lock.ssm, "delete_parameter", expired)
    with pytest.raises(KeyboardInterrupt), lock.held(own, wait=lambda _: None):
        raise KeyboardInterrupt
    said = capsys.readouterr().err
    assert "Your AWS credentials have expired." in said
    assert f"--break-lock {own.name}" in said


@pytest.mark.parametrize("name", ["aws-platform", "SSM", "airflow"])
def test_every_application_can_have_one(name: str, stand_in: StandIn) -> None:
    made = Lock(ssm=stand_in.session.client("ssm"), name=lock_name(name))
    with made.held(own := holder("ada"), wait=lambda _: None):
        assert made.holder() == own


def does_meanwhile(
    first: Lock, work: Callable[[], object], second: Lock, then: Callable[[], object]
) -> None:
    """Does a work, and something else once the work has read who holds the lock.

    The work goes on when the other is done, or when what it asks for is refused.
    """
    goes_on = Event()
    begun: list[Future[object]] = []

    def other() -> None:
        try:
            then()
        finally:
            goes_on.set()

    def has_read(**_: object) -> None:
        first.ssm.meta.events.unregister("after-call.ssm.GetParameter", has_read)
        begun.append(pool.submit(other))
        assert goes_on.wait(DEADLINE_SECONDS)

    def was_refused(http_response: Any, **_: object) -> None:
        if http_response.status_code == 400:
            goes_on.set()

    with ThreadPoolExecutor(1) as pool:
        first.ssm.meta.events.register("after-call.ssm.GetParameter", has_read)
        second.ssm.meta.events.register("after-call.ssm.PutParameter", was_refused)
        work()
        begun[0].result()


def test_a_release_deletes_no_lock_that_was_taken_meanwhile(lock: Lock, elsewhere: Lock) -> None:
    first, second = holder("ada"), holder("bob")
    assert lock.take(first) is None

    def breaks_and_takes() -> None:
        elsewhere.break_by_name(first.name)
        assert elsewhere.take(second) is None

    does_meanwhile(lock, lambda: lock.release(first), elsewhere, breaks_and_takes)
    assert lock.holder() == second


def test_a_lock_is_not_broken_that_was_taken_meanwhile(lock: Lock, elsewhere: Lock) -> None:
    first, second = holder("ada"), holder("bob")
    assert lock.take(first) is None

    def releases_and_another_takes() -> None:
        elsewhere.release(first)
        assert elsewhere.take(second) is None

    does_meanwhile(
        lock, lambda: lock.break_by_name(first.name), elsewhere, releases_and_another_takes
    )
    assert lock.holder() == second


def test_a_release_that_was_killed_keeps_nobody_waiting_for_ever(
    lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_deletion, "ABANDONED_SECONDS", 0)
    own = holder("ada")
    assert lock.take(own) is None
    left = f"{lock.name}-deletion"
    lock.ssm.put_parameter(Name=left, Type="String", Value="of a process that was killed")
    lock.release(own)
    assert lock.holder() is None
    with pytest.raises(lock.ssm.exceptions.ParameterNotFound):
        lock.ssm.get_parameter(Name=left)


def test_a_holder_whose_lock_was_broken_is_told_when_it_asks(lock: Lock) -> None:
    first, second = holder("ada"), holder("bob")
    with lock.held(first, wait=lambda _: None) as held:
        held.check()
        lock.break_by_name(first.name)
        with pytest.raises(PlatformError, match="was broken; nobody holds it now"):
            held.check()
        assert lock.take(second) is None
        with pytest.raises(PlatformError, match="was broken; user/bob@laptop since 2026-01-01"):
            held.check()
