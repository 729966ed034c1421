"""What every environment has, and those that exist and are known by name alone."""

from __future__ import annotations

from typing import Literal

from config.fields import Change, EnvironmentName, HostName, Section, Text, setting
from config.versions import KnownVersion

AccessMode = Literal["PRIVATE_ONLY", "PUBLIC_ONLY", "PUBLIC_AND_PRIVATE"]


class Environment(Section):
    """What every environment has."""

    name: EnvironmentName = setting("The environment's name in MWAA.", change=Change.REPLACES)
    description: Text | None = setting(
        "A line about it, for the portal.", change=Change.IN_PLACE, default=None
    )
    ui_host: HostName | None = setting(
        "A host name of its own: the load balancer serves its private web server there, so that "
        "people need no route to its VPC. Needs `Alb.DomainName`.",
        change=Change.DISRUPTIVE,
        default=None,
        otherwise="people are sent on to the web server's own address",
    )


class ExistingEnvironment(Environment):
    """An environment that exists: the platform signs people in to it and leaves it alone.

    Any other key makes the entry a new environment.
    """

    airflow_version: KnownVersion | None = setting(
        "Its Airflow version, for the portal; beside `UiHost` for the check of its web server's "
        "health too.",
        change=Change.IN_PLACE,
        default=None,
    )
    web_server_access_mode: AccessMode | None = setting(
        "Its access mode, for the portal.", change=Change.IN_PLACE, default=None
    )
