"""Whatever arrives, the function answers; and a token comes of an active grant alone.

The function runs in this process, against a small AWS whose table holds arbitrary grants. What
should happen is decided here anew, by rules that share no code with the function's.
"""

from __future__ import annotations

import io
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authenticator import handler, public_keys
from authenticator.settings import load_settings
from tests.loopback import Server, serving
from tests.unit.authenticator.alb_events import KEY_ID, PUBLIC_PEM, SIGN_IN, event, token
from tests.unit.authenticator.conftest import (
    ENVIRONMENTS,
    be_patient,
    certify,
    deployed_variables,
)
from tests.unit.authenticator.fake_aws import WEB_TOKEN, FakeAws, KeyEndpoint

bounded = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

CONFIGURED = ("analytics", "Billing", "legacy")
ROLES = ("Public", "Viewer", "User", "Op", "Admin")
PATHS = ("/", SIGN_IN, f"/pluginsv2{SIGN_IN}", "/logout", "/signed-out", "/style.css", "/x", "")
PEOPLE = ("ada@example.com", "bo@example.com")
SUBJECTS = ("u1", "U1", "data")
GROUPS = ("data", "/data", "ops", "user:ada@example.com")
NOW = int(time.time())

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3)
    ),
    max_leaves=8,
)


@dataclass
class Running:
    """The function, with all that is around it."""

    fake_aws: FakeAws
    written: list[str] = field(default_factory=list)

    def __call__(self, sent: Any) -> dict[str, Any]:
        """The answer to an event, which is well formed."""
        with redirect_stdout(io.StringIO()) as log:
            answer = handler.handle(sent, None)
        [line] = log.getvalue().splitlines()
        assert WEB_TOKEN not in line
        assert json.loads(line)["decision"] in {"allow", "deny", "fail"}
        answer = json.loads(json.dumps(answer))
        assert set(answer) == {
            *("statusCode", "statusDescription", "isBase64Encoded", "multiValueHeaders", "body")
        }
        assert isinstance(answer["body"], str)
        assert 200 <= answer["statusCode"] < 600
        assert answer["statusCode"] != 500, "an error that nobody thought of"
        assert answer["statusDescription"].startswith(f"{answer['statusCode']} ")
        for name, values in answer["multiValueHeaders"].items():
            assert values
            for text in (name, *values):
                assert text.isascii()
                assert text.isprintable()
        return dict(answer)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("properties")
    context: ssl.SSLContext
    context, bundle = certify(folder)
    environments = folder / "environments.json"
    environments.write_text(json.dumps(ENVIRONMENTS))
    fake_aws = FakeAws(
        environments={name: {"Name": name, "AirflowVersion": "2.10.3"} for name in CONFIGURED},
        web_login={"WebServerHostname": "airflow.example.com", "WebToken": WEB_TOKEN},
    )
    endpoint = KeyEndpoint({f"/keys/{KEY_ID}": (200, PUBLIC_PEM)})
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(Server(fake_aws.answer)) as aws,
        serving(Server(endpoint.answer, context)) as keys,
    ):
        patch.setattr(
            handler, "load_settings", lambda variables: load_settings(variables, environments)
        )
        be_patient(patch)
        for name, value in deployed_variables(aws.url, keys.url, bundle).items():
            patch.setenv(name, value)
        _forget()
        yield Running(fake_aws)
        _forget()


def _forget() -> None:
    handler._router.cache_clear()
    public_keys._cached_key.cache_clear()


@dataclass(frozen=True)
class Held:
    """A grant as a test puts it into the table."""

    principal: str
    environment: str
    roles: tuple[str, ...]
    expires: int | None
    source: str

    def opens(
        self, person: str, subject: Any, groups: set[str], environment: str, role: str
    ) -> bool:
        """Whether this grant lets somebody in."""
        kind, _, name = self.principal.partition(":")
        names = {"user": {person}, "subject": {subject}, "group": groups}
        concerns = name in names[kind]
        everywhere = self.environment in {"*", environment}
        in_time = self.expires is None or self.expires > NOW + 60
        return concerns and everywhere and in_time and role in self.roles


principals = st.sampled_from(
    [
        *(f"user:{each}" for each in PEOPLE),
        *(f"subject:{each}" for each in SUBJECTS),
        *(f"group:{each}" for each in GROUPS),
    ]
)
held = st.builds(
    Held,
    principal=principals,
    environment=st.sampled_from([*CONFIGURED, "*", "secret-lab", "analytic"]),
    roles=st.lists(
        st.sampled_from([*ROLES, "DataOp", "op", "Admin,Op", "*"]), min_size=1, unique=True
    ).map(tuple),
    # Never near the moment of the test, so that a slow machine changes nothing.
    expires=st.sampled_from([None, NOW + 10**6, NOW - 10, 0]),
    source=st.sampled_from(["configuration", "manual"]),
)
spellings = st.sampled_from([str, str.upper, str.title])
claimed_groups = st.lists(st.sampled_from([*GROUPS, "Data", "dat"]), max_size=3)


