"""Explanation of grants without AWS, by the code that decides."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from authenticator.decision import RoleAccess
from authenticator.grants import TableGrant, effective_roles, read_grants

NOW = 1_800_000_000


def _item(grants: Any, principal: str = "group:data", source: str = "manual") -> dict[str, Any]:
    return {"principal": {"S": principal}, "source": {"S": source}, "grants": grants}


def _grant(*roles: str, expires: str | None = None) -> dict[str, Any]:
    attributes: dict[str, Any] = {"roles": {"SS": list(roles)}}
    return {"M": attributes | ({"expires": {"N": expires}} if expires else {})}


def _explained(grants: dict[str, Any]) -> list[TableGrant]:
    return list(read_grants([_item({"M": grants})], NOW))


def test_a_grant_says_who_gives_what_until_when() -> None:
    grants = {"billing": _grant("Op", "Viewer", expires=str(NOW + 1)), "*": _grant("User")}

    assert _explained(grants) == [
        TableGrant("group:data", "manual", "billing", ("Viewer", "Op"), NOW + 1, active=True),
        TableGrant("group:data", "manual", "*", ("User",), None, active=True),
    ]


@pytest.mark.parametrize(
    ("expires", "active"),
    [(NOW - 1, False), (NOW, False), (NOW + 0.5, True), (-1, False), (0, False)],
)
def test_a_grant_that_has_ended_is_told_and_not_active(expires: float, active: bool) -> None:
    (grant,) = _explained({"billing": _grant("Op", expires=str(expires))})

    assert (grant.active, grant.expires, grant.problem) == (active, expires, None)


@pytest.mark.parametrize(
    ("grant", "problem"),
    [
        ({"S": "Op"}, "roles"),
        ({"M": {}}, "roles"),
        ({"M": {"roles": {"L": [{"S": "Op"}]}}}, "roles"),
        ({"M": {"roles": {"SS": [["Op"]]}}}, "roles"),
        (None, "roles"),
        (_grant("DataOp"), "DataOp"),
        (_grant("Op", expires="nan"), "expiry"),
        (_grant("Op", expires="inf"), "expiry"),
        (_grant("Op", expires="soon"), "expiry"),
        (_grant("Op", expires=f"{NOW}000"), "expiry"),  # in milliseconds it would last for ever
        ({"M": {"roles": {"SS": ["Op"]}, "expires": {"NULL": True}}}, "expiry"),
        ({"M": {"roles": {"SS": ["Op"]}, "Expires": {"N": "1"}}}, "Expires"),
        ({"M": {"roles": {"SS": ["Op"]}, "expires": {"N": f"{NOW + 9}"}, "x": {}}}, "'x'"),
    ],
)
def test_a_malformed_grant_is_named_and_not_active(grant: Any, problem: str) -> None:
    (explained,) = _explained({"billing": grant})

    assert explained.environment == "billing"
    assert not explained.active
    assert problem in (explained.problem or "")


def test_an_unknown_role_is_named_and_the_others_count() -> None:
    (grant,) = _explained({"billing": _grant("Op", "DataOp")})

    assert grant.active
    assert grant.roles == ("Op",)
    assert "DataOp" in (grant.problem or "")


@pytest.mark.parametrize("grants", [None, {"S": "x"}, {"M": []}, {"L": []}])
def test_an_item_without_grants_is_named(grants: Any) -> None:
    (grant,) = read_grants([_item(grants, "user:ada@example.com")], NOW)

    assert (grant.principal, grant.active) == ("user:ada@example.com", False)
    assert grant.problem


def test_an_item_with_an_unknown_attribute_gives_nothing_and_is_named_for_each_entry() -> None:
    item = _item({"M": {"billing": _grant("Op"), "*": _grant("User")}}) | {"Expires": {"N": "1"}}
    explained = list(read_grants([item], NOW))

    assert [grant.environment for grant in explained] == ["billing", "*"]
    assert not any(grant.active for grant in explained)
    assert all("Expires" in (grant.problem or "") for grant in explained)
    assert effective_roles(explained, ["billing"]) == {}


@pytest.mark.parametrize("source", ["Manual", "Block", "blocked", ""])
def test_an_item_of_a_source_that_no_sign_in_reads_is_named(source: str) -> None:
    (grant,) = read_grants([_item({"M": {"billing": _grant("Op")}}, source=source)], NOW)

    assert not grant.active
    assert "source" in (grant.problem or "")


def test_a_block_is_no_grant() -> None:
    block = _item({"M": {"billing": _grant("Op")}}, source="block")

    assert list(read_grants([block], NOW)) == []


def test_what_an_item_lacks_is_told_as_empty() -> None:
    (grant,) = read_grants([{"grants": {"M": {"billing": _grant("Op")}}}], NOW)

    assert (grant.principal, grant.source) == ("", "")


def _decided(*grants: tuple[str, dict[str, Any]]) -> dict[str, dict[str, RoleAccess]]:
    items = [_item({"M": {environment: grant}}) for environment, grant in grants]
    decision = effective_roles(read_grants(items, NOW), ["billing", "analytics"])
    assert [*decision] == [name for name in ("billing", "analytics") if name in decision]
    return decision


def _access(environment: str, expires: float | None = None) -> RoleAccess:
    return RoleAccess(expires, f"group:data, manual, {environment}")


def test_several_grants_add_up_and_the_last_end_counts() -> None:
    decision = _decided(
        ("billing", _grant("Op", expires=str(NOW + 9))),
        ("billing", _grant("Op", "Admin", expires=str(NOW + 5))),
        ("*", _grant("Op", "Viewer", expires=str(NOW + 7))),
    )

    assert decision == {
        "billing": {
            "Viewer": _access("*", NOW + 7),
            "Op": _access("billing", NOW + 9),
            "Admin": _access("billing", NOW + 5),
        },
        "analytics": {"Viewer": _access("*", NOW + 7), "Op": _access("*", NOW + 7)},
    }
    assert [*decision["billing"]] == ["Viewer", "Op", "Admin"]


def test_a_grant_without_an_end_outlasts_all_others() -> None:
    ends = str(NOW + 9)

    assert _decided(("*", _grant("Op")), ("billing", _grant("Op", expires=ends))) == {
        "billing": {"Op": _access("*")},
        "analytics": {"Op": _access("*")},
    }


def test_of_grants_with_one_end_the_same_decides_in_any_order() -> None:
    items = [
        _item({"M": {environment: _grant("Op", expires=str(NOW + 9))}}, principal, source)
        for environment in ("billing", "*")
        for principal in ("group:data", "user:ada@example.com")
        for source in ("configuration", "manual")
    ]
    expected = {"Op": RoleAccess(NOW + 9, "user:ada@example.com, manual, billing")}

    for order in permutations(items, 4):
        others = [each for each in items if each not in order]
        decision = effective_roles(read_grants([*order, *others], NOW), ["billing"])
        assert decision == {"billing": expected}


def test_an_environment_without_a_role_is_not_in_the_decision() -> None:
    assert _decided(("billing", _grant("Op", expires="1")), ("other", _grant("Op"))) == {}
