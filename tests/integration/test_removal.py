"""What docs/operating.md says of removing a person: new sign-ins, and an open Airflow session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.conftest import Platform
from tests.integration.test_sign_in import PRIVATE, deep_link
from tests.integration.visitor import Visitor

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

PERSON, ADMIN = "viewer@example.com", "admin@example.com"
REFUSED = (302, 401)


@contextmanager
def blocked(platform: Platform, principal: str) -> Iterator[None]:
    """The item that `grants block` writes."""
    dynamodb = platform.cloud.session.client("dynamodb")
    table = platform.outputs("Grants")["TableName"]
    key = {"principal": {"S": principal}, "source": {"S": "block"}}
    dynamodb.put_item(TableName=table, Item=key)
    try:
        yield
    finally:
        dynamodb.delete_item(TableName=table, Key=key)


def in_airflow(visitor: Visitor, platform: Platform) -> int:
    """The status of a page of Airflow 2 that needs a session."""
    page = f"{platform.airflow(PRIVATE)}/users/userinfo/"
    return visitor.http.get(page, follow_redirects=False).status_code


def submit(admin: Visitor, page: httpx.Response, action: str, **changes: str | None) -> None:
    """Submit a form of Airflow 2 as it stands, with changes; None leaves a field out."""
    soup = BeautifulSoup(page.text, "html.parser")
    form = soup.find("form", id="model_form") or soup
    fields: dict[str, object] = {
        str(each["name"]): str(each.get("value", "y"))
        for each in form.find_all("input")
        if each.get("name") and (each.get("type") != "checkbox" or each.has_attr("checked"))
    }
    for each in form.find_all("select"):
        chosen = [option["value"] for option in each.find_all("option", selected=True)]
        fields[str(each["name"])] = chosen
    kept = {name: value for name, value in (fields | changes).items() if value is not None}
    answer = admin.http.post(action, data=kept, headers={"Referer": str(page.url)})
    errors = BeautifulSoup(answer.text, "html.parser").select(".alert, .label-danger, .has-error")
    assert "/edit/" not in str(answer.url), [" ".join(each.text.split()) for each in errors]


def user_number(admin: Visitor, base: str) -> str:
    """Number of the person's user as Viewer; each role has a user of its own."""
    rows = BeautifulSoup(admin.open(f"{base}/users/list/").text, "html.parser").find_all("tr")
    [row] = [str(row) for row in rows if f"-Viewer/{PERSON}" in row.text]
    found = re.search(r"/users/edit/(\d+)", row)
    assert found, row
    return found[1]


def test_a_block_refuses_new_sign_ins_and_airflow_2_ends_the_session_of_an_inactive_user(
    platform: Platform,
) -> None:
    base = platform.airflow(PRIVATE)
    with platform.visitor() as visitor, platform.visitor() as admin:
        visitor.sign_in(platform.portal, email=PERSON)
        visitor.enter(deep_link(platform, PRIVATE, "Viewer"))
        admin.sign_in(platform.portal, email=ADMIN)
        admin.enter(deep_link(platform, PRIVATE, "Admin"))

        with blocked(platform, f"user:{PERSON}"):
            assert visitor.open(platform.portal).status_code == 403
            refused = visitor.follow_to_token(deep_link(platform, PRIVATE, "Viewer"))
            assert refused.status_code == 403
            assert "Your access is blocked" in refused.text
            assert in_airflow(visitor, platform) == 200  # Airflow's own session goes on

        edit = f"{base}/users/edit/{user_number(admin, base)}"
        submit(admin, admin.open(edit), edit, active=None, last_name="-")
        assert in_airflow(visitor, platform) in REFUSED

        submit(admin, admin.open(edit), edit, active="y", last_name="-")
        assert visitor.open(platform.portal).status_code == 200
