"""Resources that templates create in the stand-in."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.aws.stand_in import DeployFailedError, StandIn

Resources = dict[str, dict[str, Any]]


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def attribute(name: str, of: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [of, name]}


def certificate() -> dict[str, Any]:
    return {
        "Type": "AWS::CertificateManager::Certificate",
        "Properties": {"DomainName": "portal.example.com", "ValidationMethod": "DNS"},
    }


def network() -> Resources:
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": ref("Vpc"), "CidrBlock": "10.1.0.0/24"},
        },
        "Peer": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.2.0.0/16"}},
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
        "Gateway": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {
                "SubnetId": ref("Subnet"),
                "AllocationId": attribute("AllocationId", "Address"),
            },
        },
        "Peering": {
            "Type": "AWS::EC2::VPCPeeringConnection",
            "Properties": {"VpcId": ref("Vpc"), "PeerVpcId": ref("Peer")},
        },
        "FlowLog": {
            "Type": "AWS::EC2::FlowLog",
            "Properties": {
                "ResourceId": ref("Vpc"),
                "ResourceType": "VPC",
                "TrafficType": "REJECT",
                "LogGroupName": "flows",
            },
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "test", "VpcId": ref("Vpc")},
        },
        "FromPeer": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": attribute("GroupId", "Group"),
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "CidrIp": attribute("CidrBlock", "Peer"),
            },
        },
    }


def test_a_network_is_made_and_removed_whole(stand_in: StandIn) -> None:
    names = ("Vpc", "Gateway", "Peering", "FlowLog", "Group")
    stack, made = stand_in.deploy(network(), {name: ref(name) for name in names})
    ec2 = stand_in.session.client("ec2")

    [gateway] = ec2.describe_nat_gateways(NatGatewayIds=[made["Gateway"]])["NatGateways"]
    assert (gateway["State"], gateway["VpcId"]) == ("available", made["Vpc"])
    [peering] = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[made["Peering"]])[
        "VpcPeeringConnections"
    ]
    assert peering["Status"]["Code"] == "active"
    [flow_log] = ec2.describe_flow_logs(FlowLogIds=[made["FlowLog"]])["FlowLogs"]
    assert (flow_log["ResourceId"], flow_log["TrafficType"]) == (made["Vpc"], "REJECT")
    [group] = ec2.describe_security_groups(GroupIds=[made["Group"]])["SecurityGroups"]
    [rule] = group["IpPermissions"]
    assert (rule["FromPort"], rule["IpRanges"]) == (443, [{"CidrIp": "10.2.0.0/16"}])

    changed = network()
    changed["FromPeer"]["Properties"]["FromPort"] = 80
    stand_in.deploy(changed, stack=stack)
    [group] = ec2.describe_security_groups(GroupIds=[made["Group"]])["SecurityGroups"]
    assert [rule["FromPort"] for rule in group["IpPermissions"]] == [80]

    stand_in.destroy(stack)
    [gateway] = ec2.describe_nat_gateways(NatGatewayIds=[made["Gateway"]])["NatGateways"]
    assert gateway["State"] == "deleted"
    assert ec2.describe_flow_logs(FlowLogIds=[made["FlowLog"]])["FlowLogs"] == []


def test_a_changed_tag_replaces_nothing(stand_in: StandIn) -> None:
    resources = network()
    names = {name: ref(name) for name in ("Gateway", "Peering", "FlowLog")}
    stack, made = stand_in.deploy(resources, names)
    for name in names:
        resources[name]["Properties"]["Tags"] = [{"Key": "team", "Value": "models"}]

    assert stand_in.deploy(resources, names, stack=stack)[1] == made

    [gateway] = stand_in.session.client("ec2").describe_nat_gateways(
        NatGatewayIds=[made["Gateway"]]
    )["NatGateways"]
    assert {"Key": "team", "Value": "models"} in gateway["Tags"]
    stand_in.destroy(stack)


def test_a_rule_may_be_for_a_prefix_list(stand_in: StandIn) -> None:
    template = network()
    template["List"] = {
        "Type": "AWS::EC2::PrefixList",
        "Properties": {
            "PrefixListName": "peers",
            "AddressFamily": "IPv4",
            "MaxEntries": 1,
            "Entries": [{"Cidr": "10.2.0.0/16"}],
        },
    }
    rule = template["FromPeer"]["Properties"]
    del rule["CidrIp"]
    rule["SourcePrefixListId"] = attribute("PrefixListId", "List")
    stack, made = stand_in.deploy(template, {"Group": ref("Group"), "List": ref("List")})

    ec2 = stand_in.session.client("ec2")
    [group] = ec2.describe_security_groups(GroupIds=[made["Group"]])["SecurityGroups"]
    [given] = group["IpPermissions"][0]["PrefixListIds"]
    assert given["PrefixListId"] == made["List"]
    [entry] = ec2.get_managed_prefix_list_entries(PrefixListId=made["List"])["Entries"]
    assert entry["Cidr"] == "10.2.0.0/16"
    stand_in.destroy(stack)


def test_a_secret_made_empty_has_no_value_until_one_is_put(stand_in: StandIn) -> None:
    stack, made = stand_in.deploy(
        {"Token": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": "a"}}},
        {"Arn": ref("Token")},
    )
    assert made["Arn"].startswith("arn:aws:secretsmanager:")
    secrets = stand_in.session.client("secretsmanager")
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=made["Arn"])

    secrets.put_secret_value(SecretId=made["Arn"], SecretString="a value")
    _, updated = stand_in.deploy(
        {"Token": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": "b"}}},
        {"Arn": ref("Token")},
        stack=stack,
    )
    assert updated == made
    assert secrets.get_secret_value(SecretId=made["Arn"])["SecretString"] == "a value"

    stand_in.destroy(stack)
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.describe_secret(SecretId=made["Arn"])


def test_a_listener_keeps_how_people_sign_in(stand_in: StandIn) -> None:
    role = stand_in.create_role()
    secret = stand_in.session.client("secretsmanager").create_secret(
        Name="client-secret", SecretString="s<&>t"
    )["ARN"]
    sign_in = {
        "Issuer": "https://idp.example.com",
        "AuthorizationEndpoint": "https://idp.example.com/auth",
        "TokenEndpoint": "https://idp.example.com/token",
        "UserInfoEndpoint": "https://idp.example.com/me",
        "ClientId": "portal",
        "ClientSecret": f"{{{{resolve:secretsmanager:{secret}:SecretString}}}}",
        "Scope": "openid email",
        "SessionTimeout": "3600",
    }
    forward = {"Type": "forward", "TargetGroupArn": ref("Targets")}
    resources: Resources = {
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {"Scheme": "internal"},
        },
        "Certificate": certificate(),
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handle",
                "Role": role,
                "Code": {"ZipFile": "def handle(event, context): ..."},
            },
        },
        "Targets": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": {
                "TargetType": "lambda",
                "Targets": [{"Id": attribute("Arn", "Function")}],
            },
        },
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {
                "LoadBalancerArn": ref("Balancer"),
                "Port": 443,
                "Protocol": "HTTPS",
                "Certificates": [{"CertificateArn": ref("Certificate")}],
                "DefaultActions": [
                    {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": sign_in},
                    {**forward, "Order": 2},
                ],
            },
        },
    }
    _, made = stand_in.deploy(
        resources,
        {"Listener": ref("Listener"), "Targets": ref("Targets"), "Function": ref("Function")},
    )
    elb = stand_in.session.client("elbv2")

    [listener] = elb.describe_listeners(ListenerArns=[made["Listener"]])["Listeners"]
    authenticate, then = listener["DefaultActions"]
    kept = authenticate["AuthenticateOidcConfig"]
    assert (kept["ClientSecret"], kept["Scope"]) == ("s<&>t", "openid email")
    assert (kept["TokenEndpoint"], kept["SessionTimeout"]) == (sign_in["TokenEndpoint"], 3600)
    assert then["TargetGroupArn"] == made["Targets"]
    [target] = elb.describe_target_health(TargetGroupArn=made["Targets"])[
        "TargetHealthDescriptions"
    ]
    assert target["Target"]["Id"].endswith(f":function:{made['Function']}")


def environment(bucket: str, **properties: Any) -> Resources:
    return {
        "Environment": {
            "Type": "AWS::MWAA::Environment",
            "Properties": {
                "Name": "blue",
                "AirflowVersion": "2.10.3",
                "EnvironmentClass": "mw1.small",
                "MaxWorkers": 4,
                "WebserverAccessMode": "PRIVATE_ONLY",
                "SourceBucketArn": f"arn:aws:s3:::{bucket}",
                "DagS3Path": "dags",
                "LoggingConfiguration": {"TaskLogs": {"Enabled": True, "LogLevel": "WARNING"}},
                **properties,
            },
        }
    }


def test_an_environment_is_what_its_template_says(stand_in: StandIn) -> None:
    stand_in.session.client("s3").create_bucket(Bucket="blue-files")
    url = {"Url": attribute("WebserverUrl", "Environment")}
    stack, made = stand_in.deploy(environment("blue-files"), url)
    mwaa = stand_in.session.client("mwaa")

    deployed = mwaa.get_environment(Name="blue")["Environment"]
    assert (deployed["Status"], deployed["AirflowVersion"]) == ("AVAILABLE", "2.10.3")
    assert (deployed["MaxWorkers"], deployed["WebserverAccessMode"]) == (4, "PRIVATE_ONLY")
    assert deployed["WebserverUrl"] == made["Url"] == "blue.localhost:8446"
    task_logs = deployed["LoggingConfiguration"]["TaskLogs"]
    assert task_logs["CloudWatchLogGroupArn"].endswith(":log-group:airflow-blue-Task")

    stand_in.deploy(environment("blue-files", MaxWorkers=7), url, stack=stack)
    changed = mwaa.get_environment(Name="blue")["Environment"]
    assert changed["MaxWorkers"] == 7
    assert changed["CreatedAt"] == deployed["CreatedAt"]

    stand_in.deploy(environment("blue-files", Name="azure"), url, stack=stack)
    assert "azure" in mwaa.list_environments()["Environments"]
    assert "blue" not in mwaa.list_environments()["Environments"]

    stand_in.destroy(stack)
    with pytest.raises(mwaa.exceptions.ResourceNotFoundException):
        mwaa.get_environment(Name="azure")


def test_an_environment_needs_the_files_that_it_names(stand_in: StandIn) -> None:
    s3 = stand_in.session.client("s3")
    s3.create_bucket(Bucket="empty")
    s3.put_bucket_versioning(Bucket="empty", VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(DeployFailedError, match=r"there is no plugins\.zip in empty"):
        stand_in.deploy(environment("empty", Name="red", PluginsS3Path="plugins.zip"))
    with pytest.raises(DeployFailedError, match="bucket missing does not exist"):
        stand_in.deploy(environment("missing", Name="red"))
    with pytest.raises(ClientError, match="red"):
        stand_in.session.client("mwaa").get_environment(Name="red")
