"""Env-<name>: one new environment and everything that belongs to it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.artifacts import artifact_sources
from config.connectivity import Connectivity
from config.environment_network import EnvironmentNetwork
from config.new_environment import NewEnvironment
from config.watch import Watch
from mwaa.network import SUBNETS
from mwaa_platform.environment.mwaa_environment import (
    LogLevels,
    MwaaEnvironment,
    Size,
)
from mwaa_platform.environment.storage import EnvironmentBucket, EnvironmentKey, add_log_groups
from mwaa_platform.network.interface_endpoints import InterfaceEndpoints
from mwaa_platform.network.routes import PeerVpc
from mwaa_platform.network.transit_gateway import TransitGatewayRoutes, attach_vpc
from mwaa_platform.network.vpc import existing_subnet, existing_vpc
from mwaa_platform.network.vpc_peering import VpcPeering
from stacks.alarms import watch_environment
from stacks.environment_files import ship_files
from stacks.environment_lineage import EnvironmentLineage
from stacks.environment_options import airflow_options
from stacks.environment_permissions import add_role
from stacks.network import platform_vpc
from stacks.platform_stack import PlatformStack, StackProps
from stacks.way import WAY


class EnvironmentStack(PlatformStack):
    """Stack that contains all whose change replaces the environment: name, subnets and key."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: NewEnvironment,
        network: EnvironmentNetwork,
        connectivity: Connectivity,
        alb_vpc: PeerVpc,
        watch: Watch | None = None,
        host_alarm: str | None = None,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        self._settings = settings
        self._network = network
        self._connectivity = connectivity
        self._watch = watch
        self._host_alarm = host_alarm
        self._vpc, self._subnets = _vpc(self, network)
        self._key = _key(self, settings)
        self._bucket = _bucket(self, settings, self._key)
        self._sources = artifact_sources(settings)
        self._lineage = EnvironmentLineage.create(
            self, self._sources.lineage, environment_name=settings.name
        )
        airflow = self._airflow(alb_vpc)
        self._connect(airflow, alb_vpc)
        for tag, value in settings.tags.items():
            cdk.Tags.of(self).add(tag, value)
        self._output(airflow)

    def _airflow(self, alb_vpc: PeerVpc) -> MwaaEnvironment:
        settings, bucket, key = self._settings, self._bucket, self._key
        role, ready = add_role(self, settings, bucket=bucket, key=key, lineage=self._lineage)
        cdk.CfnOutput(self, "ExecutionRoleArn", value=role.role_arn)
        log_groups = add_log_groups(
            self,
            environment_name=settings.name,
            key=key,
            retention_days=settings.log_retention_days.by_component,
        )
        shipped = ship_files(self, settings, self._sources, bucket=bucket, key=key, after=ready)
        airflow = MwaaEnvironment(
            self,
            "Airflow",
            name=settings.name,
            airflow_version=settings.airflow_version,
            size=_size(settings),
            log_levels=_log_levels(settings),
            vpc=self._vpc,
            subnets=self._subnets,
            bucket=bucket,
            files=shipped.files,
            key=key,
            execution_role=role,
            web_server_access_mode=settings.web_server_access_mode,
            web_server_clients=[ec2.Peer.ipv4(alb_vpc.cidr)] if self._network.is_private else [],
            # Another order would be a change of the environment, which restarts it.
            security_group_ids=sorted(self._network.security_group_ids),
            other_clients=settings.allowed_cidrs or (),
            configuration_options=airflow_options(settings, self._lineage),
            weekly_maintenance_window_start=settings.weekly_maintenance_window_start,
            worker_replacement_strategy=settings.worker_replacement_strategy,
        )
        airflow.environment.node.add_dependency(ready, *log_groups, *shipped.dependencies)
        watch_environment(
            self,
            self._watch,
            name=settings.name,
            ref=airflow.environment.ref,
            has_lineage=self._lineage is not None,
            log_groups=log_groups,
            host_alarm=self._host_alarm,
        )
        return airflow

    def _connect(self, airflow: MwaaEnvironment, alb_vpc: PeerVpc) -> None:
        network = self._network
        if network.needs_way and network.made:
            self._join(alb_vpc)
        if network.endpoint_services:
            InterfaceEndpoints(
                self,
                "Endpoints",
                vpc=self._vpc,
                services=network.endpoint_services,
                subnets=self._subnets[:SUBNETS],
                clients=_endpoint_clients(network, airflow),
            )

    def _join(self, alb_vpc: PeerVpc) -> None:
        """Joins the VPC that is made here to the load balancer's."""
        requester = PeerVpc.from_subnets(self._subnets, vpc=self._vpc, cidr=self._network.cidr)
        if transit_gateway_id := self._connectivity.transit_gateway_id:
            attachment = attach_vpc(
                self, transit_gateway_id=transit_gateway_id, vpc=self._vpc, subnets=self._subnets
            )
            TransitGatewayRoutes(
                self,
                WAY,
                transit_gateway_id=transit_gateway_id,
                requester=requester,
                accepter=alb_vpc,
                attachment=attachment,
            )
        elif self._connectivity.is_peering:
            VpcPeering(self, WAY, requester=requester, accepter=alb_vpc)

    def _output(self, airflow: MwaaEnvironment) -> None:
        environment = airflow.environment
        cdk.CfnOutput(self, "EnvironmentName", value=environment.ref)
        cdk.CfnOutput(self, "WebserverUrl", value=f"https://{environment.attr_webserver_url}")
        cdk.CfnOutput(self, "BucketName", value=self._bucket.bucket_name)
        if self._lineage:
            self._lineage.output(self)


def _vpc(scope: Construct, network: EnvironmentNetwork) -> tuple[ec2.IVpc, Sequence[ec2.ISubnet]]:
    """The VPC, made or given, and its private subnets."""
    if network.made:
        vpc = platform_vpc(scope, network.made, cidr=network.cidr)
        return vpc, vpc.all_private_subnets
    subnets = [
        existing_subnet(
            scope,
            f"Subnet{number}",
            each.subnet_id,
            availability_zone=each.availability_zone,
        )
        for number, each in enumerate(network.subnets, start=1)
    ]
    return existing_vpc(scope, "Vpc", str(network.vpc_id)), subnets


def _endpoint_clients(network: EnvironmentNetwork, airflow: MwaaEnvironment) -> Sequence[ec2.IPeer]:
    """The environment alone, in a VPC of its own.

    With private DNS whatever else is in a VPC calls the services by these endpoints too.
    """
    if network.made:
        return airflow.connections.security_groups
    return [ec2.Peer.ipv4(each) for each in network.vpc_cidrs]


def _key(scope: Construct, settings: NewEnvironment) -> kms.IKey:
    if settings.kms_key_arn:
        return kms.Key.from_key_arn(scope, "Key", settings.kms_key_arn)
    return EnvironmentKey(scope, "Key", environment_name=settings.name)


def _bucket(scope: Construct, settings: NewEnvironment, key: kms.IKey) -> s3.IBucket:
    if settings.source_bucket_arn:
        return s3.Bucket.from_bucket_arn(scope, "Bucket", settings.source_bucket_arn)
    return EnvironmentBucket(scope, "Bucket", key=key)


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
