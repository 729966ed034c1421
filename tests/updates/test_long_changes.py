"""Each change of the long run: what its policy says happens, Airflow runs, nothing is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from config.update_policy import Effect, Interrupts, UpdatePolicy
from errors import PlatformError
from tests.conftest import platform_of
from tests.integration.test_sign_in import PRIVATE, PUBLIC
from tests.updates.account import EGRESS, HOLDS_DATA, Difference, Json
from tests.updates.changes_table import Row
from tests.updates.changing import Changing
from tests.updates.conftest import Record
from tests.updates.long_changes import CHANGES, Change, start_configuration
from tests.updates.scene import Scene
from tests.updates.told import done, refusals, told

pytestmark = [pytest.mark.platform, pytest.mark.long, pytest.mark.xdist_group("changes")]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("changes")
    with platform_of(start_configuration(), folder) as platform, platform.visitor() as person:
        changing = Changing(platform)
        scene = Scene(changing, person, tmp_path_factory.mktemp("team"))
        scene.sign_in()
        for environment in (PRIVATE, PUBLIC):  # a history that may be lost
            changing.run(environment, through_portal=False)
        yield scene


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.words)
def test_a_change_does_what_its_policy_says_and_loses_nothing(
    scene: Scene, record: Record, change: Change
) -> None:
    started = time.monotonic()
    does = (refused if change.fails else made)(scene, change)
    run = scene.changing.run(change.environment, through_portal=False)
    check_session(scene, change)
    record(
        Row(
            change=change,
            did=does,
            seconds=time.monotonic() - started,
            run=run.environment,
        )
    )


def made(scene: Scene, change: Change) -> str:
    """Makes a change that is not refused; returns what the stand-in did."""
    changing = scene.changing
    change.before(scene)
    before, configuration = changing.account(), changing.configuration
    change.edit(configuration, scene)
    planned = changing.plan(configuration)
    deploy(scene, configuration)
    difference = Difference(before=before, after=changing.account())

    assert told(planned.plan) == done(difference, planned.files)
    moves_egress = change.policy is UpdatePolicy.MOVES_EGRESS
    kept = HOLDS_DATA if moves_egress else (*HOLDS_DATA, *EGRESS)
    assert difference.restarted == change.restarts
    assert difference.replaced(*kept) == set()
    assert {each.type for each in difference.removed(*kept)} <= change.leaves
    added = difference.after.environments.keys() - before.environments.keys()
    adds = {UpdatePolicy.ADDS_STACKS, UpdatePolicy.ANOTHER_ENVIRONMENT}
    assert bool(added) == (change.policy in adds)
    scene.fill_secrets(difference)
    for name in added:
        changing.add_dag(name)
    if restarted := difference.restarted | added:
        changing.restart(restarted)
    # After the restart, which takes the history to a new version's database.
    lost = Difference(before=before, after=changing.account()).lost
    assert {kind for kind, *_ in lost} <= change.loses, lost
    change.check(scene, difference)
    return words(scene, difference)


def refused(scene: Scene, change: Change) -> str:
    """Sees that a change is refused and changes nothing, and goes its way round."""
    assert change.policy.value.effect is Effect.REFUSED
    changing = scene.changing
    before, configuration = changing.account(), changing.configuration
    change.edit(configuration, scene)
    planned = changing.plan(configuration)
    with pytest.raises(PlatformError):
        deploy(scene, configuration)
    assert list(refusals(planned.plan, Difference(before=before, after=changing.account()))) == []
    changing.deploy()
    difference = Difference(before=before, after=changing.account())

    assert difference.restarted == set()
    replaced = difference.replaced(*HOLDS_DATA, *EGRESS)
    assert {each.type for each in replaced} <= change.renews
    assert difference.removed() == set()
    assert difference.lost == set()
    assert difference.after.resources.keys() == before.resources.keys()
    did = "refused it, and took the former file again"
    if not change.way_round:
        return did
    changing.run(change.environment, through_portal=False)
    change.way_round(scene, change.edit)
    by_the_way = Difference(before=before, after=changing.account())
    return f"{did}; then the way round: {words(scene, by_the_way)}"


def deploy(scene: Scene, configuration: Json) -> None:
    """Deploys a file; where that fails, the former one is there for the next change."""
    former = scene.changing.configuration
    scene.changing.write(configuration)
    try:
        scene.changing.deploy()
    except PlatformError:
        scene.changing.write(former)
        raise


def check_session(scene: Scene, change: Change) -> None:
    """A person's session at the portal is good; where the policy interrupts sign-in, a new one is.

    That the former one is not good any more cannot be seen here, where a load balancer takes a
    session under any cookie's name.
    """
    if change.policy.value.interrupts is Interrupts.SIGN_IN:
        scene.sign_in()
    assert scene.is_signed_in()


def words(scene: Scene, difference: Difference) -> str:
    """What a deployment did, for the table."""
    calls = [f"`UpdateEnvironment` of {name}" for name in sorted(difference.restarted)]
    prefix = f"{scene.changing.configuration['AppName']}-"
    stacks = ", ".join(sorted(each.removeprefix(prefix) for each in difference.stacks))
    replaced = Counter(each.type.rpartition("::")[2] for each in difference.replaced())
    replacements = [f"replaced {', '.join(sorted(replaced))}"] if replaced else []
    return "; ".join([*calls, f"stacks {stacks}" if stacks else "no stack", *replacements])
