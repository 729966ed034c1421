"""Existing private environments that are joined to the load balancer's VPC, on the stand-in.

What `up` makes for existing, the templates of a sample, and `doctor`, without any Airflow.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.deployed import DeployedPlatform
from cli.doctor.ways import check_ways
from config.loader import parse_configuration
from config.model import Configuration
from config.outline import outline_of
from config.stack_names import Kind, stacks
from errors import Level
from local.airflow_specs import airflow_specs
from local.layout import Layout, preferred_ports
from local.local_configuration import local_configuration
from local.prerequisites import Prerequisites, create_prerequisites
from tests.templates.synthesis import Json, Synthesis, raw_sample, synthesise
from tests.unit.local.aws.conftest import catalogue, stand_in  # noqa: F401 - fixtures
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn
from web_server_ingress.rules import is_admitted

SAMPLE = "mix-with-existing-environments"
TRANSIT_GATEWAY = {"Way": "TransitGateway", "TransitGatewayId": "tgw-0123456789abcdef0"}


@cache
def synthesised(raw: str) -> Synthesis:
    return synthesise(json.loads(raw))


@dataclass(frozen=True)
class Joined:
    """The sample's existing environments, and the ways to them, in the stand-in."""

    stand_in: StandIn
    raw: Json
    prerequisites: Prerequisites

    @property
    def configuration(self) -> Configuration:
        return parse_configuration(copy.deepcopy(self.raw), source=Path("joined.json"))

    @property
    def ec2(self) -> Any:
        return self.stand_in.session.client("ec2")

    def deploy(self, raw: Json, *kinds: Kind) -> None:
        """Deploys the stacks of these kinds, as the CDK would: their names, and what is there."""
        synthesis, app = synthesised(json.dumps(raw)), raw["AppName"]
        ids = [each.id for each in stacks(self.with_raw(raw).configuration) if each.kind in kinds]
        for id_ in ids:
            template = synthesis.templates[id_]
            self._deploy(f"{app}-{id_}", template["Resources"], template.get("Outputs", {}))

    def with_raw(self, raw: Json) -> Joined:
        return Joined(self.stand_in, raw, self.prerequisites)

    def _deploy(self, name: str, resources: Json, outputs: Json) -> None:
        cloudformation = self.stand_in.session.client("cloudformation")
        there = {each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]}
        body = json.dumps({"Resources": resources, "Outputs": outputs})
        make = cloudformation.update_stack if name in there else cloudformation.create_stack
        try:
            make(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
        except ClientError as error:
            # As the CDK does with a stack that is as it should be.
            if "No updates are to be performed" not in str(error):
                raise
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        if stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            raise DeployFailedError([each.get("ResourceStatusReason") for each in events])

    def doctor(self) -> Mapping[str, str]:
        """What `doctor` says of each way, an empty text where all is well."""
        platform = DeployedPlatform(
            configuration=self.configuration,
            outline=outline_of(self.configuration),
            place="on this machine",
            session=self.stand_in.session,
            variables={},
            ca_file="",
        )
        return {
            each.subject: "" if each.level is Level.OK else each.message
            for each in check_ways(platform)
        }

    def routes(self, table: str) -> dict[str, tuple[str | None, str | None]]:
        """Where the routes of a table lead, and their states, by their ranges."""
        [found] = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return {
            each["DestinationCidrBlock"]: (
                each.get("VpcPeeringConnectionId") or each.get("TransitGatewayId"),
                each.get("State"),
            )
            for each in found["Routes"]
        }


@pytest.fixture(scope="module")
def joined(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Joined:  # noqa: F811
    """The existing environments alone, two of them in one VPC; the load balancer's is made."""
    raw = raw_sample(SAMPLE)
    raw["MwaaEnvironments"] = [each for each in raw["MwaaEnvironments"] if "Existing" in each]
    for each in raw["MwaaEnvironments"]:
        each.pop("UiHost", None)
    raw["Grants"] = []
    layout = Layout(state=tmp_path_factory.mktemp("ways"), ports=preferred_ports(()))

    def local(prerequisites: Prerequisites) -> Json:
        return local_configuration(raw, layout=layout, folder=Path(), prerequisites=prerequisites)

    configuration = parse_configuration(local(Prerequisites()), source=Path("joined.json"))
    prerequisites = create_prerequisites(
        stand_in,
        configuration,
        airflow_specs(configuration),
        folder=layout.state / "existing",
        certificate_arn=Prerequisites.certificate_arn,
        client_secret_arns={},
        lineage_token="",
    )
    found = Joined(stand_in, local(prerequisites), prerequisites)
    found.deploy(found.raw, Kind.NETWORK, Kind.WAY)
    return found


def facts(joined: Joined, name: str) -> Any:
    [entry] = [each for each in joined.raw["MwaaEnvironments"] if each["Name"] == name]
    return entry["Existing"]


def test_an_existing_private_environment_is_joined_by_peering(joined: Joined) -> None:
    ledger, tax = facts(joined, "ledger"), facts(joined, "tax")
    assert ledger["VpcId"] == tax["VpcId"]
    [peering] = [
        each
        for each in joined.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
        if each["RequesterVpcInfo"]["VpcId"] == ledger["VpcId"]
    ]

    assert peering["Status"]["Code"] == "active"
    over = (peering["VpcPeeringConnectionId"], "active")
    alb_cidr = joined.configuration.alb_vpc_cidr
    for table in {*ledger["RouteTableIds"], *tax["RouteTableIds"]}:
        assert joined.routes(table)[alb_cidr] == over
    back = joined.ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [peering["AccepterVpcInfo"]["VpcId"]]}]
    )["RouteTables"]
    leading_back = [
        table for table in back if joined.routes(table["RouteTableId"]).get("10.40.0.0/16") == over
    ]
    # The load balancer's subnets, public and private, in two zones.
    assert len(leading_back) == 4


