"""Calls and imports of a sign-in, counted because times differ between machines.

benchmarks/authenticator.py measures the times.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import authenticator
from authenticator import public_keys
from tests.unit.authenticator.alb_events import (
    ADA,
    KEY_ID,
    OTHER_KEY,
    PUBLIC_PEM,
    deep_link,
    event,
    public_pem,
    token,
)
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import FakeAws, KeyEndpoint

SIGN_IN = ["BatchGetItem", "AssumeRole", "CreateWebLoginToken"]
OTHER_KEY_ID = "0c6f4c0e-5b0f-4f0b-8a53-0d0a1c3b9f11"


def _operations(fake_aws: FakeAws) -> list[str]:
    """The calls since this was last asked."""
    names = [name for name, _ in fake_aws.calls]
    fake_aws.calls.clear()
    return names


def test_a_sign_in_takes_three_calls(function: Function, fake_aws: FakeAws) -> None:
    for _ in range(3):
        assert function(deep_link()).status == 302
        assert _operations(fake_aws) == SIGN_IN


def test_twenty_groups_take_no_call_more(function: Function, fake_aws: FakeAws) -> None:
    groups = [f"team-{number}" for number in range(20)]
    fake_aws.grant("group:team-19", "Billing", "Op")

    answer = function(deep_link("Billing", "Op", sign_in=token(ADA | {"groups": groups})))

    assert answer.status == 302
    assert _operations(fake_aws) == SIGN_IN


def test_a_version_that_the_configuration_leaves_out_is_asked_for_once(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "legacy", "Viewer")
    function(deep_link("legacy"))
    assert sorted(_operations(fake_aws)) == sorted([*SIGN_IN, "GetEnvironment"])

    function(deep_link("legacy"))
    assert _operations(fake_aws) == SIGN_IN


def test_who_may_not_enter_costs_one_call(function: Function, fake_aws: FakeAws) -> None:
    assert function(deep_link(role="Admin")).status == 403
    assert _operations(fake_aws) == ["BatchGetItem"]


def test_a_confirmation_costs_one_call(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("user:ada@example.com", "analytics", "Admin")

    assert function(deep_link(role="Admin", portal=False)).status == 200
    assert _operations(fake_aws) == ["BatchGetItem"]


def test_an_unknown_host_costs_none(
    function: Function, fake_aws: FakeAws, key_endpoint: KeyEndpoint
) -> None:
    assert function(deep_link(host="airflow.example.com:0443")).status == 400
    assert fake_aws.calls == []
    assert key_endpoint.asked == []


def test_a_stylesheet_and_a_sign_out_cost_none(
    function: Function, fake_aws: FakeAws, key_endpoint: KeyEndpoint
) -> None:
    function(event("/style.css"))
    function(event("/logout", sign_in=token()))

    assert fake_aws.calls == []
    assert key_endpoint.asked == []


def test_each_key_is_fetched_once_for_everybody(
    function: Function, key_endpoint: KeyEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_keys, "time", SimpleNamespace(time=lambda: 0))
    key_endpoint.keys[f"/keys/{OTHER_KEY_ID}"] = (200, public_pem(OTHER_KEY))
    for _ in range(3):
        assert function(deep_link()).status == 302
        assert function(event("/", sign_in=token(ADA | {"email": "b@example.com"}))).status == 200
        assert function(deep_link(sign_in=token(key=OTHER_KEY, kid=OTHER_KEY_ID))).status == 302

    assert key_endpoint.asked == [f"/keys/{KEY_ID}", f"/keys/{OTHER_KEY_ID}"]


def test_a_key_is_fetched_anew_after_an_hour(
    function: Function, key_endpoint: KeyEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 7 * public_keys.TTL_SECONDS
    for later, fetches in ((0, 1), (1, 1), (public_keys.TTL_SECONDS, 2)):
        clock = SimpleNamespace(time=lambda later=later: now + later)
        monkeypatch.setattr(public_keys, "time", clock)
        assert function(deep_link()).status == 302
        assert len(key_endpoint.asked) == fetches


def test_keys_of_strangers_do_not_grow_without_end(
    function: Function, key_endpoint: KeyEndpoint
) -> None:
    for number in range(2 * public_keys.CACHE_SIZE):
        key_id = f"{number:08x}-0000-4000-8000-000000000000"
        key_endpoint.keys[f"/keys/{key_id}"] = (200, PUBLIC_PEM)
        assert function(deep_link(sign_in=token(kid=key_id))).status == 302

    assert public_keys._cached_key.cache_info().currsize == public_keys.CACHE_SIZE


def _output(code: str) -> str:
    """What a new process prints that has the function's modules."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(authenticator.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_nothing_is_loaded_that_a_sign_in_does_not_need() -> None:
    loaded = _output(
        "import sys, authenticator.handler; "
        "print(sorted({'jinja2', 'boto3', 'concurrent.futures.thread'} & set(sys.modules)))"
    )

    assert loaded == "[]"


def test_links_and_hosts_load_little_that_calling_aws_does_not() -> None:
    """Each import is paid for by the first sign-in of a new process."""
    loaded = _output(
        "import sys, authenticator.aws, authenticator.public_keys; before = set(sys.modules); "
        "import authenticator.links; "
        "new = set(sys.modules) - before; "
        "print(*sorted(name for name in new if not name.startswith('authenticator.')))"
    )

    assert loaded in {"", "secrets"}
