"""The function that the load balancer calls: it always answers, and writes one line about it."""

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
from authenticator.audit import Audit
from authenticator.errors import FAULT, UNAVAILABLE, Message, RefusedError, UnavailableError
from authenticator.request import read_reference, read_request
from authenticator.responses import Response
from authenticator.routes import Authenticator
from authenticator.settings import SettingsError, load_settings


def handle(event: Any, context: Any) -> Response:
    """Answer an event of the load balancer."""
    audit = Audit(
        reference=read_reference(event) or secrets.token_hex(8),
        request_id=getattr(context, "aws_request_id", None),
    )
    try:
        response = _answer(event, audit)
    except RefusedError as refused:
        response = _failed(event, audit, "deny", refused.reason, refused.message)
    except UnavailableError as unavailable:
        response = _failed(event, audit, "fail", str(unavailable), UNAVAILABLE)
    except SettingsError as mistake:
        response = _failed(event, audit, "fail", f"settings: {mistake}", FAULT)
    except Exception as error:  # noqa: BLE001 (a crash would show the load balancer's own page)
        response = _failed(event, audit, "fail", _place(error), FAULT)
    # Not from the settings: a deployment that cannot load them must count as failing.
    audit.write(os.environ.get("PLATFORM"))
    return response | {"body": ""} if _is_head(event) else response


def _answer(event: Any, audit: Audit) -> Response:
    authenticator = _authenticator()
    request = read_request(event, authenticator.settings.target_group_prefix)
    return authenticator.answer(request, audit)


@lru_cache(maxsize=1)
def _authenticator() -> Authenticator:
    return Authenticator(load_settings(os.environ))


def _is_head(event: Any) -> bool:
    return isinstance(event, dict) and event.get("httpMethod") == "HEAD"


def _prepare() -> None:
    with suppress(Exception):  # the first request will say what is wrong
        _authenticator().prepare()
    # What stands now stands for good: a later collection need not walk through it.
    gc.freeze()


def _failed(event: Any, audit: Audit, decision: str, reason: str, message: Message) -> Response:
    audit.decision, audit.reason = decision, reason
    html = pages.message(message, audit.reference, _start(event))
    return responses.page(message.status, html)


def _start(event: Any) -> pages.Start:
    """Where a person can start again, as far as the request and the settings can be read."""
    with suppress(Exception):
        authenticator = _authenticator()
        request = read_request(event, authenticator.settings.target_group_prefix)
        return authenticator.start(request)
    return pages.PORTAL


def _place(error: Exception) -> str:
    """The kind of an error and where it arose; its text may repeat what must not be logged."""
    calls = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(call.filename).name}:{call.lineno}" for call in calls]
    return f"{type(error).__name__} at {' > '.join(places)}"


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    # Lambda lends a whole CPU until the first request, and a fraction of one from then on.
    _prepare()
