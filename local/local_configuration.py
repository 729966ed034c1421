"""The user's configuration with AWS-only resources replaced by those of this machine."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.connectivity import PEERING, TRANSIT_GATEWAY
from config.section import is_placeholder
from local.given_networks import local_zone
from local.layout import PORTAL_HOST, Layout, ui_host
from local.prerequisites import Prerequisites, Vpc

CLIENT_ID = "mwaa-platform"
OWN_CLIENTS = {"QuickStart": f"{CLIENT_ID}-quick-start", "UiGate": f"{CLIENT_ID}-gate"}
"""Clients of the sections that can have their own."""

# Settings that name resources of the user's account which the stand-in lacks: without them the
# stacks create their own, or need none.
AWS_ONLY_ALB = ("LogBucketArn", "WebAclArn")
AWS_ONLY_CATALOGUE = ("TokenField",)
AWS_ONLY_BACKEND = ("KmsKeyArn",)
AWS_ONLY_ENVIRONMENT = ("RequirementsS3Path", "RequirementsS3ObjectVersion", "KmsKeyArn")
AWS_ONLY_DEPLOYERS = ("OidcProviderArn",)
AWS_ONLY_ROLE = ("Arn", "PermissionsBoundaryArn", "ManagedPolicyArns")
AWS_ONLY_ALARMS = ("TopicArn",)
WITHOUT = {"Roles": AWS_ONLY_ROLE, "Alarms": AWS_ONLY_ALARMS}
"""What sections of the whole file are without."""
LOCAL_FILES = ("Requirements", "Plugins", "Dags", "StartupScript", "Wheels")
# The one provider that is called through AWS's own API, and so has no URL.
WITHOUT_URL = "DataZone"


def local_configuration(
    raw: dict[str, Any],
    *,
    layout: Layout,
    folder: Path,
    prerequisites: Prerequisites | None = None,
) -> dict[str, Any]:
    """A copy of the configuration that deploys to this machine.

    It has no pipeline. `raw` is the content of the user's file, `folder` the base of its relative
    paths, `prerequisites` the resources that replace those of the user's account. A value of the
    wrong type is kept for the validators to report.
    """
    prerequisites = prerequisites or Prerequisites()
    local = copy.deepcopy(raw)
    local.pop("Pipeline", None)
    issuer = layout.identity_provider
    local["Oidc"] = {
        **_settings(local.get("Oidc")),
        "Issuer": issuer,
        "ClientId": CLIENT_ID,
        "ClientSecretArn": prerequisites.client_secret_arn_of(CLIENT_ID),
        "AuthorizationEndpoint": f"{issuer}/auth",
        "TokenEndpoint": f"{issuer}/token",
        "UserInfoEndpoint": f"{issuer}/me",
        "EndSessionEndpoint": f"{issuer}/session/end",
    }
    environments, quick_start = local.get("MwaaEnvironments"), local.get("QuickStart")
    if isinstance(environments, list):
        secret_arn = prerequisites.lineage_secret_arn
        local["MwaaEnvironments"] = [
            _environment(_in_its_vpc(entry, prerequisites.given), layout, folder, secret_arn)
            for entry in environments
        ]
    host = PORTAL_HOST
    if isinstance(quick_start, dict):
        name = str(quick_start.get("MwaaEnvironmentName"))
        local["QuickStart"] = _quick_start(quick_start, prerequisites.vpc_of(name))
        host = PORTAL_HOST if environments else ui_host(name)
    for section, client_id in OWN_CLIENTS.items():
        if isinstance(local.get(section), dict):
            local[section] = _replaced(
                local[section],
                ClientId=client_id,
                ClientSecretArn=prerequisites.client_secret_arn_of(client_id),
                CertificateArn=prerequisites.certificate_arn,
            )
    local["Alb"] = _alb(_settings(local.get("Alb"), without=AWS_ONLY_ALB), prerequisites, host)
    match local:
        case {"Authenticator": {"Decision": dict() as decision}}:
            local["Authenticator"]["Decision"] = _resolved(decision, "Module", folder)
    if "Connectivity" in local:
        local["Connectivity"] = _connectivity(local["Connectivity"])
    if isinstance(local.get("Deployers"), dict):
        local["Deployers"] = _deployers(local["Deployers"])
    local |= _without_own_resources(local)
    local["Alb"]["PublicKeyEndpoint"] = f"{layout.alb}/public-keys"
    if "Lineage" in local:
        local["Lineage"] = _lineage(local["Lineage"], layout, prerequisites.lineage_secret_arn)
    return local


def _deployers(deployers: dict[str, Any]) -> dict[str, Any]:
    return {
        host: _settings(each, without=AWS_ONLY_DEPLOYERS) if isinstance(each, dict) else each
        for host, each in deployers.items()
    }


def _without_own_resources(local: dict[str, Any]) -> dict[str, Any]:
    """The sections of `WITHOUT` that are there, without those keys."""
    return {
        section: _settings(local[section], without=keys)
        for section, keys in WITHOUT.items()
        if isinstance(local.get(section), dict)
    }


def _alb(alb: dict[str, Any], prerequisites: Prerequisites, host: str) -> dict[str, Any]:
    networks = {key: alb[key] for key in alb.keys() & {"VpcId", "SubnetIds", "RouteTableIds"}}
    local = _replaced(
        alb,
        DomainName=host,
        HostedZoneId=prerequisites.hosted_zone_id,
        UiHostedZoneId=prerequisites.hosted_zone_id,
        **_in_place(networks, prerequisites.given),
    )
    if "CertificateArn" in alb or "HostedZoneId" not in alb:
        local["CertificateArn"] = prerequisites.certificate_arn
    return local


def _quick_start(quick_start: dict[str, Any], vpc: Vpc) -> dict[str, Any]:
    return _replaced(
        quick_start,
        VpcId=vpc.vpc_id,
        SubnetIds=[*vpc.subnet_ids],
        SecurityGroupId=vpc.security_group_id,
        MwaaEndpointIps=[],
    )


def _replaced(section: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The section with the values of its filled keys replaced; empty ones and placeholders stay."""
    filled = {key for key, value in section.items() if value and not is_placeholder(value)}
    return {**section, **{key: values[key] for key in values.keys() & filled}}


