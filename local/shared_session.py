"""Session of the AWS SDK that several threads use."""

from __future__ import annotations

from threading import Lock
from typing import Any

import boto3


class SharedSession(boto3.Session):
    """A session that makes one client at a time, and each client once.

    Clients may be shared by threads, and sessions not.
    https://docs.aws.amazon.com/boto3/latest/guide/clients.html#multithreading-or-multiprocessing-with-clients
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._lock = Lock()
        self._clients: dict[str, Any] = {}

    def client(self, *arguments: Any, **settings: Any) -> Any:
        """The client of a service; parameters as those of boto3's method."""
        key = repr((arguments, sorted(settings.items())))
        with self._lock:
            if key not in self._clients:
                self._clients[key] = super().client(*arguments, **settings)
            return self._clients[key]
