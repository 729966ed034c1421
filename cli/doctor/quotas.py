"""Checks of quotas and zones: whether the account can take what a deployment would add.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import NamedTuple

from botocore.exceptions import ClientError

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.asked import Asked, asked, available_zones, vpcs_to_come
from cli.doctor.codes import Code
from errors import Finding, Level, PlatformError
from mwaa.quotas import Quota

SUBJECT = "Quotas"
UNKNOWN = "NoSuchResourceException"
"""Service Quotas has no value of an account that never asked for another."""


class _Value(NamedTuple):
    value: int
    is_adjustable: bool


def check_quotas(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each quota that does not hold what a deployment would add."""
    is_well, looked = True, False
    value = cache(partial(_value, platform))
    for question in asked(platform):
        looked = True
        try:
            with aws_errors_translated(platform.place):
                found = [
                    exceeded
                    for each in question()
                    if (exceeded := _exceeded(each, value(each.quota)))
                ]
        except PlatformError as error:
            is_well = False
            yield Finding.from_error(SUBJECT, error)
            continue
        is_well = is_well and not found
        yield from found
    if is_well and looked:
        yield Finding(level=Level.OK, subject=SUBJECT)


def _value(platform: DeployedPlatform, quota: Quota) -> _Value:
    """The quota of the account; its default where Service Quotas names none."""
    client = platform.session.client("service-quotas")
    try:
        found = client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)["Quota"]
    except ClientError as error:
        if error.response["Error"]["Code"] != UNKNOWN:
            raise
        return _Value(quota.default, is_adjustable=True)
    return _Value(int(found.get("Value", quota.default)), found.get("Adjustable", True))


def _exceeded(each: Asked, quota: _Value) -> Finding | None:
    total = each.there + each.added
    if not each.added or total <= quota.value:
        return None
    words = f"{each.quota.words}{each.of}"
    added = f"{each.there} are there and {each.added} come" if each.there else f"{each.added} come"
    most = each.quota.most
    can_be_raised = quota.is_adjustable and (most is None or total <= most)
    return Finding(
        subject=SUBJECT,
        message=f"{words[0].upper()}{words[1:]}: {added}, and the quota is {quota.value}.",
        remedy="Ask AWS to raise it, which can take days:"
        if can_be_raised
        else f"AWS does not raise it {f'beyond {most}' if most else 'at all'}: take fewer.",
        commands=(
            f"aws service-quotas request-service-quota-increase --service-code "
            f"{each.quota.service} --quota-code {each.quota.code} --desired-value {total}",
        )
        if can_be_raised
        else (),
        code=Code.QUOTA_EXCEEDED,
    )


def check_zones(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding where the Region has fewer zones than a VPC that is made takes."""
    wanted = max((each.max_azs for each in vpcs_to_come(platform)), default=0)
    if not wanted:
        return
    zones = available_zones(platform.session.client("ec2"))
    if len(zones) < wanted:
        yield Finding(
            subject="Availability Zones",
            message=f"MaxAZs asks for {wanted}, and the account has {len(zones)} here: "
            f"{', '.join(zones)}.",
            remedy="Take a smaller MaxAZs.",
            code=Code.ZONES_TOO_FEW,
        )
    else:
        yield Finding(level=Level.OK, subject="Availability Zones", message=", ".join(zones))
