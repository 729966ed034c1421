"""Load balancers of the tests before twins of the deployed function, with Canaille as provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.alb.front import PUBLIC_KEYS
from local.alb.listener_settings import Listener
from local.alb.target_groups import CLIENT, MULTI_VALUE_HEADERS
from local.readiness import probe
from tests.attacks.target import Target
from tests.canaille.service import Canaille, Client

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import AuthenticateOidcActionConfigTypeDef


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A load balancer at a port of this machine, and what it asks whom about people.

    Its twin of the function has the deployed settings, but for the load balancer, the provider and,
    if it is given, whether a person's address must be verified.
    """

    name: str
    port: int
    provider: Canaille
    client: Client
    require_verified_email: bool | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/"


@contextmanager
def deployed(target: Target, entrance: Entrance) -> Iterator[Listener]:
    """The load balancer with its function in the running platform's account, for a time."""
    elb = target.platform.cloud.session.client("elbv2")
    existing = target.load_balancer.signer
    [portal] = elb.describe_load_balancers(LoadBalancerArns=[existing])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=existing)["Listeners"]
    [certificates] = [each["Certificates"] for each in listeners if each["Protocol"] == "HTTPS"]
    balancer = elb.create_load_balancer(
        Name=entrance.name,
        Subnets=[zone["SubnetId"] for zone in portal["AvailabilityZones"]],
        SecurityGroups=portal["SecurityGroups"],
        Scheme="internal",
    )["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name=entrance.name, TargetType="lambda")["TargetGroups"][0]
    group_arn = group["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=group_arn,
        Attributes=[{"Key": MULTI_VALUE_HEADERS, "Value": "true"}],
    )
    elb.register_targets(
        TargetGroupArn=group_arn, Targets=[{"Id": _function(target, entrance, balancer, group_arn)}]
    )
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": each["CertificateArn"]} for each in certificates],
        DefaultActions=[
            {
                "Type": "authenticate-oidc",
                "Order": 1,
                "AuthenticateOidcConfig": _authentication(target, entrance),
            },
            {"Type": "forward", "Order": 2, "TargetGroupArn": group_arn},
        ],
    )
    try:
        yield Listener(load_balancer_arn=balancer, port=entrance.port, hosts=["localhost"])
    finally:
        elb.delete_load_balancer(LoadBalancerArn=balancer)
        elb.delete_target_group(TargetGroupArn=group_arn)


def _function(target: Target, entrance: Entrance, balancer: str, group: str) -> str:
    """The ARN of the entrance's twin, which its target group may invoke."""
    verified = entrance.require_verified_email
    target.variant(
        entrance.name,
        ALB_ARN=balancer,
        TARGET_GROUP_PREFIX=group.rpartition("/")[0] + "/",
        OIDC_ISSUER=entrance.provider.issuer,
        OIDC_CLIENT_ID=entrance.client.client_id,
        OIDC_END_SESSION_ENDPOINT=f"{entrance.provider.issuer}/oauth/end_session",
        OIDC_REQUIRE_VERIFIED_EMAIL=None if verified is None else str(verified).lower(),
        PUBLIC_KEY_ENDPOINT=f"https://localhost:{entrance.port}{PUBLIC_KEYS}".rstrip("/"),
    )
    functions = target.platform.cloud.session.client("lambda")
    functions.add_permission(
        FunctionName=entrance.name,
        StatementId="load-balancer",
        Principal=CLIENT,
        Action="lambda:InvokeFunction",
        SourceArn=group,
    )
    arn: str = functions.get_function(FunctionName=entrance.name)["Configuration"]["FunctionArn"]
    return arn


def _authentication(target: Target, entrance: Entrance) -> AuthenticateOidcActionConfigTypeDef:
    """The provider's endpoints, as its discovery document has them, and the client."""
    answer = probe(entrance.provider.discovery, target.platform.ca)
    assert answer is not None
    document = answer.json()
    return {
        "Issuer": document["issuer"],
        "AuthorizationEndpoint": document["authorization_endpoint"],
        "TokenEndpoint": document["token_endpoint"],
        "UserInfoEndpoint": document["userinfo_endpoint"],
        "ClientId": entrance.client.client_id,
        "ClientSecret": entrance.client.client_secret,
        "Scope": " ".join(entrance.client.scope),
        "SessionCookieName": target.authentication.cookie_name,
        "SessionTimeout": target.authentication.session_seconds,
        "OnUnauthenticatedRequest": "authenticate",
    }
