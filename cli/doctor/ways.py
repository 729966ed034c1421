"""Check of the ways to private web servers: connection, routes and rules, a line each.

Whoever owns a route table or a security group may take out what a stack put there, and
CloudFormation does not notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from config.environment_network import environment_network
from config.new_environment import NewEnvironment
from config.stack_names import Kind, Stack, stacks
from config.ways import ExistingVpc
from errors import Finding, Level, PlatformError
from web_server_ingress.rules import PORT, is_admitted

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import RouteTypeDef

PEERING, ATTACHMENT = "AWS::EC2::VPCPeeringConnection", "AWS::EC2::TransitGatewayAttachment"
VPC = "AWS::EC2::VPC"
ROUTE, PREFIX_LIST = "AWS::EC2::Route", "AWS::EC2::PrefixList"
WAY = "Peering"
"""How the logical ids of a way's routes begin."""
READY = {"active", "available"}


class _Resource(NamedTuple):
    logical_id: str
    type: str
    id: str


@dataclass(frozen=True, kw_only=True)
class _Way:
    """The way of one stack: what it leads to, and the resources of the stack."""

    leads_to: str
    groups: Sequence[str]
    resources: Sequence[_Resource]

    def ids(self, type_: str, *, begins: str = "") -> list[str]:
        return [
            each.id
            for each in self.resources
            if each.type == type_ and each.logical_id.startswith(begins)
        ]


def check_ways(platform: DeployedPlatform, *, only: Collection[str] = ()) -> Iterator[Finding]:
    """Yields up to three findings for each VPC that is joined to the load balancer's.

    With `only`, of those of environments with these names.
    """
    for stack in stacks(platform.configuration):
        names = _joined(platform, stack)
        if not names or (only and not {*names} & {*only}):
            continue
        leads_to = " and ".join(names)
        try:
            with aws_errors_translated(platform.place):
                yield from _check(platform, stack, leads_to)
        except PlatformError as error:
            yield Finding.from_error(f"Way to {leads_to}", error)


def _joined(platform: DeployedPlatform, stack: Stack) -> list[str]:
    """The environments to whose VPC a stack makes a way."""
    match stack:
        case Stack(Kind.WAY, ExistingVpc(environments=environments)):
            return [each.name for each in environments]
        case Stack(Kind.ENVIRONMENT, NewEnvironment() as environment):
            network = environment_network(platform.configuration, environment)
            way = platform.configuration.connectivity_of(environment)
            made = network.needs_way and network.made and not way.is_none
            return [environment.name] if made else []
    return []


def _check(platform: DeployedPlatform, stack: Stack, leads_to: str) -> Iterator[Finding]:
    if isinstance(stack.about, ExistingVpc) and stack.about.connectivity:
        yield from _joined_before(platform, stack, stack.about, leads_to)
    if not platform.has(stack.id):
        return  # another check speaks of it
    pages = (
        platform.session.client("cloudformation")
        .get_paginator("list_stack_resources")
        .paginate(StackName=f"{platform.outline.app_name}-{stack.id}")
    )
    way = _Way(
        leads_to=leads_to,
        groups=stack.about.security_group_ids if isinstance(stack.about, ExistingVpc) else (),
        resources=[
            _Resource(
                each["LogicalResourceId"], each["ResourceType"], each.get("PhysicalResourceId", "")
            )
            for page in pages
            for each in page["StackResourceSummaries"]
        ],
    )
    ec2 = platform.session.client("ec2")
    if connections := _connections(ec2, way):
        yield _connection_finding(way, connections)
    if routes := way.ids(ROUTE, begins=WAY):
        yield _routes_finding(ec2, way, routes)
    if way.groups:
        yield _rules_finding(ec2, way)


def _joined_before(
    platform: DeployedPlatform, stack: Stack, vpc: ExistingVpc, leads_to: str
) -> Iterator[Finding]:
    """Yields a finding where a peering joins the VPC, and its own stack is not deployed yet."""
    balancer_vpc = _balancer_vpc(platform)
    if not balancer_vpc or platform.has(stack.id):
        return
    both = [vpc.vpc_id, balancer_vpc]
    found = platform.session.client("ec2").describe_vpc_peering_connections(
        Filters=[
            {"Name": "requester-vpc-info.vpc-id", "Values": both},
            {"Name": "accepter-vpc-info.vpc-id", "Values": both},
            {"Name": "status-code", "Values": ["active"]},
        ]
    )["VpcPeeringConnections"]
    if found:
        ids = ", ".join(each["VpcPeeringConnectionId"] for each in found)
        yield Finding(
            subject=f"Way to {leads_to}: connection",
            message=f"{ids} joins {vpc.vpc_id} to the load balancer's VPC already, and "
            f"{stack.id} would make another: AWS refuses that, or gives it yours.",
            remedy='Connectivity {"Way": "None"} in the entry keeps yours and its routes, and '
            "makes the rule on 443 alone.",
            code=Code.WAY_DOUBLED,
        )