def _environment(entry: Any, layout: Layout, folder: Path, secret_arn: str) -> Any:
    if not isinstance(entry, dict):
        return entry
    local = _settings(entry, without=AWS_ONLY_ENVIRONMENT)
    if "Lineage" in local:
        local["Lineage"] = _lineage(local["Lineage"], layout, secret_arn)
    if isinstance(alarms := local.get("Alarms"), dict):
        local["Alarms"] = _settings(alarms, without=AWS_ONLY_ALARMS)
    if isinstance(local.get("SecretsBackend"), dict):
        local["SecretsBackend"] = _settings(local["SecretsBackend"], without=AWS_ONLY_BACKEND)
    if isinstance(role := local.get("ExecutionRole"), dict):
        local["ExecutionRole"] = _resolved(_settings(role, without=AWS_ONLY_ROLE), "Policy", folder)
    bucket = str(local.get("SourceBucketArn")).rpartition(":")[2]
    local = _replaced(
        local, UiHost=ui_host(str(local.get("Name"))), SourceBucketArn=f"arn:aws:s3:::{bucket}"
    )
    for key in LOCAL_FILES:
        local = _resolved(local, key, folder)
    return local


def _in_its_vpc(entry: Any, given: Mapping[str, str]) -> Any:
    """The entry with what was made in the place of its existing VPC, in a zone of this Region."""
    if not isinstance(entry, dict):
        return entry
    named = {key: _in_place(entry[key], given) for key in ("Vpc", "Existing") if key in entry}
    local = {**entry, **named}
    if "Connectivity" in local:
        local["Connectivity"] = _connectivity(local["Connectivity"])
    return local


def _connectivity(connectivity: Any) -> Any:
    """Peering in the place of a transit gateway, which the stand-in lacks."""
    if isinstance(connectivity, dict) and connectivity.get("Way") == TRANSIT_GATEWAY:
        return {**_settings(connectivity, without=("TransitGatewayId",)), "Way": PEERING}
    return connectivity


def _in_place(value: Any, given: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {
                key: local_zone(each)
                if key == "AvailabilityZone" and isinstance(each, str) and each
                else _in_place(each, given)
                for key, each in value.items()
            }
        case list():
            return [_in_place(each, given) for each in value]
        case str():
            return given.get(value, value)
    return value


def _resolved(section: dict[str, Any], key: str, folder: Path) -> dict[str, Any]:
    """The section with the path that a key has made absolute."""
    path = section.get(key)
    return {**section, key: str((folder / path).absolute())} if isinstance(path, str) else section


def _lineage(lineage: Any, layout: Layout, secret_arn: str) -> Any:
    if not isinstance(lineage, dict):
        return lineage
    local = _catalogue(lineage, layout, secret_arn)
    if isinstance(local.get("Catalogues"), list):
        local["Catalogues"] = [_catalogue(each, layout, secret_arn) for each in local["Catalogues"]]
    return local


def _catalogue(catalogue: Any, layout: Layout, secret_arn: str) -> Any:
    """The catalogue with the lineage endpoint as its URL; the path stays."""
    if not isinstance(catalogue, dict):
        return catalogue
    local = _settings(catalogue, without=AWS_ONLY_CATALOGUE)
    local = _replaced(local, TokenSecretArn=secret_arn)
    if local.get("Provider", WITHOUT_URL) != WITHOUT_URL or "Url" in local:
        with suppress(ValueError):  # no URL, which the validators report
            url = str(local.get("Url", ""))
            path = urlsplit(url).path if "://" in url else ""
            local["Url"] = layout.lineage + path
    return local


def _settings(section: Any, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    settings = section if isinstance(section, dict) else {}
    return {key: value for key, value in settings.items() if key not in without}
