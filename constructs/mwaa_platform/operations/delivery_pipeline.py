"""A pipeline in CodePipeline that deploys an application of the CDK wave by wave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import pipelines
from constructs import Construct

from mwaa.permissions.statement import Statement
from mwaa_platform.operations.artifact_store import ArtifactBucket, ArtifactKey
from mwaa_platform.operations.generated_roles import narrow_and_acknowledge
from mwaa_platform.operations.operation_role import operation_role
from mwaa_platform.retention import OPERATIONAL_LOGS, RETAIN

RUNTIMES = {"python": "3.13", "nodejs": "22"}
"""https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html"""
CDK_ASSETS = "4.7.3"
"""Version of the program that publishes assets, on npm."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A branch of a repository, behind a connection of CodeConnections."""

    connection_arn: str
    repository: str
    branch: str


@dataclass(frozen=True, kw_only=True)
class Commands:
    """What runs in the shell of a step, in a checkout of the repository.

    `variables` are environment variables that an operator may change.
    """

    lines: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Wave:
    """Stacks that are all deployed before those of the next one begin.

    - `title`: in the names of steps, such as wave 2.
    - `check`: the commands that must succeed before the next one begins; None for none.
    """

    title: str
    stacks: Sequence[cdk.Stack]
    check: Commands | None = None


class DeliveryPipeline(Construct):
    """A pipeline that checks, plans and deploys each commit, and first changes itself.

    Stacks of a wave are deployed at once, as far as they do not depend on each other. Whatever
    fails ends the execution.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        source: Source,
        application: cdk.App,
        waves: Sequence[Wave],
        synthesis: Commands,
        planning: Commands,
        reading: Sequence[Statement],
        checking: Sequence[Statement],
        approval: bool,
        cdk_version: str,
    ) -> None:
        """Adds the pipeline.

        - `name`: in the account.
        - `application`: whose stacks it deploys, into the folder of this one; it is synthesised.
        - `synthesis`: commands that check the commit and leave the cloud assembly in cdk.out.
        - `planning`: commands before anything is deployed.
        - `reading`, `checking`: what the commands of `planning`, and of the waves, may do.
        - `approval`: whether a person is asked between two waves.
        - `cdk_version`: of the CDK CLI with which it changes itself.
        """
        super().__init__(scope, construct_id)
        self._name = name
        self._input = pipelines.CodePipelineSource.connection(
            source.repository,
            source.branch,
            connection_arn=source.connection_arn,
            action_name="Source",
        )
        key = ArtifactKey(self, "Key", description=f"Artifacts of {name}")
        bucket = ArtifactBucket(self, "Artifacts", key=key)
        role = self._role(source.connection_arn)
        self.pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            pipeline_name=name,
            pipeline_type=codepipeline.PipelineType.V2,
            role=role,
            use_pipeline_role_for_actions=True,
            artifact_bucket=bucket,
            synth=self._step("Synth", synthesis),
            cli_version=cdk_version,
            cdk_assets_cli_version=CDK_ASSETS,
            publish_assets_in_parallel=False,
            use_change_sets=False,
            code_build_defaults=self._builds(),
        )
        planner = self._command_role("Planner", "Writes the plan", reading)
        checker = self._command_role("Checker", "Checks a wave", checking)
        _order(waves)
        self.pipeline.add_stage(
            application,
            pre=[self._step("Plan", planning, role=planner)],
            stack_steps=[*self._stack_steps(waves, checker, approval=approval)],
        )
        self.pipeline.build_pipeline()
        narrow_and_acknowledge(self, artifacts=bucket)

    def _role(self, connection_arn: str) -> iam.Role:
        """The role of the pipeline, as which alone it acts until it acts as the bootstrap's."""
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("codepipeline.amazonaws.com"))
        # The CDK allows this by the service's former name alone.
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["codeconnections:UseConnection"], resources=[connection_arn]
            )
        )
        return role

    def _command_role(
        self, construct_id: str, does: str, statements: Sequence[Statement]
    ) -> iam.Role:
        return operation_role(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"),
            description=f"{does} in {self._name}",
            statements=statements,
        )

    def _builds(self) -> pipelines.CodeBuildOptions:
        """What all steps have in common."""
        log_group = logs.LogGroup(self, "Logs", retention=OPERATIONAL_LOGS, removal_policy=RETAIN)
        runtimes = {"phases": {"install": {"runtime-versions": RUNTIMES}}}
        return pipelines.CodeBuildOptions(
            build_environment=codebuild.BuildEnvironment(
                build_image=codebuild.LinuxBuildImage.STANDARD_7_0,
                compute_type=codebuild.ComputeType.MEDIUM,
            ),
            partial_build_spec=codebuild.BuildSpec.from_object({"version": "0.2", **runtimes}),
            logging=codebuild.LoggingOptions(
                cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=log_group)
            ),
        )

    def _step(
        self, title: str, commands: Commands, role: iam.Role | None = None
    ) -> pipelines.CodeBuildStep:
        return pipelines.CodeBuildStep(
            title,
            input=self._input,
            commands=[*commands.lines],
            env=dict(commands.variables),
            role=role,
        )

    def _stack_steps(
        self, waves: Sequence[Wave], checker: iam.Role, *, approval: bool
    ) -> Iterator[pipelines.StackSteps]:
        """The steps after each wave that is checked, which follow all of its stacks."""
        for index, wave in enumerate(waves):
            if wave.check is None:
                continue
            steps: list[pipelines.Step] = [self._step(f"Check {wave.title}", wave.check, checker)]
            if approval and (rest := waves[index + 1 :]):
                approve = pipelines.ManualApprovalStep(
                    f"Approve {rest[0].title}", comment=f"{wave.title.capitalize()} is healthy."
                )
                approve.add_step_dependency(steps[0])
                steps.append(approve)
            yield from (pipelines.StackSteps(stack=each, post=steps) for each in _last(wave))


def _order(waves: Sequence[Wave]) -> None:
    """Lets each stack depend on all of the wave before."""
    for before, after in pairwise(waves):
        for stack in after.stacks:
            for other in before.stacks:
                stack.add_stack_dependency(other)


def _last(wave: Wave) -> list[cdk.Stack]:
    """The stacks on which no other of the wave depends, so that a step can follow all of it."""
    needed = {other.node.path for each in wave.stacks for other in each.dependencies}
    return [each for each in wave.stacks if each.node.path not in needed]
