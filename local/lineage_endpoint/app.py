"""The routes: POST to any path stores an event; the page, its graph as JSON, and each event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.lineage_endpoint.airflow_links import WebServer
from local.lineage_endpoint.events import Events
from local.lineage_endpoint.pages import Pages

MAX_EVENT_BYTES = 1024 * 1024


def make_app(events: Events, web_servers: Mapping[str, WebServer] | None = None) -> Starlette:
    """The ASGI application of the events; `web_servers` is that of `Pages`."""
    pages = Pages(events=events, web_servers=web_servers or {})

    async def receive(request: Request) -> Response:
        events.add(
            path=request.url.path,
            authorization=request.headers.get("authorization"),
            event=await _event(request),
        )
        return JSONResponse({"status": "received"}, status_code=201)

    return Starlette(
        routes=[
            Route("/", pages.show, methods=["GET"]),
            Route("/graph", pages.draw, methods=["GET"]),
            Route("/events", pages.read, methods=["GET"]),
            Route("/events/{number:int}", pages.read_one, methods=["GET"]),
            Route("/files/{name}", pages.file, methods=["GET"]),
            Route("/{path:path}", receive, methods=["POST"]),
        ],
    )


async def _event(request: Request) -> Mapping[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_EVENT_BYTES:
            raise HTTPException(413, f"An event has at most {MAX_EVENT_BYTES} bytes.")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is no JSON that can be read.") from None
    if not isinstance(event, dict):
        raise HTTPException(400, "An event is a JSON object.")
    return event
