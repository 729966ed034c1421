"""Tokens of Airflow's sign-in, used by somebody else: those that the authenticator minted."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.attacks.attack import REFUSED, Answer, Attack, Place
from tests.attacks.links import ADMINISTRATOR, FETCH
from tests.attacks.scene import SIGN_IN, Scene

LOGIN = {"analytics": "/pluginsv2/aws_mwaa/login", "reporting": "/aws_mwaa/login"}


def _posted(scene: Scene, address: str, token: str) -> Answer:
    with scene.platform.visitor() as visitor:
        answer = visitor.http.post(address, data={"token": token}, follow_redirects=False)
        return Answer(answer.status_code, (), answer.text)


def _minted(scene: Scene, environment: str) -> str:
    """The address with a fresh token in its fragment, under the host that serves it."""
    link = f"{SIGN_IN}?mwaa_env={environment}&rbac_role=Admin"
    url = scene.platform.summary["ui_hosts"].get(environment, "")
    cookie = ("Cookie", scene.cookie(ADMINISTRATOR, at=url))
    location = scene.get(link, *FETCH, cookie, url=url).location
    assert urlsplit(location).fragment
    return location


def _used(scene: Scene) -> Iterator[Answer]:
    for environment, path in LOGIN.items():
        token = urlsplit(_minted(scene, environment)).fragment
        address = f"{scene.platform.airflow(environment)}{path}"
        assert _posted(scene, address, token).status < 400
        yield _posted(scene, address, token)


def _elsewhere(scene: Scene) -> Iterator[Answer]:
    for environment, other in (("analytics", "reporting"), ("reporting", "analytics")):
        token = urlsplit(_minted(scene, environment)).fragment
        yield _posted(scene, f"{scene.platform.airflow(other)}{LOGIN[other]}", token)


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
