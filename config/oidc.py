"""Client at the company's identity provider."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, ValidationInfo, field_validator

from config.entra import TENANT_ID, is_issuer_of_one_tenant, is_one_tenant, tenant_of
from config.section import Matches, Section, reject, setting
from config.types import Boolean, ClientId, HttpsUrl, SecretArn, Text
from config.update_policy import FREE, SIGNS_IN_AGAIN

GOOGLE = "accounts.google.com"
HTTPS = 443

Scope = Annotated[
    str, Matches(r"(?:[\x21-\x7e]+ )*openid(?: [\x21-\x7e]+)*", "scopes that include openid")
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
    def ports(self) -> frozenset[int]:
        """The ports at which the load balancer calls the provider.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
        """
        called = (self.token_endpoint, self.user_info_endpoint)
        return frozenset(urlsplit(each).port or HTTPS for each in called)

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
