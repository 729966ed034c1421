"""The sample of a team's own decision."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from authenticator.decision import Question, RoleAccess

SAMPLE = Path(__file__).parents[3] / "samples" / "decisions" / "by_group_name.py"
OTHERS_GRANT = {"finance": {"Admin": RoleAccess(None, "user:ada@example.com, manual, finance")}}


@pytest.fixture(scope="module")
def sample() -> Any:
    spec = spec_from_file_location("by_group_name", SAMPLE)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (("airflow-finance-viewer",), {"finance": {"Viewer"}}),
        (("airflow-finance-viewer", "airflow-finance-admin"), {"finance": {"Viewer", "Admin"}}),
        (("airflow-finance-prod-op",), {"finance-prod": {"Op"}}),
        (("airflow-finance-prod", "airflow-finance-", "airflow-finance"), {}),
        (("airflow-marketing-viewer",), {}),
        (("Airflow-Finance-Viewer", "/airflow-finance-viewer", " airflow-finance-viewer"), {}),
        (("airflow-*-admin", "airflow--admin"), {}),
        ((), {}),
    ],
)
def test_only_the_exact_name_counts(
    groups: tuple[str, ...], expected: dict[str, set[str]], sample: Any
) -> None:
    question = Question(
        address="ada@example.com",
        subject="1",
        groups=groups,
        environments=("finance", "finance-prod"),
        granted=OTHERS_GRANT,
    )
    answer = {name: set(roles) for name, roles in sample.decide(question).items() if roles}

    assert answer == expected
