"""A data catalogue and a Secrets Manager that can fail or hang."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from threading import Event, Lock
from typing import Any

from tests.loopback import Request, Response, Server

HANGING_SECONDS = 30.0


class State(Enum):
    """How a service is."""

    WELL = auto()
    FAILING = auto()
    HANGING = auto()


@dataclass(frozen=True, kw_only=True)
class Received:
    """An event as it arrived: where, with which headers, and while what was going on."""

    during: str
    path: str
    headers: Mapping[str, str]
    event: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.event["eventType"])

    @property
    def job(self) -> str:
        return str(self.event["job"]["name"])

    @property
    def run(self) -> str:
        return str(self.event["run"]["runId"])

    def facet(self, holder: str, name: str) -> Mapping[str, Any] | None:
        """A facet of the `run` or the `job`."""
        facets: Mapping[str, Mapping[str, Any]] = self.event[holder].get("facets", {})
        return facets.get(name)


class Service(Server, ABC):
    """Counts who asks, and is as well as its `state`."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.state = State.WELL
        self.asked = 0
        self._ended = Event()
        self._counting = Lock()

    def _answer(self, request: Request) -> Response:
        with self._counting:
            self.asked += 1
        match self.state:
            case State.WELL:
                return self.well(request)
            case State.FAILING:
                return Response(500, b"it is broken")
            case State.HANGING:
                self._ended.wait(HANGING_SECONDS)
                return Response(504)

    @abstractmethod
    def well(self, request: Request) -> Response:
        """What it answers when nothing is wrong with it."""

    def server_close(self) -> None:
        """Let go of whoever waits."""
        self._ended.set()
        super().server_close()


class Catalogue(Service):
    """Keeps every event that is posted to it while it is well, and refuses anything else."""

    def __init__(self) -> None:
        super().__init__()
        self.during = ""
        self.received: list[Received] = []

    def well(self, request: Request) -> Response:
        event = json.loads(request.body or b"{}")
        if "eventType" not in event:
            return Response(400, b"that is no event")
        self.received.append(
            Received(
                during=self.during,
                path=request.path,
                headers=dict(request.headers),
                event=event,
            )
        )
        return Response(201)


class SecretsManager(Service):
    """Has some secrets, by ARN, and trouble with any other."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__()
        self.values = values

    def well(self, request: Request) -> Response:
        arn = json.loads(request.body)["SecretId"]
        if arn not in self.values:
            return Response(503)
        secret = {"ARN": arn, "Name": "lineage", "SecretString": self.values[arn]}
        return Response(200, json.dumps(secret).encode())
