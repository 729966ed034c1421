"""Deployers: the roles as which a repository's jobs look at the platform, and deploy it."""

from __future__ import annotations

from typing import Unpack

import aws_cdk as cdk
from constructs import Construct

from config.deployers import Deployers as Settings
from config.model import Configuration
from config.stack_names import parameter_folder, stack_name
from mwaa.permissions.operation import Operation
from mwaa_platform.operations.deployers import Deployers
from mwaa_platform.statements import location_of
from stacks.platform_stack import PlatformStack, StackProps


class DeployersStack(PlatformStack):
    """Stack that no other one needs, so that it can be deployed first, and go last."""

    def __init__(
        self,
        scope: Construct,
        *,
        configuration: Configuration,
        settings: Settings,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        source = settings.source
        deployers = Deployers(
            self,
            "Deployers",
            operation=Operation(
                location=location_of(self),
                stacks=stack_name(configuration.app_name, ""),
                parameters=parameter_folder(configuration.app_name),
                qualifier=self.synthesizer.bootstrap_qualifier or "",
            ),
            issuer=source.issuer,
            reading_subject=source.reading_subject,
            deploying_subject=source.deploying_subject,
            provider_arn=source.oidc_provider_arn,
        )
        for output, role in {
            "ReadRoleArn": deployers.reading,
            "DeployRoleArn": deployers.deploying,
        }.items():
            cdk.CfnOutput(self, output, value=role.role_arn)
