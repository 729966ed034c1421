"""Who gains access, and who loses it."""

from __future__ import annotations

from typing import Any

from cli.plan.access import access_changes
from cli.plan.describe import access_line
from tests.unit.cli.plan.applications import Json, written

ONE, TWO = {"Name": "lake"}, {"Name": "finance"}


def said(before: Json, after: Json) -> list[str]:
    return [access_line(each) for each in access_changes(before, after)]


def grant(environments: Any = "*", roles: Any = "User", **who: str) -> Json:
    return {**(who or {"User": "Ada@example.com"}), "Environments": environments, "Roles": roles}


def test_a_new_grant_is_gained_wherever_it_opens() -> None:
    before, after = written(ONE, TWO), written(ONE, TWO, Grants=[grant(roles=["User", "Op"])])
    assert said(before, after) == ["user:ada@example.com gains User and Op in lake and finance."]


def test_roles_come_and_go_in_one_line() -> None:
    before = written(ONE, Grants=[grant(roles="Admin", Group="team")])
    after = written(ONE, Grants=[grant(roles="Viewer", Group="team")])
    assert said(before, after) == [
        "group:team gains Viewer and loses Admin in lake, and keeps Viewer."
    ]


def test_another_order_or_spelling_of_the_same_grants_is_no_change() -> None:
    before = written(ONE, TWO, Grants=[grant("*", ["User", "Op"])])
    after = written(
        TWO, ONE, Grants=[grant(["lake"], "Op"), grant("*", ["User"]), grant("finance", "Op")]
    )
    assert said(before, after) == []


def test_a_grant_on_every_environment_opens_a_new_one() -> None:
    grants = [grant()]
    before, after = written(ONE, Grants=grants), written(ONE, TWO, Grants=grants)
    assert said(before, after) == ["user:ada@example.com gains User in finance."]
    assert said(after, before) == [
        "user:ada@example.com loses User in finance, and has no role left there."
    ]


def test_another_end_is_told() -> None:
    before = written(ONE, Grants=[grant()])
    after = written(ONE, Grants=[{**grant(), "Expires": "2099-01-31"}])
    assert said(before, after) == ["user:ada@example.com has another end for User in lake."]


def test_quick_start_opens_its_environment_to_everybody() -> None:
    quick_start = {"VpcId": "vpc-0123456789abcdef0", "MwaaEnvironmentName": "old"}
    after = written(QuickStart={**quick_start, "RbacRoleName": "Op"})
    shipped = written(QuickStart={"VpcId": "...", "MwaaEnvironmentName": "..."})
    assert said(shipped, after) == ["everybody who can sign in gains Op in old."]
