"""What a deployment tells the authenticator: environment variables and the bundled list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENTS_FILE = Path(__file__).with_name("environments.json")

ROLES = ("Public", "Viewer", "User", "Op", "Admin")
"""Airflow's default roles that MWAA signs people in under, least powerful first."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An MWAA environment that may be granted; None where the configuration does not say."""

    name: str
    description: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployment. The environments are in the load balancer's account and region."""

    alb_arn: str
    target_group_prefix: str
    issuer: str
    client_id: str
    groups_claim: str
    end_session_endpoint: str | None
    public_key_endpoint: str
    session_cookie_name: str
    grants_table: str
    web_login_role_arns: Mapping[str, str]
    environments: Mapping[str, Environment]

    @property
    def region(self) -> str:
        return self.alb_arn.split(":")[3]

    def airflow_role_arn(self, environment: str, role: str) -> str:
        """The ARN that IAM knows an Airflow role of an environment by."""
        _, partition, _, region, account, _ = self.alb_arn.split(":", 5)
        return f"arn:{partition}:airflow:{region}:{account}:role/{environment}/{role}"


def load_settings(variables: Mapping[str, str], environments: Path = ENVIRONMENTS_FILE) -> Settings:
    """Read the settings; a missing variable is a KeyError that names it."""
    listed = [Environment(**entry) for entry in json.loads(environments.read_text("utf-8"))]
    return Settings(
        alb_arn=variables["ALB_ARN"],
        target_group_prefix=variables["TARGET_GROUP_PREFIX"],
        issuer=variables["OIDC_ISSUER"],
        client_id=variables["OIDC_CLIENT_ID"],
        groups_claim=variables["OIDC_GROUPS_CLAIM"],
        end_session_endpoint=variables.get("OIDC_END_SESSION_ENDPOINT"),
        public_key_endpoint=variables["PUBLIC_KEY_ENDPOINT"],
        session_cookie_name=variables["SESSION_COOKIE_NAME"],
        grants_table=variables["GRANTS_TABLE"],
        web_login_role_arns=json.loads(variables["WEB_LOGIN_ROLE_ARNS"]),
        environments={environment.name: environment for environment in listed},
    )
