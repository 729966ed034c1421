"""Amazon DataZone's PostLineageEvent, which MiniStack 1.5.33 lacks.

The caller's policies must allow it on the resource `*`, as AWS knows no other. The event is
forwarded to the lineage endpoint of this machine, which also shows those of other catalogues.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from ministack import app
from ministack.core import iam_actions, responses, router

from local.aws.adapter.handlers import HandlerResponse, error_response, json_response

LINEAGE = "MWAA_LOCAL_LINEAGE"

SERVICE = "datazone"
EVENTS = re.compile(r"/v2/domains/([^/]+)/lineage/events")
# https://docs.aws.amazon.com/datazone/latest/APIReference/API_PostLineageEvent.html
MAX_EVENT_BYTES = 300_000
TIMEOUT_SECONDS = 5


def install() -> None:
    """Adds the service. The variable MWAA_LOCAL_LINEAGE is the URL of the lineage endpoint."""
    router.SERVICE_PATTERNS[SERVICE] = {"credential_scope": SERVICE}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = [SERVICE]
    app.SERVICE_HANDLERS[SERVICE] = partial(_handle, os.environ[LINEAGE])


async def _handle(
    lineage: str,
    method: str,
    path: str,
    _headers: Mapping[str, str],
    body: bytes,
    _query: Mapping[str, Any],
) -> HandlerResponse:
    domain = EVENTS.fullmatch(path)
    if method != "POST" or not domain:
        return error_response(
            "ResourceNotFoundException", f"{method} {path} is not known here.", 404
        )
    if len(body) > MAX_EVENT_BYTES:
        return error_response(
            "ValidationException", f"An event has at most {MAX_EVENT_BYTES} bytes.", 400
        )
    event = Request(  # noqa: S310 - the endpoint of this machine
        f"{lineage}{path}", body, {"Content-Type": "application/json"}
    )
    try:
        await asyncio.to_thread(urlopen, event, timeout=TIMEOUT_SECONDS)
    except HTTPError as problem:
        return error_response("ValidationException", f"This is no event: {problem}", 400)
    except (URLError, TimeoutError) as problem:
        return error_response("InternalServerException", f"The lineage endpoint: {problem}", 500)
    return json_response({"domainId": domain[1], "id": responses.new_uuid()})