@bounded
@given(
    grants=st.lists(held, max_size=5),
    person=st.sampled_from(PEOPLE),
    spelt=spellings,
    subject=st.sampled_from([*SUBJECTS, "", None, " u1"]),
    groups=claimed_groups,
    verified=st.sampled_from([True, "true", False, "false", None]),
    environment=st.sampled_from([*CONFIGURED, "secret-lab", "*", "Analytics"]),
    role=st.sampled_from([*ROLES, "op", "DataOp", "*"]),
    path=st.sampled_from([SIGN_IN, f"/pluginsv2{SIGN_IN}"]),
    blocked=st.sampled_from([None, None, *(f"user:{each}" for each in PEOPLE), "subject:1"]),
    odd=anything,
    more=st.dictionaries(st.text(max_size=10), anything, max_size=2),
)
def test_a_token_comes_of_an_active_grant_and_of_nothing_else(
    running: Running,
    *,
    grants: list[Held],
    person: str,
    spelt: Any,
    subject: str | None,
    groups: list[str],
    verified: Any,
    environment: str,
    role: str,
    path: str,
    blocked: str | None,
    odd: Any,
    more: dict[str, Any],
) -> None:
    fake_aws = running.fake_aws
    fake_aws.items.clear()
    fake_aws.calls.clear()
    # The table has one grant of an environment for a principal and a source: the last one written.
    kept = {(each.principal, each.source, each.environment): each for each in grants}
    for each in kept.values():
        fake_aws.grant(
            each.principal,
            each.environment,
            *each.roles,
            expires=each.expires,
            source=each.source,
        )
    if blocked:
        fake_aws.block(blocked, odd)
    claims = more | {
        "sub": subject,
        "email": spelt(person),
        "email_verified": verified,
        "groups": groups,
    }
    answer = running(
        event(path, {"mwaa_env": [environment], "rbac_role": [role]}, sign_in=token(claims))
    )

    names = set(groups)
    expected = (
        blocked not in {f"user:{person}", f"subject:{subject}"}
        and verified in (True, "true")
        and subject in SUBJECTS
        and environment in CONFIGURED
        and role in ROLES
        and any(each.opens(person, subject, names, environment, role) for each in kept.values())
    )
    location = answer["multiValueHeaders"].get("Location", [""])[0]
    assert location.endswith(f"login=true#{WEB_TOKEN}") is expected, answer
    assert (answer["statusCode"] == 302) is expected
    minted = [
        (call["RoleArn"].rsplit("-", 1)[1], call["RoleSessionName"], call["Policy"])
        for call in fake_aws.asked("AssumeRole")
    ]
    assert len(minted) == expected
    if expected:
        assert minted[0][:2] == (role, person)
        assert f":role/{environment}/{role}" in minted[0][2]
        assert [each["Name"] for each in fake_aws.asked("CreateWebLoginToken")] == [environment]


@bounded
@given(sent=anything)
def test_anything_is_answered_and_opens_nothing(running: Running, sent: Any) -> None:
    answer = running(sent)
    assert answer["statusCode"] == 403
    assert "Location" not in answer["multiValueHeaders"]


@bounded
@given(
    fields=st.dictionaries(st.sampled_from(list(event())), anything, max_size=3),
    headers=st.dictionaries(
        st.sampled_from(["host", "cookie", "x-amzn-trace-id", "sec-fetch-mode", "purpose"])
        | st.text(max_size=12),
        st.lists(st.text(max_size=30), max_size=2) | anything,
        max_size=3,
    ),
    query=st.dictionaries(
        st.sampled_from(["mwaa_env", "rbac_role", "login", "q"]) | st.text(max_size=12),
        st.lists(st.text(max_size=30), max_size=2) | anything,
        max_size=3,
    ),
    path=st.sampled_from(PATHS) | st.text(max_size=30),
    signed_in=st.booleans(),
)
def test_odd_events_are_answered_and_open_nothing(
    running: Running,
    *,
    fields: dict[str, Any],
    headers: dict[str, Any],
    query: dict[str, Any],
    path: str,
    signed_in: bool,
) -> None:
    running.fake_aws.items.clear()
    running.fake_aws.calls.clear()
    sent = event(path, query, sign_in=token() if signed_in else None)
    sent["multiValueHeaders"] |= headers
    answer = running(sent | fields)
    assert "#" not in "".join(answer["multiValueHeaders"].get("Location", []))
    assert not running.fake_aws.asked("AssumeRole")
    assert not running.fake_aws.asked("CreateWebLoginToken")


@bounded
@given(
    claims=st.dictionaries(st.text(max_size=12), anything, max_size=4), path=st.sampled_from(PATHS)
)
def test_odd_claims_are_answered_and_open_nothing(
    running: Running, claims: dict[str, Any], path: str
) -> None:
    running.fake_aws.items.clear()
    running.fake_aws.calls.clear()
    known = {"sub": "1", "email": "bo@example.com"} if len(claims) % 2 else {}
    query = {"mwaa_env": ["analytics"], "rbac_role": ["Viewer"]}
    running(event(path, query, sign_in=token(known | claims)))
    assert not running.fake_aws.asked("AssumeRole")
