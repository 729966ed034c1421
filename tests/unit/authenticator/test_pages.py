"""Escaping and accessibility of every page."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from itertools import product
from typing import Any

import pytest
from bs4 import BeautifulSoup

from authenticator import pages
from tests.unit.authenticator.alb_events import BO, SIGN_IN, deep_link, event, token
from tests.unit.authenticator.conftest import Function, Response
from tests.unit.authenticator.fake_aws import FakeAws, error

KINDS = (
    "portal",
    "one environment",
    "confirmation",
    "filtered",
    "nothing found",
    "no grants",
    "refused",
    "forged",
    "mistake",
    "missing",
    "wrong host",
    "failed",
    "signed out",
)


@pytest.fixture(params=KINDS)
def shown(request: pytest.FixtureRequest, function: Function, fake_aws: FakeAws) -> Response:
    """One answer of each kind of page."""
    fake_aws.grant("user:ada@example.com", "*", "Viewer", "Op")
    events = {
        "portal": event("/", sign_in=token()),
        "one environment": event(SIGN_IN, {"mwaa_env": ["Billing"]}, sign_in=token()),
        "confirmation": deep_link("Billing", "Op", portal=False),
        "filtered": event("/", {"q": ["a"]}, sign_in=token()),
        "nothing found": event("/", {"q": ["zzz"]}, sign_in=token()),
        "no grants": event("/", sign_in=token(BO)),
        "refused": deep_link(role="Admin"),
        "forged": event("/", sign_in="x"),
        "mistake": event(SIGN_IN, sign_in=token()),
        "missing": event("/missing"),
        "wrong host": event("/", host="airflow.example.com:0443"),
        "failed": deep_link(),
        "signed out": event("/signed-out"),
    }
    if request.param == "failed":
        fake_aws.faults["AssumeRole"] = lambda _: error("Throttling", 400)
    return function(events[request.param])


def test_nothing_keeps_or_embeds_a_page(shown: Response) -> None:
    headers = {name: values[0] for name, values in shown.headers.items()}

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    policy = headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    with_form = "<form" in shown.body
    assert ("form-action 'self' https:;" if with_form else "form-action 'self';") in policy


def test_a_page_needs_no_script_and_no_styled_element(shown: Response) -> None:
    page = BeautifulSoup(shown.body, "html.parser")

    assert page.select("script, [style], iframe, img") == []
    assert [form["action"] for form in page.select("form")] in ([], ["/"])
    assert not [name for tag in page.find_all() for name in tag.attrs if name.startswith("on")]


def test_a_page_has_the_stylesheet_in_itself_where_none_is_served(shown: Response) -> None:
    page = BeautifulSoup(shown.body, "html.parser")
    links = [link["href"] for link in page.select("link[rel=stylesheet]")]
    (policy,) = shown.headers["Content-Security-Policy"]

    if "This address is not served here" in shown.body:
        (style,) = page.select("style")
        digest = b64encode(sha256(style.text.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in policy
        assert (style.text, links) == (pages.stylesheet(), [])
    else:
        assert page.select("style") == []
        assert "style-src 'self';" in policy
        assert links == ["/style.css"]


def test_a_page_is_whole_for_a_screen_reader(shown: Response) -> None:
    page = BeautifulSoup(shown.body, "html.parser")

    assert page.html is not None
    assert page.html["lang"] == "en"
    assert page.title is not None
    assert page.title.text
    assert len(page.select("h1")) == 1
    assert len(page.select("header")) == len(page.select("main")) == 1
    assert all(page.select(f"label[for={field['id']}]") for field in page.select("input"))
    names = [link.text for link in page.select("a")]
    assert len(names) == len(set(names))
    assert all(name.strip() for name in names)


def test_the_stylesheet_needs_no_session(function: Function) -> None:
    answer = function(event("/style.css"))

    assert answer.status == 200
    assert answer.headers["Content-Type"] == ["text/css; charset=utf-8"]
    assert "url(" not in answer.body


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    channels = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", pages.stylesheet(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w+);", blocks[scheme == "dark"]))
    texts = ("text", "soft", "action", "action-hover", "good", "busy", "bad", "unknown")

    for text, behind in product(texts, ("page", "surface")):
        assert _contrast(colours[text], colours[behind]) >= 4.5, (text, behind)
    for text in ("good", "busy", "bad", "unknown", "action"):
        assert _contrast(colours[text], colours[f"{text}-back"]) >= 4.5, text
    assert _contrast(colours["text"], colours["unknown-back"]) >= 4.5
    for action in ("action", "action-hover"):
        assert _contrast(colours["on-action"], colours[action]) >= 4.5
    # The edge of what can be filled in or pressed. https://www.w3.org/TR/WCAG22/#non-text-contrast
    for behind in ("page", "surface"):
        assert _contrast(colours["edge"], colours[behind]) >= 3


CANARY = "canary-typed"


@pytest.mark.parametrize(
    "sent",
    [
        lambda: event(f"/{CANARY}", {CANARY: [CANARY]}),
        lambda: event(SIGN_IN, {CANARY: [CANARY]}, sign_in=token()),
        lambda: event(SIGN_IN, {"mwaa_env": [CANARY], "rbac_role": ["Viewer"]}, sign_in=token()),
        lambda: event(SIGN_IN, {"mwaa_env": ["analytics"], "rbac_role": [CANARY]}, sign_in=token()),
        lambda: event(SIGN_IN, {"mwaa_env": [CANARY, CANARY]}, sign_in=token()),
        lambda: event("/", {"q": [CANARY]}, sign_in=CANARY),
        lambda: event("/", method=CANARY, user_agent=CANARY, referer=CANARY, host=CANARY),
        lambda: event("/", host=f"{CANARY}:0443", x_amzn_trace_id=f"Root={CANARY}"),
        lambda: event("/", x_forwarded_for=CANARY, sign_in=CANARY),
        lambda: event(SIGN_IN, {"mwaa_env": ["analytics"], "q": [CANARY]}, sign_in=token()),
        lambda: deep_link(sec_fetch_dest=CANARY, cookie=f"{CANARY}={CANARY}"),
        lambda: deep_link(sign_in=token(BO | {"email": f"{CANARY}@é.com", "name": CANARY})),
        lambda: event("/signed-out", {CANARY: [CANARY]}, host=f"{CANARY}.example.com"),
    ],
)
def test_a_page_repeats_nothing_of_what_was_typed(
    sent: Callable[[], dict[str, Any]], function: Function
) -> None:
    answer = function(sent())

    assert "<h1>" in answer.body
    assert CANARY not in answer.body
    assert CANARY not in str(answer.headers)
