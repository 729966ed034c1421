"""An environment, its endpoints, a target group and CloudFormation's response URL, on loopback."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests import loopback
from tests.loopback import Request, Response, aws_settings

SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/ui/0123456789abcdef"
OWN_VPC, PEERED_VPC = "vpc-0000000000000000a", "vpc-0000000000000000b"
GROUP, SECOND_GROUP = "sg-0123456789abcdef0", "sg-00000000000000001"
OWNER_TAG = "mwaa-platform-stack"
HERE = ("10.3.1.4", "10.3.2.4")

CODES_OF_REFUSALS = {
    "GetEnvironment": "AccessDeniedException",
    "DescribeVpcEndpoints": "UnauthorizedOperation",
    "DescribeNetworkInterfaces": "UnauthorizedOperation",
    "DescribeSecurityGroupRules": "UnauthorizedOperation",
    "AuthorizeSecurityGroupIngress": "UnauthorizedOperation",
    "RevokeSecurityGroupIngress": "UnauthorizedOperation",
}

Form = dict[str, str]


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint of a service, with an interface for each of its addresses."""

    addresses: tuple[str, ...]
    groups: tuple[str, ...] = (GROUP,)
    vpc_id: str = OWN_VPC
    state: str = "available"
    service: str = SERVICE


