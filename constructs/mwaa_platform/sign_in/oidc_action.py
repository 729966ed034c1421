"""Authenticate action of a listener, in front of the action that routes."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2


@dataclass(frozen=True, kw_only=True)
class OidcAction:
    """Client at the OIDC provider and session of the load balancer, in the CDK's terms."""

    issuer: str
    client_id: str
    client_secret: cdk.SecretValue
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    session_cookie_name: str
    session_timeout: cdk.Duration
    scope: str = "openid email"

    def then_forward(self, target_group: elbv2.IApplicationTargetGroup) -> elbv2.ListenerAction:
        """Action that forwards authenticated requests and redirects others to the provider."""
        return self.then(elbv2.ListenerAction.forward([target_group]))

    def then(
        self, action: elbv2.ListenerAction, *, redirects_others: bool = True
    ) -> elbv2.ListenerAction:
        """Action that performs `action` for authenticated requests alone.

        Others are redirected to the provider, or get status 401.
        """
        return elbv2.ListenerAction.authenticate_oidc(
            next=action,
            issuer=self.issuer,
            client_id=self.client_id,
            client_secret=self.client_secret,
            authorization_endpoint=self.authorization_endpoint,
            token_endpoint=self.token_endpoint,
            user_info_endpoint=self.user_info_endpoint,
            scope=self.scope,
            session_cookie_name=self.session_cookie_name,
            session_timeout=self.session_timeout,
            on_unauthenticated_request=elbv2.UnauthenticatedAction.AUTHENTICATE
            if redirects_others
            else elbv2.UnauthenticatedAction.DENY,
            allow_https_outbound=False,  # the security group has the rule
        )
