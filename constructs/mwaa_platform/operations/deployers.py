"""IAM roles as which the jobs of a repository act, by the OIDC tokens that its host gives them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa.permissions.operation import AUDIENCE, Operation
from mwaa.permissions.statement import Statement
from mwaa_platform.operations.operation_role import operation_role
from mwaa_platform.retention import RETAIN


class Deployers(Construct):
    """A role that looks at a platform, and one that deploys it as well.

    Only the host's tokens for the exact subjects let anybody act as them, for an hour at a time.
    """

    reading: iam.Role
    deploying: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        operation: Operation,
        issuer: str,
        reading_subject: str,
        deploying_subject: str,
        provider_arn: str | None = None,
    ) -> None:
        """Adds the roles.

        - `operation`: the platform.
        - `issuer`: the host of the tokens, without https://.
        - `reading_subject`, `deploying_subject`: whom a token is about, for each role.
        - `provider_arn`: the account's OIDC provider of that issuer; one is made by default. It
          stays when the stack goes: an account has one of each issuer, for all who trust it.
        """
        super().__init__(scope, construct_id)
        self._issuer = issuer
        self._provider_arn = provider_arn or self._provider()
        self.reading = self._role(
            "Reading",
            subject=reading_subject,
            description="Jobs of the repository that look at the platform",
            statements=operation.reading,
        )
        self.deploying = self._role(
            "Deploying",
            subject=deploying_subject,
            description="Jobs of the repository that deploy the platform",
            statements=[*operation.reading, *operation.deploying],
        )

    def _provider(self) -> str:
        provider = iam.OidcProviderNative(
            self,
            "Provider",
            url=f"https://{self._issuer}",
            client_ids=[AUDIENCE],
            removal_policy=RETAIN,
        )
        return provider.oidc_provider_arn

    def _role(
        self, construct_id: str, *, subject: str, description: str, statements: Sequence[Statement]
    ) -> iam.Role:
        expected = {f"{self._issuer}:aud": AUDIENCE, f"{self._issuer}:sub": subject}
        return operation_role(
            self,
            construct_id,
            assumed_by=iam.WebIdentityPrincipal(self._provider_arn, {"StringEquals": expected}),
            description=description,
            statements=statements,
        )