def _balancer_vpc(platform: DeployedPlatform) -> str | None:
    """The load balancer's VPC; None where the stack that makes it is not deployed."""
    named = platform.configuration.alb.vpc_id
    if named or not platform.has(Kind.NETWORK):
        return named
    listed = platform.session.client("cloudformation").list_stack_resources(
        StackName=f"{platform.outline.app_name}-{Kind.NETWORK}"
    )["StackResourceSummaries"]
    vpcs = (each.get("PhysicalResourceId") for each in listed if each["ResourceType"] == VPC)
    return next(vpcs, None)


def _connections(ec2: EC2Client, way: _Way) -> Mapping[str, str]:
    """The states of peering connections and attachments, by their ids."""
    states = dict.fromkeys([*way.ids(PEERING), *way.ids(ATTACHMENT)], "gone")
    try:
        if ids := way.ids(PEERING):
            for peering in ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=ids)[
                "VpcPeeringConnections"
            ]:
                status = peering.get("Status", {}).get("Code", "unknown")
                states[peering["VpcPeeringConnectionId"]] = status
        if ids := way.ids(ATTACHMENT):
            found = ec2.describe_transit_gateway_vpc_attachments(TransitGatewayAttachmentIds=ids)
            for attachment in found["TransitGatewayVpcAttachments"]:
                states[attachment["TransitGatewayAttachmentId"]] = attachment["State"]
    except ClientError as error:
        if not error.response["Error"]["Code"].endswith(".NotFound"):
            raise
    return states


def _connection_finding(way: _Way, states: Mapping[str, str]) -> Finding:
    subject = f"Way to {way.leads_to}: connection"
    wrong = [f"{id_} is {state}" for id_, state in states.items() if state not in READY]
    if not wrong:
        return Finding(level=Level.OK, subject=subject)
    return Finding(
        subject=subject,
        message=f"{'; '.join(wrong)}.",
        remedy="A peering fails where the ranges of the two VPCs overlap. An attachment waits "
        "until the owner of the transit gateway accepts it. For one that is gone, deploy with "
        "Connectivity None, and then as it is now.",
        code=Code.WAY_NOT_CONNECTED,
    )


def _routes_finding(ec2: EC2Client, way: _Way, routes: Sequence[str]) -> Finding:
    subject = f"Way to {way.leads_to}: routes"
    wanted = [(table, cidr) for table, _, cidr in (each.partition("|") for each in routes)]
    tables = ec2.get_paginator("describe_route_tables").paginate(
        Filters=[{"Name": "route-table-id", "Values": sorted({table for table, _ in wanted})}]
    )
    there: dict[tuple[str, str], RouteTypeDef] = {
        (table["RouteTableId"], route["DestinationCidrBlock"]): route
        for page in tables
        for table in page["RouteTables"]
        for route in table["Routes"]
        if "DestinationCidrBlock" in route
    }
    connections = {*way.ids(PEERING)}
    wrong = {each: _fault(there.get(each), connections) for each in wanted}
    faults = [f"{table} to {cidr} {fault}" for (table, cidr), fault in wrong.items() if fault]
    if not faults:
        return Finding(level=Level.OK, subject=subject)
    return Finding(
        subject=subject,
        message=f"{'; '.join(faults)}.",
        remedy="CloudFormation does not notice: put them back by hand, or deploy with Connectivity "
        "None, and then as it is now.",
        code=Code.WAY_ROUTE_WRONG,
    )


def _fault(route: RouteTypeDef | None, connections: set[str]) -> str | None:
    """What is wrong with a route; with a peering it must lead there, else to a transit gateway."""
    if route is None:
        return "is missing"
    if route.get("State") == "blackhole":
        return "leads nowhere (blackhole)"
    leads = route.get("VpcPeeringConnectionId") in connections
    if not (leads if connections else route.get("TransitGatewayId")):
        return "leads elsewhere"
    return None


def _rules_finding(ec2: EC2Client, way: _Way) -> Finding:
    subject = f"Way to {way.leads_to}: rules"
    source = next(iter(way.ids(PREFIX_LIST)), "no prefix list")
    missing = [group for group in way.groups if not is_admitted(ec2, source, group)]
    if not missing:
        return Finding(level=Level.OK, subject=subject)
    return Finding(
        subject=subject,
        message=f"{', '.join(missing)} does not let the load balancer's VPC in ({source} on port "
        f"{PORT}).",
        remedy="Put the rule back:",
        commands=tuple(
            f"aws ec2 authorize-security-group-ingress --group-id {group} --ip-permissions "
            f"'IpProtocol=tcp,FromPort={PORT},ToPort={PORT},PrefixListIds=[{{PrefixListId={source}}}]'"
            for group in missing
        ),
        code=Code.WAY_RULE_MISSING,
    )
