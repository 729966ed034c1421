"""Headers that would have the log name another caller or another request."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Iterator
from typing import Any

from tests.attacks.attack import REFUSED, Attack, Place
from tests.attacks.entrances import Stack, function
from tests.attacks.links import FETCH
from tests.attacks.target import SIGN_IN, Headers, Response, Target
from tests.waits import wait_until

CALLER, EVIL = "127.0.0.1", "203.0.113.9"
FORGED_REFERENCE = "feedfacefeedface"
ROOT = f"1-5759e988-{FORGED_REFERENCE}feedface"
LINK = f"{SIGN_IN}?mwaa_env=analytics&rbac_role=Admin"
STRANGER = "stranger@example.com"

FORGED: tuple[Headers, ...] = (
    (("X-Forwarded-For", EVIL),),
    (("X-Forwarded-For", f"{EVIL}, {EVIL}"),),
    (("X-Forwarded-For", EVIL), ("x-forwarded-for", EVIL)),
    (("X-Forwarded-For", f"{EVIL},"),),
    (("X-Forwarded-For", f'"{EVIL}'),),
    (("X-Forwarded-For", f"{EVIL}%eth0"),),
    (("X_Forwarded_For", EVIL), ("X-Forwarded_For", EVIL)),
    (("X-Real-Ip", EVIL), ("X-Client-Ip", EVIL), ("True-Client-Ip", EVIL)),
    (("Forwarded", f"for={EVIL}"), ("Cf-Connecting-Ip", EVIL)),
    (("X-Amzn-Trace-Id", f"Root={ROOT}"),),
    (("X-Amzn-Trace-Id", f"Self={ROOT}"),),
    (("X-Amzn-Trace-Id", f"Self={ROOT};Root={ROOT}"),),
    (("X-Amzn-Trace-Id", f"Root={ROOT}"), ("X-Amzn-Trace-Id", f"Self={ROOT}")),
    (("X-Amzn-Trace-Id", f"Root={ROOT};reference={FORGED_REFERENCE};client={EVIL}"),),
    (("X-Amzn-Request-Id", ROOT), ("X-Request-Id", FORGED_REFERENCE)),
    (("Reference", FORGED_REFERENCE), ("X-Reference", FORGED_REFERENCE)),
)


def _forged(target: Target) -> Iterator[Response]:
    """By somebody without grants; each request's line is found by its user agent."""
    sent: dict[str, Response] = {}
    for headers in FORGED:
        agent = f"attack-{secrets.token_hex(8)}"
        sent[agent] = target.get(LINK, *FETCH, ("User-Agent", agent), *headers, as_=STRANGER)
    lines = _lines_of(target, sent.keys())
    for agent, answer in sent.items():
        line = lines[agent]
        assert line["client"] == CALLER, line
        assert re.fullmatch(r"[0-9a-f]{16}", line["reference"])
        assert line["reference"] in answer.body
        for forged in (EVIL, FORGED_REFERENCE):
            assert forged not in json.dumps(line), line
        yield answer


def _lines_of(target: Target, agents: Collection[str]) -> dict[str, dict[str, Any]]:
    """The lines of requests; the stand-in writes a late one with the next call's."""
    found: dict[str, dict[str, Any]] = {}

    def are_written() -> bool:
        target.get("/signed-out")
        found.update((str(line.get("user_agent")), line) for line in _lines(target))
        return found.keys() >= set(agents)

    wait_until("the lines are written", are_written)
    return found


def _lines(target: Target) -> Iterator[dict[str, Any]]:
    logs, portal = target.platform.cloud.session.client("logs"), function(target, Stack.PORTAL)
    found = portal.client.get_function_configuration(FunctionName=portal.name)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=found["LoggingConfig"]["LogGroup"]
    )
    for page in pages:
        for event in page["events"]:
            if event["message"].startswith("{"):
                yield json.loads(event["message"])


ATTACKS = (
    Attack(
        "log: forged caller and reference",
        "sends an address, a trace and a reference of their own, which the log must not take for "
        "the caller's or the request's",
        Place.LOAD_BALANCER,
        REFUSED,
        _forged,
    ),
)
