"""A team's decision that errs, in the deployed function: nothing of it may become a token.

One module does all of it, each for the group of its name, and lets everybody else in as an admin.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from tests.attacks.attack import CLOSED, REFUSED, Attack, Expectation, Place
from tests.attacks.target import ADMIN, STRANGER, VIEWER, Deployed, Event, Response, Target
from tests.waits import comes_true

MODULE = b'''
import math, os, re, signal, sys, time
from authenticator.decision import RoleAccess

ACCESS = RoleAccess(None, "everybody")
EVERYTHING = {"Viewer": ACCESS, "Admin": ACCESS}


class Odd(dict):
    def items(self):
        raise SystemExit(0)


class Endless(dict):
    def items(self):
        while True:
            yield "analytics", EVERYTHING


def let_in(question):
    return {name: EVERYTHING for name in question.environments}


def with_access(access):
    return lambda question: {name: {"Admin": access} for name in question.environments}


def with_more(more):
    return lambda question: let_in(question) | more


def with_role(role):
    return lambda question: {
        name: EVERYTHING | {role: ACCESS} for name in question.environments
    }


def raising(error):
    def decide(question):
        raise error
    return decide


def stubborn(question):
    while True:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        except BaseException:
            pass


def late(question):
    time.sleep(3)
    return let_in(question)


CASES = {
    "environments": [
        with_more({"reporting": EVERYTHING}),
        with_more({"*": EVERYTHING}),
        with_more({"Analytics": EVERYTHING}),
        with_more({"": {}}),
    ],
    "roles": [
        *(with_role(each) for each in ("admin", "Owner", "*", "", "Admin ", "DataOp")),
        with_more({"analytics": {"admin": ACCESS}}),
    ],
    "accesses": [
        *(with_access(each) for each in (True, 1, None, "Admin", [], {}, [None], [None, ""])),
        with_access([None, "x" * 257]),
        with_access([None, None]),
        with_access([0, "ended"]),
        with_access([time.time() - 1, "ended"]),
        with_access([True, "true"]),
        with_access(["2099-01-01", "text"]),
        with_access([1e18, "never"]),
        with_access([math.nan, "no number"]),
        with_access([math.inf, "no end"]),
        with_access([None, "one", "more"]),
    ],
    "answers": [
        *(lambda question, each=each: each for each in (None, True, 1, "analytics", ["Admin"])),
        lambda question: {"analytics": None},
        lambda question: {"analytics": ["Admin"]},
        lambda question: {"analytics": "Admin"},
        lambda question: {1: EVERYTHING},
        lambda question: {("analytics",): EVERYTHING},
        lambda question: (each for each in [("analytics", EVERYTHING)]),
        lambda question: let_in,
        lambda question: Odd(),
        lambda question: {"analytics": EVERYTHING | {"Viewer": RoleAccess(None, "x" * 2_000_000)}},
    ],
    "errors": [
        raising(ValueError("canary-of-a-decision")),
        raising(SystemExit(0)),
        raising(KeyboardInterrupt()),
        raising(GeneratorExit()),
        lambda question: let_in(question) | question.nothing,
        lambda question: sys.exit("canary-of-a-decision"),
        lambda question: (lambda f: f(f))(lambda f: f(f)),
    ],
    "ends": [
        lambda question: os._exit(0),
        lambda question: os.kill(os.getpid(), signal.SIGKILL),
        lambda question: os.abort(),
        lambda question: os.closerange(0, 1000),
        lambda question: os.kill(0, signal.SIGKILL),
    ],
    "hangs": [
        lambda question: re.match("(a|aa)+$", "a" * 100 + "b"),
        stubborn,
        late,
        lambda question: Endless(),
    ],
}


def decide(question):
    """The last group says which case, as <kind>/<number>."""
    kind, _, number = (question.groups or ("",))[-1].partition("/")
    return CASES[kind][int(number)](question) if kind in CASES else let_in(question)
'''
KINDS = {
    "environments": 4,
    "roles": 7,
    "accesses": 18,
    "answers": 14,
    "errors": 7,
    "ends": 5,
    "hangs": 4,
}
"""How many cases the module has of each kind."""


def decided(target: Target) -> Deployed:
    """The function with that module."""
    return target.variant("decided-by-a-bad-module", decision=MODULE)


def _asked(target: Target, *groups: str) -> Event:
    return target.link(sign_in=target.token({**STRANGER, "groups": list(groups)}))


def _cases(kind: str) -> Callable[[Target], Iterator[Response]]:
    def run(target: Target) -> Iterator[Response]:
        function = decided(target)
        for number in range(KINDS[kind]):
            # Its process may have ended; what is refused must be refused for the answer.
            assert _opens(function, _asked(target))
            yield function(_asked(target, f"{kind}/{number}"))
            assert "is not loaded" not in json.loads(function.line).get("reason", "")

    return run


def _opens(function: Deployed, event: Event) -> bool:
    return comes_true(lambda: function(event).status == 302)


def _blocked(target: Target) -> Iterator[Response]:
    function = decided(target)
    for person in (ADMIN, VIEWER, STRANGER):
        for principal in (f"user:{person['email']}", f"subject:{person['sub']}"):
            event = target.link(sign_in=target.token(person))
            assert _opens(function, event)
            with target.blocked(principal, {"by": {"S": "somebody"}}):
                yield function(event)
                yield function(target.event("/", sign_in=target.token(person)))


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation = CLOSED,
) -> Attack:
    return Attack(f"decision: {name}", does, Place.FUNCTION, must, run)


ATTACKS = (
    _row(
        "environments not asked",
        "has a team's decision answer about an environment too many",
        _cases("environments"),
    ),
    _row(
        "unknown roles",
        "has it answer a role too many, which Airflow does not have or spells otherwise",
        _cases("roles"),
    ),
    _row(
        "unreadable accesses",
        "has it answer no reason, or an end that is over or is no moment",
        _cases("accesses"),
    ),
    _row(
        "no answers",
        "has it answer anything but a map, or two megabytes",
        _cases("answers"),
    ),
    _row("errors", "has it raise, or leave by an exit", _cases("errors")),
    _row("ends", "has it end its process, or close what it is asked through", _cases("ends")),
    _row(
        "hangs",
        "has it hang in a pattern, against signals and in its answer, or answer late",
        _cases("hangs"),
    ),
    _row(
        "blocked",
        "is blocked, by the address or the subject, where it lets everybody in",
        _blocked,
        REFUSED,
    ),
)
