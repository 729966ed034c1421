"""The checks of one catalogue, and what is sent for them.

- Atlan, OpenLineage, Marquez, DataHub: a POST with an empty body to where events go. Servers look
  at the token first and refuse a body that is no event afterwards; there is nothing to keep.
- OpenMetadata: GET /api/v1/system/version, which needs no token, and GET
  /api/v1/users/loggedInUser, which does. Nothing is posted, for its endpoint is not known to refuse
  an empty body.
- DataZone: see data_zone.

A marker is an OpenLineage event of a run that never was, which the catalogue keeps.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urljoin

from mwaa_platform_preflight.answers import explain_answer
from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.network import Answer, ask, check_way
from mwaa_platform_preflight.secret import SecretProblem, token_in
from mwaa_platform_preflight.targets import Target

Numbers = tuple[int, ...]

MARKER_JOB = "mwaa_platform_lineage_marker"
PRODUCER = "urn:mwaa-platform:lineage:preflight"
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FIRST_WITH_ENDPOINT = (1, 12)
"""The OpenMetadata that first takes OpenLineage's events."""
FIRST_CLIENT_OF_A_MINOR = (1, 4)
"""Older clients of OpenMetadata refuse even a server of another patch release."""


def check_catalogue(
    target: Target,
    *,
    secret: Callable[[], str] | None,
    cafile: str,
    marker_namespace: str | None = None,
) -> Iterator[Finding]:
    """All that can be said of a catalogue that is asked over HTTP.

    `secret` reads the text of its secret, or raises SecretProblem. With a `marker_namespace` a
    marker is sent there, which makes an asset.
    """
    for finding in _checks(target, secret, cafile, marker_namespace):
        yield finding._replace(catalogue=target.id)


def _checks(
    target: Target, secret: Callable[[], str] | None, cafile: str, marker_namespace: str | None
) -> Iterator[Finding]:
    yield check_address(target)
    token, well = None, True
    if target.token and secret:
        try:
            token = token_in(secret(), target)
            yield Finding("Token", note="the secret can be read and holds one")
        except SecretProblem as problem:
            yield Finding("Token", problem.wrong, problem.remedy)
            well = False
    for finding in check_way(target.url, cafile=cafile):
        yield finding
        well = well and not finding.wrong
    if not well:
        return
    if target.provider == "OpenMetadata":
        for finding in _ask_openmetadata(target, token, cafile):
            yield finding
            well = well and not finding.wrong
    elif marker_namespace is None:  # a marker's answer says more
        yield _ask_openlineage(target, token, cafile)
    if well and marker_namespace is not None:
        yield _send_marker(target, token, cafile, marker_namespace)


def check_address(target: Target) -> Finding:
    """Whether the client would join the endpoint to all of the address."""
    if not target.url.endswith("/"):
        return Finding(
            "Address",
            f"{target.url} has no slash at its end, so events would go to {target.events_url}.",
            "End Url with a slash, and deploy.",
        )
    if target.endpoint.startswith("/") and target.events_url != target.url + target.endpoint[1:]:
        return Finding(
            "Address",
            f"The slash before {target.endpoint} loses the path of {target.url}.",
            "Take the slash at the beginning of Endpoint out, and deploy.",
        )
    return Finding("Address", note=target.events_url)


def _ask_openlineage(target: Target, token: str | None, cafile: str) -> Finding:
    headers = {"Content-Type": "application/json", **target.headers(token)}
    answer = ask("POST", target.events_url, headers=headers, body=b"", cafile=cafile)
    return explain_answer(answer, target, url=target.events_url, empty_body=True)


def _ask_openmetadata(target: Target, token: str | None, cafile: str) -> Iterator[Finding]:
    api = target.url if target.is_backend else urljoin(target.url, "api/")
    url = f"{api}v1/system/version"
    answer = ask("GET", url, headers={}, body=None, cafile=cafile)
    finding = explain_answer(answer, target, url=url, subject="Server")
    if finding.wrong or not isinstance(answer, Answer):
        yield finding
        return
    yield _server_version(answer.body, target)
    if token is None:
        return
    if not target.enters_by_header:
        note = f"not tried: a token of {target.authentication} is fetched by the backend alone"
        yield Finding("Answer", note=note, not_tried=True)
        return
    url = f"{api}v1/users/loggedInUser"
    answer = ask("GET", url, headers=target.headers(token), body=None, cafile=cafile)
    yield explain_answer(answer, target, url=url)


def _server_version(body: bytes, target: Target) -> Finding:
    version = ""
    with suppress(ValueError, RecursionError, AttributeError):
        version = str(json.loads(body).get("version", ""))
    said = re.match(r"\d+\.\d+(\.\d+)?", version)
    if not said:
        return Finding(
            "Server",
            "What answers there does not say which OpenMetadata it is.",
            "Check that Url is the server's own address, without a path.",
        )
    found = _numbers(said[0])
    if target.version and _is_refused(found, _numbers(target.version)):
        return Finding(
            "Server",
            f"It is OpenMetadata {said[0]}, and Airflow is to send with the client of "
            f"{target.version}, which refuses it.",
            f"Set Version to {said[0]}, and deploy.",
        )
    if not target.is_backend and found < FIRST_WITH_ENDPOINT:
        return Finding(
            "Server",
            f"OpenMetadata {said[0]} takes no events of OpenLineage: 1.12 is the first.",
            "Upgrade the server. On Airflow 2 its lineage backend works with older ones.",
        )
    return Finding("Server", note=f"OpenMetadata {said[0]}")


def _is_refused(server: Numbers, client: Numbers) -> bool:
    """Whether the backend's client would send nothing to a server of that version."""
    compared = 2 if client >= FIRST_CLIENT_OF_A_MINOR else 3
    return server[:compared] != client[:compared]


def _numbers(version: str) -> Numbers:
    return tuple(map(int, version.split(".")))


def _send_marker(target: Target, token: str | None, cafile: str, namespace: str) -> Finding:
    subject = "Marker"
    if target.is_backend:
        note = "not tried: the backend sends with a task of yours alone"
        return Finding(subject, note=note, not_tried=True)
    headers = {"Content-Type": "application/json", **target.headers(token)}
    body = json.dumps(marker(namespace)).encode()
    answer = ask("POST", target.events_url, headers=headers, body=body, cafile=cafile)
    finding = explain_answer(answer, target, url=target.events_url, subject=subject)
    if isinstance(answer, Answer) and not finding.wrong:
        return finding._replace(note=f"taken ({answer.status}): look for {MARKER_JOB} there")
    if isinstance(answer, Answer) and answer.status in {400, 422}:
        return finding._replace(
            wrong=f"It takes no such event ({answer.status}).",
            remedy="Check that the endpoint is one for events of OpenLineage.",
        )
    return finding


def marker(namespace: str) -> dict[str, Any]:
    """The event of a run that never was."""
    return {
        "eventType": "COMPLETE",
        "eventTime": datetime.now(timezone.utc).isoformat(),  # noqa: UP017 - Python 3.10
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
        "run": {"runId": str(uuid.uuid4())},
        "job": {"namespace": namespace, "name": MARKER_JOB},
        "inputs": [],
        "outputs": [],
    }
