"""Load balancer that people open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from pydantic import Field, ValidationInfo, field_validator

from config.section import Matches, Section, reject, setting
from config.types import (
    Boolean,
    BucketArn,
    CertificateArn,
    Cidr,
    HostedZoneId,
    HostName,
    HttpsUrl,
    Integer,
    RouteTableIds,
    SubnetIds,
    VpcCidr,
    VpcId,
    WebAclArn,
)
from config.update_policy import FREE, SIGNS_IN_AGAIN, UpdatePolicy

PORTAL_SESSION_HOURS = 1
QUICK_START_SESSION_HOURS = 12
"""As long as Airflow's own session in MWAA."""

CookieName = Annotated[
    str, Matches(r"[A-Za-z0-9_-]{1,64}", "letters, digits, hyphens or underscores, 64 at most")
]


LogPrefix = Annotated[
    str,
    Matches(
        r"(?!.*AWSLogs)[^/\s*?$](?:[^\s*?$]*[^/\s*?$])?",
        "a prefix without a slash at either end, with none of * ? $ and no AWSLogs in it",
    ),
]


@dataclass(frozen=True, kw_only=True)
class NamedVpc:
    """An existing VPC, with the load balancer's subnets and the route tables that get routes."""

    vpc_id: str
    cidr: str
    subnet_ids: Sequence[str]
    route_table_ids: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class HostInZone:
    """A host with its DNS record, and the one that validates its certificate, in a hosted zone."""

    host: str
    hosted_zone_id: str