@dataclass(frozen=True)
class Target:
    """What a target group knows of an address and a port."""

    zone: str = "us-east-1a"
    state: str = "healthy"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An ingress rule on port 443, with the tag of the stack that it belongs to, if it has one.

    `tags` are its others.
    """

    group: str
    source: str
    owner: str | None = None
    port: int = 443
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str, int]:
        return self.group, self.source, self.port


@dataclass
class FakeAws:
    """What there is, what was changed in which order, and how CloudFormation was answered.

    `environment` is what MWAA describes, None where there is none. `throttled` says how often an
    operation is still to be refused for coming too often, `not_yet` how often as its permission is
    on its way, and `refused` which are not allowed. `asked` counts what came.
    """

    url: str = ""
    environment: dict[str, Any] | None = None
    endpoints: list[Endpoint] = field(default_factory=list)
    targets: dict[tuple[str, str], Target] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    changes: list[tuple[str, list[str]]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    throttled: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    not_yet: dict[str, int] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def put(self, *addresses: str, port: str = "443", state: str = "healthy") -> None:
        """Have targets in the target group."""
        for address in addresses:
            self.targets[address, port] = Target(state=state)

    @property
    def addresses(self) -> set[str]:
        """Where the target group's targets on port 443 are."""
        return {address for address, port in self.targets if port == "443"}

    def answer(self, request: Request) -> Response:
        if request.method == "PUT":
            self.answers.append(json.loads(request.body))
            return Response(200)
        if request.path.startswith("/environments/"):
            return self._not_yet("GetEnvironment") or self._get_environment()
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        action = form["Action"]
        self.asked[action] += 1
        if not_yet := self._not_yet(action):
            return not_yet
        if action in self.refused:
            return Response(403, _error("AccessDenied"))
        if self.throttled.get(action):
            self.throttled[action] -= 1
            return Response(400, _error("Throttling"))
        actions: dict[str, Callable[[Form], str | Response]] = {
            "DescribeVpcEndpoints": self._describe_vpc_endpoints,
            "DescribeNetworkInterfaces": self._describe_network_interfaces,
            "DescribeTargetHealth": self._describe_target_health,
            "RegisterTargets": self._register_targets,
            "DeregisterTargets": self._deregister_targets,
            "DescribeSecurityGroupRules": self._describe_rules,
            "AuthorizeSecurityGroupIngress": self._authorize,
            "RevokeSecurityGroupIngress": self._revoke,
        }
        content = actions[action](form)
        if isinstance(content, str):
            content = Response(200, f"<{action}Response>{content}</{action}Response>".encode())
        return content

    def _not_yet(self, action: str) -> Response | None:
        if not self.not_yet.get(action):
            return None
        self.not_yet[action] -= 1
        code = CODES_OF_REFUSALS.get(action, "AccessDenied")
        return Response(403, _error(code), {"x-amzn-ErrorType": code})

    def _get_environment(self) -> Response:
        if self.environment is None:
            headers = {"x-amzn-ErrorType": "ResourceNotFoundException"}
            return Response(404, b'{"message": "not found"}', headers)
        return Response(200, json.dumps({"Environment": self.environment}).encode())

    def _describe_vpc_endpoints(self, form: Form) -> str:
        wanted = {
            form[f"Filter.{number}.Name"]: form[f"Filter.{number}.Value.1"] for number in (1, 2)
        }
        items = ""
        for number, endpoint in enumerate(self.endpoints):
            told = {"service-name": endpoint.service, "vpc-endpoint-state": endpoint.state}
            if told == wanted:
                interfaces = "".join(
                    f"<item>eni-{number}-{index}</item>"
                    for index, _ in enumerate(endpoint.addresses)
                )
                items += (
                    f"<item><vpcEndpointId>vpce-{number}</vpcEndpointId>"
                    f"<networkInterfaceIdSet>{interfaces}</networkInterfaceIdSet></item>"
                )
        return f"<vpcEndpointSet>{items}</vpcEndpointSet>"

    def _describe_network_interfaces(self, form: Form) -> str:
        items = ""
        for identifier in _listed(form, "NetworkInterfaceId."):
            _, number, index = identifier.split("-")
            endpoint = self.endpoints[int(number)]
            items += (
                f"<item><networkInterfaceId>{identifier}</networkInterfaceId>"
                f"<vpcId>{endpoint.vpc_id}</vpcId>"
                "<availabilityZone>us-east-1a</availabilityZone>"
                f"<groupSet>{_items('groupId', endpoint.groups)}</groupSet>"
                f"<privateIpAddress>{endpoint.addresses[int(index)]}</privateIpAddress></item>"
            )
        return f"<networkInterfaceSet>{items}</networkInterfaceSet>"

    def _describe_target_health(self, form: Form) -> str:
        assert form["TargetGroupArn"] == TARGET_GROUP
        members = "".join(
            f"<member><Target><Id>{address}</Id><Port>{port}</Port>"
            f"<AvailabilityZone>{target.zone}</AvailabilityZone></Target>"
            f"<TargetHealth><State>{target.state}</State></TargetHealth></member>"
            for (address, port), target in self.targets.items()
        )
        return _result("DescribeTargetHealth", "TargetHealthDescriptions", members)

    def _register_targets(self, form: Form) -> str:
        assert form["TargetGroupArn"] == TARGET_GROUP
        outside = {
            address
            for endpoint in self.endpoints
            if endpoint.vpc_id != OWN_VPC
            for address in endpoint.addresses
        }
        addresses = _listed(form, "Targets.member.", ".Id")
        for number, address in enumerate(addresses, start=1):
            zone = form.get(f"Targets.member.{number}.AvailabilityZone")
            assert zone == ("all" if address in outside else None)
            port = form[f"Targets.member.{number}.Port"]
            self.targets[address, port] = Target(zone=zone or "us-east-1a", state="initial")
        self.changes.append(("register", addresses))
        return "<RegisterTargetsResult/>"

    def _deregister_targets(self, form: Form) -> str:
        assert form["TargetGroupArn"] == TARGET_GROUP
        addresses = _listed(form, "Targets.member.", ".Id")
        for number, address in enumerate(addresses, start=1):
            del self.targets[address, form[f"Targets.member.{number}.Port"]]
        assert self.targets, "a target group was emptied"
        self.changes.append(("deregister", addresses))
        return "<DeregisterTargetsResult/>"

    def _describe_rules(self, form: Form) -> str:
        name, value = form["Filter.1.Name"], form["Filter.1.Value.1"]
        items = "".join(
            f"<item><securityGroupRuleId>{identifier}</securityGroupRuleId>"
            f"<groupId>{rule.group}</groupId><isEgress>false</isEgress>"
            f"<ipProtocol>tcp</ipProtocol><fromPort>{rule.port}</fromPort>"
            f"<toPort>{rule.port}</toPort>{_source_element(rule.source)}</item>"
            for identifier, rule in self.rules.items()
            if {"group-id": rule.group, f"tag:{OWNER_TAG}": rule.owner}[name] == value
        )
        return f"<securityGroupRuleSet>{items}</securityGroupRuleSet>"

    def _authorize(self, form: Form) -> str | Response:
        permission = "IpPermissions.1"
        port = int(form[f"{permission}.FromPort"])
        assert (form[f"{permission}.IpProtocol"], port) == (
            "tcp",
            int(form[f"{permission}.ToPort"]),
        )
        assert form["TagSpecification.1.ResourceType"] == "security-group-rule"
        tag, number = "TagSpecification.1.Tag", 1
        tags = {}
        while f"{tag}.{number}.Key" in form:
            tags[form[f"{tag}.{number}.Key"]] = form[f"{tag}.{number}.Value"]
            number += 1
        sources = ("PrefixListIds.1.PrefixListId", "Groups.1.GroupId")
        [source] = [form[name] for each in sources if (name := f"{permission}.{each}") in form]
        rule = Rule(
            group=form["GroupId"],
            source=source,
            owner=tags.pop(OWNER_TAG),
            tags=tuple(tags.items()),
            port=port,
        )
        if rule.key in {each.key for each in self.rules.values()}:
            return Response(400, _error("InvalidPermission.Duplicate"))
        self.rules[f"sgr-{len(self.changes)}"] = rule
        self.changes.append(("authorize", [rule.group]))
        return "<return>true</return>"

    def _revoke(self, form: Form) -> str | Response:
        identifiers = _listed(form, "SecurityGroupRuleId.")
        if not set(identifiers) <= self.rules.keys():
            return Response(400, _error("InvalidSecurityGroupRuleId.NotFound"))
        for each in identifiers:
            assert self.rules.pop(each).group == form["GroupId"]
        self.changes.append(("revoke", [form["GroupId"]]))
        return "<return>true</return>"


