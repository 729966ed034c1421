"""An existing VPC on loopback, as far as `doctor` asks EC2 about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs

from mwaa.endpoints import SERVICES
from tests.loopback import Request, Response
from tests.unit.cli.doctor.fake_aws import FakeAws


@dataclass
class Subnet:
    """A subnet; its route table is the main one of the VPC where it has none."""

    cidr: str
    zone: str
    vpc: str = "vpc-00000030"
    free: int = 200
    table: str | None = None


class Entry(NamedTuple):
    """A rule of a network ACL, `in` or `out`, for TCP where it has ports."""

    number: int
    way: str
    action: str = "allow"
    cidr: str = "0.0.0.0/0"
    ports: tuple[int, int] | None = None

    @property
    def xml(self) -> str:
        ports = (
            f"<portRange><from>{self.ports[0]}</from><to>{self.ports[1]}</to></portRange>"
            if self.ports
            else ""
        )
        return (
            f"<item><ruleNumber>{self.number}</ruleNumber><ruleAction>{self.action}</ruleAction>"
            f"<protocol>{6 if self.ports else -1}</protocol><cidrBlock>{self.cidr}</cidrBlock>"
            f"<egress>{'true' if self.way == 'out' else 'false'}</egress>{ports}</item>"
        )


@dataclass
class FakeNetwork(FakeAws):
    """A VPC in which all is well.

    `routes` are targets of default routes by route table, `s3` the tables of the gateway endpoint,
    `services` the interface endpoints: their states, and whether they have private DNS.
    `acl` is the network ACL of all subnets, before its last rule, which denies everything.
    `endpoint_sources` are the ranges that the endpoints' security group lets in on 443.
    """

    vpcs: dict[str, str] = field(default_factory=lambda: {"vpc-00000030": "10.30.0.0/16"})
    subnets: dict[str, Subnet] = field(
        default_factory=lambda: {
            "subnet-00000001": Subnet("10.30.1.0/24", "us-east-1a", table="rtb-00000001"),
            "subnet-00000002": Subnet("10.30.2.0/24", "us-east-1b"),
        }
    )
    main: str = "rtb-00000002"
    routes: dict[str, str] = field(default_factory=dict)
    s3: list[str] = field(default_factory=lambda: ["rtb-00000001", "rtb-00000002"])
    services: dict[str, tuple[str, bool]] = field(
        default_factory=lambda: dict.fromkeys(SERVICES, ("available", True))
    )
    groups: list[str] = field(default_factory=lambda: ["sg-00000030"])
    acl: list[Entry] = field(default_factory=lambda: [Entry(100, "in"), Entry(100, "out")])
    endpoint_sources: list[str] = field(default_factory=lambda: ["10.30.0.0/16"])

    def answer(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        answers = {
            "DescribeVpcs": self._vpcs,
            "DescribeSubnets": self._subnets,
            "DescribeRouteTables": self._tables,
            "DescribeVpcEndpoints": self._endpoints,
            "DescribeSecurityGroups": self._groups,
            "DescribeNetworkAcls": self._acls,
        }
        action = form.get("Action", "")
        if action not in answers or action in self.refused:
            return super().answer(request)
        wanted = {value for key, value in form.items() if ".Value." in key}
        set_name, items = answers[action](wanted)
        content = "".join(f"<item>{each}</item>" for each in items)
        return Response(
            200, f"<{action}Response><{set_name}>{content}</{set_name}></{action}Response>".encode()
        )

    def _vpcs(self, wanted: set[str]) -> tuple[str, list[str]]:
        return "vpcSet", [
            f"<vpcId>{id_}</vpcId><cidrBlockAssociationSet><item><cidrBlock>{cidr}</cidrBlock>"
            "</item></cidrBlockAssociationSet>"
            for id_, cidr in self.vpcs.items()
            if id_ in wanted
        ]

    def _subnets(self, wanted: set[str]) -> tuple[str, list[str]]:
        return "subnetSet", [
            f"<subnetId>{id_}</subnetId><vpcId>{each.vpc}</vpcId><cidrBlock>{each.cidr}</cidrBlock>"
            f"<availabilityZone>{each.zone}</availabilityZone>"
            f"<availableIpAddressCount>{each.free}</availableIpAddressCount>"
            for id_, each in self.subnets.items()
            if id_ in wanted
        ]

    def _tables(self, _: set[str]) -> tuple[str, list[str]]:
        tables = {self.main, *(each.table for each in self.subnets.values() if each.table)}
        return "routeTableSet", [self._table(each) for each in sorted(tables)]

    def _table(self, id_: str) -> str:
        associations = "".join(
            f"<item><subnetId>{subnet}</subnetId><main>false</main></item>"
            for subnet, each in self.subnets.items()
            if each.table == id_
        )
        if id_ == self.main:
            associations += "<item><main>true</main></item>"
        target = self.routes.get(id_, "")
        kind = "gatewayId" if target.startswith("igw-") else "natGatewayId"
        default = (
            f"<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><{kind}>{target}</{kind}>"
            "</item>"
            if target
            else ""
        )
        return (
            f"<routeTableId>{id_}</routeTableId><associationSet>{associations}</associationSet>"
            "<routeSet><item><destinationCidrBlock>10.30.0.0/16</destinationCidrBlock>"
            f"<gatewayId>local</gatewayId></item>{default}</routeSet>"
        )

    def _endpoints(self, _: set[str]) -> tuple[str, list[str]]:
        tables = "".join(f"<item>{each}</item>" for each in self.s3)
        gateway = (
            "<vpcEndpointType>Gateway</vpcEndpointType><state>available</state>"
            "<serviceName>com.amazonaws.us-east-1.s3</serviceName>"
            f"<routeTableIdSet>{tables}</routeTableIdSet>"
        )
        return "vpcEndpointSet", [
            gateway,
            *(
                f"<vpcEndpointType>Interface</vpcEndpointType><state>{state}</state>"
                f"<serviceName>com.amazonaws.us-east-1.{service}</serviceName>"
                f"<privateDnsEnabled>{str(with_dns).lower()}</privateDnsEnabled>"
                "<groupSet><item><groupId>sg-00000031</groupId></item></groupSet>"
                for service, (state, with_dns) in self.services.items()
            ),
        ]

    def _groups(self, _: set[str]) -> tuple[str, list[str]]:
        ranges = "".join(f"<item><cidrIp>{each}</cidrIp></item>" for each in self.endpoint_sources)
        of_endpoints = (
            "<groupId>sg-00000031</groupId><ipPermissions><item><ipProtocol>tcp</ipProtocol>"
            f"<fromPort>443</fromPort><toPort>443</toPort><ipRanges>{ranges}</ipRanges></item>"
            "</ipPermissions>"
        )
        named = [f"<groupId>{each}</groupId>" for each in self.groups]
        return "securityGroupInfo", [*named, of_endpoints]

    def _acls(self, _: set[str]) -> tuple[str, list[str]]:
        entries = [*self.acl, *(Entry(32767, way, "deny") for way in ("in", "out"))]
        associations = "".join(f"<item><subnetId>{id_}</subnetId></item>" for id_ in self.subnets)
        return "networkAclSet", [
            f"<networkAclId>acl-00000001</networkAclId><associationSet>{associations}"
            f"</associationSet><entrySet>{''.join(each.xml for each in entries)}</entrySet>"
        ]
