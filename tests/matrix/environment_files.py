"""The files that the application builds for an environment, with the tests' catalogues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from artifacts.build import build_artifacts
from artifacts.dags import build_dags
from config.artifacts import artifact_sources
from config.loader import parse_configuration
from mwaa.versions import airflow_version
from tests.matrix.services import Catalogue

# Airflow takes options from the environment: a percent sign and other alphabets must come through.
NAMESPACE = "Größe 100% %(x)s"
CANARY = "canary-c41d09be"
_SECRETS = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:"
SECRET = f"{_SECRETS}lineage-AbCdEf"
KEYS_SECRET = f"{_SECRETS}lineage-key-AbCdEf"
JWTS_SECRET = f"{_SECRETS}lineage-jwt-AbCdEf"
UNREADABLE_SECRET = f"{_SECRETS}unreadable-AbCdEf"
KEY = f"{CANARY}-key"
JWT = f"{CANARY}-jwt"
TOKENS: Mapping[str, str] = MappingProxyType({SECRET: CANARY, KEYS_SECRET: KEY, JWTS_SECRET: JWT})
# As Atlan has it; the slash at its end keeps the client from losing the last part.
PATH = "/events/openlineage/airflow-mwaa/"

Entry = Mapping[str, Any]
"""A catalogue as cdk.context.json has it."""


def by_bearer(service: Catalogue, *, secret: str = SECRET) -> Entry:
    """A catalogue that is entered by a bearer token."""
    return {"Provider": "OpenLineage", "Url": service.url + PATH, "TokenSecretArn": secret}


def by_key(service: Catalogue) -> Entry:
    """A catalogue that is entered by an API key."""
    return {**by_bearer(service, secret=KEYS_SECRET), "Authentication": "ApiKey"}


def open_metadata(service: Catalogue) -> Entry:
    """An OpenMetadata that is entered by a bot's token."""
    return {
        "Provider": "OpenMetadata",
        "Url": service.url,
        "Version": "1.12.4",
        "TokenSecretArn": JWTS_SECRET,
    }


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """The files of an environment and the Airflow options that its stack gives it."""

    plugins: Path
    requirements: Path
    dags: Path
    options: Mapping[str, str]


def ship(version: str, entries: Sequence[Entry], folder: Path) -> Shipped:
    """Build the files of an environment that sends its events to all of these catalogues.

    One that MWAA creates no more exists already: it gets its files by hand, and no options.
    """
    folder.mkdir(parents=True)
    creatable = airflow_version(version).creatable
    entry: dict[str, Any] = {
        "Name": "matrix",
        "AirflowVersion": version,
        "Lineage": {
            "Connection": NAMESPACE,
            "Preflight": True,
            "Catalogues": entries,
        },
        **({"VpcCIDR": "10.1.0.0/16"} if creatable else {}),
    }
    configuration = parse_configuration(_around(entry), source=folder / "cdk.context.json")
    (environment,) = configuration.environments
    sources = artifact_sources(environment)
    made = build_artifacts(sources, folder)
    dags = made.dags or build_dags(team=None, preflight=True, directory=folder)
    assert made.requirements
    assert dags
    assert sources.lineage
    secrets = {
        f"mwaa_platform.lineage_secret_{each.id}": entry["TokenSecretArn"]
        for each, entry in zip(sources.lineage.catalogues, entries, strict=True)
    }
    return Shipped(
        plugins=made.plugins,
        requirements=made.requirements,
        dags=dags,
        options=secrets if creatable else {},
    )


def _around(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest configuration with this environment."""
    return {
        "Oidc": {
            "Issuer": "https://idp.example.com",
            "ClientId": "matrix",
            "ClientSecretArn": SECRET,
            "AuthorizationEndpoint": "https://idp.example.com/authorize",
            "TokenEndpoint": "https://idp.example.com/token",
            "UserInfoEndpoint": "https://idp.example.com/userinfo",
        },
        "Alb": {"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1"},
        "MwaaEnvironments": [entry],
    }
