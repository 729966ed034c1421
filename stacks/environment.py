"""Env-<name>: one new environment with everything that is its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.new_environment import NewEnvironment
from mwaa_platform.airflow_versions import (
    FIRST_MAJOR_WITH_NEW_PATHS,
    airflow_version,
    major_version,
)
from mwaa_platform.environment_storage import EnvironmentBucket, EnvironmentKey, add_log_groups
from mwaa_platform.execution_role import ExecutionRole, LineageAccess
from mwaa_platform.file_copies import FileCopies
from mwaa_platform.lineage_artefacts import (
    LineagePluginSettings,
    build_plugins,
    build_requirements,
)
from mwaa_platform.lineage_token_secret import LineageTokenSecret
from mwaa_platform.mwaa_environment import SUBNETS, Files, LogLevels, MwaaEnvironment, Size
from mwaa_platform.vpc import add_interface_endpoints
from mwaa_platform.vpc_peering import PeerVpc, VpcPeering
from stacks.network import platform_vpc
from stacks.platform_stack import PlatformStack

LINEAGE_TOKEN_OPTION = "mwaa_platform.lineage_token_secret"  # noqa: S105 - an option's name
HOST_NAME_OPTION = "webserver.base_url"
PLUGINS, REQUIREMENTS = "Plugins", "Requirements"
SERVICES_WITHOUT_NAT = (
    "airflow.api",
    "airflow.env",
    "airflow.ops",
    "kms",
    "logs",
    "monitoring",
    "sqs",
)


class EnvironmentStack(PlatformStack):
    """Name, subnets and key of the environment, whose change replaces it, are all of this stack."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: NewEnvironment,
        alb_vpc: PeerVpc,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        vpc = platform_vpc(self, settings.vpc)
        key = _key(self, settings)
        bucket = _bucket(self, settings, key)
        secret_arn = _lineage_token_secret_arn(self, settings)
        role = ExecutionRole(
            self,
            "ExecutionRole",
            environment_name=settings.name,
            bucket=bucket,
            key=key,
            lineage=LineageAccess(token_secret_arns=[secret_arn] if secret_arn else []),
        )
        log_groups = add_log_groups(self, environment_name=settings.name, key=key)
        copies = _copies(self, settings, bucket, key)
        airflow = MwaaEnvironment(
            self,
            "Airflow",
            name=settings.name,
            airflow_version=settings.airflow_version,
            size=_size(settings),
            log_levels=_log_levels(settings),
            vpc=vpc,
            subnets=vpc.all_private_subnets,
            bucket=bucket,
            files=_files(settings, copies.keys if copies else {}),
            key=key,
            execution_role=role,
            web_server_access_mode=settings.web_server_access_mode,
            web_server_clients=[alb_vpc.cidr] if settings.is_private else [],
            configuration_options=_options(settings, secret_arn),
            weekly_maintenance_window_start=settings.weekly_maintenance_window_start,
            worker_replacement_strategy=settings.worker_replacement_strategy,
        )
        airflow.environment.node.add_dependency(*log_groups, *([copies] if copies else []))
        if settings.is_private:
            requester = PeerVpc.of(vpc.all_private_subnets, vpc=vpc, cidr=settings.vpc_cidr)
            VpcPeering(self, "Peering", requester=requester, accepter=alb_vpc)
        if not settings.nat_gateways:
            add_interface_endpoints(
                vpc,
                services=_services(settings),
                subnets=vpc.all_private_subnets[:SUBNETS],
                clients=airflow.security_group,
            )
        for tag, value in settings.tags.items():
            cdk.Tags.of(self).add(tag, value)
        self._output(airflow, bucket, secret_arn)

    def _output(self, airflow: MwaaEnvironment, bucket: s3.IBucket, secret_arn: str | None) -> None:
        environment = airflow.environment
        cdk.CfnOutput(self, "EnvironmentName", value=environment.ref)
        cdk.CfnOutput(self, "WebserverUrl", value=f"https://{environment.attr_webserver_url}")
        cdk.CfnOutput(self, "BucketName", value=bucket.bucket_name)
        if secret_arn:
            cdk.CfnOutput(self, "LineageTokenSecretArn", value=secret_arn)


