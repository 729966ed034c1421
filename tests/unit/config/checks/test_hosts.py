"""Environments under hosts of their own."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.model import Configuration
from config.ui_priority import UI_PRIORITIES
from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    NAMES,
    draft,
    mistakes_in,
    parse,
    quick_start,
    warnings_about,
    warnings_of,
    with_environment,
    without,
    words,
)

LONG = "a" * 60 + ".example.com"
OWN_COOKIE = {"SessionCookieName": "__Host-portal"}


def served(**keys: Any) -> dict[str, Any]:
    """One new environment under a host of its own."""
    raw = with_environment(**{"UiHost": "analytics.example.com", **keys})
    return {**raw, "Alb": {**ALB, "DomainName": "airflow.example.com"}}


@pytest.mark.parametrize(
    ("host", "hint"),
    [
        ("https://analytics.example.com", "Leave out https://"),
        ("analytics.example.com/home", "Leave out https:// and the path."),
        ("analytics.example.com:443", "Leave out the port"),
        ("*.example.com", "A wildcard is no host"),
        ("team_a.example.com", "no underscores"),
        ("analytics.example.com.", "End it without the dot."),
        ("-a.example.com", ""),
        ("analytics", ""),
        ("10.1.0.25", ""),
        ("a b.example.com", ""),
        ("analytics..example.com", ""),
        ("x" * 64 + ".example.com", "A part between dots has 64 characters; 63 is the most."),
        (".".join(["a" * 60] * 3), "This has 182."),
        ("analytics.example.com\n", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("place", ["MwaaEnvironments[0].UiHost", "Alb.DomainName"])
def test_a_host_is_named_and_nothing_more(place: str, host: str, hint: str) -> None:
    raw = (
        served(UiHost=host) if place.endswith("UiHost") else draft(Alb={**ALB, "DomainName": host})
    )
    reason, found = words(raw, place)
    assert reason.startswith("This must be the name of a host, such as airflow.example.com")
    assert hint in found


def test_hosts_are_kept_in_lower_case() -> None:
    configuration = parse(served(UiHost="Analytics.Example.COM"))
    assert configuration.environments[0].ui_host == "analytics.example.com"


def test_each_environment_has_a_host_of_its_own() -> None:
    entries = [
        {"Name": "one", "UiHost": "airflow-one.example.com"},
        {"Name": "two", "UiHost": "Airflow-One.example.com"},
        {"Name": "three", "UiHost": "AIRFLOW.example.com", "Descripton": ""},
    ]
    raw = draft(MwaaEnvironments=entries, Alb={**ALB, "DomainName": "airflow.example.com"})
    mistakes = mistakes_in(raw)
    assert set(mistakes) == {
        "MwaaEnvironments[1].UiHost",
        "MwaaEnvironments[2].UiHost",
        "MwaaEnvironments[2].Descripton",
    }
    same, portal = mistakes["MwaaEnvironments[1].UiHost"], mistakes["MwaaEnvironments[2].UiHost"]
    assert same.message.startswith("MwaaEnvironments[0] has this host already")
    assert portal.message == "This is Alb.DomainName, where the portal stands."
    assert portal.remedy == "Give the environment a host of its own, under another domain."


@pytest.mark.parametrize(
    ("host", "portal", "doubted"),
    [
        ("analytics.airflow.example.com", "airflow.example.com", True),
        ("analytics.example.com", "airflow.example.com", True),
        ("analytics.example.com", "portal.airflow.example.com", True),
        ("analytics.example.com", "example.com", True),
        ("analytics.example.com", "Airflow.EXAMPLE.com", True),
        ("airflow.example.net", "airflow.example.com", False),
        ("analytics.other-example.com", "airflow.example.com", False),
        ("analytics.com", "example.com", False),
    ],
)
def test_a_host_that_can_set_cookies_for_the_portal_is_doubted(
    host: str, portal: str, doubted: bool
) -> None:
    raw = {**served(UiHost=host), "Alb": {**NAMES, "DomainName": portal}}
    text = f"UiHost: plugins under {host} can set cookies for {portal.lower()} too"
    assert (text in warnings_of(raw)) is doubted
    raw["Alb"] |= OWN_COOKIE
    assert "can set cookies" not in warnings_of(raw)


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_a_public_web_server_has_no_host(version: str) -> None:
    raw = served(AirflowVersion=version, WebServerAccessMode="PUBLIC_ONLY")
    reason, hint = words(raw, "MwaaEnvironments[0].UiHost")
    assert "PUBLIC_ONLY" in reason
    assert hint == "Take UiHost out, or make the web server private."
    both = served(AirflowVersion="3.3.1", WebServerAccessMode="PUBLIC_AND_PRIVATE")
    assert not mistakes_in(both)


def test_a_host_needs_that_of_the_portal() -> None:
    raw = with_environment(UiHost="analytics.example.com")
    reason, _ = words(raw, "Alb.DomainName")
    assert reason.startswith("Missing: with a UiHost (MwaaEnvironments[0])")
    assert list(mistakes_in(without(raw, "Alb"))) == ["Alb"]
    raw["Alb"]["DomainName"] = "..."
    reason, hint = words(raw, "Alb.DomainName")
    assert reason.startswith("Not filled in yet: host name that people open")
    assert "take the key out" in hint


def test_an_environment_that_exists_stays_so_with_a_host() -> None:
    raw = draft(
        MwaaEnvironments=[{"Name": "finance", "UiHost": "finance.example.com"}],
        Alb={**ALB, "DomainName": "airflow.example.com"},
    )
    (finance,) = parse(raw).existing_environments
    assert finance.ui_host == "finance.example.com"


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        ({}, {}, True),
        ({}, {"VpcCIDR": "10.1.0.0/16"}, True),
        ({"VpcCIDR": "10.2.0.0/16"}, {"VpcCIDR": "10.1.0.0/16"}, True),
        ({"UiHost": ""}, {"VpcCIDR": "10.1.0.0/16"}, False),
    ],
    ids=["both exist", "one is new", "both are new", "one has no host"],
)
def test_environments_with_hosts_get_stacks_of_different_names(
    one: dict[str, Any], other: dict[str, Any], conflict: bool
) -> None:
    entries = [
        {"Name": "Env-1", "UiHost": "a.example.com", **one},
        {"Name": "env-1", "UiHost": "b.example.com", **other},
        {"Name": "ENV-1"},
    ]
    raw = draft(
        MwaaEnvironments=[
            {key: value for key, value in entry.items() if value} for entry in entries
        ],
        Alb={**ALB, "DomainName": "airflow.example.com"},
    )
    if not conflict:
        assert not mistakes_in(raw)
        return
    reason, _ = words(raw, "MwaaEnvironments[1].Name")
    assert reason.startswith("Its stack would have the name of that of MwaaEnvironments[0]")


def test_a_certificate_is_made_for_a_host_of_64_characters_at_most() -> None:
    raw = served(UiHost=LONG)
    assert not mistakes_in(raw)
    raw["Alb"] = {**NAMES, "DomainName": f"b{LONG}"}
    mistakes = mistakes_in(raw)
    assert set(mistakes) == {"MwaaEnvironments[0].UiHost", "Alb.DomainName"}
    assert (
        "64 characters at most, and this has 72" in mistakes["MwaaEnvironments[0].UiHost"].message
    )
    remedies = {path: mistake.remedy or "" for path, mistake in mistakes.items()}
    assert (
        remedies["Alb.DomainName"] == "Shorten it, or give a certificate for it (CertificateArn)."
    )
    assert "name no hosted zone" in remedies["MwaaEnvironments[0].UiHost"]
    raw["Alb"] |= ALB
    assert set(mistakes_in(raw)) == {"MwaaEnvironments[0].UiHost"}
    assert not mistakes_in({**served(UiHost=LONG[-64:]), "Alb": NAMES})


def test_a_certificate_of_quick_start_alone_is_made_for_a_host_as_short() -> None:
    raw = quick_start({**NAMES, "DomainName": LONG})
    assert "64 characters at most" in words(raw, "Alb.DomainName")[0]
    assert not mistakes_in(quick_start({**NAMES, "DomainName": LONG[-64:]}))


def test_hosts_without_a_zone_say_what_certificate_and_dns_must_cover() -> None:
    assert "must cover analytics.example.com, and their DNS records" in warnings_of(served())
    assert warnings_of({**served(), "Alb": {**NAMES, **OWN_COOKIE}}) == ""


@pytest.mark.parametrize(
    ("host", "doubted"),
    [
        ("airflow.example.org", True),
        ("airflow.elsewhere.com", True),
        ("analytics.example.com", False),
        ("a.b.airflow.example.com", False),
    ],
)
def test_a_host_that_cannot_be_in_the_portals_zone_is_doubted(host: str, doubted: bool) -> None:
    text = warnings_of({**served(UiHost=host), "Alb": NAMES})
    assert (f"{host} and Alb.DomainName have no domain in common" in text) is doubted


@pytest.mark.parametrize(
    ("option", "doubted"),
    [
        ("other.example.com", True),
        ("analytics.example.com", False),
        ("https://Analytics.example.com/", False),
    ],
)
def test_a_host_name_of_airflow_that_is_not_the_hosts_is_doubted(
    option: str, doubted: bool
) -> None:
    options = {"webserver.base_url": option}
    raw = {**served(AirflowVersion="2.10.3", ConfigurationOptions=options), "Alb": NAMES}
    assert ("webserver.base_url is kept" in warnings_of(raw)) is doubted


def test_what_is_left_to_the_owner_of_an_existing_environment_is_said() -> None:
    def raw(version: str | None, **alb: Any) -> dict[str, Any]:
        entry = {"Name": "finance", "AirflowVersion": version, "UiHost": "finance.example.com"}
        return draft(MwaaEnvironments=[entry], Alb={**NAMES, **OWN_COOKIE, **alb})

    assert "the route from the load balancer's VPC to its own is yours" in warnings_of(raw("3.3.1"))
    named = NAMED_VPC | {"AllowedCidrs": ["10.0.0.0/8"]}
    assert warnings_of(raw("3.3.1", **named)) == ""
    for version in ("2.10.3", None):
        text = warnings_of(raw(version, **named))
        assert "webserver.base_url = finance.example.com" in text


@pytest.mark.parametrize(
    ("entry", "alb", "warned"),
    [
        ({"WebServerAccessMode": "PRIVATE_ONLY"}, {}, True),
        ({"WebServerAccessMode": "PRIVATE_ONLY"}, {**NAMED_VPC, "InternetFacing": True}, True),
        ({"WebServerAccessMode": "PRIVATE_ONLY"}, NAMED_VPC, False),
        ({"WebServerAccessMode": "PRIVATE_ONLY", "VpcCIDR": "10.1.0.0/16"}, {}, False),
        ({"WebServerAccessMode": "PUBLIC_ONLY"}, {}, False),
        ({}, {}, False),
    ],
)
def test_the_route_to_an_existing_private_web_server_is_said_to_be_peoples_own(
    entry: dict[str, Any], alb: dict[str, Any], *, warned: bool
) -> None:
    raw = draft(MwaaEnvironments=[{"Name": "finance", **entry}], Alb={**ALB, **alb})
    text = "finance: an environment that exists is left alone, so the route from people's networks"
    assert (text in warnings_of(raw)) is warned
    assert ("give it a UiHost" in warnings_of(raw)) is warned


@pytest.mark.parametrize(
    ("hosts", "alb", "quotas"),
    [
        (25, NAMES, []),
        (26, NAMES, ["certificates"]),
        (50, NAMES, ["certificates", "rules"]),
        (26, {**ALB, "DomainName": "airflow.example.com"}, []),
    ],
)
def test_more_hosts_than_quotas_allow_are_doubted(
    hosts: int, alb: dict[str, Any], quotas: list[str]
) -> None:
    raw = {**under_hosts([f"env-{number}" for number in range(hosts)]), "Alb": alb}
    doubts = " ".join(line for line in warnings_about(parse(raw)) if "quota" in line)
    assert [quota for quota in ("certificates", "rules") if quota in doubts] == quotas


def under_hosts(names: list[str]) -> dict[str, Any]:
    entries = [
        {"Name": name, "AirflowVersion": "3.3.1", "UiHost": f"ui-{index}.example.com"}
        for index, name in enumerate(names)
    ]
    return draft(MwaaEnvironments=entries, Alb=NAMES)


def priorities(configuration: Configuration) -> dict[str, int]:
    return {each.name: configuration.ui_priority(each) for each in configuration.environments}


NAMES_OF_HOSTS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), unique=True, min_size=2, max_size=6
)


@given(NAMES_OF_HOSTS, st.randoms())
def test_a_hosts_priority_depends_on_no_other_entry(names: list[str], random: Random) -> None:
    alone = {name: priorities(parse(under_hosts([name])))[name] for name in names}
    assume(len(set(alone.values())) == len(names))

    shuffled = random.sample(names, len(names))

    assert priorities(parse(under_hosts(shuffled))) == alone
    assert all(0 <= priority < UI_PRIORITIES for priority in alone.values())


def test_two_hosts_with_the_same_priorities_are_told_to_choose() -> None:
    # Found by search: both names give 2339.
    raw = under_hosts(["env-66", "env-72"])

    assert words(raw, "MwaaEnvironments[1].UiPriority") == (
        "Its rules would have the priorities of MwaaEnvironments[0]'s, 2339.",
        "Give another UiPriority to the one that is not deployed, such as 0.",
    )
    for entry in (0, 1):
        chosen = under_hosts(["env-66", "env-72"])
        chosen["MwaaEnvironments"][entry]["UiPriority"] = 17
        assert sorted(priorities(parse(chosen)).values()) == [17, 2339]


def test_a_chosen_priority_may_be_taken_too() -> None:
    raw = under_hosts(["one", "two"])
    for entry in raw["MwaaEnvironments"]:
        entry["UiPriority"] = 5

    assert list(mistakes_in(raw)) == ["MwaaEnvironments[1].UiPriority"]
