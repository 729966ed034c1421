"""Copies of deployed files in an environment's bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct, IDependable

from mwaa.bucket import OWN_FOLDER
from mwaa_platform.custom_resource import FILE_TRANSFER_TIMEOUT, CustomResource
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.python_function import NO_RETRIES, PythonFunction, packages


class FileCopies(Construct):
    """Copies files to S3 keys that contain a hash of their content, and tells their versions.

    Copies of previous deployments stay, so that a rollback finds them. `keys` are the S3 keys and
    `versions` the ids of their S3 object versions, by the ids of `files` and `existing`.
    """

    keys: Mapping[str, str]
    versions: Mapping[str, str]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        key: kms.IKey,
        folder: str = OWN_FOLDER,
        files: Mapping[str, Path],
        existing: Mapping[str, str] | None = None,
        after: IDependable | None = None,
    ) -> None:
        """Adds the assets and a custom resource for each file.

        - `bucket`, `key`: the destination, with versioning, and the key that encrypts it.
        - `folder`: prefix of the copies, that of all deployments by default.
        - `files`: local files by construct id; each file's name contains a hash of its content.
        - `existing`: S3 keys of files that are in the bucket already, by construct id; their
          version is the one at the first deployment. None by default.
        - `after`: a role that IAM knows by the time of the copies: the function waits until IAM
          knows its own permissions, which are made later. None by default.
        """
        super().__init__(scope, construct_id)
        assets = {
            name: s3_assets.Asset(self, f"{name}Asset", path=str(file))
            for name, file in files.items()
        }
        existing = existing or {}
        copier = _copier(self)
        permissions = _permissions(
            self,
            copier.role,
            sources=list(assets.values()),
            existing=[bucket.arn_for_objects(path) for path in existing.values()],
            copies=bucket.arn_for_objects(f"{folder}*"),
            key=key,
        )
        if after:
            permissions.node.add_dependency(after)
        self.keys = {
            **{name: f"{folder}{file.name}" for name, file in files.items()},
            **existing,
        }
        self.versions = {
            name: CustomResource(
                self,
                name,
                function=copier,
                permissions=permissions,
                resource_type="Custom::FileCopy",
                properties={
                    **(_source(assets[name]) if name in assets else {}),
                    "DestinationBucket": bucket.bucket_name,
                    "DestinationKey": path,
                },
            ).get_att_string("VersionId")
            for name, path in self.keys.items()
        }


def _source(asset: s3_assets.Asset) -> dict[str, str]:
    return {"SourceBucket": asset.s3_bucket_name, "SourceKey": asset.s3_object_key}


def _copier(scope: Construct) -> PythonFunction:
    return PythonFunction(
        scope,
        "Copier",
        code=packages("custom_resource", "file_copy"),
        handler="file_copy.handler.handle",
        description="Copies deployed files into the environment's bucket.",
        memory_size=256,
        retry_attempts=NO_RETRIES,
        timeout=FILE_TRANSFER_TIMEOUT,
    )


def _permissions(
    scope: Construct,
    role: iam.IRole,
    *,
    sources: Sequence[s3_assets.Asset],
    existing: Sequence[str],
    copies: str,
    key: kms.IKey,
) -> iam.Policy:
    readable = [asset.bucket.arn_for_objects(asset.s3_object_key) for asset in sources]
    policy = iam.Policy(
        scope,
        "Permissions",
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[*readable, *existing]),
            iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=[copies]),
            iam.PolicyStatement(
                actions=["kms:GenerateDataKey", "kms:Decrypt"], resources=[key.key_arn]
            ),
        ],
    )
    acknowledge(
        policy,
        {
            wildcard_resource(scope, copies): "The names change with the content; nothing but "
            "deployments writes below this prefix."
        },
    )
    return policy
