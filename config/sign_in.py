"""Sign-in: the client at the identity provider, and the load balancer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from config.entra import TENANT_ID, is_issuer_of_one_tenant, is_one_tenant, tenant_of
from config.section import Matches, Section, reject, setting
from config.types import (
    Boolean,
    BucketArn,
    CertificateArn,
    Cidr,
    ClientId,
    HostedZoneId,
    HostName,
    HttpsUrl,
    Integer,
    RouteTableIds,
    SecretArn,
    SubnetIds,
    Text,
    VpcCidr,
    VpcId,
    WebAclArn,
)
from config.update_policy import FREE, SIGNS_IN_AGAIN, UpdatePolicy

PORTAL_SESSION_HOURS = 1
QUICK_START_SESSION_HOURS = 12
"""As long as Airflow's own session in MWAA."""
GOOGLE = "accounts.google.com"

Scope = Annotated[
    str, Matches(r"(?:[\x21-\x7e]+ )*openid(?: [\x21-\x7e]+)*", "scopes that include openid")
]
CookieName = Annotated[
    str, Matches(r"[A-Za-z0-9_-]{1,64}", "letters, digits, hyphens or underscores, 64 at most")
]


def _check_plain(url: str) -> str:
    """Rejects what browsers read as another address, such as that of another tenant."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    remedy = "Write it as the provider's discovery document does."
    if not host.isascii() or host.endswith("."):
        reject("The host's name here is in ASCII, without a dot at its end.", remedy)
    segments = map(unquote, parts.path.split("/"))
    if "\\" in parts.path or not {".", ".."}.isdisjoint(segments):
        reject("A path here has no dot segments (/./ or /../) and no backslash.", remedy)
    return url


def _check_tenant(url: str) -> str:
    tenant = tenant_of(url)
    if tenant is not None and not is_one_tenant(tenant):
        reject(
            "Entra ID signs in people of other directories there, or the tenant is not filled in.",
            "Name your own tenant: https://login.microsoftonline.com/<tenant ID>/v2.0 is the "
            "issuer, and `./mwaa-platform oidc discover` writes the endpoints.",
        )
    return url


ProviderUrl = Annotated[HttpsUrl, AfterValidator(_check_plain)]
TenantUrl = Annotated[ProviderUrl, AfterValidator(_check_tenant)]
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
class Client:
    """A client at the identity provider, and the ARN of the secret that holds its own."""

    client_id: str
    client_secret_arn: str


def is_same_client(one: str | None, other: str | None) -> bool:
    """Whether two client IDs are of one client: some providers take an ID in any case."""
    return bool(one and other) and str(one).casefold() == str(other).casefold()


def is_same_secret(one: str | None, other: str | None) -> bool:
    """Whether two ARNs are of one secret, with or without what Secrets Manager adds to its name."""
    if not (one and other):
        return False
    shorter, longer = sorted((one, other), key=len)
    return bool(re.fullmatch(rf"{re.escape(shorter)}(?:-[A-Za-z0-9]{{6}})?", longer))


@dataclass(frozen=True, kw_only=True)
class HostInZone:
    """A host with its DNS record, and the one that validates its certificate, in a hosted zone."""

    host: str
    hosted_zone_id: str


class Oidc(Section):
    """The client at the company's identity provider."""

    issuer: TenantUrl = setting(
        "The provider's issuer, exactly as its discovery document gives it.", update=SIGNS_IN_AGAIN
    )
    client_id: ClientId = setting("The client ID at the provider.", update=SIGNS_IN_AGAIN)
    client_secret_arn: SecretArn = setting(
        "ARN of the secret in Secrets Manager that holds the client secret as plain text. "
        "`./mwaa-platform secrets rotate-client` replaces it: CloudFormation reads another value "
        "only when the ARN changes.",
        update=FREE,
    )
    authorization_endpoint: TenantUrl = setting(
        "The provider's authorization endpoint.", update=FREE
    )
    token_endpoint: TenantUrl = setting(
        "The token endpoint; the load balancer must be able to reach it.", update=FREE
    )
    user_info_endpoint: ProviderUrl = setting(
        "The userinfo endpoint; the load balancer must be able to reach it.", update=FREE
    )
    end_session_endpoint: ProviderUrl | None = setting(
        "Where signing out also ends the provider's session.",
        update=FREE,
        default=None,
        otherwise="signing out leaves that session open",
    )
    scope: Scope = setting("The scopes to request.", update=FREE, default="openid email")
    groups_claim: Text = setting(
        "The claim in the userinfo response that lists a person's groups.",
        update=FREE,
        default="groups",
    )
    group_paths: Boolean = setting(
        "Whether groups are paths, as Keycloak sends them: `/data/engineers` is then the group "
        "`data/engineers`, and a name without a first slash is none.",
        update=FREE,
        default=False,
    )
    groups_as_text: Boolean = setting(
        "Whether the groups claim may be a text, as a SAML provider behind Amazon Cognito sends "
        "it: `[a, b]`, or `a, b`. A comma in a name then separates two groups.",
        update=FREE,
        default=False,
    )
    require_verified_email: Boolean | None = setting(
        "Whether a person needs the claim `email_verified` with the value true. Where this is "
        "false, the claim may be absent, but not false.",
        update=FREE,
        default=None,
        otherwise="`true`; `false` for the issuer of a single tenant of Entra ID, which never "
        "sends the claim",
    )

    @field_validator("authorization_endpoint", "token_endpoint")
    @classmethod
    def _check_same_tenant(cls, endpoint: str, info: ValidationInfo) -> str:
        issuer = info.data.get("issuer", "")
        named = {*re.findall(TENANT_ID, issuer.lower()), *re.findall(TENANT_ID, endpoint.lower())}
        if tenant_of(endpoint) and tenant_of(issuer) and len(named) > 1:
            reject("This is another tenant than that of Issuer.", "Name one tenant in both.")
        return endpoint

    @property
    def client(self) -> Client:
        """The portal's client."""
        return Client(client_id=self.client_id, client_secret_arn=self.client_secret_arn)

    @property
    def is_entra(self) -> bool:
        """Whether people sign in at a single tenant of Entra ID, the issuer's by its ID."""
        tenants = {tenant_of(each) for each in (self.issuer, *self._endpoints)}
        return is_issuer_of_one_tenant(self.issuer) and len(tenants) == 1

    @property
    def may_be_another_tenant(self) -> bool:
        """Whether an endpoint of Entra ID does not name the issuer's tenant by its ID."""
        at_entra = is_issuer_of_one_tenant(self.issuer) and all(map(tenant_of, self._endpoints))
        return at_entra and not self.is_entra

    @property
    def provider_without_groups(self) -> str | None:
        """The name of a provider whose userinfo never has groups: Entra ID or Google, by issuer."""
        if tenant_of(self.issuer) is not None:
            return "Entra ID"
        return "Google" if urlsplit(self.issuer).hostname == GOOGLE else None

    @property
    def _endpoints(self) -> tuple[str, str]:
        return self.authorization_endpoint, self.token_endpoint

    @property
    def verified_email_required(self) -> bool:
        """`RequireVerifiedEmail`, or what applies without it."""
        given = self.require_verified_email
        return not self.is_entra if given is None else given


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
        "Host name that people open: the portal, or Airflow itself with `QuickStart` alone. It has "
        "64 characters at most where its certificate is created here.",
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
        "IP ranges that may connect to the load balancer. Together they hold a /8 of public "
        "addresses at most, or do not count as a limit. The web server of a private "
        "environment, to which people are redirected, lets in the load balancer's VPC, and the "
        "`AllowedCidrs` of the environment.",
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
