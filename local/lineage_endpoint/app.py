"""The routes: POST to any path stores an event, `/` shows the events, `/events` lists them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from local.lineage_endpoint.events import Events

FOLDER = Path(__file__).parent / "templates"
MAX_EVENT_BYTES = 1024 * 1024
SHOWN_EVENTS = 200
STATES = ("START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER")
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def make_app(events: Events) -> Starlette:
    """The ASGI application of the events."""
    templates = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)

    async def show(request: Request) -> Response:
        query = {key: request.query_params.get(key, "") for key in ("namespace", "state", "job")}
        found = events.matching(**query)
        page = templates.get_template("events.html").render(
            events=found[:SHOWN_EVENTS],
            found=len(found),
            received=len(events.oldest_first()),
            namespaces=sorted({received.namespace for received in events.oldest_first()}),
            states=STATES,
            query=query,
            paused=request.query_params.get("refresh") == "off",
        )
        return HTMLResponse(page, headers=SECURITY_HEADERS)

    async def read(_: Request) -> Response:
        return JSONResponse([vars(received) for received in events.oldest_first()])

    async def style(_: Request) -> Response:
        return FileResponse(FOLDER / "style.css", media_type="text/css")

    async def receive(request: Request) -> Response:
        events.add(
            path=request.url.path,
            authorization=request.headers.get("authorization"),
            event=await _event(request),
        )
        return JSONResponse({"status": "received"}, status_code=201)

    return Starlette(
        routes=[
            Route("/", show, methods=["GET"]),
            Route("/events", read, methods=["GET"]),
            Route("/style.css", style, methods=["GET"]),
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
