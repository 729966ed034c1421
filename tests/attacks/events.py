"""Events that our target group did not send, or that no load balancer would send.

Each carries an admin's valid token: being able to invoke the function must not be enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.attacks.attack import CLOSED, REFUSED, Attack, Expectation, Place
from tests.attacks.target import ADMIN, Event, Response, Target

ODD: tuple[Any, ...] = (None, 0, "", "x", [], {}, [[]], {"x": {"y": 1}}, {"x": [None, {}]})


def _good(target: Target) -> Event:
    return target.link(sign_in=target.token(ADMIN))


def _from(*contexts: Any) -> Callable[[Target], Iterator[Response]]:
    def run(target: Target) -> Iterator[Response]:
        for context in contexts:
            yield target.function(_good(target) | {"requestContext": context})

    return run


def _foreign_groups(target: Target) -> Iterator[Response]:
    own = target.target_group
    for arn in (
        own.replace("000000000000", "111111111111"),
        own.replace("us-east-1", "us-west-2"),
        own.replace("-authn/", "-authn-x/"),
        own.replace("-authn/", "-authn2/"),
        own.replace("targetgroup/", "targetgroup/x-"),
        own.replace("targetgroup/", "loadbalancer/"),
        own.partition("-authn/")[0] + "-authn",
        own.upper(),
        f" {own}",
        f"x{own}",
        "*",
        "",
    ):
        yield from _from({"elb": {"targetGroupArn": arn}})(target)
    for value in ([own], {own: own}, 1, True, None):
        yield from _from({"elb": {"targetGroupArn": value}})(target)


def _other_services(target: Target) -> Iterator[Response]:
    good = _good(target)
    headers = {name: values[0] for name, values in good["multiValueHeaders"].items()}
    query = {"mwaa_env": "analytics", "rbac_role": "Admin"}
    for event in (
        {"version": "2.0", "rawPath": good["path"], "headers": headers, "requestContext": {}},
        {
            "httpMethod": "GET",
            "path": good["path"],
            "headers": headers,
            "multiValueHeaders": good["multiValueHeaders"],
            "queryStringParameters": query,
            "requestContext": {"stage": "prod", "authorizer": {"claims": ADMIN}},
        },
        {"source": "aws.events", "detail": good, "detail-type": "Scheduled Event"},
        {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(good)}]},
        {"RequestType": "Create", "ResourceProperties": good},
        {key: value for key, value in good.items() if key != "requestContext"},
    ):
        yield target.function(event)


def _single_values(target: Target) -> Iterator[Response]:
    """As from a target group whose multi-value headers were turned off."""
    good = _good(target)
    headers = {name: values[0] for name, values in good["multiValueHeaders"].items()}
    plain = {**good, "headers": headers, "queryStringParameters": {"mwaa_env": "analytics"}}
    del plain["multiValueHeaders"]
    yield target.function(plain)
    yield target.function({**good, "multiValueHeaders": headers})


def _garbage(target: Target) -> Iterator[Response]:
    events: tuple[Any, ...] = (None, [], "", "GET /", 0, 1e308, True, {}, {"requestContext": None})
    for event in events:
        yield target.function(event)
    nested: Any = []
    for _ in range(50):
        nested = [nested]
    yield target.function(nested)
    good = _good(target)
    for key in good:
        for value in ODD:
            changed = {**good, key: value}
            if key not in {"body", "isBase64Encoded"}:
                yield target.function(changed)


def _bodies(target: Target) -> Iterator[Response]:
    """A body says nothing here: neither what to open, nor by which method."""
    without = target.event(sign_in=target.token(ADMIN))
    for body in ("mwaa_env=analytics&rbac_role=Admin", "x" * 1_000_000, "\0" * 1000, "{}"):
        for encoded in (False, True):
            yield target.function({**without, "body": body, "isBase64Encoded": encoded})
            yield target.function({**_good(target), "httpMethod": "POST", "body": body})


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation = REFUSED,
) -> Attack:
    return Attack(f"event: {name}", does, Place.FUNCTION, must, run)


ATTACKS = (
    _row(
        "foreign target group",
        "sends an event of another account's target group, or of one whose name looks like ours",
        _foreign_groups,
    ),
    _row(
        "no load balancer",
        "invokes the function without a load balancer's context",
        _from(None, {}, [], "", {"elb": None}, {"elb": {}}, {"elb": []}, {"elb": "x"}),
    ),
    _row(
        "other services",
        "sends events of an API, a function URL, a queue, a schedule, a custom resource",
        _other_services,
    ),
    _row("single values", "sends headers that are no lists", _single_values, CLOSED),
    _row("garbage", "sends anything but an event, or odd parts of one", _garbage, CLOSED),
    _row("bodies", "says in a body what to open, or sends a megabyte", _bodies),
)
