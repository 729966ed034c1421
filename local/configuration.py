"""The user's configuration, with what only AWS has replaced by its counterpart on this machine."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from local.layout import ACCOUNT, REGION, Layout

CLIENT_ID = "mwaa-platform"
UNKNOWN_CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/unknown"
UNKNOWN_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:unknown-AAAAAA"

# What exists in the user's AWS account and not in the stand-in: the stacks make their own instead.
AWS_ONLY_ALB = ("LogBucketArn",)
AWS_ONLY_LINEAGE = ("TokenSecretArn",)
AWS_ONLY_ENVIRONMENT = (
    "SourceBucketArn",
    "RequirementsS3Path",
    "RequirementsS3ObjectVersion",
    "KmsKeyArn",
)


def localise(
    raw: dict[str, Any],
    *,
    layout: Layout,
    folder: Path,
    certificate_arn: str = UNKNOWN_CERTIFICATE,
    client_secret_arn: str = UNKNOWN_SECRET,
) -> dict[str, Any]:
    """A copy of the configuration that deploys to this machine.

    `raw` is the file as it stands, `folder` the one that its relative paths start from. What is no
    object where one is expected is left for the validators to name.
    """
    local = copy.deepcopy(raw)
    issuer = layout.identity_provider
    local["Oidc"] = {
        **_settings(local.get("Oidc")),
        "Issuer": issuer,
        "ClientId": CLIENT_ID,
        "ClientSecretArn": client_secret_arn,
        "AuthorizationEndpoint": f"{issuer}/auth",
        "TokenEndpoint": f"{issuer}/token",
        "UserInfoEndpoint": f"{issuer}/me",
        "EndSessionEndpoint": f"{issuer}/session/end",
    }
    local["Alb"] = {
        **_settings(local.get("Alb"), without=AWS_ONLY_ALB),
        "CertificateArn": certificate_arn,
        "PublicKeyEndpoint": f"{layout.alb}/public-keys",
    }
    if "Lineage" in local:
        local["Lineage"] = _lineage(local["Lineage"], layout)
    environments = local.get("MwaaEnvironments")
    if isinstance(environments, list):
        local["MwaaEnvironments"] = [_environment(entry, layout, folder) for entry in environments]
    return local


def _environment(entry: Any, layout: Layout, folder: Path) -> Any:
    if not isinstance(entry, dict):
        return entry
    local = _settings(entry, without=AWS_ONLY_ENVIRONMENT)
    if "Lineage" in local:
        local["Lineage"] = _lineage(local["Lineage"], layout)
    if isinstance(local.get("Requirements"), str):
        local["Requirements"] = str((folder / local["Requirements"]).resolve())
    return local


def _lineage(lineage: Any, layout: Layout) -> Any:
    if not isinstance(lineage, dict):
        return lineage
    return {**_settings(lineage, without=AWS_ONLY_LINEAGE), "Url": layout.lineage}


def _settings(section: Any, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    settings = section if isinstance(section, dict) else {}
    return {key: value for key, value in settings.items() if key not in without}
