"""Check that the hosted zones of the file are there, and are for its hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from config.model import Configuration
from errors import Finding, Level

NOT_FOUND = "NoSuchHostedZone"


def check_hosted_zones(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each hosted zone in which records are made."""
    route53 = platform.session.client("route53")
    for zone, hosts in _zones(platform.configuration).items():
        subject = f"Hosted zone {zone}"
        try:
            name = route53.get_hosted_zone(Id=zone)["HostedZone"]["Name"].rstrip(".")
        except ClientError as error:
            if error.response["Error"]["Code"] != NOT_FOUND:
                raise
            yield Finding(
                subject=subject,
                message="There is none in this account.",
                remedy="Correct the zone's id in Alb, or name the account that has it "
                "(AWS_PROFILE).",
                code=Code.HOSTED_ZONE_MISSING,
            )
            continue
        outside = sorted(each for each in hosts if not f".{each}".endswith(f".{name}"))
        if outside:
            yield Finding(
                subject=subject,
                message=f"It is for {name}, and {', '.join(outside)} is outside.",
                remedy="Name the zone of that host, or another host.",
                code=Code.HOSTED_ZONE_LACKS_HOST,
            )
        else:
            yield Finding(level=Level.OK, subject=subject, message=name)


def _zones(configuration: Configuration) -> Mapping[str, set[str]]:
    alb = configuration.alb
    hosts = {each.ui_host for each in configuration.environments if each.ui_host}
    found: dict[str, set[str]] = {}
    for zone, names in (
        (alb.hosted_zone_id, {alb.domain_name} if alb.domain_name else set()),
        (alb.ui_hosted_zone_id or alb.hosted_zone_id, hosts),
    ):
        if zone:
            found.setdefault(zone, set()).update(names)
    return found
