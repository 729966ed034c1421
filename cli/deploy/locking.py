"""The lock as commands take it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.deploy.lock import HeldLock, Holder, Lock, held_error, lock_name
from cli.deploy.patience import Patience
from cli.deployed import DeployedPlatform


@contextmanager
def locked(
    platform: DeployedPlatform, patience: Patience, *, break_lock: str | None
) -> Iterator[HeldLock]:
    """Holds the platform's lock for the block, after that of the holder `break_lock` is broken.

    Raises PlatformError where another holds it when the patience ends.
    """
    lock = Lock(ssm=platform.session.client("ssm"), name=lock_name(platform.outline.app_name))
    if break_lock:
        lock.break_by_name(break_lock)

    def wait(other: Holder) -> None:
        patience.wait(held_error(lock.name, other, patience.limit))

    with lock.held(Holder.here(platform.session), wait=wait) as held:
        yield held
