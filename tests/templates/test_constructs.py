"""Use of the constructs in a team's own stacks."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from mwaa_platform.environment.mwaa_environment import (
    Files,
    LogLevels,
    MwaaEnvironment,
    Size,
)
from mwaa_platform.sign_in.authenticated_alb import AuthenticatedAlb

INGRESS = "AWS::EC2::SecurityGroupIngress"
POSTGRES = 5432


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Team")


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc")


@pytest.fixture
def database(stack: cdk.Stack, vpc: ec2.Vpc) -> ec2.SecurityGroup:
    return ec2.SecurityGroup(stack, "Database", vpc=vpc, allow_all_outbound=False)


@pytest.fixture
def airflow(stack: cdk.Stack, vpc: ec2.Vpc) -> MwaaEnvironment:
    levels = dict.fromkeys(("dag_processing", "scheduler", "task", "webserver", "worker"), "INFO")
    return MwaaEnvironment(
        stack,
        "Airflow",
        name="ingest",
        airflow_version="3.3.1",
        size=Size(
            environment_class="mw1.small",
            min_workers=1,
            max_workers=5,
            schedulers=2,
            min_webservers=2,
            max_webservers=2,
        ),
        log_levels=LogLevels(**levels),
        vpc=vpc,
        subnets=vpc.private_subnets,
        bucket=s3.Bucket(stack, "Bucket"),
        files=Files(
            dag_s3_path="dags",
            plugins_s3_path="plugins.zip",
            plugins_s3_object_version="1",
            requirements_s3_path="requirements.txt",
            requirements_s3_object_version="1",
            startup_script_s3_path="startup.sh",
            startup_script_s3_object_version="1",
        ),
        weekly_maintenance_window_start="SUN:03:30",
        key=kms.Key(stack, "Key"),
        execution_role=iam.Role(
            stack, "Role", assumed_by=iam.ServicePrincipal("airflow.amazonaws.com")
        ),
    )


@pytest.fixture
def load_balancer(stack: cdk.Stack, vpc: ec2.Vpc) -> AuthenticatedAlb:
    return AuthenticatedAlb(
        stack,
        "Entrance",
        vpc=vpc,
        subnets=vpc.private_subnets,
        log_bucket=s3.Bucket(stack, "Logs"),
        log_prefix="alb",
    )


def test_a_database_lets_an_environment_in(
    stack: cdk.Stack, database: ec2.SecurityGroup, airflow: MwaaEnvironment
) -> None:
    database.connections.allow_from(airflow, ec2.Port.tcp(POSTGRES))

    assert _lets_in(stack, database, airflow.security_group, POSTGRES)


def test_an_environments_web_server_lets_others_in(
    stack: cdk.Stack, database: ec2.SecurityGroup, airflow: MwaaEnvironment
) -> None:
    airflow.connections.allow_default_port_from(database)

    assert _lets_in(stack, airflow.security_group, database, 443)


def test_a_server_lets_the_load_balancer_in(
    stack: cdk.Stack, database: ec2.SecurityGroup, load_balancer: AuthenticatedAlb
) -> None:
    database.connections.allow_from(load_balancer, ec2.Port.tcp(POSTGRES))

    assert _lets_in(stack, database, load_balancer.security_group, POSTGRES)


def _lets_in(
    stack: cdk.Stack, group: ec2.ISecurityGroup, client: ec2.ISecurityGroup, port: int
) -> bool:
    rule = {
        "GroupId": stack.resolve(group.security_group_id),
        "SourceSecurityGroupId": stack.resolve(client.security_group_id),
        "FromPort": port,
        "ToPort": port,
    }
    return bool(Template.from_stack(stack).find_resources(INGRESS, {"Properties": rule}))
