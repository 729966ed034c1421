"""Client of the REST API of an environment's Airflow, through MWAA's InvokeRestApi.

Airflow signs the caller in with the most privileged role that the caller's policies allow.
https://docs.aws.amazon.com/mwaa/latest/userguide/access-mwaa-apache-airflow-rest-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from errors import PlatformError

if TYPE_CHECKING:
    from types_boto3_mwaa import MWAAClient

DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class AirflowApiError(PlatformError):
    """Airflow's refusal of a call; `status` is that of HTTP."""

    def __init__(self, environment: str, status: int, body: Any) -> None:
        reason = body.get("detail") or body.get("title") if isinstance(body, dict) else None
        is_denied = status in DENIED
        super().__init__(
            "Your role in Airflow may not do this." if is_denied else f"Airflow answers {status}.",
            place=f"Airflow of {environment}" + (f": {reason}" if reason else ""),
            remedy="Let your AWS role have airflow:InvokeRestApi with a higher Airflow role."
            if is_denied
            else "Look at it in Airflow, and run this again.",
        )
        self.status = status


@dataclass(frozen=True)
class AirflowApi:
    """The REST API of one environment."""

    mwaa: MWAAClient
    environment: str

    def request(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Returns the response, an object.

        Raises AirflowApiError where Airflow refuses, PlatformError for an answer that is none, or
        boto3's errors.

        `path` is that within the API of the version, such as `/dags`.
        """
        given: dict[str, Any] = {} if body is None else {"Body": body}
        if query:
            given["QueryParameters"] = dict(query)
        try:
            response = self.mwaa.invoke_rest_api(
                Name=self.environment, Method=method, Path=path, **given
            )
        except ClientError as error:
            failure: Mapping[str, Any] = error.response
            status = failure.get("RestApiStatusCode")
            if status is None:
                raise
            raise AirflowApiError(
                self.environment, status, failure.get("RestApiResponse")
            ) from None
        found: Any = response.get("RestApiResponse")
        if not isinstance(found, dict):
            raise PlatformError(
                f"Airflow answers {path} with something else than an object.",
                place=f"Airflow of {self.environment}",
                remedy="Look at it in Airflow, and run this again.",
            )
        return found
