"""Tags that AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.config.configurations import (
    draft,
    mistakes_in,
    parse,
    two,
    with_environment,
    words,
)

OWN = "MwaaEnvironments[0].Tags"


@pytest.mark.parametrize(
    ("raw", "path", "other"),
    [
        (draft(Tags={"Owner": "a", "owner": "a"}), "Tags.owner", "Tags.Owner"),
        (with_environment(Tags={"team": "a", "TEAM": "b"}), f"{OWN}.TEAM", f"{OWN}.team"),
        (
            {**with_environment(Tags={"owner": "b"}), "Tags": {"Owner": "a"}},
            f"{OWN}.owner",
            "Tags.Owner",
        ),
    ],
)
def test_keys_that_differ_in_case_alone_are_one_to_iam(
    raw: dict[str, Any], path: str, other: str
) -> None:
    assert words(raw, path) == (
        f"{other} differs from it in case alone, and a role has one of the two at most.",
        "Write the key in the same way everywhere.",
    )


def test_an_environment_overrides_a_tag_by_its_key_and_others_are_apart() -> None:
    raw = two({"Tags": {"Owner": "b", "stage": "x"}}, {"Tags": {"Stage": "y"}})
    assert not mistakes_in({**raw, "Tags": {"Owner": "a"}})


@pytest.mark.parametrize("blank", ["\n", "\r", "\t", "\u2028", "\u00a0"])
def test_the_one_blank_of_tags_is_the_space(blank: str) -> None:
    text = f"a{blank}b"
    assert "a tag's value" in words(draft(Tags={"owner": text}), "Tags.owner")[0]
    [mistake] = mistakes_in(with_environment(Tags={text: "b"})).values()
    assert "a tag's key" in mistake.message
    assert parse(draft(Tags={"cost centre": "a b"})).tags == {"cost centre": "a b"}