def _key(scope: Construct, settings: NewEnvironment) -> kms.IKey:
    if settings.kms_key_arn:
        return kms.Key.from_key_arn(scope, "Key", settings.kms_key_arn)
    return EnvironmentKey(scope, "Key", environment_name=settings.name)


def _bucket(scope: Construct, settings: NewEnvironment, key: kms.IKey) -> s3.IBucket:
    if settings.source_bucket_arn:
        return s3.Bucket.from_bucket_arn(scope, "Bucket", settings.source_bucket_arn)
    return EnvironmentBucket(scope, "Bucket", key=key)


def _lineage_token_secret_arn(scope: Construct, settings: NewEnvironment) -> str | None:
    if not settings.lineage:
        return None
    if settings.lineage.token_secret_arn:
        return settings.lineage.token_secret_arn
    return LineageTokenSecret(
        scope,
        "LineageToken",
        environment_name=settings.name,
        catalogue=settings.lineage.provider,
    ).ref


def _copies(
    scope: Construct, settings: NewEnvironment, bucket: s3.IBucket, key: kms.IKey
) -> FileCopies | None:
    with TemporaryDirectory() as directory:
        files = _shipped_files(settings, Path(directory))
        return FileCopies(scope, "Files", bucket=bucket, key=key, files=files) if files else None


def _shipped_files(settings: NewEnvironment, directory: Path) -> Mapping[str, Path]:
    files = {}
    if lineage := settings.lineage:
        plugin = LineagePluginSettings(
            provider=lineage.provider,
            url=lineage.url,
            namespace=lineage.connection,
            token_cache_seconds=lineage.token_cache_seconds,
        )
        files[PLUGINS] = build_plugins(settings=plugin, directory=directory)
    # Shipped even if it installs nothing: MWAA keeps a file that was once named, so only another
    # one takes lineage's provider out again.
    if not settings.requirements_s3_path:
        files[REQUIREMENTS] = build_requirements(
            version=airflow_version(settings.airflow_version),
            lineage=lineage is not None,
            team=settings.requirements,
            directory=directory,
        )
    return files


def _files(settings: NewEnvironment, shipped: Mapping[str, str]) -> Files:
    return Files(
        dags=settings.dags_s3_path,
        plugins=shipped.get(PLUGINS),
        requirements=shipped.get(REQUIREMENTS, settings.requirements_s3_path),
        requirements_version=settings.requirements_s3_object_version,
    )


def _options(settings: NewEnvironment, secret_arn: str | None) -> Mapping[str, str]:
    lineage = {LINEAGE_TOKEN_OPTION: secret_arn} if secret_arn else {}
    return {**_host_name(settings), **settings.configuration_options, **lineage}


def _host_name(settings: NewEnvironment) -> Mapping[str, str]:
    """Airflow 2 makes links to the host that it is told; Airflow 3 to the one it is asked under."""
    if settings.ui_host and major_version(settings.airflow_version) < FIRST_MAJOR_WITH_NEW_PATHS:
        return {HOST_NAME_OPTION: settings.ui_host}
    return {}


def _services(settings: NewEnvironment) -> tuple[str, ...]:
    return (*SERVICES_WITHOUT_NAT, "secretsmanager") if settings.lineage else SERVICES_WITHOUT_NAT


def _size(settings: NewEnvironment) -> Size:
    return Size(
        environment_class=settings.environment_class,
        min_workers=settings.min_workers,
        max_workers=settings.max_workers,
        schedulers=settings.schedulers,
        min_webservers=settings.min_webservers,
        max_webservers=settings.max_webservers,
    )


def _log_levels(settings: NewEnvironment) -> LogLevels:
    return LogLevels(
        dag_processing=settings.dag_processing_logs_level,
        scheduler=settings.scheduler_logs_level,
        task=settings.task_logs_level,
        webserver=settings.webserver_logs_level,
        worker=settings.worker_logs_level,
    )
