"""What lets a role of somebody else's use the bucket, key and secrets of an environment.

A policy of a resource that names a role lets it in without one of the role's own, within an
account: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import IDependable

from mwaa.permissions.execution_role import BucketAccess, read_bucket, use_key
from mwaa.permissions.lineage import read_tokens
from mwaa.permissions.statement import document
from mwaa_platform.environment.token_secret import LineageTokenSecret
from mwaa_platform.statements import location_of, policy_statement


def admit_to_bucket(bucket: s3.Bucket, role_arn: str) -> IDependable:
    """Lets a role read a bucket; returns the policy."""
    statement = read_bucket(BucketAccess(arn=bucket.bucket_arn))
    bucket.add_to_resource_policy(
        policy_statement(statement, iam.ArnPrincipal(role_arn), with_sid=True)
    )
    # `policy` is there from the first statement on.
    return cast(IDependable, bucket.policy)


def admit_to_key(key: kms.Key, role_arn: str) -> IDependable:
    """Lets a role use a key through services; returns the key."""
    # In a key's policy `*` is the key itself.
    statement = use_key("*", location_of(cdk.Stack.of(key)))
    key.add_to_resource_policy(
        policy_statement(statement, iam.ArnPrincipal(role_arn), with_sid=True)
    )
    return key


def admit_to_secret(secret: LineageTokenSecret, role_arn: str) -> IDependable:
    """Lets a role read a secret; returns the policy."""
    # In a secret's policy `*` is the secret itself.
    statement = read_tokens(["*"]).as_json({"AWS": role_arn})
    return secretsmanager.CfnResourcePolicy(
        secret,
        "Policy",
        secret_id=secret.ref,
        resource_policy=document([statement]),
        block_public_policy=True,
    )
