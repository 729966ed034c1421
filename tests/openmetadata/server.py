"""A stand-in for OpenMetadata's server, with the API that a lineage backend calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from tests.loopback import Request, Response
from tests.matrix.services import Service

API = "/api/v1/"
NONSENSE = b'<html>{"id": 0, "nodes": [{}]}'


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a client asked."""

    method: str
    path: str
    authorization: str | None
    body: Mapping[str, Any]


class OpenMetadata(Service):
    """Knows every table; of services and pipelines what it was told, by the fully qualified name.

    With `nonsense` it answers that, and says that all is well.
    """

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version
        self.nonsense = False
        self.calls: list[Call] = []
        self._entities: dict[str, Mapping[str, Any]] = {}

    @property
    def edges(self) -> list[Mapping[str, Any]]:
        """The lineage that it was told."""
        return [call.body["edge"] for call in self.calls if call.path == "lineage"]

    @property
    def authorizations(self) -> set[str | None]:
        """What the calls were made with."""
        return {call.authorization for call in self.calls}

    def pipelines(self) -> list[Mapping[str, Any]]:
        """The pipelines that it was told."""
        return [
            call.body for call in self.calls if (call.method, call.path) == ("PUT", "pipelines")
        ]

    def well(self, request: Request) -> Response:
        path = unquote(urlsplit(request.path).path)
        assert path.startswith(API), path
        called = Call(
            method=request.method,
            path=path.removeprefix(API),
            authorization=request.headers.get("Authorization"),
            body=json.loads(request.body) if request.body else {},
        )
        self.calls.append(called)
        if self.nonsense:
            return Response(200, NONSENSE)
        found = self._found(called)
        if found is None:
            return Response(404, b'{"code": 404, "message": "not found"}')
        return Response(200, json.dumps(found).encode())

    def _found(self, call: Call) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = None
        match call.method, *call.path.split("/"):
            case "GET", "system", "version":
                found = {"version": self.version}
            case "GET", "tables", "name", name:
                found = entity(name) | {"columns": [{"name": "id", "dataType": "INT"}]}
            case "GET", *_, "name", name:
                found = self._entities.get(name)
            case "PUT", "services", "pipelineServices":
                found = self._kept(entity(call.body["name"]) | {"serviceType": "Airflow"})
            case (("PUT" | "POST"), "pipelines"):
                found = self._kept(pipeline(call.body))
            case "PUT", "pipelines", *_, "status":
                found = next(each for each in self._entities.values() if "service" in each)
            case "PUT", "lineage":
                found = {}
        return found

    def _kept(self, made: Mapping[str, Any]) -> Mapping[str, Any]:
        self._entities[made["fullyQualifiedName"]] = made
        return made


def entity(name: str) -> dict[str, Any]:
    """What all entities have."""
    identity = str(uuid5(NAMESPACE_URL, name))
    return {"id": identity, "name": name.rpartition(".")[2], "fullyQualifiedName": name}


def pipeline(request: Mapping[str, Any]) -> dict[str, Any]:
    """The pipeline that a request makes. Its service is a reference up to 0.13, then a name."""
    service = request["service"]
    name = service if isinstance(service, str) else service["id"]
    reference = {"id": entity(name)["id"], "type": "pipelineService", "name": name}
    return entity(f"{name}.{request['name']}") | {"service": reference}
