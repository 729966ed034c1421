"""Redirects and fixed responses, also behind a sign-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.alb.actions import FixedResponse, Redirect, read_fixed_response, read_redirect
from local.alb.conditions import RequestFields, path_pattern
from local.alb.load_balancer import LoadBalancer, Rule
from local.tls import Certificates
from tests.unit.local.alb.server import AUTHENTICATION, load_balancer, run

SENT = RequestFields(
    method="GET", host="UI.Example.com:8443", path="/a%2Fb/#{host}", query="x=%20&y=#{path}"
)


def redirect(**config: str) -> Redirect:
    return read_redirect({"StatusCode": "HTTP_302", **config}, listener_port=443)


@pytest.mark.parametrize(
    ("config", "location"),
    [
        # What is left out stays.
        ({"Path": "/c"}, "https://ui.example.com:443/c?x=%20&y=#{path}"),
        (
            {"Host": "portal.example.com"},
            "https://portal.example.com:443/a%2Fb/#{host}?x=%20&y=#{path}",
        ),
        ({"Port": "8443"}, "https://ui.example.com:8443/a%2Fb/#{host}?x=%20&y=#{path}"),
        # Without its keyword, the query that was sent is dropped.
        ({"Path": "/c", "Query": "mwaa_env=lab"}, "https://ui.example.com:443/c?mwaa_env=lab"),
        ({"Path": "/c", "Query": ""}, "https://ui.example.com:443/c"),
        (
            {"Path": "/c", "Query": "#{query}&z=1"},
            "https://ui.example.com:443/c?x=%20&y=#{path}&z=1",
        ),
        # The keyword of the path has no slash.
        (
            {
                "Protocol": "#{protocol}",
                "Host": "old.#{host}",
                "Port": "#{port}",
                "Path": "/#{port}/#{host}/#{path}",
                "Query": "p=#{protocol}&h=#{host}&n=#{port}&t=#{path}",
            },
            (
                "https://old.ui.example.com:443/443/ui.example.com/a%2Fb/#{host}"
                "?p=https&h=ui.example.com&n=443&t=a%2Fb/#{host}"
            ),
        ),
    ],
)
def test_a_redirect_changes_the_parts_that_it_names(config: Any, location: str) -> None:
    assert redirect(**config).response(SENT).headers["location"] == location


@pytest.mark.parametrize(("code", "status"), [("HTTP_301", 301), ("HTTP_302", 302)])
def test_a_redirect_is_permanent_or_temporary(code: str, status: int) -> None:
    assert redirect(StatusCode=code, Path="/").response(SENT).status_code == status


def test_redirects_to_hosts_of_this_machine_get_its_port(certificates: Certificates) -> None:
    def read() -> LoadBalancer:
        rules = (
            ("/there", redirect(Host="ui.localhost", Path="/sign-in", Query="mwaa_env=lab")),
            ("/here", redirect(Path="/open")),
            ("/else", redirect(Host="ui.localhost.example.com")),
        )
        return load_balancer(
            *(
                Rule(conditions=(path_pattern(path),), authentication=None, action=action)
                for path, action in rules
            )
        )

    with run(certificates, read=read) as alb:
        port = urlsplit(alb.url).port
        browser = alb.browser()

        def location(path: str) -> str:
            return str(browser.get(f"{path}?secret=1").headers["location"])

        assert location("/there") == f"https://ui.localhost:{port}/sign-in?mwaa_env=lab"
        assert location("/here") == f"https://localhost:{port}/open?secret=1"
        assert location("/else") == "https://ui.localhost.example.com:443/else?secret=1"
        assert not alb.function.events


def test_a_redirect_can_want_a_sign_in_first(certificates: Certificates) -> None:
    to_open = redirect(Path="/open", Query="")
    with run(certificates, read=lambda: load_balancer(action=to_open)) as alb:
        browser = alb.browser()
        stranger = browser.get("/page")
        assert stranger.headers["location"].startswith(AUTHENTICATION.authorization_endpoint)
        signed_in = alb.signed_in().get("/page")
        assert signed_in.headers["location"] == f"{alb.url}/open"


def test_a_fixed_response_is_given_to_everybody_or_after_a_sign_in(
    certificates: Certificates,
) -> None:
    refusal = FixedResponse(status=400, content_type="text/html", body="<p>&nbsp;no such host")
    with run(certificates, read=lambda: load_balancer(action=refusal)) as alb:
        answer = alb.browser().get("/open")
        assert (answer.status_code, answer.text) == (400, refusal.body)
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["server"] == "awselb/2.0"
        assert alb.browser().get("/page").status_code == 302
        assert alb.signed_in().get("/page").status_code == 400
        assert not alb.function.events


def test_a_fixed_response_may_be_a_status_alone() -> None:
    answer = read_fixed_response({"StatusCode": "204"}).response()
    assert (answer.status_code, bytes(answer.body)) == (204, b"")


def test_where_nobody_signs_in_the_callback_still_ends_a_sign_in(
    certificates: Certificates,
) -> None:
    """`deny` at every rule but one, as at a host whose people sign in at one address alone."""
    deny = replace(AUTHENTICATION, on_unauthenticated="deny")
    login = Rule(
        conditions=(path_pattern("/login"),),
        authentication=AUTHENTICATION,
        action=load_balancer().rules[-1].action,
    )
    with run(certificates, read=lambda: load_balancer(login, authentication=deny)) as alb:
        browser = alb.browser()
        assert browser.get("/page").status_code == 401
        answer = alb.come_back(browser, alb.leave(browser, "/login"))
        assert answer.headers["location"] == f"{alb.url}/login"
        assert browser.get("/page").status_code == 200
        assert alb.come_back(alb.browser(), "made up").status_code == 401
