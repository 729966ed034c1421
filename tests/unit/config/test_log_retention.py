"""Mistakes about the retention of logs, each at its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.config.configurations import draft, mistakes_in


def kept(**days: Any) -> dict[str, Any]:
    entry = {"Name": "env1", "VpcCIDR": "10.1.0.0/16", "LogRetentionDays": days}
    return draft(MwaaEnvironments=[entry])


@pytest.mark.parametrize(
    ("raw", "mistake"),
    [
        (
            kept(Tasks=30),
            "MwaaEnvironments[0].LogRetentionDays.Tasks: There is no such key here. Did you "
            "mean Task?",
        ),
        (
            kept(Task=45),
            "MwaaEnvironments[0].LogRetentionDays.Task: CloudWatch cannot keep logs for 45 days. "
            "It takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, "
            "2192, 2557, 2922, 3288, 3653. Take 30.",
        ),
        (
            kept(Worker=0),
            "MwaaEnvironments[0].LogRetentionDays.Worker: CloudWatch cannot keep logs for 0 days. "
            "It takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, "
            "2192, 2557, 2922, 3288, 3653. Take 1.",
        ),
        (
            kept(Scheduler="90"),
            "MwaaEnvironments[0].LogRetentionDays.Scheduler: This must be a whole number, not a "
            "text in quotes. Write it without quotes.",
        ),
    ],
)
def test_a_mistake_names_its_place_and_what_to_do(raw: dict[str, Any], mistake: str) -> None:
    assert [str(each) for each in mistakes_in(raw).values()] == [mistake]


def test_an_existing_environment_keeps_its_own_log_groups() -> None:
    raw = draft(MwaaEnvironments=[{"Name": "env1", "LogRetentionDays": {"Task": 30}}])
    assert mistakes_in(raw)