def test_its_security_group_lets_the_load_balancers_vpc_in(joined: Joined) -> None:
    for name in ("ledger", "tax", "plants"):
        lists = joined.ec2.describe_managed_prefix_lists()["PrefixLists"]
        vpc, group = facts(joined, name)["VpcId"], facts(joined, name)["SecurityGroupId"]
        [own] = [each for each in lists if f"Way-{vpc}-" in each["PrefixListName"]]
        entries = joined.ec2.get_managed_prefix_list_entries(PrefixListId=own["PrefixListId"])
        assert [each["Cidr"] for each in entries["Entries"]] == ["10.20.0.0/20"]
        assert is_admitted(joined.ec2, own["PrefixListId"], group)


def test_another_rule_of_the_group_with_the_same_range_is_in_nobodys_way(joined: Joined) -> None:
    """An operator's, for the load balancer's VPC: EC2 would refuse a second one with the range."""
    group = facts(joined, "plants")["SecurityGroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    permission = {**rule, "IpRanges": [{"CidrIp": joined.configuration.alb_vpc_cidr}]}
    joined.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

    stack = f"mixed-Way-{facts(joined, 'plants')['VpcId']}"
    joined.stand_in.destroy(stack)
    joined.deploy(joined.raw, Kind.WAY)

    assert set(joined.doctor().values()) == {""}
    joined.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])


def test_doctor_has_a_line_for_connection_routes_and_rules(joined: Joined) -> None:
    assert joined.doctor() == {
        f"Way to {names}: {what}": ""
        for names in ("ledger and tax", "plants")
        for what in ("connection", "routes", "rules")
    }


def test_doctor_misses_what_its_owner_took_out(joined: Joined) -> None:
    ledger, alb_cidr = facts(joined, "ledger"), joined.configuration.alb_vpc_cidr
    table, group = ledger["RouteTableIds"][0], ledger["SecurityGroupId"]
    connection, _ = joined.routes(table)[alb_cidr]
    [rule] = [
        each
        for each in joined.ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [group]}]
        )["SecurityGroupRules"]
        if "PrefixListId" in each and not each["IsEgress"]
    ]

    joined.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=alb_cidr)
    joined.ec2.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    said = joined.doctor()
    assert said["Way to ledger and tax: connection"] == ""
    assert said["Way to ledger and tax: routes"] == f"{table} to {alb_cidr} is missing."
    assert said["Way to ledger and tax: rules"] == (
        f"{group} does not let the load balancer's VPC in ({rule['PrefixListId']} on port 443)."
    )
    assert {text for subject, text in said.items() if "plants" in subject} == {""}

    joined.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    said = joined.doctor()
    assert said["Way to ledger and tax: connection"] == f"{connection} is deleted."
    assert "leads nowhere (blackhole)" in said["Way to ledger and tax: routes"]

    again(joined, "ledger")
    assert set(joined.doctor().values()) == {""}


def again(joined: Joined, name: str) -> None:
    """What `doctor` advises: without a way, and with it again."""
    joined.stand_in.destroy(f"mixed-Way-{facts(joined, name)['VpcId']}")
    joined.deploy(joined.raw, Kind.WAY)


def test_another_way_is_taken_in_place(joined: Joined) -> None:
    """A second route to the same range is refused, so none may be made beside the former."""
    raw = copy.deepcopy(joined.raw)
    [plants] = [each for each in raw["MwaaEnvironments"] if each["Name"] == "plants"]
    plants["Connectivity"] = TRANSIT_GATEWAY
    table, alb_cidr = plants["Existing"]["RouteTableIds"][0], joined.configuration.alb_vpc_cidr
    connection, _ = joined.routes(table)[alb_cidr]

    joined.deploy(raw, Kind.WAY)
    assert joined.routes(table)[alb_cidr] == (TRANSIT_GATEWAY["TransitGatewayId"], "active")
    [former] = joined.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])[
        "VpcPeeringConnections"
    ]
    assert former["Status"]["Code"] == "deleted"

    plants["Connectivity"] = {"Way": "None"}
    joined.deploy(raw, Kind.WAY)
    assert alb_cidr not in joined.routes(table)

    joined.deploy(joined.raw, Kind.WAY)
    assert set(joined.doctor().values()) == {""}


def test_a_stack_of_a_way_that_is_not_deployed_is_left_to_the_check_of_stacks(
    joined: Joined,
) -> None:
    raw = copy.deepcopy(joined.raw)
    raw["MwaaEnvironments"].append(
        {
            "Name": "mines",
            "Existing": {"VpcId": "vpc-0123456789abcdef0", "VpcCIDR": "10.70.0.0/16"},
        }
    )

    said = joined.with_raw(raw).doctor()

    # A peering of somebody else would be in its way.
    assert {name for name in said if "mines" in name} <= {"Way to mines: connection"}
