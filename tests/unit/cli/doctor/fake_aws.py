"""A small AWS on loopback, as far as `doctor` calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.loopback import Request, Response
from tests.unit.cli.doctor.fake_account import FakeAccount

SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/ui/0123456789abcdef"
CLIENT_SECRET = "canary-7d1f9a2b"
BALANCER_VPC = "vpc-0123456789abcdef0"
LOAD_BALANCER = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/0123456789"


@dataclass
class FakeAws(FakeAccount):
    """Stacks with their outputs, where the web server answers, and what is registered.

    `gone` maps names of further stacks to their states, for lists alone; `page` is how many stacks
    a page has.
    `admitted` maps a security group to the source of its rule. `vpc` is the web server's, where its
    addresses are in `zones`; the load balancer is in `BALANCER_VPC`, in `balancer_zones`.
    `plugins` are those that Airflow lists; None is a role that may not see them. `throttled` names
    operations that AWS refuses for a while, `closed_regions` those that the account has not turned
    on.
    `targets` maps an address to its state, and if need be a reason after a blank. `refused` names
    operations that are not allowed. `described` are further members of an environment, `heartbeats`
    the states of Airflow's components, `broken_dags` files that it cannot import, `odd_answers`
    what it answers to paths in place of that.
    `resources` are those of each stack that is asked about, by logical id, type and id;
    `endpoints` the VPCs of interface endpoints; `peerings` the two VPCs of each peering connection;
    `attachments` the states of attachments to transit gateways; `gateway_routes` those to which
    routes lead, by their tables and ranges.
    """

    stacks: dict[str, dict[str, str]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    security_group: str = "sg-0123456789abcdef0"
    admitted: dict[str, str] = field(default_factory=dict)
    vpc: str = "vpc-0123456789abcdef0"
    zones: list[str] = field(default_factory=lambda: ["us-east-1a", "us-east-1b"])
    balancer_zones: list[str] = field(default_factory=lambda: ["us-east-1a", "us-east-1b"])
    addresses: list[str] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    environments: set[str] = field(default_factory=set)
    gone: dict[str, str] = field(default_factory=dict)
    page: int = 1
    described: dict[str, Any] = field(default_factory=dict)
    heartbeats: dict[str, str | None] = field(default_factory=lambda: {"scheduler": "healthy"})
    broken_dags: list[str] = field(default_factory=list)
    odd_answers: dict[str, Any] = field(default_factory=dict)
    certificate: dict[str, Any] | None = field(
        default_factory=lambda: {"Status": "ISSUED", "DomainName": "*.example.com"}
    )
    client_secret: str | None = CLIENT_SECRET
    plugins: list[str] | None = field(default_factory=lambda: ["mwaa_platform_lineage"])
    refused: set[str] = field(default_factory=set)
    throttled: set[str] = field(default_factory=set)
    closed_regions: set[str] = field(default_factory=set)
    resources: list[tuple[str, str, str]] = field(default_factory=list)
    endpoints: dict[str, str] = field(default_factory=dict)
    peerings: dict[str, set[str]] = field(default_factory=dict)
    attachments: dict[str, str] = field(default_factory=dict)
    gateway_routes: dict[tuple[str, str], str] = field(default_factory=dict)

    def answer(self, request: Request) -> Response:
        signed = request.headers.get("Authorization", "")
        if any(f"/{region}/" in signed for region in self.closed_regions):
            return Response(400, b'{"__type": "UnrecognizedClientException", "message": "no"}')
        if request.headers.get("X-Amz-Target") or b"Action=" not in request.body:
            return self._answer_json(request)
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        action = form["Action"]
        if action in self.throttled:
            return Response(400, _error("Throttling", "Rate exceeded"))
        if action in self.refused:
            code = "UnauthorizedOperation" if action.startswith("DescribeV") else "AccessDenied"
            return Response(403, _error(code, "You are not authorized."))
        return self.answer_of_account(request) or self._answer_query(action, form)

    def _answer_query(self, action: str, form: dict[str, str]) -> Response:
        actions = {
            "DescribeStacks": self._describe_stacks,
            "ListStacks": self._list_stacks,
            "ListStackResources": self._list_stack_resources,
            "DescribeTransitGatewayVpcAttachments": self._describe_attachments,
            "DescribeVpcPeeringConnections": self._describe_peerings,
            "DescribeRouteTables": self._describe_route_tables,
            "DescribeTargetHealth": self._describe_target_health,
            "DescribeVpcEndpoints": self._describe_vpc_endpoints,
            "DescribeNetworkInterfaces": self._describe_network_interfaces,
            "DescribeSecurityGroupRules": self._describe_security_group_rules,
            "DescribeTargetGroups": self._describe_target_groups,
            "DescribeLoadBalancers": self._describe_load_balancers,
        }
        return actions[action](form)

    def _answer_json(self, request: Request) -> Response:
        action = request.headers.get("X-Amz-Target", "").partition(".")[2]
        if action in self.refused:
            return Response(400, b'{"__type": "AccessDeniedException", "message": "no"}')
        if action in self.throttled:
            return Response(400, b'{"__type": "ThrottlingException", "message": "no"}')
        if request.path == "/environments":
            return Response(200, json.dumps({"Environments": sorted(self.environments)}).encode())
        if request.path.startswith("/environments/"):
            return self._get_environment(unquote(request.path.split("/")[2]))
        if request.path.startswith("/restapi/"):
            return self._invoke_rest_api(json.loads(request.body))
        return self.answer_of_account(request) or self._answer_of_secrets(action)

    def _answer_of_secrets(self, action: str) -> Response:
        answers: dict[str, dict[str, Any]] = {
            "DescribeCertificate": {"Certificate": self.certificate},
            "GetSecretValue": {"SecretString": self.client_secret},
        }
        members = answers[action]
        if None in members.values():
            return Response(400, b'{"__type": "ResourceNotFoundException", "message": "no"}')
        return Response(200, json.dumps(members).encode())

    def _get_environment(self, name: str) -> Response:
        if name not in self.environments:
            error = {"__type": "ResourceNotFoundException", "message": "no such environment"}
            headers = {"x-amzn-ErrorType": "ResourceNotFoundException"}
            return Response(404, json.dumps(error).encode(), headers)
        environment = {
            "Name": name,
            "Status": "AVAILABLE",
            "AirflowVersion": "3.3.1",
            "WebserverAccessMode": "PRIVATE_ONLY",
            "WebserverVpcEndpointService": SERVICE,
            "LoggingConfiguration": {
                f"{module}Logs": {"Enabled": True, "CloudWatchLogGroupArn": log_group(name, module)}
                for module in ("Scheduler", "Task", "Webserver", "Worker")
            },
            "NetworkConfiguration": {
                "SecurityGroupIds": [self.security_group],
                "SubnetIds": ["subnet-0123456789abcdef0"],
            },
            **self.described,
        }
        return Response(200, json.dumps({"Environment": environment}).encode())

    def _invoke_rest_api(self, call: dict[str, Any]) -> Response:
        if "InvokeRestApi" in self.refused:
            headers = {"x-amzn-ErrorType": "AccessDeniedException"}
            return Response(403, b'{"message": "You are not authorized."}', headers)
        answers = {
            "/monitor/health": {name: {"status": each} for name, each in self.heartbeats.items()},
            "/health": {name: {"status": each} for name, each in self.heartbeats.items()},
            "/importErrors": {
                "import_errors": [{"filename": each} for each in self.broken_dags],
                "total_entries": len(self.broken_dags),
            },
            "/dags/~/dagRuns/~/taskInstances": {"total_entries": 3},
            **self.odd_answers,
        }
        if call["Path"] == "/plugins":
            return self._list_plugins()
        body = {"RestApiStatusCode": 200, "RestApiResponse": answers[call["Path"]]}
        return Response(200, json.dumps(body).encode())

    def _list_plugins(self) -> Response:
        if self.plugins is None:
            headers = {"x-amzn-ErrorType": "RestApiClientException"}
            body: dict[str, Any] = {"RestApiStatusCode": 403, "RestApiResponse": {"detail": "no"}}
            return Response(400, json.dumps(body).encode(), headers)
        listed = {"plugins": [{"name": each} for each in self.plugins]}
        body = {"RestApiStatusCode": 200, "RestApiResponse": listed}
        return Response(200, json.dumps(body).encode())

    def _describe_stacks(self, form: dict[str, str]) -> Response:
        name = form["StackName"]
        if name not in self.stacks:
            return Response(400, _error("ValidationError", f"Stack with id {name} does not exist"))
        outputs = "".join(
            f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            for key, value in self.stacks[name].items()
        )
        return _xml(
            "DescribeStacks",
            f"<Stacks><member><StackName>{name}</StackName>"
            "<CreationTime>2026-01-01T00:00:00Z</CreationTime>"
            f"<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{outputs}</Outputs>"
            "</member></Stacks>",
        )

    def _list_stacks(self, form: dict[str, str]) -> Response:
        known = {**dict.fromkeys(self.stacks, "UPDATE_COMPLETE"), **self.states}
        states = [*known.items(), *self.gone.items()]
        first = int(form.get("NextToken", "0"))
        members = "".join(
            f"<member><StackName>{name}</StackName><StackStatus>{state}</StackStatus>"
            "<CreationTime>2026-01-01T00:00:00Z</CreationTime></member>"
            for name, state in states[first : first + self.page]
        )
        following = first + self.page
        more = f"<NextToken>{following}</NextToken>" if following < len(states) else ""
        return _xml("ListStacks", f"<StackSummaries>{members}</StackSummaries>{more}")

    def _list_stack_resources(self, _: dict[str, str]) -> Response:
        members = "".join(
            f"<member><LogicalResourceId>{logical_id}</LogicalResourceId>"
            f"<ResourceType>{type_}</ResourceType><PhysicalResourceId>{id_}</PhysicalResourceId>"
            "<ResourceStatus>CREATE_COMPLETE</ResourceStatus>"
            "<LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>"
            for logical_id, type_, id_ in self.resources
        )
        summaries = f"<StackResourceSummaries>{members}</StackResourceSummaries>"
        return _xml("ListStackResources", summaries)

    def _describe_attachments(self, _: dict[str, str]) -> Response:
        items = "".join(
            f"<item><transitGatewayAttachmentId>{id_}</transitGatewayAttachmentId>"
            f"<state>{state}</state></item>"
            for id_, state in self.attachments.items()
        )
        return _ec2(
            "DescribeTransitGatewayVpcAttachments",
            f"<transitGatewayVpcAttachments>{items}</transitGatewayVpcAttachments>",
        )

    def _describe_peerings(self, form: dict[str, str]) -> Response:
        items = "".join(
            f"<item><vpcPeeringConnectionId>{id_}</vpcPeeringConnectionId></item>"
            for id_, vpcs in self.peerings.items()
            if vpcs <= {*form.values()}
        )
        return _ec2(
            "DescribeVpcPeeringConnections",
            f"<vpcPeeringConnectionSet>{items}</vpcPeeringConnectionSet>",
        )

    def _describe_route_tables(self, _: dict[str, str]) -> Response:
        items = "".join(
            f"<item><routeTableId>{table}</routeTableId><routeSet><item>"
            f"<destinationCidrBlock>{cidr}</destinationCidrBlock>"
            f"<transitGatewayId>{gateway}</transitGatewayId><state>active</state>"
            "</item></routeSet></item>"
            for (table, cidr), gateway in self.gateway_routes.items()
        )
        items += "".join(
            f"<item><routeTableId>{table}</routeTableId><routeSet><item>"
            f"<destinationCidrBlock>{cidr}</destinationCidrBlock>"
            f"<vpcPeeringConnectionId>{peering}</vpcPeeringConnectionId></item></routeSet></item>"
            for table, routes in self.routes_of_tables.items()
            for cidr, peering in routes.items()
        )
        return _ec2("DescribeRouteTables", f"<routeTableSet>{items}</routeTableSet>")

    def _describe_target_health(self, form: dict[str, str]) -> Response:
        assert form["TargetGroupArn"] == TARGET_GROUP
        members = ""
        for address, health in self.targets.items():
            state, _, reason = health.partition(" ")
            members += (
                f"<member><Target><Id>{address}</Id><Port>443</Port></Target>"
                f"<TargetHealth><State>{state}</State><Description>{reason}</Description>"
                "</TargetHealth></member>"
            )
        listed = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        return _xml("DescribeTargetHealth", listed)

    def _describe_vpc_endpoints(self, form: dict[str, str]) -> Response:
        if asked := {*form.values()} & self.endpoints.keys():
            items = "".join(
                f"<item><vpcEndpointId>{id_}</vpcEndpointId><vpcId>{self.endpoints[id_]}</vpcId>"
                "<vpcEndpointType>Interface</vpcEndpointType></item>"
                for id_ in sorted(asked)
            )
            return _ec2("DescribeVpcEndpoints", f"<vpcEndpointSet>{items}</vpcEndpointSet>")
        assert SERVICE in form.values()
        interfaces = "".join(
            f"<item>eni-{number:017x}</item>" for number, _ in enumerate(self.addresses)
        )
        return _ec2(
            "DescribeVpcEndpoints",
            "<vpcEndpointSet><item><vpcEndpointId>vpce-0123456789abcdef0</vpcEndpointId>"
            f"<serviceName>{SERVICE}</serviceName><state>available</state>"
            f"<networkInterfaceIdSet>{interfaces}</networkInterfaceIdSet></item></vpcEndpointSet>",
        )

    def _describe_network_interfaces(self, _: dict[str, str]) -> Response:
        items = "".join(
            f"<item><networkInterfaceId>eni-{number:017x}</networkInterfaceId>"
            f"<vpcId>{self.vpc}</vpcId><availabilityZone>{zone}</availabilityZone>"
            f"<groupSet><item><groupId>{self.security_group}</groupId></item></groupSet>"
            f"<privateIpAddress>{address}</privateIpAddress></item>"
            for number, (address, zone) in enumerate(zip(self.addresses, self.zones, strict=True))
        )
        return _ec2(
            "DescribeNetworkInterfaces", f"<networkInterfaceSet>{items}</networkInterfaceSet>"
        )

    def _describe_security_group_rules(self, form: dict[str, str]) -> Response:
        assert form["Filter.1.Name"] == "group-id"
        items = "".join(
            "<item><securityGroupRuleId>sgr-0</securityGroupRuleId><isEgress>false</isEgress>"
            f"<groupId>{group}</groupId><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort>"
            f"<toPort>443</toPort><prefixListId>{source}</prefixListId></item>"
            for group, source in self.admitted.items()
            if group == form["Filter.1.Value.1"]
        )
        return _ec2(
            "DescribeSecurityGroupRules", f"<securityGroupRuleSet>{items}</securityGroupRuleSet>"
        )

    def _describe_target_groups(self, form: dict[str, str]) -> Response:
        assert form["TargetGroupArns.member.1"] == TARGET_GROUP
        return _xml(
            "DescribeTargetGroups",
            f"<TargetGroups><member><VpcId>{BALANCER_VPC}</VpcId><LoadBalancerArns>"
            f"<member>{LOAD_BALANCER}</member></LoadBalancerArns></member></TargetGroups>",
        )

    def _describe_load_balancers(self, form: dict[str, str]) -> Response:
        assert form["LoadBalancerArns.member.1"] == LOAD_BALANCER
        zones = "".join(
            f"<member><ZoneName>{zone}</ZoneName></member>" for zone in self.balancer_zones
        )
        return _xml(
            "DescribeLoadBalancers",
            f"<LoadBalancers><member><AvailabilityZones>{zones}</AvailabilityZones></member>"
            "</LoadBalancers>",
        )


def log_group(name: str, module: str) -> str:
    return f"arn:aws:logs:us-east-1:111122223333:log-group:airflow-{name}-{module}"


def _xml(operation: str, result: str) -> Response:
    return _ec2(operation, f"<{operation}Result>{result}</{operation}Result>")


def _ec2(operation: str, result: str) -> Response:
    return Response(200, f"<{operation}Response>{result}</{operation}Response>".encode())


def _error(code: str, message: str) -> bytes:
    return (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        "</ErrorResponse>"
    ).encode()
