"""Grants: who is meant, where, as what and until when."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from authenticator import person
from authenticator.person import SUBJECT
from authenticator.settings import ROLES
from config.grants import Role
from mwaa_platform.sign_in.web_login_roles import AIRFLOW_ROLES
from tests.unit.config.configurations import draft, mistakes_in, parse, warnings_of

GRANT = {"User": "viewer@example.com", "Environments": ["analytics"], "Roles": ["Viewer"]}


def grants(*entries: dict[str, Any]) -> dict[str, Any]:
    return draft(Grants=list(entries))


def test_people_are_compared_without_case_and_groups_exactly() -> None:
    ada, group = parse(
        grants(
            {**GRANT, "User": "Viewer@Example.com"},
            {"Group": "Data Engineers", "Environments": "*", "Roles": ["Op", "User"]},
        )
    ).grants
    assert ada.principal == "user:viewer@example.com"
    assert group.principal == "group:Data Engineers"
    assert group.environments == ("*",)


def test_a_subject_is_kept_in_its_case_and_is_nobody_elses() -> None:
    subject = {"Environments": "*", "Roles": "Op"}
    found = parse(
        grants(
            {"Subject": "00uAbC", **subject},
            {"Subject": "00uabc", **subject},
            {"Subject": "auth0|64f0 c0ffee", **subject},
            {"Group": "00uAbC", **subject},
        )
    ).grants
    assert [each.principal for each in found] == [
        "subject:00uAbC",
        "subject:00uabc",
        "subject:auth0|64f0 c0ffee",
        "group:00uAbC",
    ]


def test_a_subject_has_one_grant_an_environment() -> None:
    grant = {"Subject": "00uAbC", "Environments": ["analytics"], "Roles": ["Op"]}
    assert list(mistakes_in(grants(grant, grant))) == ["Grants[1]"]


@pytest.mark.parametrize(
    "subject", ["1", "a b", "~" * 255, "", " ", "a ", "x" * 256, "\u00e9", "a\n"]
)
def test_subjects_are_those_that_the_sign_in_takes(subject: str) -> None:
    entry = {"Subject": subject, "Environments": "*", "Roles": "Op"}
    is_usable = re.fullmatch(SUBJECT, subject) is not None
    assert (not mistakes_in(grants(entry))) == is_usable


@pytest.mark.parametrize(
    "address",
    [
        "o'brien@example.co.uk",
        "_svc+x@sub.ex-ample.com",
        "ada_example.com#EXT#@tenant.onmicrosoft.com",
        f"{'a' * 64}@{'b' * 185}.com",
    ],
)
def test_a_plain_address_is_one_that_the_sign_in_takes(address: str) -> None:
    assert not mistakes_in(grants({**GRANT, "User": address}))
    assert person.ADDRESS.fullmatch(address)


@pytest.mark.parametrize("address", [f"{'a' * 65}@example.com", f"a@{'b' * 186}.com"])
def test_an_address_that_the_sign_in_turns_away_cannot_be_granted(address: str) -> None:
    assert mistakes_in(grants({**GRANT, "User": address}))
    assert not person.ADDRESS.fullmatch(address)


def test_a_group_that_nobody_is_in_where_groups_are_paths() -> None:
    raw = grants({"Group": "/data", "Environments": "*", "Roles": "Op"})
    assert warnings_of(raw) == ""
    raw["Oidc"]["GroupPaths"] = True
    assert "Grants[0].Group: nobody is in this group" in warnings_of(raw)


@pytest.mark.parametrize(
    ("issuer", "provider"),
    [
        ("https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0", "Entra ID"),
        ("https://sts.windows.net/11111111-2222-3333-4444-555555555555/", "Entra ID"),
        ("https://accounts.google.com", "Google"),
        ("https://accounts.google.com.example.com", None),
        ("https://idp.example.com", None),
    ],
)
def test_a_group_that_the_provider_never_sends(issuer: str, provider: str | None) -> None:
    raw = grants(GRANT, {"Group": "ops", "Environments": "*", "Roles": "Op"})
    raw["Oidc"]["Issuer"] = issuer
    text = f"Grants[1].Group: {provider} sends no groups to the load balancer: this grant to group "
    assert (f"{text}ops never counts." in warnings_of(raw)) is (provider is not None)
    assert warnings_of(raw).count("sends no groups") == int(provider is not None)


@pytest.mark.parametrize(
    ("expires", "moment"),
    [
        ("2027-01-31", datetime(2027, 2, 1, tzinfo=UTC)),
        ("2027-01-31T18:00:00+01:00", datetime(2027, 1, 31, 17, tzinfo=UTC)),
        ("2027-01-31T18:00:00Z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_grant_ends_after_its_day_or_at_its_moment(
    expires: str | None, moment: datetime | None
) -> None:
    (grant,) = parse(grants({**GRANT, "Expires": expires})).grants
    assert grant.expires == moment


@pytest.mark.parametrize(
    ("keys", "path", "reason", "hint"),
    [
        ({"Environments": ["analytic"]}, "Environments[0]", "analytic is no", "analytics?"),
        ({"Environments": []}, "Environments", "not be empty", ""),
        ({"Environments": ["*", "analytics"]}, "Environments", "every environment", ""),
        ({"Environments": ["a b"]}, "Environments[0]", "the name of an environment", ""),
        ({"Roles": ["admin"]}, "Roles[0]", "admin is none of: Admin", "Admin?"),
        ({"Roles": []}, "Roles", "not be empty", ""),
        ({"Role": ["Op"]}, "Role", "no such key", "Roles?"),
        ({"User": "data-engineers"}, "User", "an e-mail address", "Group"),
        ({"User": "viewer@localhost"}, "User", "an e-mail address", "alone"),
        ({"User": "<viewer@example.com>"}, "User", "an e-mail address", "mean viewer@example.com"),
        ({"User": "viewer@example.com,"}, "User", "an e-mail address", "mean viewer@example.com"),
        ({"User": "mailto:v@example.com"}, "User", "an e-mail address", "mean v@example.com"),
        ({"User": "\u212aim@example.com"}, "User", "an e-mail address", "other alphabets"),
        ({"Group": "analysts"}, "Group", "one of User, Subject and Group", ""),
        ({"Subject": "00u1"}, "Group", "one of User, Subject and Group", ""),
        ({"User": None}, "Group", "one of User, Subject and Group", ""),
        ({"User": None, "Group": "*"}, "Group", "the name of a group", "No group holds everybody"),
        ({"User": None, "Subject": " 1"}, "Subject", "printable ASCII", ""),
        ({"User": None, "Subject": "\u00e91"}, "Subject", "printable ASCII", ""),
        ({"User": None, "Subject": "x" * 256}, "Subject", "printable ASCII", ""),
        ({"Expires": "2027-02-30"}, "Expires", "a day", "2027-01-31"),
        ({"Expires": "2027-01-31T18:00:00"}, "Expires", "offset from UTC", "+01:00"),
        ({"Expires": "9999-12-31"}, "Expires", "a day", ""),
        ({"Expires": 1800000000}, "Expires", "a day", ""),
    ],
)
def test_a_mistake_in_a_grant(keys: dict[str, Any], path: str, reason: str, hint: str) -> None:
    mistakes = mistakes_in(grants({**GRANT, **keys}))
    assert list(mistakes) == [f"Grants[0].{path}"]
    assert reason in mistakes[f"Grants[0].{path}"].message
    assert hint in (mistakes[f"Grants[0].{path}"].remedy or "")


def test_a_principal_has_one_grant_an_environment() -> None:
    mistakes = mistakes_in(grants(GRANT, {**GRANT, "User": "VIEWER@example.com", "Roles": ["Op"]}))
    assert list(mistakes) == ["Grants[1]"]
    assert "Grants[0]" in mistakes["Grants[1]"].message
    assert not mistakes_in(grants(GRANT, {**GRANT, "Environments": ["*"]}))


def test_an_environment_that_is_wrong_elsewhere_is_known_to_grants() -> None:
    raw = draft(MwaaEnvironments=[{"Name": "analytics", "VpcCIDR": "wrong"}], Grants=[GRANT])
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[0].VpcCIDR"]


def test_the_roles_that_can_be_granted_are_those_that_web_login_and_sign_in_know() -> None:
    assert set(get_args(Role)) == set(AIRFLOW_ROLES) == set(ROLES)
