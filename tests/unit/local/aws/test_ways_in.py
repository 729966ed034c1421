"""What stands between a load balancer and a private web server is there as AWS would have it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.alb.vpc_addresses import VpcAddressResolver
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn, allow
from tests.unit.local.aws.test_templates import Resources, attribute, ref

RANGES = ("10.7.0.0/24", "10.7.1.0/24")


def environment(**properties: Any) -> Resources:
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
        **{
            f"Subnet{number}": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {"VpcId": ref("Vpc"), "CidrBlock": cidr},
            }
            for number, cidr in enumerate(RANGES)
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "test", "VpcId": ref("Vpc")},
        },
        "Environment": {
            "Type": "AWS::MWAA::Environment",
            "Properties": {
                "Name": "gold",
                "SourceBucketArn": "arn:aws:s3:::gold-files",
                "NetworkConfiguration": {
                    "SubnetIds": [ref("Subnet0"), ref("Subnet1")],
                    "SecurityGroupIds": [attribute("GroupId", "Group")],
                },
                **properties,
            },
        },
    }


SERVICE = {"Service": attribute("WebserverVpcEndpointService", "Environment"), "Vpc": ref("Vpc")}


@pytest.fixture
def gold(stand_in: StandIn) -> Iterator[tuple[str, dict[str, str]]]:
    stand_in.client("s3").create_bucket(Bucket="gold-files")
    stack, made = stand_in.deploy(environment(), SERVICE)
    yield stack, made
    stand_in.destroy(stack)


def endpoints(stand_in: StandIn, service: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stand_in.client("ec2").describe_vpc_endpoints(
        Filters=[{"Name": "service-name", "Values": [service]}]
    )["VpcEndpoints"]
    return found


def test_a_private_web_server_has_an_address_in_each_of_its_subnets(
    stand_in: StandIn, gold: tuple[str, dict[str, str]]
) -> None:
    _, made = gold
    described = stand_in.client("mwaa").get_environment(Name="gold")["Environment"]
    assert described["WebserverVpcEndpointService"] == made["Service"]
    [endpoint] = endpoints(stand_in, made["Service"])
    assert (endpoint["VpcId"], endpoint["State"]) == (made["Vpc"], "available")
    assert (
        endpoint["Groups"][0]["GroupId"]
        == (described["NetworkConfiguration"]["SecurityGroupIds"][0])
    )
    interfaces = stand_in.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=endpoint["NetworkInterfaceIds"]
    )["NetworkInterfaces"]
    addresses = [ip_address(each["PrivateIpAddress"]) for each in interfaces]
    assert len(set(addresses)) == 2
    for cidr in RANGES:
        assert any(address in ip_network(cidr) for address in addresses)


def test_an_update_keeps_the_addresses_and_a_public_web_server_has_none(
    stand_in: StandIn, gold: tuple[str, dict[str, str]]
) -> None:
    stack, made = gold
    [before] = endpoints(stand_in, made["Service"])
    stand_in.deploy(environment(MaxWorkers=3), SERVICE, stack=stack)
    assert endpoints(stand_in, made["Service"]) == [before]

    stand_in.deploy(environment(WebserverAccessMode="PUBLIC_ONLY"), stack=stack)
    described = stand_in.client("mwaa").get_environment(Name="gold")["Environment"]
    assert "WebserverVpcEndpointService" not in described
    assert endpoints(stand_in, made["Service"]) == []

    stand_in.deploy(environment(WebserverAccessMode="PRIVATE_ONLY"), SERVICE, stack=stack)
    assert len(endpoints(stand_in, made["Service"])) == 1


def test_descriptions_are_filtered_and_know_what_they_do_not_know(stand_in: StandIn) -> None:
    ec2 = stand_in.client("ec2")
    for describe, identifiers in (
        (ec2.describe_vpc_endpoints, {"VpcEndpointIds": ["vpce-0"]}),
        (ec2.describe_network_interfaces, {"NetworkInterfaceIds": ["eni-0"]}),
    ):
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            describe(Filters=[{"Name": "nonsense", "Values": ["x"]}])
        with pytest.raises(ClientError, match="NotFound"):
            describe(**identifiers)
    assert endpoints(stand_in, "com.amazonaws.vpce.us-east-1.vpce-svc-other") == []


@pytest.fixture(scope="module")
def balancer(stand_in: StandIn) -> tuple[str, str]:
    """ARN and security group of a load balancer in a VPC of its own."""
    ec2 = stand_in.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="alb", Description="alb", VpcId=vpc)["GroupId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.1.0/24")["Subnet"]["SubnetId"]
    made = stand_in.client("elbv2").create_load_balancer(
        Name="reach", Subnets=[subnet], SecurityGroups=[group]
    )
    return made["LoadBalancers"][0]["LoadBalancerArn"], group


PERMISSIONS = {
    "its group": ({"UserIdGroupPairs": [{"GroupId": "{group}"}]}, 443, True),
    "its range": ({"IpRanges": [{"CidrIp": "10.8.0.0/16"}]}, 443, True),
    "another group": ({"UserIdGroupPairs": [{"GroupId": "sg-00000000"}]}, 443, False),
    "another range": ({"IpRanges": [{"CidrIp": "10.8.1.0/28"}]}, 443, False),
    "another port": ({"IpRanges": [{"CidrIp": "10.8.0.0/16"}]}, 80, False),
}


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_load_balancer_reaches_what_lets_it_in(
    stand_in: StandIn,
    balancer: tuple[str, str],
    gold: tuple[str, dict[str, str]],
    permission: str,
) -> None:
    peers, port, reached = PERMISSIONS[permission]
    ec2 = stand_in.client("ec2")
    described = stand_in.client("mwaa").get_environment(Name="gold")["Environment"]
    [group] = described["NetworkConfiguration"]["SecurityGroupIds"]
    [endpoint] = endpoints(stand_in, gold[1]["Service"])
    [first, _] = ec2.describe_network_interfaces(
        NetworkInterfaceIds=endpoint["NetworkInterfaceIds"]
    )["NetworkInterfaces"]
    arn, own = balancer
    network = VpcAddressResolver(stand_in.client, arn)
    address = first["PrivateIpAddress"]
    assert network.locate((address, 443)) is None
    rule = json.loads(json.dumps(peers).replace("{group}", own))
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **rule}],
    )
    assert network.locate((address, 443)) == (8447 if reached else None)
    assert network.locate((address, 80)) is None
    assert network.locate(("10.7.0.200", 443)) is None


@pytest.mark.parametrize(
    ("service", "action", "call"),
    [
        ("ec2", "ec2:DescribeVpcEndpoints", "describe_vpc_endpoints"),
        ("ec2", "ec2:DescribeNetworkInterfaces", "describe_network_interfaces"),
        ("elbv2", "elasticloadbalancing:DescribeTargetHealth", "describe_target_health"),
    ],
)
def test_descriptions_are_allowed_as_a_whole_or_not_at_all(
    stand_in: StandIn, service: str, action: str, call: str
) -> None:
    group = stand_in.client("elbv2").create_target_group(
        Name=call[-12:].strip("_").replace("_", "-")
    )
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    arguments = {"TargetGroupArn": arn} if service == "elbv2" else {}
    everything = stand_in.assume(stand_in.create_role(allow(action, "*")))
    one = stand_in.assume(stand_in.create_role(allow(action, arn)))
    getattr(stand_in.client_of(everything, service), call)(**arguments)
    with pytest.raises(ClientError, match=r"AccessDenied|UnauthorizedOperation"):
        getattr(stand_in.client_of(one, service), call)(**arguments)


def listener(**rule: Any) -> Resources:
    sign_in = {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": {
            "Issuer": "https://idp.example.com",
            "AuthorizationEndpoint": "https://idp.example.com/auth",
            "TokenEndpoint": "https://idp.example.com/token",
            "UserInfoEndpoint": "https://idp.example.com/me",
            "ClientId": "portal",
            "ClientSecret": "secret",
        },
    }
    forward = {"Type": "forward", "TargetGroupArn": ref("Targets"), "Order": 2}
    return {
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {"Scheme": "internal"},
        },
        "Targets": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": {
                "TargetType": "ip",
                "Protocol": "HTTPS",
                "Port": 443,
                "HealthCheckProtocol": "HTTPS",
                "HealthCheckPath": "/health",
                "Matcher": {"HttpCode": "200,302"},
                **rule.pop("targets", {}),
            },
        },
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {
                "LoadBalancerArn": ref("Balancer"),
                "Port": 443,
                "Protocol": "HTTPS",
                "DefaultActions": [sign_in, forward],
            },
        },
        "Rule": {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {
                "ListenerArn": ref("Listener"),
                "Priority": 100,
                "Actions": [sign_in, forward],
                "Conditions": [
                    {
                        "Field": "host-header",
                        "HostHeaderConfig": {"Values": ["ui.example.com"]},
                    },
                    {
                        "Field": "path-pattern",
                        "PathPatternConfig": {"Values": ["/a", "/b/*"]},
                    },
                    {
                        "Field": "query-string",
                        "QueryStringConfig": {"Values": [{"Key": "login", "Value": "<true>"}]},
                    },
                ],
                **rule,
            },
        },
    }


def test_a_rule_keeps_its_conditions_and_how_people_sign_in(stand_in: StandIn) -> None:
    stack, made = stand_in.deploy(listener(), {"Listener": ref("Listener")})
    rules = stand_in.client("elbv2").describe_rules(ListenerArn=made["Listener"])["Rules"]
    rule = next(each for each in rules if not each["IsDefault"])
    conditions = {each["Field"]: each for each in rule["Conditions"]}
    assert conditions["host-header"]["Values"] == ["ui.example.com"]
    assert conditions["path-pattern"]["Values"] == ["/a", "/b/*"]
    assert conditions["query-string"]["QueryStringConfig"]["Values"] == [
        {"Key": "login", "Value": "<true>"}
    ]
    authenticate, forward = rule["Actions"]
    assert authenticate["AuthenticateOidcConfig"]["ClientSecret"] == "secret"
    assert forward["Type"] == "forward"
    stand_in.destroy(stack)


def test_addresses_that_were_registered_survive_an_update(stand_in: StandIn) -> None:
    targets = {"Targets": ref("Targets")}
    stack, made = stand_in.deploy(listener(), targets)
    elb = stand_in.client("elbv2")
    arn = made["Targets"]

    def registered() -> list[str]:
        found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [each["Target"]["Id"] for each in found]

    elb.register_targets(
        TargetGroupArn=arn, Targets=[{"Id": "10.7.0.4"}, {"Id": "10.7.1.4", "Port": 443}]
    )
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.7.0.4"}])
    stand_in.deploy(listener(targets={"HealthCheckPath": "/"}), targets, stack=stack)
    assert registered() == ["10.7.1.4"]
    [group] = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == ("/", "200,302")
    assert (group["TargetType"], group["Protocol"], group["Port"]) == ("ip", "HTTPS", 443)
    stand_in.destroy(stack)


def test_addresses_outside_of_its_vpc_are_in_all_zones_and_private(
    stand_in: StandIn, gold: tuple[str, dict[str, str]]
) -> None:
    elb = stand_in.client("elbv2")
    made = elb.create_target_group(Name="zones", TargetType="ip", VpcId=gold[1]["Vpc"])
    arn = made["TargetGroups"][0]["TargetGroupArn"]

    def register(**target: Any) -> None:
        elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.7.0.9"}, target])

    register(Id="10.7.0.4")
    register(Id="10.9.0.4", AvailabilityZone="all")
    with pytest.raises(ClientError, match="outside of"):
        register(Id="10.9.0.5")
    with pytest.raises(ClientError, match="private"):
        register(Id="192.0.2.1", AvailabilityZone="all")
    elb.delete_target_group(TargetGroupArn=arn)


def certified(certificate: Any) -> Resources:
    return {
        **listener(),
        "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "example.com"}},
        "Record": {
            "Type": "AWS::Route53::RecordSet",
            "Properties": {
                "HostedZoneId": ref("Zone"),
                "Name": "ui.example.com",
                "Type": "A",
                "AliasTarget": {
                    "DNSName": attribute("DNSName", "Balancer"),
                    "HostedZoneId": attribute("CanonicalHostedZoneID", "Balancer"),
                },
            },
        },
        "Certificate": {
            "Type": "AWS::CertificateManager::Certificate",
            "Properties": {
                "DomainName": "ui.example.com",
                "ValidationMethod": "DNS",
                "DomainValidationOptions": [
                    {"DomainName": "ui.example.com", "HostedZoneId": ref("Zone")}
                ],
            },
        },
        "More": {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerCertificate",
            "Properties": {
                "ListenerArn": ref("Listener"),
                "Certificates": [{"CertificateArn": certificate}],
            },
        },
    }


def test_a_host_gets_its_record_and_its_certificate_at_once(stand_in: StandIn) -> None:
    stack, made = stand_in.deploy(
        certified(ref("Certificate")), {"Zone": ref("Zone"), "Certificate": ref("Certificate")}
    )
    records = stand_in.client("route53").list_resource_record_sets(HostedZoneId=made["Zone"])
    assert "ui.example.com." in [each["Name"] for each in records["ResourceRecordSets"]]
    issued = stand_in.client("acm").describe_certificate(CertificateArn=made["Certificate"])
    assert issued["Certificate"]["Status"] == "ISSUED"
    stand_in.destroy(stack)
    with pytest.raises(DeployFailedError, match="no certificate arn:aws:acm"):
        stand_in.deploy(certified("arn:aws:acm:us-east-1:1:certificate/unknown"))


def test_a_saved_query_is_taken(stand_in: StandIn) -> None:
    query = {"Name": "who opened what", "QueryString": "fields who"}
    resources: Resources = {"Query": {"Type": "AWS::Logs::QueryDefinition", "Properties": query}}
    stack, made = stand_in.deploy(resources, {"Id": ref("Query")})
    resources["Query"]["Properties"] = {**query, "QueryString": "fields who, role"}
    _, updated = stand_in.deploy(resources, {"Id": ref("Query")}, stack=stack)
    assert updated == made
    stand_in.destroy(stack)
