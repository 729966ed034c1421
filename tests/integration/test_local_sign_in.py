"""The local sign-in plugin in the web server of a real Airflow of each major version."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import jwt
import pytest

from artifacts.requirements import build_requirements
from local.airflow_runtime.deployed_environment import DeployedEnvironment
from local.airflow_runtime.install import install
from local.airflow_runtime.service import LocalAirflow, prepare, programs
from local.aws_stand_in import AwsStandIn
from local.layout import CACHE, FIRST_AIRFLOW_PORT
from local.ports import choose
from local.processes import Processes
from local.readiness import probe
from local.tls import make_certificates
from mwaa.versions import AIRFLOW_VERSIONS
from tests.waits import DEADLINE_SECONDS

# What MWAA's guide tells teams with plugins to set; Airflow then runs them as early as it can.
OPTIONS = {"core.lazy_load_plugins": "False"}
SIGN_IN = {"2.10.3": "/aws_mwaa", "3.3.1": "/pluginsv2/aws_mwaa"}
API = {"2.10.3": "/api/v1", "3.3.1": "/api/v2"}
LOGIN_FORM = {"2.10.3": "/login/", "3.3.1": "/auth/login/"}
COOKIE = {"2.10.3": "session", "3.3.1": "_token"}


@dataclass(frozen=True, kw_only=True)
class WebServer:
    """A running web server and the key that its tokens are signed with."""

    airflow: LocalAirflow
    key: bytes
    log: Path

    @property
    def version(self) -> str:
        return self.airflow.version

    def token(self, role: str, /, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "env": "Env1",
            "role": role,
            "sub": f"assumed-role/x-{role}/person@example.com",
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode({**claims, **changes}, self.key, algorithm="HS256")

    def browser(self) -> httpx.Client:
        trust = ssl.create_default_context(cafile=self.airflow.certificates.ca)
        origin = f"https://localhost:{self.airflow.port}"
        return httpx.Client(
            base_url=origin, verify=trust, trust_env=False, timeout=DEADLINE_SECONDS
        )

    def sign_in(self, browser: httpx.Client, token: str) -> httpx.Response:
        return browser.post(f"{SIGN_IN[self.version]}/login", data={"token": token})

    def status(self, browser: httpx.Client, resource: str) -> int:
        """The status with which the REST API answers a request to read something."""
        return browser.get(f"{API[self.version]}/{resource}").status_code


@pytest.fixture(scope="module", params=SIGN_IN)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    state = tmp_path_factory.mktemp(f"sign-in-{request.param}")
    certificates = make_certificates(state / "tls", ["localhost"])
    key = state / "key"
    key.write_text(secrets.token_hex(32))
    airflow = LocalAirflow(
        environment="Env1",
        version=request.param,
        host="localhost",
        port=choose({"airflow": FIRST_AIRFLOW_PORT})["airflow"],
        home=state / "home",
        token_key=key,
        stand_in=AwsStandIn(endpoint="http://127.0.0.1:9"),
        certificates=certificates,
    )
    files = DeployedEnvironment(
        version=airflow.version,
        plugins=None,
        requirements=None,
        startup_script=None,
        options=OPTIONS,
        bucket="bucket",
        dags="s3://bucket/dags/",
        execution_role="arn:aws:iam::000000000000:role/execution",
    )
    version = AIRFLOW_VERSIONS[airflow.version]
    # So it shares its installation with the environments of other tests.
    ours = [version.lineage_package] if version.lineage_package else []
    requirements = build_requirements(version=version, ours=ours, directory=state)
    python = install(airflow.version, requirements, CACHE)
    prepare(airflow, python)
    web, *_ = programs(airflow, python, files)
    processes = Processes(state / "processes.json")
    try:
        processes.start(web)
        processes.wait_until(
            lambda: probe(f"{airflow.url}/", certificates.ca) is not None,
            web.name,
            seconds=DEADLINE_SECONDS,
        )
        yield WebServer(airflow=airflow, key=key.read_bytes(), log=web.log)
    finally:
        processes.stop()


def test_role_is_the_token_s(server: WebServer) -> None:
    allowed = {}
    for role in ("Viewer", "Op", "Admin"):
        with server.browser() as browser:
            answer = server.sign_in(browser, server.token(role))
            assert answer.status_code == 302
            assert COOKIE[server.version] in browser.cookies
            assert browser.get("/", follow_redirects=True).status_code == 200
            allowed[role] = [server.status(browser, each) for each in ("dags", "connections")]
    assert allowed == {"Viewer": [200, 403], "Op": [200, 200], "Admin": [200, 200]}


def test_token_works_once(server: WebServer) -> None:
    token = server.token("Admin")
    with server.browser() as first, server.browser() as second:
        assert server.sign_in(first, token).status_code == 302
        assert server.sign_in(second, token).status_code == 403
        assert server.status(second, "dags") == 401
    assert token.rpartition(".")[2] not in server.log.read_text()


def test_former_role_is_lost_at_the_next_sign_in(server: WebServer) -> None:
    with server.browser() as browser:
        server.sign_in(browser, server.token("Admin", sub="assumed-role/x/other@example.com"))
        assert server.status(browser, "connections") == 200
        server.sign_in(browser, server.token("Viewer", sub="assumed-role/x/other@example.com"))
        assert server.status(browser, "connections") == 403
        assert server.status(browser, "dags") == 200


@pytest.mark.parametrize(
    "changes", [{"env": "Env2"}, {"iat": 1, "exp": 61}, {"role": "Root"}], ids=str
)
def test_other_tokens_sign_nobody_in(server: WebServer, changes: dict[str, Any]) -> None:
    with server.browser() as browser:
        answer = server.sign_in(browser, server.token("Admin", **changes))
        assert answer.status_code == 403
        assert "Open the environment from the portal again" in answer.text
        assert server.status(browser, "dags") == 401


def test_page_posts_the_fragment_s_token(server: WebServer) -> None:
    folder = SIGN_IN[server.version]
    with server.browser() as browser:
        page = browser.get(f"{folder}/aws-console-sso", params={"login": "true"})
        assert page.status_code == 200
        assert 'action="login"' in page.text
        assert "location.hash" in browser.get(f"{folder}/sign-in.js").text


def test_nobody_can_sign_in_with_a_password(server: WebServer) -> None:
    with server.browser() as browser:
        server.sign_in(browser, server.token("Admin"))
    user = "assumed-role/x-Admin/person@example.com"
    form = LOGIN_FORM[server.version]
    for password in ("", "none", user):
        with server.browser() as browser:
            fields = {"username": user, "password": password}
            browser.post(form, data=fields, headers={"Referer": server.airflow.url})
            assert server.status(browser, "dags") == 401


@pytest.mark.parametrize("page", ["/home", "/dags/hello/grid", "/login/?next=/home"])
def test_whom_airflow_does_not_know_is_sent_to_sign_in(server: WebServer, page: str) -> None:
    start = page if server.version.startswith("2.") else f"/api/v2/auth/login?next={page}"
    with server.browser() as browser:
        answer = browser.get(start, follow_redirects=True)
        assert answer.url.path == f"{SIGN_IN[server.version]}/aws-console-sso"
        assert "Open the environment from the portal again" in answer.text
        assert "<form" not in answer.text


def test_people_stay_on_the_host_that_they_came_by(server: WebServer) -> None:
    """The load balancer's name for it is another than Airflow's own."""
    with server.browser() as browser:
        browser.headers["Host"] = "ui.example.com"
        answer = server.sign_in(browser, server.token("Viewer"))
        location = urljoin("https://ui.example.com/", answer.headers["location"])
        assert location == "https://ui.example.com/"
