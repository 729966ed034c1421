"""Synchronisation of a team's DAGs into the DAG folder of an environment."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa.bucket import OWN_FOLDER
from mwaa_platform.custom_resource import FILE_TRANSFER_TIMEOUT, CustomResource
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.python_function import NO_RETRIES, PythonFunction, packages


class DagSync(Construct):
    """Unpacks an archive into the DAG folder and deletes the files of the previous archive.

    Files from elsewhere, and files that were changed since, are never overwritten or deleted: the
    deployment fails before it changes anything. Deleting the construct keeps a team's DAGs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        bucket: s3.IBucket,
        key: kms.IKey,
        folder: str,
        archive: str,
        generated: Sequence[str] = (),
    ) -> None:
        """Adds the custom resource.

        - `environment_name`: the environment that owns the folder.
        - `bucket`, `key`: the environment's bucket and the key that encrypts it.
        - `folder`: the DAG folder's path in the bucket.
        - `archive`: S3 key of a zip in `bucket`; the key changes with the content.
        - `generated`: paths in the archive that the platform generated. They are deleted with this
          construct; none by default.
        """
        super().__init__(scope, construct_id)
        folder = folder.rstrip("/")
        manifest = f"{OWN_FOLDER}{folder}.json"
        function = _unpacker(self, environment_name)
        permissions = _permissions(
            self,
            role=function.role,
            bucket=bucket,
            key=key,
            folder=folder,
            archives=bucket.arn_for_objects(f"{archive.rpartition('/')[0]}/dags-*.zip"),
            manifest=manifest,
        )
        CustomResource(
            self,
            "Dags",
            function=function,
            permissions=permissions,
            resource_type="Custom::DagSync",
            properties={
                "Environment": environment_name,
                "Bucket": bucket.bucket_name,
                "Folder": folder,
                "Archive": archive,
                "Manifest": manifest,
                "Generated": list(generated),
            },
        )


def _unpacker(scope: Construct, environment_name: str) -> PythonFunction:
    return PythonFunction(
        scope,
        "Unpacker",
        code=packages("custom_resource", "dag_sync"),
        handler="dag_sync.handler.handle",
        description=f"Keeps the DAGs of the MWAA environment {environment_name} in its bucket.",
        memory_size=512,
        retry_attempts=NO_RETRIES,
        timeout=FILE_TRANSFER_TIMEOUT,
        environment={"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "5"},
    )


def _permissions(
    scope: Construct,
    *,
    role: iam.IRole,
    bucket: s3.IBucket,
    key: kms.IKey,
    folder: str,
    archives: str,
    manifest: str,
) -> iam.Policy:
    dags = bucket.arn_for_objects(f"{folder}/*")
    list_folder = iam.PolicyStatement(
        actions=["s3:ListBucket"],
        resources=[bucket.bucket_arn],
        conditions={"StringEquals": {"s3:prefix": [f"{folder}/", manifest]}},
    )
    policy = iam.Policy(
        scope,
        f"Permissions{_folder_hash(bucket, folder)}",
        roles=[role],
        statements=[
            _allow("s3:GetObject", on=archives),
            _allow("s3:GetObject", "s3:PutObject", on=bucket.arn_for_objects(manifest)),
            _allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject", on=dags),
            list_folder,
            _allow("kms:GenerateDataKey", "kms:Decrypt", on=key.key_arn),
        ],
    )
    acknowledge(
        policy,
        {
            wildcard_resource(scope, archives): "The names change with the content; a rollback "
            "reads the former one.",
            wildcard_resource(scope, dags): "It keeps the files of this folder, whatever their "
            "names.",
        },
    )
    return policy


def _folder_hash(bucket: s3.IBucket, folder: str) -> str:
    """Id suffix that keeps the policy of the previous folder until that folder is left."""
    name = bucket.bucket_name
    known = "" if cdk.Token.is_unresolved(name) else name
    return hashlib.sha256(f"{known}/{folder}".encode()).hexdigest()[:8]


def _allow(*actions: str, on: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=[on])
