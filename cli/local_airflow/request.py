"""What an export is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cli.local_airflow.kinds import Platform
from cli.local_airflow.laptop import Profile
from config.new_environment import NewEnvironment


@dataclass(frozen=True, kw_only=True)
class Request:
    """An environment of the configuration, and whose laptop its secrets are for.

    `options` are Airflow's, as variables.
    """

    environment: NewEnvironment
    region: str
    profile: Profile
    platform: Platform
    options: Mapping[str, str]
