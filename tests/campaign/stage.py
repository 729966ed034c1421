"""Lives of custom resources: a creation, an update, a rollback, a deletion, one after another."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import boto3

from dag_sync import manifest
from tests.campaign.resources import Json, Resource, Scene
from tests.loopback import Request, Response, Server, aws_settings, serving
from tests.unit.custom_resource.invocation import NO_TIME_TO_WAIT


@dataclass
class Life:
    """A resource in its scene, with what it told CloudFormation."""

    resource: Resource
    scene: Scene
    url: str = ""
    told: list[Json] = field(default_factory=list)

    @property
    def length(self) -> int:
        """How many deployments there are, the deletion among them."""
        return len(self.resource.deployments) + 1

    @property
    def succeeded(self) -> bool:
        """Whether CloudFormation was told at last that it went well."""
        return bool(self.told) and self.told[-1]["Status"] == "SUCCESS"

    def deploy(self, number: int, *, request: str | None = None, was: int | None = None) -> None:
        """Has CloudFormation ask for a deployment; `was` is the one that is rolled back to it."""
        deployments = self.resource.deployments
        is_last = number == len(deployments)
        properties = deployments[number - 1 if is_last else number]
        former = deployments[number - 1 if was is None else was] if number or was else {}
        is_first = not number and was is None
        kind = "Create" if is_first else "Delete" if is_last else "Update"
        self.scene.before(number)
        event = {
            "RequestType": kind,
            "ResponseURL": f"{self.url}/cloudformation",
            "StackId": "stack",
            "RequestId": request or str(number),
            "LogicalResourceId": "Resource",
            "PhysicalResourceId": "id",
            "ResourceProperties": {"ServiceToken": "arn", **properties},
            "OldResourceProperties": former,
        }
        self.resource.handle(event, NO_TIME_TO_WAIT)

    def deploy_all_before(self, number: int) -> None:
        """Has CloudFormation ask for the deployments up to that of the number."""
        for former in range(number):
            self.deploy(former)

    def roll_back(self, number: int) -> None:
        """Has CloudFormation undo an update, when its run can no longer go on."""
        clock = patch.object(time, "time", later)
        with clock:
            self.deploy(number - 1, request="rollback", was=number)

    def answer(self, request: Request) -> Response:
        if request.path == "/cloudformation":
            self.told.append(json.loads(request.body))
            return Response(200)
        return self.scene.answer(request)


def later() -> float:
    """The time after the longest run of a function."""
    return real_time() + manifest.LONGEST_RUN_SECONDS


real_time = time.time


@dataclass
class Stage:
    """Where one life at a time is played. Making a client takes longer than a deployment does, so
    each is made once, and loses what the run before had registered with it."""

    url: str = ""
    life: Life | None = None
    made: dict[Any, tuple[Any, Any]] = field(default_factory=dict)

    def begin(self, resource: Resource) -> Life:
        """A resource that is not there yet, and an AWS that is as it was at first."""
        self.life = Life(resource, resource.scene(), self.url)
        return self.life

    def answer(self, request: Request) -> Response:
        assert self.life
        return self.life.answer(request)

    def client(self, service: str, **options: Any) -> Any:
        return self._fresh(boto3.DEFAULT_SESSION.client, service, **options)  # type: ignore[union-attr]

    def resource(self, service: str) -> Any:
        return self._fresh(boto3.DEFAULT_SESSION.resource, service)  # type: ignore[union-attr]

    def _fresh(self, make: Any, service: str, **options: Any) -> Any:
        key = make.__name__, service
        if key not in self.made:
            new = make(service, **options)
            self.made[key] = new, copy.copy(_events(new)._emitter)
        made, emitter = self.made[key]
        _events(made)._emitter = copy.copy(emitter)
        return made


def _events(made: Any) -> Any:
    """What is registered with a client, or with a resource's."""
    client = made.meta.client if hasattr(made.meta, "client") else made
    return client.meta.events


@contextmanager
def staging() -> Iterator[Stage]:
    """A stage, which boto3 takes for AWS."""
    stage = Stage()
    with serving(Server(stage.answer)) as server:
        stage.url = server.url
        variables = {**aws_settings(server.url), "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
        with (
            patch.dict("os.environ", variables),
            # Another would keep the credentials of whatever test was first in this process.
            patch.object(boto3, "DEFAULT_SESSION", boto3.Session()),
            patch.object(boto3, "client", stage.client),
            patch.object(boto3, "resource", stage.resource),
        ):
            yield stage
