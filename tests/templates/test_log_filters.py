"""Filters of logs count the lines that they are for, and no other."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

import mwaa_platform_token
from mwaa.monitoring.environment import LINEAGE_FAILED, REQUIREMENTS_FAILED
from mwaa_platform_secret import TokenUnavailableError
from tests.templates.synthesis import ROOT, Json, sample

FILTER = "AWS::Logs::MetricFilter"
# What MWAA's installer writes once pip has ended with an error, below pip's own lines.
# https://github.com/aws/amazon-mwaa-docker-images
INSTALLER = (
    "[ERROR] - ERROR: pip installation exited with a non-zero error code. This could be the result "
    "of package conflict. Notice that MWAA enforces a list of critical packages, e.g. Airflow, "
    "Celery, among others, whose version cannot be overridden by the customer as that can break "
    "our setup. Please double check your requirements.txt file."
)


def counts(pattern: str, line: str) -> bool:
    """Whether a filter's pattern of quoted terms, all or any of them, matches a line."""
    terms = re.findall(r'(\??)"([^"]+)"', pattern)
    assert " ".join(f'{optional}"{term}"' for optional, term in terms) == pattern
    required = [term for optional, term in terms if not optional]
    optional = [term for optional, term in terms if optional]
    return all(term in line for term in required) and (
        not optional or any(term in line for term in optional)
    )


def filters(metric: str, stack: str = "Env-ingest") -> Iterator[Json]:
    for each in sample("many-with-lineage").resources(stack, FILTER).values():
        if each["Properties"]["MetricTransformations"][0]["MetricName"] == metric:
            yield each["Properties"]


def pattern(metric: str) -> str:
    [found] = {each["FilterPattern"] for each in filters(metric)}
    return str(found)


def test_an_installation_that_fails_counts_once() -> None:
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--no-index", "--dry-run", "nobody-has-this==1"],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [f"[INFO] - {line}" for line in (pip.stdout + pip.stderr).splitlines()]

    assert pip.returncode
    assert any("ERROR: No matching distribution found" in line for line in said)
    counted = [line for line in [*said, INSTALLER] if counts(pattern("RequirementsFailed"), line)]
    assert counted == [INSTALLER]


@pytest.mark.parametrize(
    "line",
    [
        "[WARNING] - WARNING: Constraints should be specified for requirements.txt.",
        "[INFO] - Successfully installed apache-airflow-providers-openlineage-2.3.0",
        "[2026-11-29T10:00:00.000+0000] {scheduler_job_runner.py:2} ERROR - Task failed",
    ],
)
def test_other_lines_of_the_same_logs_do_not_count(line: str) -> None:
    assert not counts(pattern("RequirementsFailed"), line)
    assert not counts(pattern("LineageFailed"), line)


def test_a_token_that_cannot_be_read_counts(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(mwaa_platform_token.ARN_VARIABLE.format("ATLAN"), raising=False)

    with pytest.raises(TokenUnavailableError):
        mwaa_platform_token.token("atlan")

    assert [counts(pattern("LineageFailed"), line) for line in caplog.messages] == [True]


def test_every_line_of_the_openmetadata_plugin_about_lineage_that_is_lost_counts() -> None:
    """It runs in Airflow alone, so its lines are read in its code."""
    source = (ROOT / "airflow_files" / "lineage" / "mwaa_platform_openmetadata.py").read_text()
    said = re.findall(r'log\.(?:error|warning)\("([^"]+)"', source)
    assert len(said) == 2
    assert [line for line in said if not counts(pattern("LineageFailed"), line)] == []


def test_the_filters_stand_on_the_logs_that_have_such_lines() -> None:
    for each in (REQUIREMENTS_FAILED, LINEAGE_FAILED):
        found = list(filters(each.metric))
        assert {one["LogGroupName"] for one in found} == {
            f"airflow-ingest-{component}" for component in each.components
        }
        for one in found:
            [counted] = one["MetricTransformations"]
            assert counted == {
                "MetricNamespace": "MwaaPlatform/ingest",
                "MetricName": each.metric,
                "MetricValue": "1",
            }


def test_an_environment_without_lineage_counts_none() -> None:
    assert not [
        each
        for each in sample("one-new").resources("Env-analytics", FILTER).values()
        if "LineageFailed" in str(each)
    ]


def test_filters_of_one_log_group_are_made_one_after_the_other() -> None:
    """Two at once may be refused, and CloudFormation then gives up."""
    template = sample("many-with-lineage").resources("Env-ingest", FILTER)
    by_group: dict[str, list[str]] = {}
    for logical_id, each in template.items():
        by_group.setdefault(each["Properties"]["LogGroupName"], []).append(logical_id)

    assert max(map(len, by_group.values())) > 1
    for ids in by_group.values():
        others = [{*template[each].get("DependsOn", [])} & {*ids} for each in ids]
        assert sorted(map(len, others)) == [0] + [1] * (len(ids) - 1)
        assert len(set().union(*others)) == len(ids) - 1
