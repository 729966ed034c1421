"""Existing VPCs, as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.environment_network import EnvironmentNetwork

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import (
        FilterTypeDef,
        NetworkAclTypeDef,
        RouteTableTypeDef,
        SecurityGroupTypeDef,
        SubnetTypeDef,
        VpcEndpointTypeDef,
        VpcTypeDef,
    )

AVAILABLE = "available"


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """A VPC with what is in it.

    `subnets` and `groups`, its security groups, are by their ids; `endpoints` are available ones.
    """

    vpc: VpcTypeDef
    subnets: Mapping[str, SubnetTypeDef]
    tables: Sequence[RouteTableTypeDef]
    acls: Sequence[NetworkAclTypeDef]
    endpoints: Sequence[VpcEndpointTypeDef]
    groups: Mapping[str, SecurityGroupTypeDef]

    def table_of(self, subnet: str) -> RouteTableTypeDef | None:
        """The route table of a subnet: its own, or the main one."""
        of_it, main = (
            [
                table
                for table in self.tables
                if any(each.get(key) == value for each in table.get("Associations", ()))
            ]
            for key, value in (("SubnetId", subnet), ("Main", True))
        )
        return next(iter([*of_it, *main]), None)

    def acl_of(self, subnet: str) -> NetworkAclTypeDef | None:
        """The network ACL of a subnet: its own, or the default one."""
        of_it = [
            acl
            for acl in self.acls
            if any(each.get("SubnetId") == subnet for each in acl.get("Associations", ()))
        ]
        return next(iter([*of_it, *(acl for acl in self.acls if acl.get("IsDefault"))]), None)


def describe_vpc(ec2: EC2Client, vpc: VpcTypeDef, network: EnvironmentNetwork) -> Vpc:
    """Reads what is in a VPC, of its subnets those that an environment's entry names."""
    in_vpc: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    ids = [each.subnet_id for each in network.subnets]
    subnets = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": ids}])["Subnets"]
    tables = ec2.get_paginator("describe_route_tables").paginate(Filters=in_vpc)
    acls = ec2.get_paginator("describe_network_acls").paginate(Filters=in_vpc)
    endpoints = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=in_vpc)
    groups = ec2.get_paginator("describe_security_groups").paginate(Filters=in_vpc)
    return Vpc(
        vpc=vpc,
        subnets={each["SubnetId"]: each for each in subnets},
        tables=[each for page in tables for each in page["RouteTables"]],
        acls=[each for page in acls for each in page["NetworkAcls"]],
        endpoints=[
            each
            for page in endpoints
            for each in page["VpcEndpoints"]
            if each["State"].lower() == AVAILABLE
        ],
        groups={each["GroupId"]: each for page in groups for each in page["SecurityGroups"]},
    )
