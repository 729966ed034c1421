"""Bucket and key of what one step of a pipeline hands to the next."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa_platform.nag import acknowledge

KEPT = cdk.Duration.days(30)
"""How long artifacts are kept, and the key after it was deleted."""


class ArtifactKey(kms.Key):
    """Key that encrypts artifacts."""

    def __init__(self, scope: Construct, construct_id: str, *, description: str) -> None:
        super().__init__(
            scope,
            construct_id,
            description=description,
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            pending_window=KEPT,
        )


class ArtifactBucket(s3.Bucket):
    """Encrypted, private bucket, which deletes artifacts by itself and outlives its stack."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=KEPT, abort_incomplete_multipart_upload_after=cdk.Duration.days(7)
                )
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(
            self,
            {
                "AwsSolutions-S1": "CodePipeline's own history says which execution read and "
                "wrote what; an account that wants to know of others records CloudTrail's data "
                "events."
            },
        )
