"""Replays of web login tokens that the authenticator created."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from authenticator import links
from tests.attacks.attack import REFUSED, Attack, Place
from tests.attacks.links import ADMINISTRATOR, FETCH
from tests.attacks.target import LINK_SECRET, PORTAL_COOKIE, Response, Target

LOGIN = {"analytics": "/pluginsv2/aws_mwaa/login", "reporting": "/aws_mwaa/login"}


def _posted(target: Target, address: str, token: str) -> Response:
    with target.platform.visitor() as visitor:
        answer = visitor.http.post(address, data={"token": token}, follow_redirects=False)
        return Response(answer.status_code, (), answer.text)


def _minted(target: Target, environment: str) -> str:
    """The address with a fresh token in its fragment."""
    assert target.open_host
    cookie = ("Cookie", f"{target.cookie(ADMINISTRATOR)}; {PORTAL_COOKIE}")
    link = links.link(environment, "Admin", LINK_SECRET)
    location = target.get(link, *FETCH, cookie).location
    assert urlsplit(location).fragment
    return location


def _used(target: Target) -> Iterator[Response]:
    for environment, path in LOGIN.items():
        token = urlsplit(_minted(target, environment)).fragment
        address = f"{target.platform.airflow(environment)}{path}"
        assert _posted(target, address, token).status < 400
        yield _posted(target, address, token)


def _elsewhere(target: Target) -> Iterator[Response]:
    for environment, other in (("analytics", "reporting"), ("reporting", "analytics")):
        token = urlsplit(_minted(target, environment)).fragment
        yield _posted(target, f"{target.platform.airflow(other)}{LOGIN[other]}", token)


ATTACKS = (
    Attack("token of Airflow: used", "uses a token a second time", Place.AIRFLOW, REFUSED, _used),
    Attack(
        "token of Airflow: elsewhere",
        "uses a token at another environment",
        Place.AIRFLOW,
        REFUSED,
        _elsewhere,
    ),
)
