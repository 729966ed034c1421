"""A small Secrets Manager and a small data catalogue for the lineage plugin."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.loopback import Request, Response, Server

SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:lineage-AbCdEf"
SECRET_VARIABLE = "AIRFLOW__MWAA_PLATFORM__LINEAGE_SECRET_ATLAN"
ACCESS_KEY = "000000000000"


@dataclass(frozen=True)
class Event:
    """An OpenLineage event as it arrived."""

    path: str
    authorization: str | None
    api_key: str | None
    kind: str
    namespace: str
    job: str


class Catalogue(Server):
    """Keeps every event that is posted to it."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.events: list[Event] = []

    def _answer(self, request: Request) -> Response:
        event = json.loads(request.body)
        self.events.append(
            Event(
                path=request.path,
                authorization=request.headers.get("Authorization"),
                api_key=request.headers.get("X-API-Key"),
                kind=event["eventType"],
                namespace=event["job"]["namespace"],
                job=event["job"]["name"],
            )
        )
        return Response(201)


class SecretsManager(Server):
    """Knows one secret. `value` None stands for a secret that was never given a value."""

    def __init__(self, value: str | None) -> None:
        super().__init__(self._answer)
        self.value = value
        self.down = False
        self.before_answer: Callable[[], object] = lambda: None
        self.seconds_before_each_byte = 0.0
        self.refused: dict[str, str] = {}  # access keys, each with the code that it is told
        self.reads: list[str] = []  # the region that each request was signed for
        self.signatures: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the AWS SDK and the token provider here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": "local",
            SECRET_VARIABLE: SECRET_ARN,
        }

    def _answer(self, request: Request) -> Response:
        authorization = request.headers["Authorization"]
        key, _, region = authorization.partition("Credential=")[2].split("/")[:3]
        self.reads.append(region)
        self.signatures.append(authorization.rpartition("Signature=")[2])
        self.before_answer()
        if self.down:
            return Response(503)
        code = "ResourceNotFoundException" if self.value is None else self.refused.get(key)
        if code:
            return Response(400, json.dumps({"__type": code, "message": "no"}).encode())
        secret = {"ARN": SECRET_ARN, "Name": "lineage", "SecretString": self.value}
        content = json.dumps(secret).encode()
        return Response(200, content, seconds_before_each_byte=self.seconds_before_each_byte)
