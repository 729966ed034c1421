"""Settings of a deployment: environment variables and the bundled environments.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from authenticator.person import ClaimRules
from authenticator.request import HOST_NAME

ENVIRONMENTS_FILE = Path(__file__).with_name("environments.json")

TEAM_DECISION_FILE = "team_decision.py"
"""Name of a team's module beside environments.json."""

ROLES = ("Public", "Viewer", "User", "Op", "Admin")
"""Default roles of Airflow for which MWAA creates web login tokens, least powerful first."""

_NAME = re.compile(HOST_NAME)


class SettingsError(Exception):
    """Invalid deployment; the text names the variable and never its value."""


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """Record of environments.json; None for what the configuration leaves out.

    `ui_host` is the host name, in lower case, under which a load balancer serves the web server;
    `gated` says that people sign in there too, with another client, before they reach it.
    """

    name: str
    description: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None
    ui_host: str | None = None
    gated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings; the environments are in the load balancer's account and Region.

    With a `grants_table` its grants decide, or the module `team_decision`. It is empty where
    everybody opens the one environment under `fixed_role`, at the host that also serves its web
    server. `portal_host` is the one host at which requests are answered; None where it is unknown.
    """

    alb_arn: str
    target_group_prefix: str
    issuer: str
    client_id: str
    claim_rules: ClaimRules
    end_session_endpoint: str | None
    public_key_endpoint: str
    session_cookie_name: str
    grants_table: str
    team_decision: Path | None
    fixed_role: str | None
    portal_host: str | None
    web_login_role_arns: Mapping[str, str]
    environments: Mapping[str, EnvironmentRecord]

    @property
    def region(self) -> str:
        """Region of the load balancer and the environments."""
        return self.alb_arn.split(":")[3]

    def airflow_role_arn(self, environment: str, role: str) -> str:
        """ARN of an Airflow role of an environment in IAM policies."""
        _, partition, _, region, account, _ = self.alb_arn.split(":", 5)
        return f"arn:{partition}:airflow:{region}:{account}:role/{environment}/{role}"


def load_settings(variables: Mapping[str, str], environments: Path = ENVIRONMENTS_FILE) -> Settings:
    """Reads the settings; raises SettingsError for missing and inconsistent values."""
    records = [_record(entry) for entry in json.loads(environments.read_text("utf-8"))]
    try:
        settings = Settings(
            alb_arn=variables["ALB_ARN"],
            target_group_prefix=variables["TARGET_GROUP_PREFIX"],
            issuer=variables["OIDC_ISSUER"],
            client_id=variables["OIDC_CLIENT_ID"],
            claim_rules=_claim_rules(variables),
            end_session_endpoint=variables.get("OIDC_END_SESSION_ENDPOINT"),
            public_key_endpoint=variables["PUBLIC_KEY_ENDPOINT"],
            session_cookie_name=variables["SESSION_COOKIE_NAME"],
            grants_table=variables.get("GRANTS_TABLE", ""),
            team_decision=_team_decision(variables.get("DECISION"), environments),
            fixed_role=variables.get("FIXED_ROLE") or None,
            portal_host=variables.get("PORTAL_HOST", "").lower() or None,
            web_login_role_arns=json.loads(variables["WEB_LOGIN_ROLE_ARNS"]),
            environments={record.name: record for record in records},
        )
    except KeyError as missing:
        raise SettingsError(f"the variable {missing.args[0]} is not set") from None
    except ValueError:
        raise SettingsError("the variable WEB_LOGIN_ROLE_ARNS is not JSON") from None
    _check_mode(settings)
    _check_hosts(settings, [record.ui_host for record in records if record.ui_host])
    if any(record.gated and not record.ui_host for record in records):
        raise SettingsError("an environment that is gated must have a ui_host")
    return settings


def _team_decision(decision: str | None, environments: Path) -> Path | None:
    if decision is None:
        return None
    if decision != "team":
        raise SettingsError("the variable DECISION must be `team` where it is set")
    return environments.with_name(TEAM_DECISION_FILE)


def _claim_rules(variables: Mapping[str, str]) -> ClaimRules:
    return ClaimRules(
        groups_claim=variables["OIDC_GROUPS_CLAIM"],
        group_paths=_flag(variables, "OIDC_GROUP_PATHS", default=False),
        groups_as_text=_flag(variables, "OIDC_GROUPS_AS_TEXT", default=False),
        require_verified_email=_flag(variables, "OIDC_REQUIRE_VERIFIED_EMAIL", default=True),
    )


def _flag(variables: Mapping[str, str], name: str, *, default: bool) -> bool:
    try:
        return {"true": True, "false": False, None: default}[variables.get(name)]
    except KeyError:
        raise SettingsError(f"{name} must be true or false") from None


def _record(entry: Mapping[str, Any]) -> EnvironmentRecord:
    record = EnvironmentRecord(**entry)
    return replace(record, ui_host=record.ui_host.lower()) if record.ui_host else record


def _check_mode(settings: Settings) -> None:
    if bool(settings.grants_table) == bool(settings.fixed_role):
        raise SettingsError("exactly one of GRANTS_TABLE and FIXED_ROLE must be set")
    if settings.team_decision and not settings.grants_table:
        raise SettingsError("DECISION goes with GRANTS_TABLE")
    if settings.fixed_role is None:
        return
    if settings.fixed_role not in ROLES:
        raise SettingsError(f"FIXED_ROLE must be one of {', '.join(ROLES)}")
    if settings.fixed_role not in settings.web_login_role_arns:
        raise SettingsError("WEB_LOGIN_ROLE_ARNS has no role for FIXED_ROLE")
    if len(settings.environments) != 1:
        raise SettingsError("FIXED_ROLE goes with exactly one environment in environments.json")


def _check_hosts(settings: Settings, ui_hosts: list[str]) -> None:
    if ui_hosts and not settings.portal_host:
        raise SettingsError("PORTAL_HOST must be set where an environment has a ui_host")
    hosts = [*ui_hosts, *filter(None, [settings.portal_host])]
    if len(set(hosts)) != len(hosts):
        raise SettingsError("PORTAL_HOST and each ui_host must differ from one another")
    if not all(map(_NAME.fullmatch, hosts)):
        raise SettingsError("PORTAL_HOST and each ui_host must be a host name, without a port")
