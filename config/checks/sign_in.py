"""Rules about sign-in: QuickStart and the portal."""

from __future__ import annotations

from collections.abc import Iterator

from config.checks.finding import warning
from config.checks.network import ROUTE_TABLES, VPC_KEYS
from config.checks.partial import Partial, PartialFile
from config.model import Configuration
from config.oidc import Oidc, is_same_client, is_same_secret
from config.quick_start import QuickStart
from config.ui_gate import UiGate
from errors import Finding, Place

AnyClient = Oidc | QuickStart | UiGate


def quick_start_clients(file: PartialFile) -> Iterator[Finding]:
    """An internal load balancer of QuickStart says who may connect."""
    if not (file.quick_start and file.has_alb):
        return
    internal = file.alb.get(lambda alb: alb.internet_facing) is False
    clients = file.alb.gives("AllowedCidrs") or file.quick_start.gives("SecurityGroupId")
    if internal and not clients:
        yield Finding(
            place=("Alb", "AllowedCidrs"),
            message="Missing: who may connect to the load balancer of QuickStart, which is "
            "internal.",
            remedy="Give ranges such as 10.0.0.0/8, or QuickStart.SecurityGroupId.",
        )


def portal_or_quick_start(file: PartialFile) -> Iterator[Finding]:
    """There is a portal or QuickStart, and without a portal no key that only it reads."""
    if file.has_portal:
        return
    if not file.quick_start:
        yield Finding(
            place=("MwaaEnvironments",),
            message="There is no environment.",
            remedy="Name one here, existing or new, or fill QuickStart.",
        )
        return
    if file.has_grants:
        yield Finding(
            place=("Grants",),
            message="Nothing reads them: through QuickStart everybody enters under RbacRoleName.",
            remedy="Take them out, or name the environment under MwaaEnvironments instead.",
        )
    for key in (*VPC_KEYS, ROUTE_TABLES):
        if file.alb.gives(key):
            yield Finding(
                place=("Alb", key),
                message="Nothing reads it: the load balancer of QuickStart stands in "
                "QuickStart.VpcId.",
                remedy="Take it out.",
            )


def separate_quick_start(file: PartialFile) -> Iterator[Finding]:
    """The portal and QuickStart open different environments under different hosts."""
    if not (file.has_portal and file.quick_start):
        return
    name = file.quick_start.get(lambda each: each.mwaa_environment_name)
    for index, environment in file.environments.items():
        if name and environment.get(lambda each: each.name) == name:
            yield Finding(
                place=("QuickStart", "MwaaEnvironmentName"),
                message=f"MwaaEnvironments[{index}] is the same: through QuickStart everybody "
                "would open it, whatever grants say.",
                remedy="Name it in one of the two.",
            )
    alb = file.alb
    if alb.gives("HostedZoneId") and alb.gives("DomainName") and not alb.gives("CertificateArn"):
        yield Finding(
            place=("Alb", "CertificateArn"),
            message="Missing: DomainName is the portal's, so none is made for the load balancer of "
            "QuickStart.",
            remedy="Give one that covers DomainName and the host under which people open "
            "QuickStart.",
        )


def separate_gate_client(file: PartialFile) -> Iterator[Finding]:
    """The gate has a client of its own, with a secret of its own."""
    gate = file.ui_gate
    if not gate:
        return
    others: dict[str, Partial[Oidc] | Partial[QuickStart] | None] = {
        "Oidc": file.oidc,
        "QuickStart": file.quick_start,
    }
    for section, other in others.items():
        if not other:
            continue
        if is_same_client(_client_id(gate), _client_id(other)):
            yield Finding(
                place=("UiGate", "ClientId"),
                message=f"This is {section}.ClientId: what the web servers behind the gate see of "
                "their visitors would be good there too.",
                remedy="Register a client for the gate alone.",
            )
        elif is_same_secret(_secret(gate), _secret(other)):
            yield Finding(
                place=("UiGate", "ClientSecretArn"),
                message=f"This is the secret of {section}.ClientSecretArn, for another client.",
                remedy="Give the whole ARN of the secret of the gate's own client.",
            )


def shared_client(configuration: Configuration) -> Iterator[Finding]:
    """QuickStart beside a portal, with one client for both, or one secret."""
    if not (configuration.has_portal and configuration.quick_start):
        return
    own, portals = configuration.quick_start_client, configuration.oidc.client
    shared = None
    if is_same_client(own.client_id, portals.client_id):
        shared = "client"
    elif is_same_secret(own.client_secret_arn, portals.client_secret_arn):
        shared = "secret"
    if shared:
        yield warning(
            ("QuickStart", "ClientId"),
            f"the portal and QuickStart share one {shared}, so what QuickStart's web server sees "
            "of its visitors, such as their access tokens, may open the portal. Register a client "
            "for QuickStart, and give its ClientId and ClientSecretArn.",
        )


def _client_id(section: Partial[AnyClient]) -> str | None:
    return section.get(lambda each: each.client_id)


def _secret(section: Partial[AnyClient]) -> str | None:
    return section.get(lambda each: each.client_secret_arn)


def open_quick_start(configuration: Configuration) -> Iterator[Finding]:
    """QuickStart lets everybody in."""
    if quick_start := configuration.quick_start:
        yield warning(
            ("QuickStart",),
            "everybody whom the identity provider lets into the client opens "
            f"{quick_start.mwaa_environment_name} as {quick_start.rbac_role_name}.",
        )


def unverified_addresses(configuration: Configuration) -> Iterator[Finding]:
    """Addresses that the provider need not have verified, or that it never says are."""
    oidc = configuration.oidc
    place: Place = ("Oidc", "RequireVerifiedEmail")
    if oidc.verified_email_required:
        unsent = "nobody can sign in: Entra ID never sends email_verified"
        if oidc.is_entra:
            yield warning(place, f"{unsent}.")
        elif oidc.may_be_another_tenant:
            yield warning(
                place,
                f"{unsent}, which is required where an endpoint may be another tenant's. Name the "
                "tenant by its ID in both endpoints, as in Issuer.",
            )
        return
    if oidc.is_entra:
        yield warning(
            place,
            "false, because Entra ID never sends email_verified. A grant by User is only as good "
            "as the tenant: whoever may edit users or invite guests there can give somebody that "
            "address. Grant by Subject instead.",
        )
    else:
        yield warning(
            place,
            "false: who can change their address at the provider, without a proof that it is "
            "theirs, gets the grants of anybody by User. Grants by Subject or Group do not depend "
            "on addresses.",
        )
