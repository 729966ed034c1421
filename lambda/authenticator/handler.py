"""Lambda handler: returns a page for every event, and writes one line to the audit log."""

from __future__ import annotations

import gc
import os
import secrets
import traceback
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from authenticator import pages, responses
from authenticator.audit import AuditRecord
from authenticator.errors import (
    FAULT,
    UNAVAILABLE,
    UNKNOWN_HOST,
    Message,
    RefusedError,
    UnavailableError,
)
from authenticator.request import read_client, read_request, read_trace, read_user_agent
from authenticator.responses import Response
from authenticator.routes import Router
from authenticator.settings import SettingsError, load_settings


def handle(event: Any, context: Any) -> Response:
    """Handles an event of the load balancer."""
    audit = AuditRecord(
        reference=secrets.token_hex(8),
        trace=read_trace(event),
        request_id=getattr(context, "aws_request_id", None),
        client=read_client(event),
        user_agent=read_user_agent(event),
    )
    try:
        response = _respond(event, audit)
    except RefusedError as refused:
        response = _error_page(audit, "deny", refused.reason, refused.message)
    except UnavailableError as unavailable:
        response = _error_page(audit, "fail", str(unavailable), UNAVAILABLE)
    except SettingsError as mistake:
        response = _error_page(audit, "fail", f"settings: {mistake}", FAULT)
    except Exception as error:  # noqa: BLE001 (the load balancer would show a page of its own)
        response = _error_page(audit, "fail", _traceback_summary(error), FAULT)
    # Not from the settings: a deployment whose settings are invalid must count as failing.
    audit.write(os.environ.get("PLATFORM"))
    return response | {"body": ""} if _is_head(event) else response


def _respond(event: Any, audit: AuditRecord) -> Response:
    router = _router()
    request = read_request(event, router.settings.target_group_prefix)
    return router.respond(request, audit)


@lru_cache(maxsize=1)
def _router() -> Router:
    return Router(load_settings(os.environ))


def _is_head(event: Any) -> bool:
    return isinstance(event, dict) and event.get("httpMethod") == "HEAD"


def _warm_up() -> None:
    with suppress(Exception):  # the first request reports the error
        _router().warm_up()
    # All objects so far are permanent: later collections skip them.
    gc.freeze()


def _error_page(audit: AuditRecord, decision: str, reason: str, message: Message) -> Response:
    audit.decision, audit.reason = decision, reason
    # No stylesheet is served at a host that is not ours.
    style = pages.stylesheet() if message is UNKNOWN_HOST else None
    html = pages.message(message, audit.reference, _start_link(message), style=style)
    return responses.page(message.status, html, style=style)


def _start_link(message: Message) -> pages.StartLink:
    """Link of an error page; that of the portal where the settings are invalid."""
    with suppress(Exception):
        router = _router()
        return router.portal_link if message is UNKNOWN_HOST else router.start_link
    return pages.PORTAL


def _traceback_summary(error: Exception) -> str:
    """Type of an error and its lines of code, without its text, which may contain a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return f"{type(error).__name__} at {' > '.join(lines)}"


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    # The initialization has a whole CPU, requests have a fraction of one.
    _warm_up()
