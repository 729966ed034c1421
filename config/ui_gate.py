"""UiGate: a sign-in in front of the environments' host names."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.oidc import Client
from config.section import Section, setting
from config.types import CertificateArn, ClientId, Integer, SecretArn
from config.update_policy import FREE, SIGNS_IN_AGAIN

SESSION_HOURS = 12
"""As long as Airflow's own session in MWAA."""


class UiGate(Section):
    """A sign-in in front of every `UiHost`, with its own load balancer and client.

    The portal's sign-in, which is the only one that opens Airflow, does not change.
    """

    client_id: ClientId = setting(
        "The ID of a client only for the gate, at the provider of `Oidc`, with "
        "`https://<UiHost>/oauth2/idpresponse` for each host as a redirect URI.",
        update=SIGNS_IN_AGAIN,
    )
    client_secret_arn: SecretArn = setting(
        "ARN of the secret in Secrets Manager that holds that client's secret as plain text. It is "
        "rotated as `Oidc.ClientSecretArn` is.",
        update=FREE,
    )
    certificate_arn: CertificateArn | None = setting(
        "ARN of the default certificate of the gate's load balancer. Without a hosted zone for "
        "them it must cover each `UiHost`.",
        update=FREE,
        default=None,
        otherwise="`Alb.CertificateArn`, or one that is created for `Alb.DomainName`",
    )
    session_timeout_hours: Annotated[Integer, Field(ge=1, le=168)] = setting(
        "Hours after which a person must sign in at the gate again.",
        update=FREE,
        default=SESSION_HOURS,
    )

    @property
    def client(self) -> Client:
        """The gate's client at the identity provider."""
        return Client(client_id=self.client_id, client_secret_arn=self.client_secret_arn)
