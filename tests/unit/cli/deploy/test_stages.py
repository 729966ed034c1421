"""The order of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cli.deploy.stages import Stage, stages
from cli.plan.application import Application, StackState
from config.loader import parse_configuration
from config.model import Configuration
from tests.templates.synthesis import SAMPLES, raw_sample

Json = dict[str, Any]


def configuration(**waves: int) -> Configuration:
    """New environments with hosts in these waves, and one that exists, also with a host."""
    raw = raw_sample("one-new")
    [entry] = raw["MwaaEnvironments"]
    raw["MwaaEnvironments"] = [
        {
            **entry,
            "Name": name,
            "Wave": wave,
            "VpcCIDR": f"10.{number}.0.0/16",
            "WebServerAccessMode": "PRIVATE_ONLY",
            "UiHost": f"{name}.example.com",
        }
        for number, (name, wave) in enumerate(waves.items(), start=1)
    ]
    raw["MwaaEnvironments"].append({"Name": "old", "UiHost": "old.example.com"})
    return parse_configuration(raw, source=SAMPLES["one-new"])


def application(depends_on: Mapping[str, tuple[str, ...]]) -> Application:
    return Application(
        stacks={
            id_: StackState(id=id_, name=id_, template={}, depends_on=others)
            for id_, others in depends_on.items()
        },
        written=None,
    )


USUAL: Mapping[str, tuple[str, ...]] = {
    "Network": (),
    "Grants": (),
    "Sso": ("Network", "Grants"),
    "Env-a": ("Network",),
    "Env-b": ("Network",),
    "Env-c": ("Network",),
    "Ui-a": ("Env-a", "Sso"),
    "Ui-b": ("Env-b", "Sso"),
    "Ui-c": ("Env-c", "Sso"),
    "Ui-old": ("Sso",),
}


def order(found: tuple[Stage, ...]) -> list[tuple[int | None, tuple[str, ...]]]:
    return [(each.wave, each.stacks) for each in found]


def test_stacks_of_all_come_first_and_hosts_after_the_environments_of_their_wave() -> None:
    found = stages(application(USUAL), configuration(a=5, b=2, c=5))
    assert order(found) == [
        (None, ("Network", "Grants", "Sso")),
        (1, ("Ui-old",)),
        (2, ("Env-b",)),
        (2, ("Ui-b",)),
        (5, ("Env-a", "Env-c")),
        (5, ("Ui-a", "Ui-c")),
    ]
    assert [each.checked for each in found] == [(), ("old",), (), ("b",), (), ("a", "c")]


def test_without_waves_all_environments_are_in_one() -> None:
    found = stages(application(USUAL), configuration(a=1, b=1, c=1))
    assert [each.wave for each in found] == [None, 1, 1]
    assert found[-1].checked == ("a", "b", "c", "old")


@pytest.mark.parametrize(
    "more",
    [
        {"Sso": ("Network", "Grants", "Env-b")},
        {"Env-a": ("Network", "Env-b")},
        {"Env-b": ("Network", "Ui-a")},
        {"QuickStart": ("Ui-c",)},
    ],
)
def test_no_stack_comes_before_one_that_it_depends_on(more: Mapping[str, tuple[str, ...]]) -> None:
    depends_on = {**USUAL, **more}
    found = stages(application(depends_on), configuration(a=1, b=2, c=3))
    place = {id_: number for number, stage in enumerate(found) for id_ in stage.stacks}
    assert place.keys() == depends_on.keys()
    assert [
        (id_, other)
        for id_, others in depends_on.items()
        for other in others
        if place[other] > place[id_]
    ] == []


def test_an_environment_that_waits_for_a_later_wave_is_checked_there() -> None:
    depends_on = {**USUAL, "Env-a": ("Network", "Env-b")}
    found = stages(application(depends_on), configuration(a=1, b=2, c=3))
    assert {each.wave: each.checked for each in found if each.checked} == {
        1: ("old",),
        2: ("a", "b"),
        3: ("c",),
    }


def test_a_pipeline_comes_last_for_it_begins_to_deploy() -> None:
    raw = raw_sample("deployed-by-codepipeline")
    parsed = parse_configuration(raw, source=SAMPLES["deployed-by-codepipeline"])
    depends_on = {"Pipeline": (), "Sso": (), "Env-canary": (), "Env-reporting": ()}
    found = stages(application(depends_on), parsed)
    assert [(each.title, each.stacks, each.checked) for each in found] == [
        ("Shared stacks", ("Sso",), ()),
        ("Wave 1", ("Env-canary",), ("canary",)),
        ("Wave 2", ("Env-reporting",), ("reporting",)),
        ("Pipeline", ("Pipeline",), ()),
    ]
    assert found[-1].wave not in {None, 1, 2}


def test_what_is_chosen_alone_keeps_its_order() -> None:
    found = stages(application(USUAL), configuration(a=3, b=2, c=1), {"Ui-a", "Env-a", "Env-b"})
    assert order(found) == [(2, ("Env-b",)), (3, ("Env-a",)), (3, ("Ui-a",))]
