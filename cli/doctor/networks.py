"""Check that the existing VPCs of environments are as the file says, and have what MWAA needs.

The file is not looked up: what it gets wrong makes the creation of an environment fail after half
an hour, or leaves tasks without the services that they call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code, Fault
from cli.doctor.endpoints import faults_of_endpoints
from cli.doctor.network_acls import faults_of_acl
from cli.doctor.subnets import faults_of_subnet
from cli.doctor.vpcs import describe_vpc
from config.environment_network import EnvironmentNetwork, environment_network
from config.new_environment import NewEnvironment
from errors import Finding, Level, PlatformError


def check_networks(platform: DeployedPlatform, *, only: Collection[str] = ()) -> Iterator[Finding]:
    """Yields what is wrong with the existing VPC of each environment that has one.

    With `only`, of those with these names.
    """
    configuration = platform.configuration
    for environment in configuration.new_environments:
        network = environment_network(configuration, environment)
        if network.made or (only and environment.name not in only):
            continue
        subject = f"Existing VPC of {environment.name}"
        try:
            with aws_errors_translated(platform.place):
                found = list(_differences(platform, environment, network))
        except PlatformError as error:
            yield Finding.from_error(subject, error)
            continue
        for code, message, remedy in found:
            yield Finding(subject=subject, message=message, remedy=remedy, code=code)
        if not found:
            yield Finding(level=Level.OK, subject=subject)


def _differences(
    platform: DeployedPlatform, environment: NewEnvironment, network: EnvironmentNetwork
) -> Iterator[Fault]:
    ec2 = platform.session.client("ec2")
    vpc_id = str(network.vpc_id)
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Vpcs"]
    if not vpcs:
        yield Fault(
            Code.VPC_MISSING,
            f"There is no {vpc_id} here.",
            "Correct Vpc.VpcId, or name the account and Region that it is in (AWS_PROFILE, "
            "AWS_REGION).",
        )
        return
    vpc = describe_vpc(ec2, vpcs[0], network)
    ranges = [each["CidrBlock"] for each in vpc.vpc["CidrBlockAssociationSet"]]
    if network.cidr not in ranges:
        yield Fault(
            Code.VPC_DIFFERS,
            f"The range of {vpc_id} is {', '.join(ranges)}, not {network.cidr}.",
            "Correct Vpc.",
        )
    for subnet in network.subnets:
        yield from faults_of_subnet(vpc, environment, network, subnet)
    yield from faults_of_acl(vpc, network, clients=_clients(platform, network))
    if missing := sorted({*network.security_group_ids} - vpc.groups.keys()):
        yield Fault(
            Code.SECURITY_GROUP_MISSING,
            f"{vpc_id} has no security group {', '.join(missing)}.",
            "Name groups of this VPC in Vpc.SecurityGroupIds.",
        )
    yield from faults_of_endpoints(vpc, network, platform.session.region_name)


def _clients(platform: DeployedPlatform, network: EnvironmentNetwork) -> tuple[str, ...]:
    """The ranges from which a load balancer in another VPC reaches its web server."""
    return (platform.configuration.alb_vpc_cidr,) if network.needs_way else ()
