"""Resources that a configuration expects in the AWS account, created in the stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import islice
from pathlib import Path
from typing import Any

from config.environment_network import environment_network
from config.environments import ExistingEnvironment
from config.existing import Existing
from config.model import AnyEnvironment, Configuration
from local.airflow_specs import AirflowSpec
from local.aws_stand_in import AwsStandIn
from local.given_networks import (
    Resources,
    existing_network,
    given_networks,
    group_of,
    logical_id,
    resource,
    subnets_of,
)
from local.layout import ACCOUNT, PORTAL_HOST, REGION, environment_host

STACK = "existing"
ZONE = "HostedZone"
# Rarely used for VPCs, so the existing environments' ranges overlap with no other.
SHARED_ADDRESS_SPACE = ip_network("100.64.0.0/10")
SUBNETS = 2
DAGS, PLUGINS, REQUIREMENTS = "dags", "plugins.zip", "requirements.txt"
LINEAGE_TOKEN = "lineage-token"  # noqa: S105 - a secret's name

UNKNOWN_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:unknown-{{name}}-AAAAAA"


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """The ids of a VPC that a configuration refers to."""

    vpc_id: str = "vpc-00000000"
    subnet_ids: Sequence[str] = ("subnet-00000000", "subnet-00000001")
    security_group_id: str = "sg-00000000"


@dataclass(frozen=True, kw_only=True)
class Prerequisites:
    """The resources that replace those of the user's account; placeholders until created.

    `client_secret_arns` are by client, `given` ids of networks by those in the file.
    """

    certificate_arn: str = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/unknown"
    client_secret_arns: Mapping[str, str] = field(default_factory=dict)
    lineage_secret_arn: str = UNKNOWN_SECRET.format(name="lineage")
    hosted_zone_id: str = "ZUNKNOWN"
    given: Mapping[str, str] = field(default_factory=dict)
    environment_vpcs: Mapping[str, Vpc] = field(default_factory=dict)

    def client_secret_arn_of(self, client_id: str) -> str:
        """The secret of a client at the identity provider."""
        return self.client_secret_arns.get(client_id, UNKNOWN_SECRET.format(name=client_id))

    def vpc_of(self, environment: str) -> Vpc:
        """The VPC of an existing environment."""
        return self.environment_vpcs.get(environment, Vpc())


def create_prerequisites(
    stand_in: AwsStandIn,
    configuration: Configuration,
    specs: Sequence[AirflowSpec],
    *,
    folder: Path,
    certificate_arn: str,
    client_secret_arns: Mapping[str, str],
    lineage_token: str,
) -> Prerequisites:
    """Creates the environments, buckets, VPC, secrets and hosted zone that exist already in AWS.

    `folder` is for temporary files.
    """
    environments = {
        f"Environment{number}": spec
        for number, spec in enumerate(each for each in specs if each.exists)
    }
    secret_arn = Prerequisites.lineage_secret_arn
    if any(_has_token_secret(each) for each in configuration.environments):
        secret_arn = stand_in.create_secret(LINEAGE_TOKEN, lineage_token)
    for spec in environments.values():
        _upload_files(stand_in, spec, folder / spec.name, secret_arn)
    resources = _resources(configuration, environments, secret_arn)
    created = _deploy(stand_in, resources) if resources else {}
    return Prerequisites(
        certificate_arn=certificate_arn,
        client_secret_arns=client_secret_arns,
        lineage_secret_arn=secret_arn,
        hosted_zone_id=created.get(ZONE, Prerequisites.hosted_zone_id),
        given={
            each: created[logical_id(each)]
            for each in _given_ids(configuration)
            if logical_id(each) in created
        },
        environment_vpcs={
            spec.name: _created_vpc(created, prefix) for prefix, spec in environments.items()
        },
    )


def _has_token_secret(environment: AnyEnvironment) -> bool:
    catalogues = environment.lineage.catalogues if environment.lineage else ()
    return any(getattr(catalogue, "token_secret_arn", None) for catalogue in catalogues)


def _upload_files(
    stand_in: AwsStandIn, spec: AirflowSpec, folder: Path, token_secret_arn: str
) -> None:
    s3, bucket = stand_in.session.client("s3"), _bucket(spec)
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    files = spec.write(folder, token_secret_arn=token_secret_arn)
    s3.upload_file(str(files.plugins), bucket, PLUGINS)
    s3.upload_file(str(files.requirements), bucket, REQUIREMENTS)


def _bucket(spec: AirflowSpec) -> str:
    return f"existing-{environment_host(spec.name).replace('.', '-')}"


def _deploy(stand_in: AwsStandIn, resources: Resources) -> dict[str, str]:
    """Deploys a stack of the resources; returns their physical ids by logical id."""
    cloudformation = stand_in.session.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1}
    )
    described = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in described}


def _resources(
    configuration: Configuration, environments: Mapping[str, AirflowSpec], secret_arn: str
) -> Resources:
    alb, resources = configuration.alb, Resources()
    if alb.hosted_zone_id or alb.ui_hosted_zone_id:
        resources[ZONE] = resource("Route53::HostedZone", Name=PORTAL_HOST)
    for number, name in enumerate(_named_buckets(configuration)):
        resources[f"Bucket{number}"] = resource(
            "S3::Bucket", BucketName=name, VersioningConfiguration={"Status": "Enabled"}
        )
    resources |= given_networks(configuration)
    ranges = SHARED_ADDRESS_SPACE.subnets(new_prefix=16)
    for (prefix, spec), cidr in zip(environments.items(), ranges, strict=False):
        if facts := _facts(spec):
            resources |= existing_network(facts)
            subnets, group = subnets_of(facts), group_of(facts)
        else:
            resources |= _vpc(prefix, str(cidr))
            subnets, group = (f"{prefix}Subnet0", f"{prefix}Subnet1"), f"{prefix}Group"
        resources |= _environment(prefix, spec, secret_arn, subnets=subnets, group=group)
    return resources


def _named_buckets(configuration: Configuration) -> list[str]:
    """The existing buckets that new environments use."""
    arns = (environment.source_bucket_arn for environment in configuration.new_environments)
    return sorted({arn.rpartition(":")[2] for arn in arns if arn})


def _vpc(prefix: str, cidr: str) -> Resources:
    vpc = {"VpcId": {"Ref": f"{prefix}Vpc"}}
    parts = ip_network(cidr).subnets(prefixlen_diff=SUBNETS.bit_length())
    return {
        f"{prefix}Vpc": resource("EC2::VPC", CidrBlock=cidr),
        f"{prefix}Group": resource("EC2::SecurityGroup", GroupDescription="Existing", **vpc),
        **{
            f"{prefix}Subnet{number}": resource(
                "EC2::Subnet",
                CidrBlock=str(part),
                AvailabilityZone={"Fn::Select": [number % 3, {"Fn::GetAZs": ""}]},
                **vpc,
            )
            for number, part in enumerate(islice(parts, SUBNETS))
        },
    }


def _facts(spec: AirflowSpec) -> Existing | None:
    return spec.entry.existing if isinstance(spec.entry, ExistingEnvironment) else None


def _environment(
    prefix: str, spec: AirflowSpec, secret_arn: str, *, subnets: Sequence[str], group: str
) -> Resources:
    trust = _policy(
        Principal={"Service": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]},
        Action="sts:AssumeRole",
    )
    read_secret = _policy(Action="secretsmanager:GetSecretValue", Resource=secret_arn)
    policies = [{"PolicyName": "Lineage", "PolicyDocument": read_secret}]
    group_id = {"Fn::GetAtt": [group, "GroupId"]}
    return {
        f"{prefix}Role": resource(
            "IAM::Role",
            AssumeRolePolicyDocument=trust,
            Policies=policies if spec.sends_lineage else [],
        ),
        # MWAA requires the self-reference; it also admits a load balancer of the same group.
        f"{group}Itself": resource(
            "EC2::SecurityGroupIngress",
            GroupId=group_id,
            IpProtocol="-1",
            SourceSecurityGroupId=group_id,
        ),
        f"{prefix}Airflow": resource(
            "MWAA::Environment",
            Name=spec.name,
            AirflowVersion=spec.version,
            EnvironmentClass="mw1.small",
            WebserverAccessMode=spec.access_mode,
            SourceBucketArn=f"arn:aws:s3:::{_bucket(spec)}",
            DagS3Path=DAGS,
            PluginsS3Path=PLUGINS,
            RequirementsS3Path=REQUIREMENTS,
            ExecutionRoleArn={"Fn::GetAtt": [f"{prefix}Role", "Arn"]},
            NetworkConfiguration={
                "SubnetIds": [{"Ref": each} for each in subnets],
                "SecurityGroupIds": [group_id],
            },
        ),
    }


def _given_ids(configuration: Configuration) -> Iterator[str]:
    """The ids of everything in existing VPCs that the file names."""
    if named := configuration.alb.named_vpc:
        yield from (named.vpc_id, *named.subnet_ids, *named.route_table_ids)
    for entry in configuration.existing_environments:
        if facts := entry.existing:
            yield from (facts.vpc_id, *(facts.route_table_ids or ()))
            yield from filter(None, [facts.security_group_id])
    for each in configuration.new_environments:
        network = environment_network(configuration, each)
        if network.vpc_id:
            yield from (network.vpc_id, *network.security_group_ids, *network.route_tables)
            yield from (subnet.subnet_id for subnet in network.subnets)


def _policy(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def _created_vpc(created: Mapping[str, str], prefix: str) -> Vpc:
    if f"{prefix}Vpc" not in created:
        return Vpc()

    def numbered(kind: str) -> tuple[str, ...]:
        start = f"{prefix}{kind}"
        return tuple(value for key, value in sorted(created.items()) if key.startswith(start))

    return Vpc(
        vpc_id=created[f"{prefix}Vpc"],
        subnet_ids=numbered("Subnet"),
        security_group_id=created[f"{prefix}Group"],
    )
