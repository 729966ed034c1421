"""Address and groups of a person, from claims of every form."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.authenticator.alb_events import ADA, deep_link, event, token
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import FakeAws


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM"])
def test_the_case_of_an_address_does_not_matter(email: str, function: Function) -> None:
    assert function(deep_link(sign_in=token(ADA | {"email": email}))).status == 302


@pytest.mark.parametrize(
    "email",
    [
        "\u0430da@example.com",  # Cyrillic a
        "\uff41da@example.com",  # full width, which NFKC makes an a
        "ad\u00e1@example.com",
        "ada@example.com\u200b",
        "ada@example\uff0ecom",
        "ada@ex\u00adample.com",
        " ada@example.com",
        "ada@example.com\n",
        "ada@example.com\x00",
        "ada@@example.com",
        "ada",
        "",
        None,
        7,
        True,
        ["ada@example.com"],
        {"value": "ada@example.com"},
        "\ud800@example.com",
        f"{'a' * 65}@example.com",
    ],
)
def test_a_look_alike_or_garbled_address_is_refused(
    email: Any, function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link(sign_in=token(ADA | {"email": email})))

    assert answer.status == 403
    assert "who" not in answer.line
    assert fake_aws.calls == []


@pytest.mark.parametrize(
    ("granted", "claimed"),
    [
        ("mike@example.com", "mi\u212ae@example.com"),  # the Kelvin sign folds to k
        ("sue@example.com", "\u017fue@example.com"),  # the long s folds to s
    ],
)
def test_letters_that_fold_into_ascii_sign_in_as_nobody(
    granted: str, claimed: str, function: Function, fake_aws: FakeAws
) -> None:
    assert claimed.casefold() == granted
    fake_aws.grant(f"user:{granted}", "analytics", "Viewer")

    assert function(deep_link(sign_in=token({"sub": "1", "email": granted}))).status == 302
    assert function(deep_link(sign_in=token({"sub": "1", "email": claimed}))).status == 403


@pytest.mark.parametrize(
    ("verified", "status"),
    [(True, 302), ("true", 302), (False, 403), ("false", 403), (None, 403), (0, 403), ("", 403)],
)
def test_an_unverified_address_is_refused(verified: Any, status: int, function: Function) -> None:
    claims = ADA | {"email_verified": verified}

    assert function(deep_link(sign_in=token(claims))).status == status


def test_a_provider_that_does_not_tell_of_verification_is_believed(function: Function) -> None:
    assert (
        function(deep_link(sign_in=token({"sub": "1", "email": "ada@example.com"}))).status == 302
    )


GROUP = "data engineers"


@pytest.mark.parametrize(
    "claim",
    [
        [GROUP],
        ["other", GROUP],
        [7, None, {"a": 1}, GROUP, GROUP],
        ["\ud800", "x" * 3000, "", GROUP],
        GROUP,
        f"other,{GROUP}",
        f" other , {GROUP} ",
        f"[other, {GROUP}]",
        f"[{GROUP}]",
        f'["other", "{GROUP}"]',
        f'["other, and more", 7, null, "{GROUP}"]',
        f'[null,"/{GROUP}"]',
        f'[other, "{GROUP}]'.replace('"', ""),
        [*(f"g{number}" for number in range(150)), GROUP],
        f"/{GROUP}",
        [f"/{GROUP}"],
        f"[/other, /{GROUP}]",
    ],
)
def test_a_group_is_found_in_every_form(claim: Any, function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant(f"group:{GROUP}", "analytics", "Op")

    assert function(deep_link(role="Op", sign_in=token(ADA | {"groups": claim}))).status == 302


@pytest.mark.parametrize(
    "claim",
    [
        None,
        True,
        7,
        {},
        {GROUP: True},
        [],
        "",
        "[]",
        [[GROUP]],
        f'[["{GROUP}"]]',
        f'{{"{GROUP}": true}}',
        f'["{GROUP}, other"]',
        f'["{GROUP}"',
        "[" * 5000 + '"' + "]" * 5000,
        ["Data Engineers"],
        ["data"],
        ["data engineers2"],
        [" data engineers"],
        ["data engineers "],
        ["other,data engineers"],
        ["[data engineers]"],
        "/team/data engineers",
        "//data engineers",
        "data engineers/x",
        "data\u00a0engineers",
    ],
)
def test_no_other_group_counts_for_it(claim: Any, function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant(f"group:{GROUP}", "analytics", "Op")

    assert function(deep_link(role="Op", sign_in=token(ADA | {"groups": claim}))).status == 403


@pytest.mark.parametrize("claim", ["", "[]", ",", "/", [""], ["/"]])
def test_no_name_is_no_group(claim: Any, function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("group:", "analytics", "Op")

    assert function(deep_link(role="Op", sign_in=token(ADA | {"groups": claim}))).status == 403


def test_a_group_may_be_granted_by_its_path(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("group:/team/data", "analytics", "Op")
    fake_aws.grant("group:team/data", "Billing", "Op")
    claims = ADA | {"groups": ["/team/data"]}

    assert function(deep_link(role="Op", sign_in=token(claims))).status == 302
    assert function(deep_link("Billing", "Op", sign_in=token(claims))).status == 302


def test_the_groups_are_in_the_configured_claim_alone(
    function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_GROUPS_CLAIM", "https://example.com/groups")
    fake_aws.grant("group:data", "analytics", "Op")
    elsewhere = ADA | {"https://example.com/groups": ["data"], "groups": []}

    assert function(deep_link(role="Op", sign_in=token(elsewhere))).status == 302
    assert function(deep_link(role="Op", sign_in=token(ADA))).status == 403


@pytest.mark.parametrize(
    "name", ["groups", "https://example.com/groups", "a.b", "cognito:groups", "resource/access"]
)
def test_a_claim_may_have_any_name(
    name: str, function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_GROUPS_CLAIM", name)
    fake_aws.grant("group:12", "analytics", "Op")
    claims = {"sub": "1", "email": "ada@example.com", name: "[11, 12]"}

    assert function(deep_link(role="Op", sign_in=token(claims))).status == 302


def test_without_groups_a_persons_own_grants_count(function: Function, fake_aws: FakeAws) -> None:
    function(deep_link(sign_in=token({"sub": "1", "email": "ada@example.com"})))

    (call,) = fake_aws.asked("BatchGetItem")
    assert {key["principal"]["S"] for key in call["RequestItems"]["grants"]["Keys"]} == {
        "user:ada@example.com",
        "subject:1",
    }
    assert len(fake_aws.asked("CreateWebLoginToken")) == 1


def test_a_group_named_like_an_address_is_no_user(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("user:admin@example.com", "analytics", "Admin")
    groups = ["admin@example.com", "user:admin@example.com"]

    answer = function(deep_link(role="Admin", sign_in=token(ADA | {"groups": groups})))

    assert answer.status == 403


def test_many_groups_are_looked_up_in_batches(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("group:g149", "analytics", "Op")
    groups = [f"g{number}" for number in range(150)]

    assert function(deep_link(role="Op", sign_in=token(ADA | {"groups": groups}))).status == 302
    assert len(fake_aws.asked("BatchGetItem")) == 4


def test_more_groups_than_are_looked_up_are_cut_and_logged(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("group:g400", "*", "Op")
    fake_aws.grant("group:g100", "*", "Viewer")
    groups = [f"g{number}" for number in range(500)]

    answer = function(
        event("/", sign_in=token({"sub": "1", "email": "b@example.com", "groups": groups}))
    )

    assert "as </span>Viewer" in answer.body
    assert "as </span>Op" not in answer.body
    assert answer.line["ignored"] == ["all but 199 of 501 principals"]
    assert len(fake_aws.asked("BatchGetItem")) == 4
