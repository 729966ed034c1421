"""What the roles may do that the CDK makes for a pipeline: narrowed, and acknowledged."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from mwaa_platform.nag import acknowledge, wildcard_resource

ARTIFACT_ACTIONS = (
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
    "s3:Abort*",
    "s3:DeleteObject*",
    "s3:GetBucket*",
    "s3:GetObject*",
    "s3:List*",
)
"""How the CDK grants the use of a bucket and of its key."""
OF_ARTIFACTS = (
    "The CDK's own grants of one bucket and one key, which hold nothing but this pipeline's "
    "artifacts."
)
OF_BUILDS = "The CDK's grant of the project's own logs and reports, whose names CodeBuild makes."
OF_SELF_MUTATION: Mapping[str, str] = {
    "AwsSolutions-IAM5[Resource::*]": "The CDK CLI looks up the stack and the bucket of the "
    "bootstrap; it reads no object but by the bootstrap's roles.",
}
ASSUMES_BOOTSTRAP = "Roles that are tagged as the bootstrap's alone, by a condition."
OF_PUBLISHING: Mapping[str, str] = {
    "AwsSolutions-IAM5[Resource::*]": "The CDK's grant to start builds, which is denied here.",
}
OF_PATHS: Mapping[str, str] = {
    "CloudFormation-Validate::E3050": "The project names its role by the ARN, as the rule asks of "
    "roles with a path.",
}
NOT_NEEDED = ("codebuild:BatchGetBuilds", "codebuild:Start*", "codebuild:Stop*")
"""What the CDK lets the step do that publishes assets, with every project of the account."""


def narrow_and_acknowledge(pipeline: Construct, *, artifacts: s3.IBucket) -> None:
    """Narrows what the CDK has generated below a construct, and acknowledges the rest."""
    acknowledge(
        pipeline,
        {
            **{f"AwsSolutions-IAM5[Action::{each}]": OF_ARTIFACTS for each in ARTIFACT_ACTIONS},
            wildcard_resource(pipeline, artifacts.arn_for_objects("*")): OF_ARTIFACTS,
        },
    )
    for each in pipeline.node.find_all():
        if isinstance(each, codebuild.Project) and each.role:
            acknowledge(each.role, _of_builds(each, str(each.project_name)))
            acknowledge(each, OF_PATHS)
    steps = pipeline.node.find_child("Pipeline")
    mutation = _child(steps, "UpdatePipeline", "SelfMutation", "Role")
    account = cdk.Stack.of(pipeline).account
    bootstrap = wildcard_resource(mutation, f"arn:*:iam::{account}:role/*")
    acknowledge(mutation, {**OF_SELF_MUTATION, bootstrap: ASSUMES_BOOTSTRAP})
    publishing = _child(steps, "Assets", "FileRole")
    if isinstance(publishing, iam.Role):
        acknowledge(publishing, {**OF_PUBLISHING, **_of_builds(publishing, None)})
        publishing.add_to_principal_policy(
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=[*NOT_NEEDED], resources=["*"])
        )


def _of_builds(scope: IConstruct, project: str | None) -> Mapping[str, str]:
    """Why a role writes logs and reports of a project, or where None of all."""
    stack = cdk.Stack.of(scope)
    logs = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"/aws/codebuild/{project}:*" if project else "/aws/codebuild/*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    reports = stack.format_arn(
        service="codebuild",
        resource="report-group",
        resource_name=f"{project}-*" if project else "*",
    )
    return {wildcard_resource(scope, arn): OF_BUILDS for arn in (logs, reports)}


def _child(scope: IConstruct, *ids: str) -> IConstruct:
    for each in ids:
        scope = scope.node.find_child(each)
    return scope
