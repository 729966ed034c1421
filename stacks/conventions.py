"""What an account demands of everything in it: tags, and conventions of IAM roles."""

from __future__ import annotations

import aws_cdk as cdk

from config.model import Configuration
from mwaa_platform.role_conventions import apply_role_conventions


def apply_conventions(app: cdk.App, configuration: Configuration) -> None:
    """Applies the conventions to every stack of the application, which has all of them by now."""
    for tag, value in configuration.tags.items():
        cdk.Tags.of(app).add(tag, value)
    for stack in app.node.children:
        apply_role_conventions(
            cdk.Stack.of(stack),
            permissions_boundary_arn=configuration.roles.permissions_boundary_arn,
            path=configuration.roles.path,
            name_prefix=configuration.roles.name_prefix,
        )
