"""Environments: what all have in common, and existing ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from config.airflow_version import KnownVersion
from config.alarms import EnvironmentAlarms
from config.connectivity import Connectivity
from config.existing import Existing
from config.lineage.settings import LineageSettings
from config.local_files import LocalFile, LocalPlugins
from config.section import Section, reject, setting
from config.types import AccessMode, EnvironmentName, HostName, Integer, Text
from config.ui_priority import GATED_PRIORITIES
from config.update_policy import BY_KEY, FREE, UpdatePolicy


def name_setting(update: UpdatePolicy) -> Any:
    """The key `Name`."""
    return setting("The environment's name in MWAA.", update=update)


def host_setting(update: UpdatePolicy) -> Any:
    """The key `UiHost`."""
    return setting(
        "Host name under which the load balancer serves its private web server, so that people "
        "need no route to its VPC. Needs `Alb.DomainName`. It has 64 characters at most where its "
        "certificate is created here, with a hosted zone.",
        update=update,
        default=None,
        otherwise="people are redirected to the web server's own address",
    )


def connectivity_setting() -> Any:
    """The key `Connectivity` of an entry."""
    return setting(
        "How its VPC is joined to the load balancer's.",
        update=UpdatePolicy.MOVES_ROUTES,
        default=None,
        otherwise="the file's `Connectivity`",
    )


def alarms_setting() -> Any:
    """The key `Alarms` of an entry."""
    return setting(
        "Its alarms, where they differ from the file's `Alarms`.",
        update=BY_KEY,
        default=None,
        otherwise="the file's `Alarms`",
    )


class Environment(Section):
    """What every environment has."""

    name: EnvironmentName = name_setting(UpdatePolicy.ANOTHER_ENTRY)
    description: Text | None = setting(
        "One line about it, for the portal.",
        update=FREE,
        default=None,
        otherwise="no description",
    )
    ui_host: HostName | None = host_setting(UpdatePolicy.MOVES_HOST)
    ui_priority: Annotated[Integer, Field(ge=0, lt=GATED_PRIORITIES)] | None = setting(
        "Number that gives the rules of `UiHost` their priorities on the load balancer. Two "
        "environments with the same one are an error, which asks for this key. They cannot trade "
        "their numbers in one deployment.",
        update=UpdatePolicy.TAKES_A_NUMBER,
        default=None,
        otherwise="a number made of `Name`",
    )
    wave: Annotated[Integer, Field(ge=1)] = setting(
        "In which wave `./mwaa-platform deploy` deploys its stacks. Those of the lowest number are "
        "the canary: the next wave begins only when it is healthy.",
        update=FREE,
        default=1,
    )


class ExistingEnvironment(Environment):
    """An existing environment: the platform signs people in to it and does not change it.

    An entry with any key beyond these is a new environment, unless it has `Existing`: then such a
    key is an error.
    """

    airflow_version: KnownVersion | None = setting(
        "Its Airflow version, for the portal, and with `UiHost` for the health check.",
        update=FREE,
        default=None,
        otherwise="MWAA is asked; **required** with `Lineage`",
    )
    web_server_access_mode: AccessMode | None = setting(
        "Its access mode, for the portal.",
        update=FREE,
        default=None,
        otherwise="MWAA is asked",
    )
    existing: Existing | None = setting(
        "Facts about its network and its secrets, with which its private web server is joined to "
        "the load balancer's VPC.",
        update=UpdatePolicy.JOINS_A_VPC,
        default=None,
        otherwise="routes and rules for its private web server are yours to make",
    )
    connectivity: Connectivity | None = connectivity_setting()
    alarms: EnvironmentAlarms | None = alarms_setting()
    lineage: LineageSettings | None = setting(
        "Settings for the files that `./mwaa-platform lineage build` writes; nothing is deployed. "
        "`{}` uses the file's `Lineage`.",
        update=FREE,
        default=None,
        otherwise="no lineage",
    )
    requirements: LocalFile | None = setting(
        "A local requirements.txt that `lineage build` merges with what lineage needs.",
        update=FREE,
        default=None,
        otherwise="only what lineage needs",
    )
    plugins: LocalPlugins | None = setting(
        "Local plugins that `lineage build` merges with the lineage plugin.",
        update=FREE,
        default=None,
        otherwise="only the lineage plugin",
    )

    @property
    def access_mode(self) -> AccessMode | None:
        """Its access mode, from where it is given; None where MWAA must be asked."""
        stated = self.existing.web_server_access_mode if self.existing else None
        return self.web_server_access_mode or stated or ("PRIVATE_ONLY" if self.existing else None)

    @field_validator("existing")
    @classmethod
    def _check_existing(cls, existing: Existing | None, info: ValidationInfo) -> Existing | None:
        if existing and existing.web_server_access_mode and info.data.get("web_server_access_mode"):
            reject(
                "WebServerAccessMode stands in the entry and in its Existing.", "Keep one of them."
            )
        version = info.data.get("airflow_version", existing)
        if existing and existing.secrets_backend and version is None:
            reject(
                "How SecretsBackend is read depends on the environment's Airflow version.",
                "Give AirflowVersion.",
            )
        return existing

    @field_validator("connectivity")
    @classmethod
    def _check_connectivity(
        cls, connectivity: Connectivity | None, info: ValidationInfo
    ) -> Connectivity | None:
        if connectivity and info.data.get("existing", connectivity) is None:
            reject(
                "Of the VPC of an environment that exists nothing is known.",
                "Give Existing too; or VpcCIDR, if the environment is to be made.",
            )
        return connectivity

    @field_validator("lineage")
    @classmethod
    def _check_lineage(
        cls, lineage: LineageSettings | None, info: ValidationInfo
    ) -> LineageSettings | None:
        if lineage and info.data.get("airflow_version", lineage) is None:
            reject(
                "Its files depend on the environment's Airflow version.",
                "Give AirflowVersion; or VpcCIDR, if the environment is to be made.",
            )
        return lineage

    @field_validator("requirements", "plugins")
    @classmethod
    def _check_files(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path and info.data.get("lineage", path) is None:
            reject(
                "Nothing is deployed to an environment that exists.",
                "Give Lineage too, to build its files; or VpcCIDR, if it is to be made.",
            )
        return path
