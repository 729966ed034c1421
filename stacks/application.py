"""The application itself, as what a pipeline deploys."""

from __future__ import annotations

import aws_cdk as cdk


class Application(cdk.App):
    """The application, which a pipeline deploys as one stage.

    For the CDK an application is a stage already, of which only the name is missing. As a stage of
    its own its stacks would have other paths, and so other tags, descriptions and role names.
    """

    @property
    def stage_name(self) -> str:
        """The name of the stage in a pipeline; every stack has a name of its own."""
        return "Deploy"
