"""Checks of a DataZone domain, against servers that respond as AWS does."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mwaa_platform_preflight.data_zone import check_data_zone
from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.targets import Target
from tests.loopback import Request, Response, Server, serving

TARGET = Target(id="datazone", provider="DataZone", domain_id="dzd-4x8b2k")


def refusal(code: str) -> Response:
    body = json.dumps({"message": "as AWS words it"}).encode()
    return Response(400, body, {"x-amzn-ErrorType": code})


def connected(url: str) -> Any:
    return boto3.client(
        "datazone",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(proxies={}, connect_timeout=1, retries={"total_max_attempts": 1}),
    )


def checked(
    answer: Callable[[Request], Response], marker: str | None = None
) -> tuple[list[Finding], list[Request]]:
    asked: list[Request] = []

    def remember(request: Request) -> Response:
        asked.append(request)
        return answer(request)

    with serving(Server(remember)) as server:
        connect = partial(connected, server.url)
        return list(check_data_zone(TARGET, connect, marker_namespace=marker)), asked


def test_a_role_that_is_let_in_was_refused_nothing_but_the_empty_event() -> None:
    [finding], [request] = checked(lambda _: refusal("ValidationException"))
    assert finding.wrong is None
    assert request.path == "/v2/domains/dzd-4x8b2k/lineage/events"
    assert request.body == b""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "role may not"),
        ("ResourceNotFoundException", "no such domain"),
        ("ThrottlingException", "ThrottlingException"),
    ],
)
def test_a_refusal_is_put_into_plain_words(code: str, said: str) -> None:
    [finding], _ = checked(lambda _: refusal(code))
    assert said in str(finding.wrong)
    assert finding.remedy


def test_a_marker_is_sent_after_it_alone() -> None:
    def answer(request: Request) -> Response:
        return Response(200, b"{}") if request.body else refusal("ValidationException")

    found, asked = checked(answer, marker="gold")
    assert [each.wrong for each in found] == [None, None]
    assert json.loads(asked[-1].body)["job"]["namespace"] == "gold"


def test_a_boto3_that_does_not_know_datazone_and_one_without_a_way() -> None:
    [old] = check_data_zone(TARGET, object)
    assert "boto3" in str(old.wrong)
    [lost] = check_data_zone(TARGET, partial(connected, "http://127.0.0.1:9"))
    assert "cannot be asked" in str(lost.wrong)
