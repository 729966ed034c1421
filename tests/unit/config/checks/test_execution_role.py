"""Roles under which environments run."""

from __future__ import annotations

from tests.unit.config.configurations import two, warnings_of

ROLE, OTHER = ({"Arn": f"arn:aws:iam::111122223333:role/{each}"} for each in "ab")


def test_a_role_of_two_environments_is_a_warning() -> None:
    said = warnings_of(two({"ExecutionRole": ROLE}, {"ExecutionRole": ROLE}))

    assert "one runs under arn:aws:iam::111122223333:role/a too" in said
    assert "runs under" not in warnings_of(two({"ExecutionRole": ROLE}, {"ExecutionRole": OTHER}))
    assert "runs under" not in warnings_of(two({}, {}))
