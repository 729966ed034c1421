"""The function as deployed, against a small AWS and key endpoint on loopback."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import botocore.session
import pytest
import trustme

from authenticator import (
    aws,
    decision_process,
    environment_states,
    handler,
    links,
    public_keys,
)
from authenticator.settings import ROLES, load_settings
from tests.loopback import Server, serving
from tests.unit.authenticator import alb_events
from tests.unit.authenticator.fake_aws import (
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    WEB_TOKEN,
    FakeAws,
    KeyEndpoint,
)

ENVIRONMENTS: list[dict[str, str | None]] = [
    {"name": "analytics", "description": None, "airflow_version": "3.3.1", "access_mode": None},
    {"name": "Billing", "description": "Invoices", "airflow_version": "2.10.3"},
    {"name": "legacy", "description": None, "airflow_version": None, "access_mode": None},
]
ROLE_ARNS = {role: f"arn:aws:iam::000000000000:role/mwaa-platform-{role}" for role in ROLES}
OWN_SECRET = "canary-own-secret-key"
PATIENCE_SECONDS = 60.0

SECRETS = (ACCESS_KEY, SECRET_KEY, SESSION_TOKEN, WEB_TOKEN, OWN_SECRET, "canary-error-text")


@dataclass
class Response:
    """What the browser gets, and what the log got for it."""

    status: int
    headers: dict[str, list[str]]
    body: str
    log: list[dict[str, Any]]

    @property
    def location(self) -> str:
        (location,) = self.headers["Location"]
        return location

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.log
        return line


class Function:
    """The deployed function; each answer and each log line is searched for secrets."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, event: Any) -> Response:
        answer = json.loads(json.dumps(handler.handle(event, None)))
        written = self._capsys.readouterr()
        assert written.err == ""
        headers = answer["multiValueHeaders"]
        shown = written.out + answer["body"] + json.dumps(headers | {"Location": []})
        sent = event["multiValueHeaders"] if isinstance(event, dict) else {}
        private = [*sent.get("x-amzn-oidc-data", []), *_cookie_values(sent.get("cookie", []))]
        assert not _found((*SECRETS, *private), shown)
        query = event.get("multiValueQueryStringParameters") if isinstance(event, dict) else None
        proofs = query.get(links.PROOF, []) if isinstance(query, dict) else []
        new = _cookie_values(headers.get("Set-Cookie", []))
        assert not _found([*proofs, *new, *_PROOF.findall(answer["body"])], written.out)
        assert not _found(new, answer["body"])
        lines = [json.loads(line) for line in written.out.splitlines()]
        return Response(answer["statusCode"], headers, answer["body"], lines)


_PROOF = re.compile(rf"{links.PROOF}=(\w+)")


def _cookie_values(headers: Any) -> list[str]:
    """What follows each `=`, before the next `;`."""
    return re.findall(r"=([^;]+)", ";".join(map(str, headers)))


def _found(secrets: Iterable[Any], text: str) -> list[str]:
    """The secrets that the text contains, but for those that are too short to be one."""
    return [secret for secret in map(str, secrets) if len(secret) > 8 and secret in text]


def deployed_variables(aws_url: str, keys_url: str, bundle: Path) -> dict[str, str]:
    """The environment variables of a function that talks to these servers."""
    return {
        "ALB_ARN": alb_events.ALB_ARN,
        "TARGET_GROUP_PREFIX": alb_events.TARGET_GROUPS,
        "OIDC_ISSUER": alb_events.ISSUER,
        "OIDC_CLIENT_ID": alb_events.CLIENT,
        "OIDC_GROUPS_CLAIM": "groups",
        "OIDC_END_SESSION_ENDPOINT": "https://identity.example.com/end",
        "PUBLIC_KEY_ENDPOINT": f"{keys_url}/keys",
        "SESSION_COOKIE_NAME": "AWSELBAuthSessionCookie",
        "GRANTS_TABLE": "grants",
        "WEB_LOGIN_ROLE_ARNS": json.dumps(ROLE_ARNS),
        "PLATFORM": "mwaa-platform",
        "AWS_ACCESS_KEY_ID": "AKIAOWN",
        "AWS_SECRET_ACCESS_KEY": OWN_SECRET,
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "SSL_CERT_FILE": str(bundle),
    }


