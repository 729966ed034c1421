"""What a deployment tells the authenticator: environment variables and the bundled list."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from authenticator.request import HOST_NAME

ENVIRONMENTS_FILE = Path(__file__).with_name("environments.json")

ROLES = ("Public", "Viewer", "User", "Op", "Admin")
"""Airflow's default roles that MWAA signs people in under, least powerful first."""

_NAME = re.compile(HOST_NAME)


class SettingsError(Exception):
    """The deployment is not usable; the text names the variable and never its value."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An MWAA environment that may be granted; None where the configuration does not say.

    `ui_host` is the host, in lower case, under which the load balancer serves its web server, and
    `ui_session_cookie` the name of the load balancer's session cookie there.
    """

    name: str
    description: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None
    ui_host: str | None = None
    ui_session_cookie: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployment. The environments are in the load balancer's account and region.

    Either `grants_table` decides who may enter what, or it is empty and everybody who signs in
    enters the one environment under `fixed_role`, on the host that also serves its web server.
    """

    alb_arn: str
    target_group_prefix: str
    issuer: str
    client_id: str
    groups_claim: str
    end_session_endpoint: str | None
    public_key_endpoint: str
    session_cookie_name: str
    grants_table: str
    fixed_role: str | None
    portal_host: str | None
    web_login_role_arns: Mapping[str, str]
    environments: Mapping[str, Environment]
    ui_environments: Mapping[str, Environment]
    """By the host under which the load balancer serves each."""

    @property
    def region(self) -> str:
        """The load balancer's Region, and so that of everything."""
        return self.alb_arn.split(":")[3]

    def airflow_role_arn(self, environment: str, role: str) -> str:
        """The ARN that IAM knows an Airflow role of an environment by."""
        _, partition, _, region, account, _ = self.alb_arn.split(":", 5)
        return f"arn:{partition}:airflow:{region}:{account}:role/{environment}/{role}"


def load_settings(variables: Mapping[str, str], environments: Path = ENVIRONMENTS_FILE) -> Settings:
    """Read the settings; raises SettingsError for what is missing or does not go together."""
    listed = [_environment(entry) for entry in json.loads(environments.read_text("utf-8"))]
    try:
        settings = Settings(
            alb_arn=variables["ALB_ARN"],
            target_group_prefix=variables["TARGET_GROUP_PREFIX"],
            issuer=variables["OIDC_ISSUER"],
            client_id=variables["OIDC_CLIENT_ID"],
            groups_claim=variables["OIDC_GROUPS_CLAIM"],
            end_session_endpoint=variables.get("OIDC_END_SESSION_ENDPOINT"),
            public_key_endpoint=variables["PUBLIC_KEY_ENDPOINT"],
            session_cookie_name=variables["SESSION_COOKIE_NAME"],
            grants_table=variables.get("GRANTS_TABLE", ""),
            fixed_role=variables.get("FIXED_ROLE") or None,
            portal_host=variables.get("PORTAL_HOST", "").lower() or None,
            web_login_role_arns=json.loads(variables["WEB_LOGIN_ROLE_ARNS"]),
            environments={environment.name: environment for environment in listed},
            ui_environments={entry.ui_host: entry for entry in listed if entry.ui_host},
        )
    except KeyError as missing:
        raise SettingsError(f"the variable {missing.args[0]} is not set") from None
    except ValueError:
        raise SettingsError("the variable WEB_LOGIN_ROLE_ARNS is not JSON") from None
    _check_mode(settings)
    _check_hosts(settings, [entry.ui_host for entry in listed if entry.ui_host])
    _check_cookies(settings)
    return settings


def _environment(entry: Mapping[str, Any]) -> Environment:
    environment = Environment(**entry)
    if environment.ui_host is None:
        return environment
    return replace(environment, ui_host=environment.ui_host.lower())


def _check_mode(settings: Settings) -> None:
    if bool(settings.grants_table) == bool(settings.fixed_role):
        raise SettingsError("exactly one of GRANTS_TABLE and FIXED_ROLE must be set")
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


def _check_cookies(settings: Settings) -> None:
    """Web servers see the cookies of their host: no two hosts may take the same."""
    listed = settings.environments.values()
    if any(bool(entry.ui_host) != bool(entry.ui_session_cookie) for entry in listed):
        raise SettingsError("ui_host and ui_session_cookie go together")
    own = [entry.ui_session_cookie for entry in listed if entry.ui_session_cookie]
    names = [settings.session_cookie_name, *own]
    if len(set(names)) != len(names):
        raise SettingsError("SESSION_COOKIE_NAME and each ui_session_cookie must differ")
