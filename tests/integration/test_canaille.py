"""Sign-in with a second provider: Canaille, as PyPI has it.

Its people have no `email_verified`, and it requires a nonce unless it is told not to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup

from local.alb import service as load_balancers
from local.alb.oidc_flow import PROVIDER_ERROR
from local.layout import Layout
from local.ports import choose
from local.processes import Processes
from local.tls import Certificates
from tests.attacks.target import attacked
from tests.canaille.entrance import Entrance, deployed
from tests.canaille.service import Canaille, Client
from tests.conftest import Platform
from tests.integration.visitor import Visitor, sign_in_links
from tests.waits import DEADLINE_SECONDS

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

PORTS = {"canaille": 8470, "canaille as it is": 8471, "portal": 8472}
PORTS |= {"verified": 8473, "signed": 8474, "nonce": 8475}
PASSWORD = "any password"  # that of Visitor.fill_in
PEOPLE = {
    "member": ["Member@Example.com"],
    "similar": ["similar@example.com"],
    "viewer": ["viewer@example.com"],
    "stranger": ["stranger@example.com"],
    "nameless": [],
}
GROUPS = {
    "data-engineers": ["member", "nameless"],
    "Data-Engineers": ["similar"],
    "data-engineers, analysts": ["similar"],
}


@pytest.fixture(scope="module")
def entrances(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Entrance]]:
    """Load balancers by what is particular about them, each with a client at Canaille."""
    folder, ports = tmp_path_factory.mktemp("canaille"), choose(PORTS)
    files = json.loads((platform.state / "alb.json").read_text())
    certificates = Certificates(**{name: files[name] for name in ("ca", "certificate", "key")})
    found = _entrances(ports)
    providers = {each.provider.name: each.provider for each in found.values()}
    processes = Processes(folder / "processes.json")
    with ExitStack() as stack:
        stack.callback(processes.stop)
        for provider in providers.values():
            processes.start(provider.program(folder, certificates))
        for provider in providers.values():
            ready = partial(provider.ready, certificates)
            processes.wait_until(ready, provider.name, seconds=DEADLINE_SECONDS)
        target = stack.enter_context(attacked(platform))
        listeners = [stack.enter_context(deployed(target, each)) for each in found.values()]
        program = load_balancers.program(
            Layout(state=folder, ports=ports), certificates, platform.cloud, listeners=listeners
        )
        processes.start(program)
        processes.wait_until(
            lambda: load_balancers.ready(listeners, certificates),
            program.name,
            seconds=DEADLINE_SECONDS,
        )
        yield found


def _entrances(ports: dict[str, int]) -> dict[str, Entrance]:
    clients = {
        name: Client(
            client_id=name,
            client_secret=f"secret-of-{name}",
            redirect_uris=[f"https://localhost:{ports[name]}/oauth2/idpresponse"],
            userinfo_signed_response_alg="RS256" if name == "signed" else None,
        )
        for name in ("portal", "verified", "signed", "nonce")
    }
    people = {name: {"emails": emails, "password": PASSWORD} for name, emails in PEOPLE.items()}

    def canaille(name: str, *, require_nonce: bool | None) -> Canaille:
        return Canaille(
            name=name,
            port=ports[name],
            clients=[*clients.values()],
            people=people,
            groups=GROUPS,
            require_nonce=require_nonce,
        )

    without_nonce = canaille("canaille", require_nonce=False)
    by_default = canaille("canaille as it is", require_nonce=None)
    return {
        name: Entrance(
            name=f"canaille-{name}",
            port=ports[name],
            provider=by_default if name == "nonce" else without_nonce,
            client=client,
            require_verified_email=None if name == "verified" else False,
        )
        for name, client in clients.items()
    }


def sign_in(visitor: Visitor, url: str, person: str) -> httpx.Response:
    """Canaille asks for the name on one page, and for the password on the next."""
    return visitor.fill_in(visitor.sign_in(url, email=person), person)


def deep_link(entrance: Entrance, environment: str, role: str) -> str:
    query = urlencode({"mwaa_env": environment, "rbac_role": role})
    return urljoin(entrance.url, f"/aws_mwaa/aws-console-sso?{query}")


def test_a_member_of_a_group_enters_airflow_under_its_role(
    platform: Platform, entrances: dict[str, Entrance]
) -> None:
    with platform.visitor() as visitor:
        portal = sign_in(visitor, entrances["portal"].url, "member")
        assert "member@example.com" in portal.text
        assert set(sign_in_links(portal)) == {("analytics", "User")}

        airflow = visitor.enter(sign_in_links(portal)["analytics", "User"])
        assert airflow.status_code == 200
        assert urlsplit(str(airflow.url)).netloc == urlsplit(platform.airflow("analytics")).netloc
        who = visitor.open(f"{platform.airflow('analytics')}/ui/auth/me").text
        assert "mwaa-platform-User/member@example.com" in who

        link = deep_link(entrances["portal"], "analytics", "Admin")
        assert visitor.follow_to_token(link).status_code == 403


@pytest.mark.parametrize("person", ["similar", "stranger"])
def test_no_name_that_resembles_a_groups_name_opens_anything(
    platform: Platform, entrances: dict[str, Entrance], person: str
) -> None:
    with platform.visitor() as visitor:
        portal = sign_in(visitor, entrances["portal"].url, person)
        assert portal.status_code == 200
        assert f"{person}@example.com" in portal.text
        assert sign_in_links(portal) == {}
        link = deep_link(entrances["portal"], "analytics", "User")
        assert visitor.follow_to_token(link).status_code == 403


def test_a_person_without_an_address_is_refused(
    platform: Platform, entrances: dict[str, Entrance]
) -> None:
    with platform.visitor() as visitor:
        answer = sign_in(visitor, entrances["portal"].url, "nameless")
        assert answer.status_code == 403
        assert "reference" in answer.text.lower()
        assert sign_in_links(answer) == {}


@pytest.mark.parametrize(("entrance", "opens"), [("portal", True), ("verified", False)])
def test_an_address_that_nobody_has_verified_opens_what_it_is_granted(
    platform: Platform, entrances: dict[str, Entrance], entrance: str, opens: bool
) -> None:
    with platform.visitor() as visitor:
        answer = sign_in(visitor, entrances[entrance].url, "viewer")
        link = deep_link(entrances[entrance], "analytics", "Viewer")
        token = visitor.follow_to_token(link)
        if opens:
            assert ("analytics", "Viewer") in sign_in_links(answer)
            assert urlsplit(token.headers["location"]).fragment
        else:
            assert (answer.status_code, token.status_code) == (403, 403)
            assert sign_in_links(answer) == {}


@pytest.mark.parametrize("entrance", ["nonce", "signed"])
def test_what_the_load_balancer_does_not_do_is_an_error_of_its_own(
    platform: Platform, entrances: dict[str, Entrance], entrance: str
) -> None:
    """It sends no nonce, and takes claims as JSON alone: AWS documents neither."""
    with platform.visitor() as visitor:
        assert sign_in(visitor, entrances[entrance].url, "member").status_code == PROVIDER_ERROR
        again = visitor.open(entrances[entrance].url)
        assert again.status_code == PROVIDER_ERROR


def test_signing_out_ends_both_sessions(platform: Platform, entrances: dict[str, Entrance]) -> None:
    """Without an ID token Canaille asks first, and then keeps the person at its own page."""
    portal = entrances["portal"]
    with platform.visitor() as visitor:
        sign_in(visitor, portal.url, "member")
        question = visitor.open(urljoin(portal.url, "/logout"))
        assert urlsplit(str(question.url)).path == "/oauth/end_session"
        # The session at Canaille is what would bring the person back at once.
        assert visitor.open(portal.url).url == portal.url

        visitor.open(urljoin(portal.url, "/logout"))
        token = BeautifulSoup(question.text, "html.parser").find("input", {"name": "csrf_token"})
        assert token is not None
        answer = {"csrf_token": str(token["value"]), "answer": "logout"}
        visitor.http.post(question.url, data=answer, headers={"Referer": str(question.url)})
        assert visitor.open(portal.url).url == f"{portal.provider.issuer}/login"
