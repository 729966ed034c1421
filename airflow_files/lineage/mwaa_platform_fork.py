"""Keeps a forked child off what its parent's threads are at work on.

The lineage provider of Airflow 3 forks the API server when a person sets a state: that of 3.0 for
each event of a task, all of them once, for a process that lives on. The API server serves others at
that moment: the child has copies of their sessions, though not of the threads that use them. It
comes to clear these away, and ends their transactions over the parent's TLS connections
("decryption failed or bad record mac"); or it reads in the parent's transaction itself. Airflow
gives the child a new pool, but what was taken out of the old one stays. And where one of those
threads was writing to the log, the child waits for ever to do so too.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

_connections: WeakKeyDictionary[Session, Connection] = WeakKeyDictionary()
"""What each session has last taken out of the pool."""

_held: list[list[Session | None]] = []
"""The sessions of each fork that is under way: Python clears away those that a thread alone has,
before a child is asked."""

_left: list[Any] = []
"""What a child must not touch again: to close a connection, or clear it away, is to wait for the
lock of a thread that is not there."""


def leave_connections_to_parents() -> None:
    """From now on, let a child of this process open its own connections. Once is enough."""
    if not event.contains(Session, "after_begin", _remember):
        event.listen(Session, "after_begin", _remember)
        os.register_at_fork(before=_hold, after_in_parent=_held.pop, after_in_child=_leave)


def _remember(session: Session, _: Any, connection: Connection) -> None:
    _connections[session] = connection


def _hold() -> None:
    _held.append([each() for each in _connections.keyrefs()])


def _leave() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for session, connection in list(_connections.items()):
        if not connection.closed:  # given back at the end of a transaction
            with suppress(Exception):
                _begin_anew(session, connection, nowhere)
    os.close(nowhere)
    for name in ("stdout", "stderr"):
        with suppress(Exception):  # whatever stands in its place
            _open_anew(name)


def _begin_anew(session: Session, connection: Connection, nowhere: int) -> None:
    """Take a connection from its session, which gets one of the child's own when it needs one.

    To end the old one would be to tell the server so, hence the copy of its socket leads nowhere.
    """
    pooled = connection.connection
    driven = pooled.dbapi_connection
    os.dup2(nowhere, driven.fileno())  # SQLite has none, and is left as it is
    _left.extend((pooled, driven))
    pooled.dbapi_connection = None
    connection.invalidate()
    session.rollback()


def _open_anew(name: str) -> None:
    """Write to a standard stream past the lock that a thread of the parent may hold."""
    old = getattr(sys, name)
    new = open(  # noqa: SIM115 - as long as the process lives
        old.fileno(), "w", buffering=1, encoding=old.encoding, errors=old.errors, closefd=False
    )
    _left.append(old)
    setattr(sys, name, new)
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for handler in {each for logger in loggers for each in getattr(logger, "handlers", ())}:
        if getattr(handler, "stream", None) is old:
            handler.stream = new
