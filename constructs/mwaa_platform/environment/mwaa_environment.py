"""Amazon MWAA environment with its security group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_mwaa as mwaa
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa.environment_updates import DEFAULT_REPLACEMENT_STRATEGY, HARMLESS_OPTIONS
from mwaa.network import SUBNETS
from mwaa_platform.nag import acknowledge

HTTPS = 443
WEB_SERVER_PORT = ec2.Port.tcp(HTTPS)


@dataclass(frozen=True, kw_only=True)
class Size:
    """Environment class and numbers of containers, in CloudFormation's terms."""

    environment_class: str
    min_workers: int
    max_workers: int
    schedulers: int
    min_webservers: int
    max_webservers: int


@dataclass(frozen=True, kw_only=True)
class LogLevels:
    """Least severe level that each component writes to CloudWatch Logs."""

    dag_processing: str
    scheduler: str
    task: str
    webserver: str
    worker: str


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files in the environment's bucket, in CloudFormation's terms; the path of DAGs is a folder.

    None of them is optional: MWAA keeps a path, and the version of an object, that an update leaves
    out, and does not find that version below another path.
    """

    dag_s3_path: str
    plugins_s3_path: str
    plugins_s3_object_version: str
    requirements_s3_path: str
    requirements_s3_object_version: str
    startup_script_s3_path: str
    startup_script_s3_object_version: str


@jsii.implements(ec2.IConnectable)
class MwaaEnvironment(Construct):
    """Environment and its security group.

    A change of `name`, `subnets` or `key` replaces it, together with its metadata database. Every
    property is always given, because MWAA keeps what an update leaves out.
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
        weekly_maintenance_window_start: str,
        worker_replacement_strategy: str = DEFAULT_REPLACEMENT_STRATEGY,
        web_server_access_mode: str = "PRIVATE_ONLY",
        web_server_clients: Sequence[ec2.IPeer] = (),
        security_group_ids: Sequence[str] = (),
        other_clients: Sequence[str] = (),
        configuration_options: Mapping[str, str] | None = None,
    ) -> None:
        """Adds the environment.

        - `name`, `airflow_version`, `size`, `log_levels`: as MWAA takes them.
        - `vpc`, `subnets`: the first two subnets are used.
        - `bucket`, `files`: where MWAA finds DAGs, plugins.zip, requirements and startup script.
        - `key`: encrypts what MWAA stores.
        - `execution_role`: the role of Airflow's containers.
        - `weekly_maintenance_window_start`: such as `SUN:03:30`, in UTC.
        - `worker_replacement_strategy`: of an update, FORCED by default, or GRACEFUL.
        - `web_server_access_mode`: PRIVATE_ONLY by default, or PUBLIC_ONLY.
        - `web_server_clients`: peers that may connect to a private web server; none by default.
        - `security_group_ids`: those that it has beside its own, four at most; none by default.
        - `other_clients`: IPv4 ranges that may, each by a rule of its own; none by default.
        - `configuration_options`: Airflow options by `section.key`; by default one alone, which
          changes nothing. They must hold no secret: GetEnvironment returns them.
        """
        super().__init__(scope, construct_id)
        self.security_group = _security_group(self, name, vpc, web_server_clients)
        self._admit(other_clients)
        self._connections = ec2.Connections(
            security_groups=[self.security_group], default_port=WEB_SERVER_PORT
        )
        self.environment = mwaa.CfnEnvironment(
            self,
            "Environment",
            name=name,
            airflow_version=airflow_version,
            **asdict(size),
            logging_configuration=_logging(log_levels),
            network_configuration=_network(
                subnets, [self.security_group.security_group_id, *security_group_ids]
            ),
            source_bucket_arn=bucket.bucket_arn,
            **asdict(files),
            kms_key=key.key_arn,
            execution_role_arn=execution_role.role_arn,
            webserver_access_mode=web_server_access_mode,
            airflow_configuration_options={**HARMLESS_OPTIONS, **(configuration_options or {})},
            weekly_maintenance_window_start=weekly_maintenance_window_start,
            worker_replacement_strategy=worker_replacement_strategy,
        )
        acknowledge(
            self.environment,
            {
                "CloudFormation-Validate::F3006": "The CDK knows the Regions of its release; AWS "
                "may have added one since."
            },
        )
        # During its creation the containers connect to each other and install packages.
        self.environment.node.add_dependency(vpc, self.security_group, execution_role)

    @property
    def connections(self) -> ec2.Connections:
        """Connections of the containers; the default port is that of a private web server."""
        return self._connections

    def _admit(self, ranges: Sequence[str]) -> None:
        """Adds rules whose ids come from their ranges, so that any can come or go."""
        for cidr in ranges:
            ec2.CfnSecurityGroupIngress(
                self,
                f"From{cidr}",
                group_id=self.security_group.security_group_id,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                cidr_ip=cidr,
                description="A network of people, to the web server",
            )


def _security_group(
    scope: Construct, name: str, vpc: ec2.IVpc, web_server_clients: Sequence[ec2.IPeer]
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
    for client in web_server_clients:
        security_group.add_ingress_rule(
            client, WEB_SERVER_PORT, "People, on their way to the web server"
        )
    return security_group


def _network(
    subnets: Sequence[ec2.ISubnet], security_group_ids: Sequence[str]
) -> mwaa.CfnEnvironment.NetworkConfigurationProperty:
    return mwaa.CfnEnvironment.NetworkConfigurationProperty(
        subnet_ids=[subnet.subnet_id for subnet in subnets[:SUBNETS]],
        security_group_ids=[*security_group_ids],
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