def _items(element: str, values: Iterable[str]) -> str:
    return "".join(f"<item><{element}>{each}</{element}></item>" for each in values)


def _source_element(source: str) -> str:
    if source.startswith("pl-"):
        return f"<prefixListId>{source}</prefixListId>"
    return f"<referencedGroupInfo><groupId>{source}</groupId></referencedGroupInfo>"


def _listed(form: Form, before: str, after: str = "") -> list[str]:
    """The members of a list, in order."""
    found: list[str] = []
    while value := form.get(f"{before}{len(found) + 1}{after}"):
        found.append(value)
    return found


def _result(action: str, element: str, content: str) -> str:
    return f"<{action}Result><{element}>{content}</{element}></{action}Result>"


def _error(code: str) -> bytes:
    return (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    ).encode()


@contextmanager
def serving() -> Iterator[FakeAws]:
    """Serve a private environment without an endpoint yet, and a target group without targets."""
    fake_aws = FakeAws(
        environment={
            "Name": "gold",
            "Status": "AVAILABLE",
            "WebserverAccessMode": "PRIVATE_ONLY",
            "WebserverVpcEndpointService": SERVICE,
            "NetworkConfiguration": {"SecurityGroupIds": [GROUP, SECOND_GROUP]},
        }
    )
    with loopback.serving(loopback.Server(fake_aws.answer)) as server:
        fake_aws.url = server.url
        yield fake_aws


def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """A private environment whose endpoint is in the target group's VPC; boto3 reaches it."""
    with serving() as fake_aws:
        fake_aws.endpoints = [Endpoint(HERE)]
        # MWAA's API is asked at api.<endpoint>, which is no address here.
        settings = {**aws_settings(fake_aws.url), "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield fake_aws
