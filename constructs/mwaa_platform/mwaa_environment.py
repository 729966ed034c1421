"""An Amazon MWAA environment with what it cannot do without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_mwaa as mwaa
from aws_cdk import aws_s3 as s3
from constructs import Construct

SUBNETS = 2
"""MWAA takes exactly two, in two Availability Zones."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Class of the containers, and how many of each kind."""

    environment_class: str
    min_workers: int
    max_workers: int
    schedulers: int
    min_webservers: int
    max_webservers: int


@dataclass(frozen=True, kw_only=True)
class LogLevels:
    """The least severe level that each component writes to CloudWatch Logs."""

    dag_processing: str
    scheduler: str
    task: str
    webserver: str
    worker: str


@dataclass(frozen=True, kw_only=True)
class Files:
    """Keys in the environment's bucket; `dags` is a folder."""

    dags: str
    plugins: str | None = None
    requirements: str | None = None
    requirements_version: str | None = None
    startup_script: str | None = None


class MwaaEnvironment(Construct):
    """The environment and its security group.

    A change of name, subnets or key replaces it, with its metadata database.
    """

    environment: mwaa.CfnEnvironment
    security_group: ec2.SecurityGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        airflow_version: str,
        size: Size,
        log_levels: LogLevels,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        bucket: s3.IBucket,
        files: Files,
        key: kms.IKey,
        execution_role: iam.IRole,
        web_server_access_mode: str = "PRIVATE_ONLY",
        web_server_clients: Sequence[str] = (),
        configuration_options: Mapping[str, str] | None = None,
        weekly_maintenance_window_start: str | None = None,
        worker_replacement_strategy: str | None = None,
    ) -> None:
        """`web_server_clients` are the ranges that reach a private web server.

        Configuration options must hold no secret: whoever may read the environment reads them.
        """
        super().__init__(scope, construct_id)
        self.security_group = _security_group(self, name, vpc, web_server_clients)
        self.environment = mwaa.CfnEnvironment(
            self,
            "Environment",
            name=name,
            airflow_version=airflow_version,
            environment_class=size.environment_class,
            min_workers=size.min_workers,
            max_workers=size.max_workers,
            schedulers=size.schedulers,
            min_webservers=size.min_webservers,
            max_webservers=size.max_webservers,
            logging_configuration=_logging(log_levels),
            network_configuration=_network(subnets, self.security_group),
            source_bucket_arn=bucket.bucket_arn,
            dag_s3_path=files.dags,
            plugins_s3_path=files.plugins,
            requirements_s3_path=files.requirements,
            requirements_s3_object_version=files.requirements_version,
            startup_script_s3_path=files.startup_script,
            kms_key=key.key_arn,
            execution_role_arn=execution_role.role_arn,
            webserver_access_mode=web_server_access_mode,
            airflow_configuration_options=dict(configuration_options or {}) or None,
            weekly_maintenance_window_start=weekly_maintenance_window_start,
            worker_replacement_strategy=worker_replacement_strategy,
        )
        # Its containers talk to each other and install packages while it is made.
        self.environment.node.add_dependency(vpc, self.security_group, execution_role)


def _security_group(
    scope: Construct, name: str, vpc: ec2.IVpc, web_server_clients: Sequence[str]
) -> ec2.SecurityGroup:
    security_group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description=f"MWAA environment {name}",
        # DAGs call whatever their team needs.
        allow_all_outbound=True,
    )
    security_group.add_ingress_rule(
        security_group,
        ec2.Port.all_traffic(),
        "The components of the environment, as MWAA requires",
    )
    for cidr in web_server_clients:
        security_group.add_ingress_rule(
            ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "People, on their way to the web server"
        )
    return security_group


def _network(
    subnets: Sequence[ec2.ISubnet], security_group: ec2.ISecurityGroup
) -> mwaa.CfnEnvironment.NetworkConfigurationProperty:
    return mwaa.CfnEnvironment.NetworkConfigurationProperty(
        subnet_ids=[subnet.subnet_id for subnet in subnets[:SUBNETS]],
        security_group_ids=[security_group.security_group_id],
    )


def _logging(levels: LogLevels) -> mwaa.CfnEnvironment.LoggingConfigurationProperty:
    def component(level: str) -> mwaa.CfnEnvironment.ModuleLoggingConfigurationProperty:
        return mwaa.CfnEnvironment.ModuleLoggingConfigurationProperty(enabled=True, log_level=level)

    return mwaa.CfnEnvironment.LoggingConfigurationProperty(
        dag_processing_logs=component(levels.dag_processing),
        scheduler_logs=component(levels.scheduler),
        task_logs=component(levels.task),
        webserver_logs=component(levels.webserver),
        worker_logs=component(levels.worker),
    )
