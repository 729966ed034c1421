"""Address and groups of a person, from claims of every form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from authenticator.grants import MAX_PRINCIPALS
from authenticator.settings import ROLES
from tests.unit.authenticator.alb_events import ADA, BO, deep_link, event, token
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

    assert function(deep_link(sign_in=token(ADA | {"email": granted}))).status == 302
    assert function(deep_link(sign_in=token(ADA | {"email": claimed}))).status == 403


@pytest.mark.parametrize(
    ("verified", "status"),
    [(True, 302), ("true", 302), (False, 403), ("false", 403), (None, 403), (0, 403), ("", 403)],
)
def test_an_unverified_address_is_refused(verified: Any, status: int, function: Function) -> None:
    claims = ADA | {"email_verified": verified}

    assert function(deep_link(sign_in=token(claims))).status == status


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 302),
        ({"email_verified": True}, 302),
        ({"email_verified": False}, 403),
        ({"email_verified": None}, 403),
        ({"email_verified": 1}, 403),
    ],
)
def test_a_provider_that_never_tells_of_verification_may_be_believed(
    claims: dict[str, Any], status: int, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_REQUIRE_VERIFIED_EMAIL", "false")
    sent = {"sub": "1", "email": "ada@example.com", **claims}

    assert function(deep_link(sign_in=token(sent))).status == status


def test_without_that_a_silent_provider_is_not_believed(
    function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link(sign_in=token({"sub": "1", "email": "ada@example.com"})))

    assert answer.status == 403
    assert "no claim email_verified" in answer.line["reason"]
    assert fake_aws.calls == []


@pytest.mark.parametrize(
    "subject",
    [None, "", " ", 7, True, ["1"], " 1", "1 ", "1\n", "1\0", "\u00e9", "\ud800", "x" * 256],
)
def test_a_person_without_a_usable_subject_is_refused(
    subject: Any, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant(f"subject:{subject}", "*", "Admin")

    answer = function(deep_link(sign_in=token(ADA | {"sub": subject})))

    assert answer.status == 403
    assert answer.line["reason"] == "no usable subject"
    assert fake_aws.calls == []


@pytest.mark.parametrize("subject", ["00u1", "auth0|64f0", "CN=Ada, O=Example", "x" * 255])
def test_a_subject_is_granted_exactly(subject: str, function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant(f"subject:{subject}", "analytics", "Op")

    def opened(**claims: Any) -> bool:
        sent = BO | {"sub": subject} | claims
        return function(deep_link(role="Op", sign_in=token(sent))).status == 302

    assert opened()
    assert not opened(sub=subject.swapcase())
    assert not opened(sub="2", groups=[subject, f"subject:{subject}"])
    assert not opened(sub="2", email=f"{subject[:60].replace(' ', '')}@example.com")


GROUP = "data engineers"


TEXTS = [
    GROUP,
    f"other,{GROUP}",
    f" other , {GROUP} ",
    f"[other, {GROUP}]",
    f"[{GROUP}]",
    f'["other", "{GROUP}"]',
    f'["other, and more", 7, null, "{GROUP}"]',
]


def opens(function: Function, groups: Any) -> bool:
    """Whether somebody with this groups claim may open what the group may."""
    answer = function(deep_link(role="Op", sign_in=token(ADA | {"groups": groups})))
    return answer.status == 302


@pytest.fixture
def granted(fake_aws: FakeAws) -> None:
    fake_aws.grant(f"group:{GROUP}", "analytics", "Op")


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize(
    "claim",
    [
        [GROUP],
        ["other", GROUP],
        [7, None, {"a": 1}, GROUP, GROUP],
        ["\ud800", "x" * 3000, "", GROUP],
        [*(f"g{number}" for number in range(150)), GROUP],
    ],
)
def test_a_group_is_found_in_a_list(claim: Any, function: Function) -> None:
    assert opens(function, claim)


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize(
    "claim",
    [
        *TEXTS,
        None,
        True,
        7,
        {},
        {GROUP: True},
        [],
        "",
        "[]",
        [[GROUP]],
        ["Data Engineers"],
        ["data"],
        ["data engineers2"],
        [" data engineers"],
        ["data engineers "],
        ["other,data engineers"],
        ["[data engineers]"],
        [f"/{GROUP}"],
        [f"//{GROUP}"],
        [f"/team/{GROUP}"],
        ["data engineers/x"],
        ["data\u00a0engineers"],
    ],
)
def test_no_other_claim_counts_for_the_group(claim: Any, function: Function) -> None:
    assert not opens(function, claim)


def test_a_text_that_does_not_count_is_logged(function: Function) -> None:
    line = function(deep_link(sign_in=token(ADA | {"groups": "data"}))).line
    assert line["ignored"] == ["groups claim: a text, which counts only with Oidc.GroupsAsText"]


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize("claim", [*TEXTS, [GROUP]])
def test_a_group_is_found_in_a_text_where_texts_count(
    claim: Any, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_GROUPS_AS_TEXT", "true")
    assert opens(function, claim)


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize(
    "claim",
    [
        f'[["{GROUP}"]]',
        f'{{"{GROUP}": true}}',
        f'["{GROUP}, other"]',
        f'["{GROUP}"',
        "[" * 5000 + '"' + "]" * 5000,
        f"/{GROUP}",
        "data\u00a0engineers",
        ["other,data engineers"],
        ["[data engineers]"],
    ],
)
def test_a_text_holds_the_groups_that_it_names_alone(
    claim: Any, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_GROUPS_AS_TEXT", "true")
    assert not opens(function, claim)


@pytest.mark.usefixtures("granted")
def test_a_path_is_a_group_without_its_first_slash(
    function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_GROUP_PATHS", "true")
    fake_aws.grant("group:/team/data", "analytics", "Op")
    for claim in ([GROUP], [f"//{GROUP}"], [f"/team/{GROUP}"], ["/team/data"], ["team/data"]):
        assert not opens(function, claim)
    assert opens(function, [f"/{GROUP}"])

    fake_aws.grant("group:team/data", "analytics", "Op")
    assert opens(function, ["/team/data"])
    assert not opens(function, ["team/data"])


def test_a_name_without_a_path_is_logged_where_groups_are_paths(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_GROUP_PATHS", "true")
    line = function(deep_link(sign_in=token(ADA | {"groups": ["/a", "b", "c"]}))).line
    assert line["ignored"] == ["groups claim: 2 names without a first slash"]


@pytest.mark.parametrize("settings", [(), ("OIDC_GROUPS_AS_TEXT", "OIDC_GROUP_PATHS")])
@pytest.mark.parametrize("claim", ["", "[]", ",", "/", "[/]", [""], ["/"]])
def test_no_name_is_no_group(
    claim: Any,
    settings: tuple[str, ...],
    function: Function,
    fake_aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in settings:
        monkeypatch.setenv(name, "true")
    fake_aws.grant("group:", "analytics", "Op")
    assert not opens(function, claim)


@pytest.mark.parametrize("settings", ["GROUPS_AS_TEXT", "GROUP_PATHS", "REQUIRE_VERIFIED_EMAIL"])
@pytest.mark.parametrize("value", ["", "True", "1", "no"])
def test_a_setting_that_is_neither_on_nor_off_lets_nobody_in(
    settings: str, value: str, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"OIDC_{settings}", value)
    answer = function(deep_link())
    assert answer.status == 500
    assert settings in answer.line["reason"]


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
    claims = ADA | {name: ["11", "12"]}

    assert function(deep_link(role="Op", sign_in=token(claims))).status == 302


def test_without_groups_a_persons_own_grants_count(function: Function, fake_aws: FakeAws) -> None:
    function(deep_link(sign_in=token({**ADA, "groups": None})))

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


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True), lambda n: n])
def test_of_300_groups_the_first_by_name_count_in_whatever_order_and_number(
    order: Callable[[list[str]], list[str]], function: Function, fake_aws: FakeAws
) -> None:
    looked_up = MAX_PRINCIPALS - 2  # besides the address and the subject
    names = [f"g{number:03}" for number in range(300)]
    fake_aws.grant(f"group:{names[looked_up - 1]}", "*", "Viewer")
    fake_aws.grant(f"group:{names[looked_up]}", "*", "Op")
    fake_aws.grant("user:b@example.com", "*", "Public")
    fake_aws.grant("subject:2", "*", "User")

    answer = function(event("/", sign_in=token(BO | {"groups": order([*names, *names])})))

    assert answer.status == 200
    opened = {role for role in ROLES if f"as </span>{role}" in answer.body}
    assert opened == {"Public", "Viewer", "User"}
    assert answer.line["ignored"] == [f"all but {MAX_PRINCIPALS} of 302 principals"]
    assert len(fake_aws.asked("BatchGetItem")) == 4
