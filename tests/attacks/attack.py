"""An attack of the table, and the checks that every response to one must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from tests.attacks.target import Response, Target

MARK = "zxattack"
"""A word in whatever an attacker types: a page that holds it has repeated input."""


class Place(StrEnum):
    """Where an attack is run."""

    LOAD_BALANCER = "load balancer"
    FUNCTION = "function"
    AIRFLOW = "Airflow"


@dataclass(frozen=True)
class Expectation:
    """What must hold: in words, and as a check that names what an answer came to.

    The check fails an assertion where the attack has succeeded.
    """

    words: str
    check: Callable[[Target, Response], str]


@dataclass(frozen=True)
class Attack:
    """One row of the table."""

    name: str
    does: str
    place: Place
    must: Expectation
    run: Callable[[Target], Iterable[Response]]


def _refused(_: Target, answer: Response) -> str:
    assert 400 <= answer.status < 500, f"{answer.status} {answer.location}"
    assert not answer.location
    return str(answer.status)


def _fails_closed(_: Target, answer: Response) -> str:
    assert answer.status in {*range(400, 501), 503}, answer.status
    assert not answer.location
    return str(answer.status)


def _turned_away(target: Target, answer: Response) -> str:
    if answer.status != 302:
        return _refused(target, answer)
    assert answer.location.startswith(target.issuer), answer.location
    return "sent to sign in"


def _harmless(target: Target, answer: Response) -> str:
    """Answered, but with nobody's data and nothing to enter by."""
    assert "@example.com" not in answer.body
    assert "rbac_role=" not in answer.body
    return _at_home(target, answer)


def _at_home(target: Target, answer: Response) -> str:
    if not answer.location:
        assert answer.status < 500
        return str(answer.status)
    host = urlsplit(answer.location).netloc
    assert host in target.own_hosts or not host, answer.location
    assert not urlsplit(answer.location).fragment, answer.location
    return "sent to sign in" if answer.location.startswith(f"{target.issuer}/auth") else "302"


def _as_text(target: Target, answer: Response) -> str:
    assert answer.status == 200
    lowered = answer.body.lower()
    for markup in ("<script", "<svg", "<img", 'onload="', "javascript:"):
        assert markup not in lowered
    return _at_home(target, answer)


REFUSED = Expectation("refused", _refused)
CLOSED = Expectation("answered with an error page", _fails_closed)
TURNED_AWAY = Expectation("refused or sent to sign in", _turned_away)
HARMLESS = Expectation("tells nothing, opens nothing", _harmless)
AT_HOME = Expectation("leads to our own hosts alone, without a token", _at_home)
AS_TEXT = Expectation("shown as text", _as_text)


SHORT = 12
"""What is shorter may stand somewhere by chance."""


def check(target: Target, attack: Attack, answer: Response) -> str:
    """What must hold for every answer, then what this attack must come to."""
    sent = f"{attack.name}: {answer.status} {answer.headers} {answer.body[:300]}"
    if attack.must is not AS_TEXT:
        assert MARK not in answer.body.lower(), sent
    own = [value for name, value in answer.headers if name != "location"]
    assert not [value for value in own if MARK in value.lower()], sent
    assert not [value for value in own if "canary" in value.lower()], sent
    # A cookie that is set holds what its own visitor is to keep.
    others = [value for name, value in answer.headers if name not in {"location", "set-cookie"}]
    shown = "\n".join([answer.body, *others])
    assert not [each for each in target.secrets if len(each) > SHORT and each in shown], sent
    return attack.must.check(target, answer)
