"""Configurations for tests: the smallest right one, and what is wrong with another."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from artifacts.requirements import PROVIDER_DEPENDENCIES
from config.checks.rules import warnings
from config.loader import parse_configuration
from config.model import Configuration
from errors import Finding, InputError
from mwaa.regions import Target
from mwaa.versions import (
    AIRFLOW_VERSIONS,
    DEFAULT_AIRFLOW_VERSION,
    OPENLINEAGE_PROVIDER,
)

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "samples" / "draft.json"

SMALLEST: dict[str, Any] = {
    "Oidc": {
        "Issuer": "https://idp.example.com",
        "ClientId": "platform",
        "ClientSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:oidc-AbCdEf",
        "AuthorizationEndpoint": "https://idp.example.com/authorize",
        "TokenEndpoint": "https://idp.example.com/token",
        "UserInfoEndpoint": "https://idp.example.com/userinfo",
    },
    "Alb": {"CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1111-2222"},
    "MwaaEnvironments": [
        {
            "Name": "analytics",
            "AirflowVersion": DEFAULT_AIRFLOW_VERSION,
            "VpcCIDR": "10.1.0.0/16",
        }
    ],
}
ALB: dict[str, Any] = SMALLEST["Alb"]
NAMED_VPC: dict[str, Any] = {
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
    "VpcCIDR": "10.20.0.0/16",
    "RouteTableIds": ["rtb-0123456789abcdef0"],
}
QUICK_START: dict[str, Any] = {
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
    "SecurityGroupId": "sg-0123456789abcdef0",
    "MwaaEnvironmentName": "reporting",
    "RbacRoleName": "Viewer",
    "MwaaEndpointIps": ["10.4.0.10", "10.4.1.10"],
}
NAMES: dict[str, Any] = {
    "DomainName": "airflow.example.com",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
}
LINEAGE = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
MARQUEZ = {"Provider": "Marquez", "Url": "http://marquez.internal:5000"}
DATAZONE = {"Provider": "DataZone", "DomainId": "dzd-0123456789abc"}
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:atlan-AbCdEf"


def draft(**sections: Any) -> dict[str, Any]:
    """The smallest right configuration, with other sections in place of its own."""
    return copy.deepcopy({**SMALLEST, **sections})


def with_environment(**keys: Any) -> dict[str, Any]:
    """The smallest right configuration, with more keys for its one new environment."""
    return draft(MwaaEnvironments=[{**SMALLEST["MwaaEnvironments"][0], **keys}])


def two(first: dict[str, Any], second: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """A configuration with two new environments."""
    entries = [
        {"Name": name, "AirflowVersion": DEFAULT_AIRFLOW_VERSION, "VpcCIDR": cidr, **entry}
        for name, cidr, entry in (("one", "10.1.0.0/16", first), ("two", "10.2.0.0/16", second))
    ]
    return draft(MwaaEnvironments=entries, **sections)


def parse(raw: dict[str, Any], target: Target | None = None) -> Configuration:
    return parse_configuration(raw, source=SOURCE, target=target)


def mistakes_in(raw: dict[str, Any], target: Target | None = None) -> dict[str, Finding]:
    """The mistakes by path; each path of a test's draft has one at most."""
    mistakes: tuple[Finding, ...] = ()
    try:
        parse(raw, target)
    except InputError as error:
        mistakes = error.findings
    by_path = {mistake.path: mistake for mistake in mistakes}
    assert len(by_path) == len(mistakes), mistakes
    return by_path


def without(section: dict[str, Any], *keys: str) -> dict[str, Any]:
    """A section less some of its keys."""
    return {key: value for key, value in section.items() if key not in keys}


def quick_start(alb: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """QuickStart alone."""
    raw = draft(QuickStart={**QUICK_START, **keys}, Alb=alb or ALB)
    return without(raw, "MwaaEnvironments")


def words(raw: dict[str, Any], path: str) -> tuple[str, str]:
    """Reason and hint of the only mistake, which is at this path."""
    mistakes = mistakes_in(raw)
    assert list(mistakes) == [path]
    return mistakes[path].message, mistakes[path].remedy or ""


def warnings_about(configuration: Configuration) -> tuple[str, ...]:
    """The warnings about a configuration, as people read them."""
    return tuple(map(str, warnings(configuration)))


def warnings_of(raw: dict[str, Any]) -> str:
    """The warnings, a line each."""
    return "\n".join(warnings_about(parse(raw)))


def fill_with_lineages_wheels(folder: Path) -> None:
    """Wheels by name alone, as they are for the newest Airflow."""
    newest = AIRFLOW_VERSIONS[DEFAULT_AIRFLOW_VERSION]
    versions = dict.fromkeys(PROVIDER_DEPENDENCIES, newest.openlineage_python)
    for name, version in {**versions, OPENLINEAGE_PROVIDER: newest.openlineage_provider}.items():
        (folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl").touch()