def be_patient(patch: pytest.MonkeyPatch) -> None:
    """Have the function wait longer than it does when deployed, for a busy machine."""
    for name in ("CONNECT_TIMEOUT_SECONDS", "READ_TIMEOUT_SECONDS", "REQUEST_TIMEOUT_SECONDS"):
        patch.setattr(aws, name, PATIENCE_SECONDS)
    patch.setattr(environment_states, "LOOKUP_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    for module in (decision_process, public_keys):
        patch.setattr(module, "TIMEOUT_SECONDS", PATIENCE_SECONDS)


def certify(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's certificate for localhost, and a bundle in the folder that trusts it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    return context, bundle


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certify(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def botocore_session() -> botocore.session.Session:
    """One session for all tests: it reads the services' descriptions once."""
    return botocore.session.Session()


@pytest.fixture
def key_endpoint() -> KeyEndpoint:
    return KeyEndpoint({f"/keys/{alb_events.KEY_ID}": (200, alb_events.PUBLIC_PEM)})


@pytest.fixture
def fake_aws() -> FakeAws:
    """Ada may view analytics; nobody may do anything else."""
    fake_aws = FakeAws(
        environments={
            "analytics": {"Name": "analytics", "Status": "AVAILABLE", "AirflowVersion": "3.3.1"},
            "Billing": {
                "Name": "Billing",
                "Status": "UPDATING",
                "AirflowVersion": "2.10.3",
                "WebserverAccessMode": "PRIVATE_ONLY",
            },
            "legacy": {"Name": "legacy", "Status": "AVAILABLE", "AirflowVersion": "2.8.1"},
        },
        web_login={
            "WebServerHostname": "abc-vpce.c1.eu-west-1.airflow.amazonaws.com",
            "WebToken": WEB_TOKEN,
            "IamIdentity": "assumed-role/mwaa-platform-Viewer/ada@example.com",
            "AirflowIdentity": "assumed-role/mwaa-platform-Viewer",
        },
    )
    fake_aws.grant("user:ada@example.com", "analytics", "Viewer")
    return fake_aws


@pytest.fixture
def silence() -> Iterator[Callable[[Any], None]]:
    """A fault of AWS: what is asked has no answer before the test has ended."""
    ended = Event()

    def wait(_: Any) -> None:
        ended.wait()

    yield wait
    ended.set()


@pytest.fixture
def listing() -> list[dict[str, str | None]]:
    """The environments of the bundled list."""
    return ENVIRONMENTS


@pytest.fixture
def variables(  # noqa: PLR0917 (fixtures)
    listing: list[dict[str, str | None]],
    fake_aws: FakeAws,
    key_endpoint: KeyEndpoint,
    certificates: tuple[ssl.SSLContext, Path],
    botocore_session: botocore.session.Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[dict[str, str]]:
    """The function's environment variables, set, with a fresh function."""
    context, bundle = certificates
    file = tmp_path / "environments.json"
    file.write_text(json.dumps(listing))
    monkeypatch.setattr(handler, "load_settings", lambda variables: load_settings(variables, file))
    be_patient(monkeypatch)
    monkeypatch.setattr("botocore.session.get_session", lambda: botocore_session)
    with (
        serving(Server(fake_aws.answer)) as services,
        serving(Server(key_endpoint.answer, context)) as keys,
    ):
        variables = deployed_variables(services.url, keys.url, bundle)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        _forget()
        yield variables
        _forget()


def _forget() -> None:
    handler._router.cache_clear()
    public_keys._cached_key.cache_clear()


@pytest.fixture
def function(variables: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Function:  # noqa: ARG001
    return Function(capsys)
