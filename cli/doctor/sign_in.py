"""Checks of what sign-in stands on, and of which the templates hold names alone.

These are the load balancers' certificates, the clients' secrets and the provider's endpoints.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import ClientError

from cli.aws_errors import DENIED
from cli.client_secret.value import mistake_in
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.oidc.discovery import ENDPOINTS, OPTIONAL, fetch_document
from config.model import Configuration
from errors import Finding, Level, PlatformError

ISSUED = "ISSUED"
SOON = timedelta(days=30)
NOT_FOUND = "ResourceNotFoundException"


def check_certificates(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each existing certificate that the configuration names."""
    for arn, hosts in _certificates(platform.configuration).items():
        subject = f"Certificate {arn.rpartition('/')[2]}"
        acm = platform.session.client("acm", region_name=arn.split(":")[3])
        try:
            found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        except ClientError as error:
            if error.response["Error"]["Code"] != NOT_FOUND:
                raise
            yield Finding(
                subject=subject,
                message="There is none in this account and Region.",
                remedy="Correct CertificateArn, or name the account that has it (AWS_PROFILE).",
                code=Code.CERTIFICATE_MISSING,
            )
            continue
        names = [found.get("DomainName", ""), *found.get("SubjectAlternativeNames", ())]
        missing = sorted(host for host in hosts if not any(_covers(name, host) for name in names))
        ends = found.get("NotAfter")
        if found.get("Status") != ISSUED:
            yield Finding(
                subject=subject,
                message=f"It is {found.get('Status')}, and a listener takes none before it is "
                f"{ISSUED}.",
                remedy="Make the DNS records by which ACM validates it.",
                code=Code.CERTIFICATE_NOT_ISSUED,
            )
        elif missing:
            yield Finding(
                subject=subject,
                message=f"It is not for {', '.join(missing)}.",
                remedy="Take a certificate that names every host.",
                code=Code.CERTIFICATE_LACKS_HOST,
            )
        elif ends and ends < datetime.now(UTC) + SOON:
            yield Finding(
                level=Level.WARNING,
                subject=subject,
                message=f"It ends on {ends:%Y-%m-%d}.",
                remedy="ACM renews its own as long as their DNS records stay; import another one "
                "under the same ARN otherwise.",
                code=Code.CERTIFICATE_ENDS,
            )
        else:
            yield Finding(level=Level.OK, subject=subject)


def _certificates(configuration: Configuration) -> dict[str, set[str]]:
    """The hosts that each existing certificate is for."""
    alb, gate = configuration.alb, configuration.ui_gate
    of_hosts = (gate and gate.certificate_arn) or alb.certificate_arn
    # With a hosted zone, hosts of environments have certificates that are made for them.
    in_zone = alb.ui_hosted_zone_id or alb.hosted_zone_id
    hosts = () if in_zone else tuple(each.ui_host for each in configuration.environments)
    found: dict[str, set[str]] = {}
    for arn, names in ((alb.certificate_arn, (alb.domain_name,)), (of_hosts, hosts)):
        if arn:
            found.setdefault(arn, set()).update(filter(None, names))
    return found


def _covers(name: str, host: str) -> bool:
    """Whether a certificate's name is for a host; `*` stands for its first label alone."""
    first, _, rest = name.lower().partition(".")
    own, _, parent = host.lower().partition(".")
    return rest == parent and first in {"*", own}


def check_client_secrets(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each client's secret, whose value is read and shown to nobody."""
    for arn, section in _client_secrets(platform.configuration).items():
        subject = f"Client secret {arn.rpartition(':')[2]}"
        secrets = platform.session.client("secretsmanager", region_name=arn.split(":")[3])
        try:
            value = secrets.get_secret_value(SecretId=arn).get("SecretString", "")
        except ClientError as error:
            yield _unread(error, subject)
            continue
        if message := mistake_in(value):
            yield Finding(
                subject=subject,
                message=message,
                remedy="Put the client secret in as plain text:",
                commands=(f"./mwaa-platform secrets rotate-client {section}",),
                code=Code.CLIENT_SECRET_UNUSABLE,
            )
        else:
            yield Finding(level=Level.OK, subject=subject)


def _client_secrets(configuration: Configuration) -> Mapping[str, str]:
    """The ARN of each secret, with the section whose client's it is."""
    gate, quick_start = configuration.ui_gate, configuration.quick_start
    own = {"UiGate": gate and gate.client, "QuickStart": quick_start and quick_start.client}
    named = {client.client_secret_arn: section for section, client in own.items() if client}
    return {**named, configuration.oidc.client_secret_arn: "Oidc"}


def _unread(error: ClientError, subject: str) -> Finding:
    code = error.response["Error"]["Code"]
    if code in DENIED:
        return Finding(
            level=Level.SKIPPED, subject=subject, message="your role may not read its value"
        )
    if code != NOT_FOUND:
        raise error
    return Finding(
        subject=subject,
        message="There is none in this account and Region, or it has no value.",
        remedy="Store the client secret there, or correct ClientSecretArn.",
        code=Code.CLIENT_SECRET_MISSING,
    )


def check_provider(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding of the endpoints that the identity provider publishes itself."""
    oidc = platform.configuration.oidc
    subject = f"Identity provider {oidc.issuer}"
    try:
        _, document = fetch_document(oidc.issuer, ca=Path(platform.ca_file))
    except PlatformError as error:
        yield Finding.from_error(subject, error, code=Code.PROVIDER_DOES_NOT_ANSWER)
        return
    given = oidc.model_dump(by_alias=True)
    differing = [
        f"{key} is {given[key]}, and the provider names {document[name]}"
        for key, name in ENDPOINTS.items()
        if key != OPTIONAL and document.get(name) and document[name] != given[key]
    ]
    if differing:
        yield Finding(
            subject=subject,
            message=f"{'. '.join(differing)}.",
            remedy="Update them:",
            commands=(f"./mwaa-platform oidc discover {shlex.quote(oidc.issuer)}",),
            code=Code.PROVIDER_ENDPOINT_DIFFERS,
        )
    else:
        yield Finding(level=Level.OK, subject=subject)
