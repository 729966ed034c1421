"""What an account demands of every IAM role: permissions boundary, path and names."""

from __future__ import annotations

import hashlib

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import IConstruct

TYPE = "AWS::IAM::Role"
LONGEST_NAME = 44
"""Characters behind a prefix of 20: a role's name has 64 at most.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
DIGEST = 8


def apply_role_conventions(
    stack: cdk.Stack,
    *,
    permissions_boundary_arn: str | None = None,
    path: str | None = None,
    name_prefix: str | None = None,
) -> None:
    """Gives every role of a stack the account's boundary, path and prefix of names.

    A role that has a boundary of its own keeps it. Without an argument nothing changes.
    """
    if permissions_boundary_arn:
        policy = iam.ManagedPolicy.from_managed_policy_arn(
            stack, "PermissionsBoundary", permissions_boundary_arn
        )
        iam.PermissionsBoundary.of(stack).apply(policy)
    if path or name_prefix:
        cdk.Aspects.of(stack).add(_PathAndName(path, name_prefix))


@jsii.implements(cdk.IAspect)
class _PathAndName:
    """Sets path and name of each role, whoever defines it."""

    def __init__(self, path: str | None, name_prefix: str | None) -> None:
        self._path = path
        self._prefix = name_prefix

    def visit(self, node: IConstruct) -> None:
        if not (isinstance(node, cdk.CfnResource) and node.cfn_resource_type == TYPE):
            return
        if self._path:
            node.add_property_override("Path", self._path)
        if self._prefix:
            # A role without a name of its own has a token, which stands for none.
            named = node.role_name if isinstance(node, iam.CfnRole) else None
            given = cdk.Stack.of(node).resolve(named)
            node.add_property_override("RoleName", f"{self._prefix}{given or _name(node)}")


def _name(role: cdk.CfnResource) -> str:
    """A name that no other role of the account has: by its stack and its place there."""
    stack = cdk.Stack.of(role).stack_name
    digest = hashlib.sha256(f"{stack}/{role.node.path}".encode()).hexdigest()[:DIGEST]
    return f"{stack[: LONGEST_NAME - DIGEST - 1]}-{digest}"
