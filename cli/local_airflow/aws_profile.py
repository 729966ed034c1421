"""AWS profile of a developer, as mounts and variables of containers."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import botocore.session

from cli.aws_errors import aws_errors_translated
from cli.local_airflow.targets import HostSystem
from errors import PlatformError

SSO_CACHE = "sso/cache"
PLAIN_NAME = re.compile(r"[\w.@:/+=-]+")


HOME = {
    HostSystem.LINUX: "${HOME}",
    HostSystem.MACOS: "${HOME}",
    HostSystem.WINDOWS: "${USERPROFILE}",
}
"""Docker Compose and the Astro CLI expand these, so that a team can share the file."""

SYSTEMS = {"Darwin": HostSystem.MACOS, "Windows": HostSystem.WINDOWS}


def this_system() -> HostSystem:
    """Returns the operating system of this machine."""
    return SYSTEMS.get(platform.system(), HostSystem.LINUX)


WITHOUT_CREDENTIALS: Mapping[str, str] = MappingProxyType(
    {
        "credential_process": "asks a program of this machine (credential_process), which the "
        "containers do not have. Take another profile.",
        "credential_source": "takes the credentials of the machine it is used on "
        "(credential_source), and the containers have none. Take another profile.",
        "login_session": "signs in through `aws login`, which the AWS SDK of Airflow 2 and early 3 "
        "does not know. Take a profile of `aws configure sso`.",
        "mfa_serial": "asks for a code (mfa_serial), and nobody can type one into a container. "
        "Take another profile.",
    }
)
"""Keys of profiles whose credentials do not work in containers, and why."""


@dataclass(frozen=True, kw_only=True)
class AwsProfile:
    """Profile of `~/.aws/config`.

    `renews` is whether the SDK renews its sign-in, and writes the new one to `~/.aws/sso/cache`.
    `warnings` are sentences about what does not work in containers.
    """

    name: str
    region: str | None = None
    renews: bool = False
    warnings: tuple[str, ...] = ()


def read_profile(name: str | None) -> AwsProfile:
    """Returns the profile of that name on this machine; without a name, that of AWS_PROFILE.

    It may be missing, for the files may be for another machine: a warning says so. Raises
    PlatformError where AWS's files cannot be read.
    """
    with aws_errors_translated("your AWS settings"):
        session = botocore.session.Session()
        name = name or session.get_config_variable("profile") or "default"
        if not PLAIN_NAME.fullmatch(name):
            raise PlatformError(
                "This name of a profile is not read alike by all tools of Docker.",
                place=name,
                remedy="Take one of letters, digits and any of . _ @ : / + = -",
            )
        profiles = session.full_config["profiles"]
    if name not in profiles:
        return AwsProfile(
            name=name,
            warnings=(
                f"There is no profile {name} on this machine. If it signs in through SSO, run this "
                "where it is: its sign-in needs one mount more.",
            ),
        )
    sources = _sources(name, profiles)
    return AwsProfile(
        name=name,
        region=profiles[name].get("region"),
        renews=any("sso_session" in settings for settings in sources.values()),
        warnings=tuple(
            f"The profile {each} {reason}"
            for each, settings in sources.items()
            for key, reason in WITHOUT_CREDENTIALS.items()
            if key in settings
        ),
    )


def _sources(name: str, profiles: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Returns the profile and those that it takes its credentials from, by name."""
    found: dict[str, Mapping[str, Any]] = {}
    while name in profiles and name not in found:
        found[name] = profiles[name]
        name = str(found[name].get("source_profile"))
    return found


def mounts(profile: AwsProfile, *, on: HostSystem, to: str) -> tuple[dict[str, Any], ...]:
    """Returns mounts, in Compose's long notation, of the developer's `.aws` folder at `to`.

    The folder is mounted and not its files, because sign-in tools replace those. It is read-only,
    except for the sign-in of an SSO session: botocore renews that in the last 15 minutes of its
    hour, and fails where it cannot write the new one. A missing folder is an error, for Docker
    would create it as root.
    """
    source = f"{HOME[on]}/.aws"
    existing = {"bind": {"create_host_path": False}}
    folder = {"type": "bind", "source": source, "target": to, "read_only": True, **existing}
    if not profile.renews:
        return (folder,)
    cache = {"source": f"{source}/{SSO_CACHE}", "target": f"{to}/{SSO_CACHE}"}
    return folder, {"type": "bind", **cache, **existing}


def variables(profile: AwsProfile, *, folder: str, region: str) -> dict[str, str]:
    """Returns the AWS SDK's variables in a container that has the `.aws` folder mounted there."""
    return {
        "AWS_CONFIG_FILE": f"{folder}/config",
        "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials",
        "AWS_PROFILE": profile.name,
        "AWS_DEFAULT_REGION": region,
    }
