"""Keeps a forked child off its parent's connections to the database.

When a person sets a task's state, the lineage provider of Airflow 3.0 forks the scheduler or the
API server and reads the task in the child, in the parent's transaction and over its TLS connection.
Parent and child then break it for each other ("decryption failed or bad record mac"). Airflow gives
the child a new pool, but what the parent had taken out of the old one stays.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

_connections: WeakKeyDictionary[Session, Connection] = WeakKeyDictionary()
"""What each session has last taken out of the pool."""


def leave_connections_to_parents() -> None:
    """From now on, let a child of this process open its own connections. Once is enough."""
    if not event.contains(Session, "after_begin", _remember):
        event.listen(Session, "after_begin", _remember)
        os.register_at_fork(after_in_child=_leave)


def _remember(session: Session, _: Any, connection: Connection) -> None:
    _connections[session] = connection


def _leave() -> None:
    """Begin each transaction anew, on a connection of the child's own when there is a need.

    Ending the old one would tell the server so, over the parent's connection. So the child's copy
    of the socket is made to lead nowhere first.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for session, connection in list(_connections.items()):
        if connection.closed:
            continue  # given back at the end of a transaction
        with suppress(Exception):  # SQLite has no socket
            os.dup2(nowhere, connection.connection.dbapi_connection.fileno())
            connection.invalidate()
            session.rollback()
    os.close(nowhere)