class Alb(Section):
    """The load balancer that people open."""

    internet_facing: Boolean = setting(
        "Whether it is reachable from the internet, or only from its VPC and connected networks. "
        "A change fails until the `Ui-` stacks, Gate and Sso (or QuickStart) are destroyed.",
        update=UpdatePolicy.REFUSED_LOAD_BALANCER,
        default=False,
    )
    session_cookie_name: CookieName = setting(
        "Name of the session cookie.", update=SIGNS_IN_AGAIN, default="AWSELBAuthSessionCookie"
    )
    domain_name: HostName | None = setting(
        "Host name that people open: the portal, or Airflow itself with only `QuickStart`. At "
        "most 64 characters if the platform creates its certificate.",
        update=UpdatePolicy.MOVES_HOST,
        default=None,
        otherwise="any name that points at the load balancer",
    )
    hosted_zone_id: HostedZoneId | None = setting(
        "ID of the public hosted zone in Route 53 for `DomainName`, and for each `UiHost` without "
        "`UiHostedZoneId`. Their DNS records and missing certificates are created there. ACM "
        "cannot validate certificates in a private zone.",
        update=UpdatePolicy.MOVES_RECORDS,
        default=None,
        otherwise="you create the DNS records and the certificate",
    )
    ui_hosted_zone_id: HostedZoneId | None = setting(
        "ID of the public hosted zone in Route 53 for each `UiHost`, where their domain is another "
        "than that of `DomainName`, as it should be: a host can set cookies for the domains above "
        "it.",
        update=UpdatePolicy.MOVES_RECORDS,
        default=None,
        otherwise="`HostedZoneId`",
    )
    certificate_arn: CertificateArn | None = setting(
        "ARN of the certificate for the host name that people open, in the same Region. Without "
        "a hosted zone for them it must also cover each `UiHost`.",
        update=FREE,
        default=None,
        otherwise="created with `DomainName` and `HostedZoneId`; otherwise **required**",
    )
    web_acl_arn: WebAclArn | None = setting(
        "ARN of a regional WAFv2 web ACL, in the same Region, for every request.",
        update=FREE,
        default=None,
        otherwise="no web ACL",
    )
    vpc_id: VpcId | None = setting(
        "ID of an existing VPC for the load balancer; give `SubnetIds` and `VpcCIDR` too. A change "
        "fails until the `Ui-` stacks, Gate and Sso are destroyed.",
        update=UpdatePolicy.REFUSED_LOAD_BALANCER,
        default=None,
        otherwise="a VPC is created from `CustomerVpc`",
    )
    subnet_ids: SubnetIds | None = setting(
        "IDs of subnets of that VPC in at least two Availability Zones: public ones if "
        "`InternetFacing`, otherwise ones that can reach the identity provider.",
        update=FREE,
        default=None,
        otherwise="those of the created VPC; **required** with `VpcId`",
    )
    vpc_cidr: VpcCidr | None = setting(
        "CIDR range of that VPC in which these subnets are. It must not overlap that of a private "
        "environment.",
        update=FREE,
        default=None,
        otherwise="that of the created VPC; **required** with `VpcId`",
        alias="VpcCIDR",
    )
    route_table_ids: RouteTableIds | None = setting(
        "IDs of the route tables of that VPC that get a route to each VPC that is joined to it, "
        "such as those of `SubnetIds`.",
        update=FREE,
        default=None,
        otherwise="those of the created VPC; **required** where another VPC is joined to this one",
    )
    log_bucket_arn: BucketArn | None = setting(
        "ARN of an existing bucket for access logs.",
        update=UpdatePolicy.LEAVES_LOGS,
        default=None,
        otherwise="a bucket is created in the stack",
    )
    log_bucket_prefix: LogPrefix = setting("Prefix of the access logs.", update=FREE, default="alb")
    allowed_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)] | None = setting(
        "IP ranges that may connect to the load balancer. If they contain more public addresses "
        "than a /8, they do not count as a limit. The web server of a private environment, to "
        "which people are redirected, allows the load balancer's VPC and the environment's own "
        "`AllowedCidrs`.",
        update=FREE,
        default=None,
        otherwise="everybody if `InternetFacing`, otherwise the load balancer's VPC; **required** "
        "for an internal load balancer of `QuickStart` without `SecurityGroupId`",
    )
    session_timeout_hours: Annotated[Integer, Field(ge=1, le=168)] | None = setting(
        "Hours after which a person must sign in again; most providers then do so without asking. "
        "Until then a person keeps the groups of the last sign-in.",
        update=FREE,
        default=None,
        otherwise=f"{PORTAL_SESSION_HOURS} for the portal, whose sessions only open environments; "
        f"{QUICK_START_SESSION_HOURS} for `QuickStart`, where Airflow's own pages need one",
    )
    public_key_endpoint: HttpsUrl | None = setting(
        "Endpoint of the load balancer's public keys.",
        update=FREE,
        default=None,
        otherwise="the Region's endpoint; **required** in GovCloud where templates are made "
        "without a Region",
    )

    @field_validator("hosted_zone_id")
    @classmethod
    def _check_hosted_zone(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone and info.data.get("domain_name", zone) is None:
            reject("A hosted zone for which name?", "Give DomainName too.")
        return zone

    @field_validator("certificate_arn")
    @classmethod
    def _check_certificate(cls, arn: str | None, info: ValidationInfo) -> str | None:
        made_from = {"domain_name", "hosted_zone_id"}
        if arn is None and any(info.data.get(key, key) is None for key in made_from):
            reject(
                "Missing: a certificate for the host that people open.",
                "Give it, or DomainName and HostedZoneId, and one is made.",
            )
        return arn

    @property
    def named_vpc(self) -> NamedVpc | None:
        """The existing VPC of the load balancer; its keys are given together or not at all."""
        if not (self.vpc_id and self.subnet_ids and self.vpc_cidr):
            return None
        return NamedVpc(
            vpc_id=self.vpc_id,
            cidr=self.vpc_cidr,
            subnet_ids=self.subnet_ids,
            route_table_ids=self.route_table_ids or (),
        )

    @property
    def host_in_zone(self) -> HostInZone | None:
        """The host that people open, where its hosted zone is named."""
        if not (self.domain_name and self.hosted_zone_id):
            return None
        return HostInZone(host=self.domain_name, hosted_zone_id=self.hosted_zone_id)

    @property
    def certificate(self) -> str | HostInZone:
        """The ARN of an existing certificate, or the host that one is created for."""
        # `_check_certificate` rejects an entry without either.
        return self.certificate_arn or cast(HostInZone, self.host_in_zone)
