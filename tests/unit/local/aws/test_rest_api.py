"""InvokeRestApi: permissions, and an Airflow that is not there."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.layout import ACCOUNT, REGION
from tests.unit.local.aws.stand_in import StandIn, allow

INVOKE = "airflow:InvokeRestApi"


def role_arn(environment: str, role: str) -> str:
    return f"arn:aws:airflow:{REGION}:{ACCOUNT}:role/{environment}/{role}"


def refusal(stand_in: StandIn, environment: str, *statements: dict[str, Any]) -> str:
    """The code of the error that a role with these permissions gets."""
    credentials = stand_in.assume(stand_in.create_role(*statements))
    with pytest.raises(ClientError) as refused:
        stand_in.client_of(credentials, "mwaa").invoke_rest_api(
            Name=environment, Method="GET", Path="/dags"
        )
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [allow(INVOKE, role_arn("another", "Op"))],
        [allow("airflow:CreateWebLoginToken", role_arn("unheard-of", "Op"))],
        [allow(INVOKE, role_arn("unheard-of", "Root"))],
    ],
)
def test_without_a_role_of_that_airflow_nobody_is_let_in(
    stand_in: StandIn, statements: list[dict[str, Any]]
) -> None:
    assert refusal(stand_in, "unheard-of", *statements) == "AccessDeniedException"


def test_who_may_is_told_where_there_is_no_such_environment(stand_in: StandIn) -> None:
    allowed = allow(INVOKE, role_arn("unheard-of", "Op"))
    assert refusal(stand_in, "unheard-of", allowed) == "ResourceNotFoundException"
