"""How people sign in: the identity provider's client and the load balancer that they open."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from config.fields import (
    Boolean,
    BucketArn,
    CertificateArn,
    Change,
    Cidr,
    HostedZoneId,
    HostName,
    HttpsUrl,
    Integer,
    Matches,
    RouteTableIds,
    SecretArn,
    Section,
    SubnetIds,
    Text,
    VpcCidr,
    VpcId,
    WebAclArn,
    reject,
    setting,
)

DISRUPTIVE, IN_PLACE, REPLACES = Change.DISRUPTIVE, Change.IN_PLACE, Change.REPLACES

Scope = Annotated[
    str, Matches(r"(?:[\x21-\x7e]+ )*openid(?: [\x21-\x7e]+)*", "scopes that include openid")
]
CookieName = Annotated[
    str, Matches(r"[A-Za-z0-9_-]{1,64}", "letters, digits, hyphens or underscores, 64 at most")
]
LogPrefix = Annotated[
    str,
    Matches(
        r"(?!.*AWSLogs)[^/\s](?:\S*[^/\s])?",
        "a prefix without a slash at either end and without AWSLogs in it",
    ),
]


class Oidc(Section):
    """The client at the company's identity provider."""

    issuer: HttpsUrl = setting(
        "The provider's issuer, exactly as its discovery document gives it.", change=DISRUPTIVE
    )
    client_id: Text = setting("The client's id at the provider.", change=DISRUPTIVE)
    client_secret_arn: SecretArn = setting(
        "ARN of the secret in Secrets Manager whose whole text is the client's secret. To rotate "
        "it, put the new one into another secret and name that here: CloudFormation reads it anew "
        "only when this changes.",
        change=IN_PLACE,
    )
    authorization_endpoint: HttpsUrl = setting(
        "Where the provider signs people in.", change=IN_PLACE
    )
    token_endpoint: HttpsUrl = setting(
        "Where the load balancer redeems the code; it must reach it.", change=IN_PLACE
    )
    user_info_endpoint: HttpsUrl = setting(
        "Where the load balancer reads a person's claims; it must reach it.", change=IN_PLACE
    )
    end_session_endpoint: HttpsUrl | None = setting(
        "Where signing out ends the provider's own session as well.",
        change=IN_PLACE,
        default=None,
        otherwise="that session stays",
    )
    scope: Scope = setting(
        "What is asked of the provider.", change=IN_PLACE, default="openid email"
    )
    groups_claim: Text = setting(
        "The claim of the userinfo endpoint that lists a person's groups.",
        change=IN_PLACE,
        default="groups",
    )


class Alb(Section):
    """The load balancer that people open."""

    internet_facing: Boolean = setting(
        "Whether the internet reaches it; otherwise its VPC and the networks joined to that do. A "
        "change fails until the `Ui-` stacks and Sso (or QuickStart) are destroyed.",
        change=REPLACES,
        default=False,
    )
    session_cookie_name: CookieName = setting(
        "Name of its session cookie.", change=DISRUPTIVE, default="AWSELBAuthSessionCookie"
    )
    domain_name: HostName | None = setting(
        "Name of the host that people open: the portal, or with `QuickStart` alone Airflow itself.",
        change=DISRUPTIVE,
        default=None,
        otherwise="any name that you point at the load balancer",
    )
    hosted_zone_id: HostedZoneId | None = setting(
        "Id of the public hosted zone in Route 53 in which `DomainName` and each `UiHost` stand: "
        "their records, and the certificates that are not given, are made there. ACM cannot "
        "validate in a private one.",
        change=IN_PLACE,
        default=None,
        otherwise="records and the certificate are yours to make",
    )
    certificate_arn: CertificateArn | None = setting(
        "ARN of the certificate for the host that people open, in the same Region. Without "
        "`HostedZoneId` it covers each `UiHost` as well.",
        change=IN_PLACE,
        default=None,
        otherwise="one is made, with `DomainName` and `HostedZoneId`; else **required**",
    )
    web_acl_arn: WebAclArn | None = setting(
        "ARN of a web ACL of WAFv2, regional and in the same Region, that every request passes.",
        change=IN_PLACE,
        default=None,
    )
    vpc_id: VpcId | None = setting(
        "Id of an existing VPC to stand in. With it go `SubnetIds` and `VpcCIDR`. A change fails "
        "until the `Ui-` stacks and Sso are destroyed.",
        change=REPLACES,
        default=None,
        otherwise="a VPC is made, as `CustomerVpc` says",
    )
    subnet_ids: SubnetIds | None = setting(
        "Ids of subnets of that VPC for the load balancer, in two Availability Zones at least; "
        "public ones if `InternetFacing`, else with a way to the identity provider.",
        change=IN_PLACE,
        default=None,
    )
    vpc_cidr: VpcCidr | None = setting(
        "The range of that VPC. It must not overlap that of a private environment.",
        change=IN_PLACE,
        default=None,
        alias="VpcCIDR",
    )
    route_table_ids: RouteTableIds | None = setting(
        "Ids of the route tables of that VPC from whose subnets new private environments are "
        "reached, such as those of `SubnetIds`; needed if there is such an environment.",
        change=IN_PLACE,
        default=None,
    )
    log_bucket_arn: BucketArn | None = setting(
        "ARN of an existing bucket for access logs.",
        change=IN_PLACE,
        default=None,
        otherwise="a bucket in the stack",
    )
    log_bucket_prefix: LogPrefix = setting(
        "Prefix of the access logs.", change=IN_PLACE, default="alb"
    )
    allowed_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)] | None = setting(
        "Who may connect to the load balancer. The web server of a private environment, which "
        "people are sent on to, is reached from the load balancer's VPC alone.",
        change=IN_PLACE,
        default=None,
        otherwise="everybody if `InternetFacing`, else the load balancer's VPC; an internal one of "
        "`QuickStart` needs it, or a `SecurityGroupId`",
    )
    session_timeout_hours: Annotated[Integer, Field(ge=1, le=168)] = setting(
        "Hours after which a person signs in again.", change=IN_PLACE, default=12
    )
    public_key_endpoint: HttpsUrl | None = setting(
        "Where the load balancer's public keys are read.",
        change=IN_PLACE,
        default=None,
        otherwise="the Region's own endpoint",
    )

    @field_validator("hosted_zone_id")
    @classmethod
    def _zone_of_a_name(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone and info.data.get("domain_name", zone) is None:
            reject("A hosted zone for which name?", "Give DomainName too.")
        return zone

    @field_validator("certificate_arn")
    @classmethod
    def _some_certificate(cls, arn: str | None, info: ValidationInfo) -> str | None:
        made_from = {"domain_name", "hosted_zone_id"}
        if arn is None and any(info.data.get(key, key) is None for key in made_from):
            reject(
                "Missing: a certificate for the host that people open.",
                "Give it, or DomainName and HostedZoneId, and one is made.",
            )
        return arn
