"""Events and responses of a Lambda target, as the real ALB has them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.tls import Certificates
from tests.unit.local.alb.server import TARGET, Alb, load_balancer, run


def test_the_event_is_the_albs(alb: Alb) -> None:
    alb.exchange(
        b"GET /open?a=1%202&b=%3Cx%3E&a=+&flag&=v HTTP/1.1\r\n"
        b"Host: portal.example.com\r\n"
        b"Accept: text/html\r\nACCEPT: */*\r\n"
        b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\n"
        b"Connection: close\r\n\r\n",
    )
    [event] = alb.function.events
    trace = event["multiValueHeaders"].pop("x-amzn-trace-id")
    assert event == {
        "requestContext": {"elb": {"targetGroupArn": TARGET.group_arn}},
        "httpMethod": "GET",
        "path": "/open",
        "multiValueQueryStringParameters": {
            "a": ["1%202", "+"],
            "b": ["%3Cx%3E"],
            "flag": [""],
            "": ["v"],
        },
        "multiValueHeaders": {
            "host": ["portal.example.com"],
            "accept": ["text/html", "*/*"],
            "x-forwarded-for": ["203.0.113.7, 127.0.0.1"],
            "x-forwarded-proto": ["https"],
            "x-forwarded-port": [str(urlsplit(alb.url).port)],
        },
        "body": "",
        "isBase64Encoded": False,
    }
    assert trace[0].startswith("Root=1-")


def test_paths_are_not_decoded(alb: Alb) -> None:
    alb.signed_in().get("/a%2Fb/%2e%2e//c%0A")
    assert alb.function.events[0]["path"] == "/a%2Fb/%2e%2e//c%0A"


@pytest.mark.parametrize("path", ["/open/", "/OPEN", "/open%2F", "/%6Fpen", "/open;x", "//open"])
def test_only_the_very_path_needs_no_session(alb: Alb, path: str) -> None:
    assert alb.browser().get(path).status_code == 302


def test_without_multi_value_headers_the_last_value_counts(certificates: Certificates) -> None:
    single = replace(TARGET, multi_value_headers=False)
    with run(certificates, read=lambda: load_balancer(action=single)) as alb:
        alb.function.answer = {
            "statusCode": 200,
            "headers": {"X-One": "1"},
            "multiValueHeaders": {"X-Many": ["2"]},
        }
        answer = alb.browser().get("/open?a=1&a=2", headers=[("x-a", "1"), ("x-a", "2")])
    [event] = alb.function.events
    assert event["queryStringParameters"] == {"a": "2"}
    assert event["headers"]["x-a"] == "2"
    assert not {"multiValueHeaders", "multiValueQueryStringParameters"} & event.keys()
    assert answer.headers["x-one"] == "1"
    assert "x-many" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ({"content-type": "text/plain; charset=utf-8"}, False),
        ({"content-type": "application/json"}, False),
        ({"content-type": "application/x-www-form-urlencoded"}, True),
        ({"content-type": "text/plain", "content-encoding": "gzip"}, True),
        ({}, True),
    ],
)
def test_bodies(alb: Alb, headers: Mapping[str, str], encoded: bool) -> None:
    alb.browser().post("/open", content=b"a=\xc3\xa4", headers=headers)
    [event] = alb.function.events
    assert event["isBase64Encoded"] is encoded
    body = base64.b64decode(event["body"]) if encoded else event["body"].encode()
    assert body == b"a=\xc3\xa4"


def test_bodies_of_more_than_a_megabyte_are_refused(alb: Alb) -> None:
    assert alb.browser().post("/open", content=b"x" * (1024 * 1024 + 1)).status_code == 413
    assert not alb.function.events


def test_forged_identities_reach_the_function_only_where_nobody_signs_in(alb: Alb) -> None:
    forged = {
        "x-amzn-oidc-data": "forged",
        "X-Amzn-Oidc-Identity": "forged",
        "x-amzn-oidc-other": "forged",
    }
    browser = alb.signed_in()
    browser.get("/", headers=forged)
    browser.get("/open", headers=forged)
    behind_sign_in, in_the_open = alb.function.events
    assert "forged" not in str(behind_sign_in)
    assert in_the_open["multiValueHeaders"]["x-amzn-oidc-data"] == ["forged"]


@pytest.mark.parametrize("drops", [True, False])
def test_invalid_header_names(certificates: Certificates, drops: bool) -> None:
    described = replace(load_balancer(), drops_invalid_headers=drops)
    with run(certificates, read=lambda: described) as alb:
        alb.browser().get("/open", headers={"x_amzn_oidc_data": "forged", "x-1": "kept"})
    headers = alb.function.events[0]["multiValueHeaders"]
    assert ("x_amzn_oidc_data" in headers) is not drops
    assert headers["x-1"] == ["kept"]


def test_the_answer_is_the_functions(alb: Alb) -> None:
    alb.function.answer = {
        "statusCode": 303,
        "statusDescription": "303 See Other",
        "multiValueHeaders": {
            "Location": ["/next?a=%20b"],
            "Set-Cookie": ["a=1; Path=/", "b=2; Path=/"],
            "Content-Type": ["text/html; charset=utf-8"],
        },
        "headers": {"X-Ignored": "1"},
        "body": base64.b64encode("gr\u00fc\u00df".encode()).decode(),
        "isBase64Encoded": True,
    }
    answer = alb.browser().get("/open")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{alb.url}/next?a=%20b"
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "x-ignored" not in answer.headers
    assert answer.text == "gr\u00fc\u00df"


@pytest.mark.parametrize("multi_value_headers", [True, False])
def test_browsers_are_not_told_to_force_https_on_localhost(
    certificates: Certificates, multi_value_headers: bool
) -> None:
    target = replace(TARGET, multi_value_headers=multi_value_headers)
    with run(certificates, read=lambda: load_balancer(action=target)) as alb:
        name, value = "Strict-Transport-Security", "max-age=31536000; includeSubDomains"
        alb.function.answer = {
            "statusCode": 200,
            "headers": {name: value, "X-Kept": "1"},
            "multiValueHeaders": {name: [value], "X-Kept": ["1"]},
        }
        answer = alb.browser().get("/open")
    assert "strict-transport-security" not in answer.headers
    assert answer.headers["x-kept"] == "1"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {},
        {"statusCode": "many"},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        {"statusCode": 200, "multiValueHeaders": {"X-A": ["1\r\nSet-Cookie: b=2"]}},
        {"statusCode": 200, "multiValueHeaders": {"X A": ["1"]}},
        {"statusCode": 200, "multiValueHeaders": {"X-A": ["x" * 33 * 1024]}},
        {"statusCode": 200, "body": "x" * 1024 * 1024},
    ],
    ids=str,
)
def test_what_is_no_response_is_502(alb: Alb, answer: Any) -> None:
    alb.function.answer = answer
    assert alb.browser().get("/open").status_code == 502


def test_a_failed_function_is_502_and_says_nothing(alb: Alb) -> None:
    alb.function.error = "Unhandled"
    alb.function.answer = {"errorMessage": "canary", "statusCode": 200, "body": "canary"}
    answer = alb.browser().get("/open")
    assert answer.status_code == 502
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    "hosts",
    [
        ("localhost", "evil.example"),
        ("localhost", "localhost"),
        ("evil.example", "localhost"),
        ("",),
        (),
    ],
)
def test_several_hosts_or_none_are_a_bad_request(alb: Alb, hosts: tuple[str, ...]) -> None:
    lines = ["GET /open HTTP/1.1", *(f"Host: {host}" for host in hosts), "Connection: close"]
    answer = alb.exchange("\r\n".join([*lines, "", ""]).encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert not alb.function.events


def test_a_host_is_passed_on_as_it_was_sent(alb: Alb) -> None:
    """The function judges what it is, not the load balancer."""
    sent = ["localhost:0443", "localhost:", "localhost.", "LOCALHOST:123456", "a@b", "a, b"]
    for host in sent:
        alb.exchange(f"GET /open HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert [event["multiValueHeaders"]["host"] for event in alb.function.events] == [
        [host] for host in sent
    ]
