"""Web login tokens: STS gives a role's credentials, MWAA a token of 60 seconds.

https://docs.aws.amazon.com/mwaa/latest/userguide/call-mwaa-apis-web.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.credentials import Credentials

from authenticator.aws import AwsClients
from authenticator.errors import UnavailableError
from authenticator.request import is_plain_host

SESSION_SECONDS = 900  # the minimum of STS
FIRST_MAJOR_WITH_NEW_PATHS = 3
_TOKEN = re.compile(r"[!-~]{1,16384}")


def web_login_path(airflow_major: int) -> str:
    """Path of the web login on the web server of a major version of Airflow."""
    plugin = "/aws_mwaa" if airflow_major < FIRST_MAJOR_WITH_NEW_PATHS else "/pluginsv2/aws_mwaa"
    return f"{plugin}/aws-console-sso"


@dataclass(frozen=True, slots=True)
class WebLogin:
    """Web login: `host` is the web server's, `token` works once and for 60 seconds.

    The identities are the person's names in IAM and Airflow, for the log.
    """

    host: str
    token: str
    iam_identity: str | None
    airflow_identity: str | None

    def path(self, airflow_major: int) -> str:
        """Path that accepts the token, at any host that serves the environment."""
        return f"{web_login_path(airflow_major)}?login=true#{self.token}"

    def url(self, airflow_major: int, ui_host: str | None = None) -> str:
        """URL that accepts the token, at `ui_host` or at MWAA's own host of the environment."""
        return f"https://{ui_host or self.host}{self.path(airflow_major)}"


def create_web_login(
    aws: AwsClients, *, session_name: str, role_arn: str, environment: str, airflow_role_arn: str
) -> WebLogin:
    """Creates a token as `session_name`, with credentials that allow nothing else."""
    session_policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "airflow:CreateWebLoginToken",
                "Resource": airflow_role_arn,
            }
        ],
    }
    assumed = aws.call(
        aws.sts.assume_role,
        RoleArn=role_arn,
        RoleSessionName=session_name,
        SourceIdentity=session_name,
        Policy=json.dumps(session_policy, separators=(",", ":")),
        DurationSeconds=SESSION_SECONDS,
    )
    return _web_login(aws.create_web_login_token(environment, _credentials(assumed)))


def _credentials(assumed: dict[str, Any]) -> Credentials:
    try:
        credentials = assumed["Credentials"]
        return Credentials(
            credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
        )
    except (KeyError, TypeError) as error:
        raise UnavailableError("assume_role: no credentials in the response") from error


def _web_login(response: dict[str, Any]) -> WebLogin:
    host, token = response.get("WebServerHostname"), response.get("WebToken")
    if not isinstance(host, str) or not is_plain_host(host):
        raise UnavailableError("create_web_login_token: not a host name")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise UnavailableError("create_web_login_token: not a token")
    return WebLogin(
        host, token, _identity(response, "IamIdentity"), _identity(response, "AirflowIdentity")
    )


def _identity(response: dict[str, Any], key: str) -> str | None:
    return str(response[key])[:256] if response.get(key) else None
