"""What an account has beside stacks, on loopback, as far as `doctor` asks about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from tests.loopback import Request, Response

ACCOUNT = "111122223333"


class Difference(NamedTuple):
    """A property that is not as the template says; `actual` is its value."""

    path: str
    type: str = "NOT_EQUAL"
    actual: str = "canary-3c0b7e51"


@dataclass
class FakeAccount:
    """An account with room for everything.

    - `quotas`: values that Service Quotas has by quota code, and whether they can be raised.
    - `vpcs`, `addresses_in_use`: how many there are; `nat_gateways` by their zones.
    - `ranges`: those of VPCs, by their ids; `routes`: where those of tables lead, by their ranges.
    - `topics`: attributes of topics, by their ARNs; `keys`: policy and more of keys, by their ids.
    - `drift`: differing resources by stack, None for one that was deleted; `uncompared` is why some
      could not be compared.
    - `lines`: what log groups have; None is a group that there is not. `endless` are groups whose
      pages are empty, with always another one behind.
    """

    account: str = ACCOUNT
    bootstrap: dict[str, str] = field(default_factory=lambda: {"hnb659fds": "30"})
    quotas: dict[str, tuple[int, bool]] = field(default_factory=dict)
    zones_of_region: list[str] = field(
        default_factory=lambda: ["us-east-1a", "us-east-1b", "us-east-1c"]
    )
    vpcs_of_region: int = 1
    addresses_in_use: int = 0
    nat_gateways: dict[str, int] = field(default_factory=dict)
    peerings_of_balancer: int = 0
    ranges: dict[str, list[str]] = field(default_factory=dict)
    routes_of_tables: dict[str, dict[str, str]] = field(default_factory=dict)
    hosted_zones: dict[str, str] = field(default_factory=dict)
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    drift: dict[str, dict[str, list[Difference] | None]] = field(default_factory=dict)
    uncompared: str | None = None
    lines: dict[str, list[str] | None] = field(default_factory=dict)
    endless: set[str] = field(default_factory=set)

    def answer_of_account(self, request: Request) -> Response | None:
        """The answer to what is asked about the account; None for everything else."""
        if request.path.startswith("/2013-04-01/hostedzone/"):
            return self._get_hosted_zone(request.path.rpartition("/")[2])
        if target := request.headers.get("X-Amz-Target"):
            answers = {
                "GetParameter": self._get_parameter,
                "GetServiceQuota": self._get_service_quota,
                "FilterLogEvents": self._filter_log_events,
                "DescribeKey": self._describe_key,
                "GetKeyPolicy": self._get_key_policy,
            }
            answer = answers.get(target.partition(".")[2])
            return answer(json.loads(request.body)) if answer else None
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        action = form.get("Action", "")
        if action == "GetTopicAttributes":
            return self._get_topic_attributes(form["TopicArn"])
        content = {
            "GetCallerIdentity": self._get_caller_identity,
            "DescribeVpcs": self._describe_vpcs,
            "DescribeAddresses": self._describe_addresses,
            "DescribeNatGateways": self._describe_nat_gateways,
            "DescribeSubnets": self._describe_subnets,
            "DescribeAvailabilityZones": self._describe_zones,
            "DetectStackDrift": self._detect_drift,
            "DescribeStackDriftDetectionStatus": self._drift_status,
            "DescribeStackResourceDrifts": self._resource_drifts,
        }.get(action)
        if content is None:
            return None
        return Response(200, f"<{action}Response>{content(form)}</{action}Response>".encode())

    def _get_hosted_zone(self, id_: str) -> Response:
        if id_ not in self.hosted_zones:
            error = "<Error><Code>NoSuchHostedZone</Code><Message>no</Message></Error>"
            return Response(404, f"<ErrorResponse>{error}</ErrorResponse>".encode())
        zone = f"<Id>/hostedzone/{id_}</Id><Name>{self.hosted_zones[id_]}.</Name>"
        found = f"<HostedZone>{zone}<CallerReference>a</CallerReference></HostedZone>"
        return Response(200, f"<GetHostedZoneResponse>{found}</GetHostedZoneResponse>".encode())

    def _get_topic_attributes(self, arn: str) -> Response:
        if arn not in self.topics:
            error = "<Error><Code>NotFound</Code><Message>no</Message></Error>"
            return Response(404, f"<ErrorResponse>{error}</ErrorResponse>".encode())
        entries = "".join(
            f"<entry><key>{name}</key><value>{escape(value)}</value></entry>"
            for name, value in self.topics[arn].items()
        )
        content = f"<GetTopicAttributesResult><Attributes>{entries}</Attributes>"
        return Response(
            200,
            f"<GetTopicAttributesResponse>{content}</GetTopicAttributesResult>"
            "</GetTopicAttributesResponse>".encode(),
        )

    def _describe_key(self, asked: dict[str, Any]) -> Response:
        if asked["KeyId"] not in self.keys:
            return _refusal("NotFoundException")
        own = {each: v for each, v in self.keys[asked["KeyId"]].items() if each != "Policy"}
        return _json({"KeyMetadata": {"KeyId": asked["KeyId"], **own}})

    def _get_key_policy(self, asked: dict[str, Any]) -> Response:
        return _json({"Policy": json.dumps(self.keys[asked["KeyId"]]["Policy"])})

    def _get_parameter(self, asked: dict[str, Any]) -> Response:
        version = self.bootstrap.get(asked["Name"].split("/")[2])
        if version is None:
            return _refusal("ParameterNotFound")
        return _json({"Parameter": {"Name": asked["Name"], "Value": version}})

    def _get_service_quota(self, asked: dict[str, Any]) -> Response:
        if asked["QuotaCode"] not in self.quotas:
            return _refusal("NoSuchResourceException")
        value, adjustable = self.quotas[asked["QuotaCode"]]
        return _json({"Quota": {"Value": float(value), "Adjustable": adjustable}})

    def _filter_log_events(self, asked: dict[str, Any]) -> Response:
        if asked["logGroupName"] in self.endless:
            following = str(int(asked.get("nextToken", "0")) + 1)
            return _json({"events": [], "nextToken": following})
        lines = self.lines.get(asked["logGroupName"], [])
        if lines is None:
            return _refusal("ResourceNotFoundException")
        terms = [each.strip('?"') for each in asked.get("filterPattern", "").split('" ?"')]
        found = [each for each in lines if any(term in each for term in terms)]
        common = {"timestamp": 1_767_268_800_000, "logStreamName": "stream"}
        events = [
            {**common, "eventId": str(number), "message": each} for number, each in enumerate(found)
        ]
        return _json({"events": events})

    def _get_caller_identity(self, _: dict[str, str]) -> str:
        arn = f"arn:aws:sts::{self.account}:assumed-role/reader/a"
        return (
            f"<GetCallerIdentityResult><Account>{self.account}</Account><Arn>{arn}</Arn>"
            "<UserId>A</UserId></GetCallerIdentityResult>"
        )

    def _describe_vpcs(self, form: dict[str, str]) -> str:
        if form["Filter.1.Name"] == "owner-id":
            assert form["Filter.1.Value.1"] == self.account
            return f"<vpcSet>{'<item><vpcId>vpc-1</vpcId></item>' * self.vpcs_of_region}</vpcSet>"
        items = "".join(
            f"<item><vpcId>{id_}</vpcId><cidrBlockAssociationSet>"
            + "".join(f"<item><cidrBlock>{each}</cidrBlock></item>" for each in cidrs)
            + "</cidrBlockAssociationSet></item>"
            for id_, cidrs in self.ranges.items()
            if id_ in form.values()
        )
        return f"<vpcSet>{items}</vpcSet>"

    def _describe_addresses(self, _: dict[str, str]) -> str:
        item = "<item><publicIp>192.0.2.1</publicIp></item>"
        return f"<addressesSet>{item * self.addresses_in_use}</addressesSet>"

    def _describe_nat_gateways(self, _: dict[str, str]) -> str:
        items = "".join(
            f"<item><natGatewayId>nat-1</natGatewayId><subnetId>subnet-{zone}</subnetId></item>"
            * count
            for zone, count in self.nat_gateways.items()
        )
        return f"<natGatewaySet>{items}</natGatewaySet>"

    def _describe_subnets(self, _: dict[str, str]) -> str:
        items = "".join(
            f"<item><subnetId>subnet-{zone}</subnetId><availabilityZone>{zone}</availabilityZone>"
            "</item>"
            for zone in self.nat_gateways
        )
        return f"<subnetSet>{items}</subnetSet>"

    def _describe_zones(self, _: dict[str, str]) -> str:
        items = "".join(
            f"<item><zoneName>{each}</zoneName></item>" for each in self.zones_of_region
        )
        return f"<availabilityZoneInfo>{items}</availabilityZoneInfo>"

    def _detect_drift(self, form: dict[str, str]) -> str:
        return (
            f"<DetectStackDriftResult><StackDriftDetectionId>{form['StackName']}"
            "</StackDriftDetectionId></DetectStackDriftResult>"
        )

    def _drift_status(self, form: dict[str, str]) -> str:
        status = "DETECTION_FAILED" if self.uncompared else "DETECTION_COMPLETE"
        reason = (
            f"<DetectionStatusReason>{self.uncompared}</DetectionStatusReason>"
            if self.uncompared
            else ""
        )
        return (
            "<DescribeStackDriftDetectionStatusResult><StackId>a</StackId>"
            f"<StackDriftDetectionId>{form['StackDriftDetectionId']}</StackDriftDetectionId>"
            f"<DetectionStatus>{status}</DetectionStatus>{reason}"
            "<Timestamp>2026-01-01T00:00:00Z</Timestamp></DescribeStackDriftDetectionStatusResult>"
        )

    def _resource_drifts(self, form: dict[str, str]) -> str:
        members = "".join(
            f"<member><StackId>a</StackId><LogicalResourceId>{name}</LogicalResourceId>"
            "<ResourceType>AWS::EC2::SecurityGroup</ResourceType>"
            f"<StackResourceDriftStatus>{'DELETED' if found is None else 'MODIFIED'}"
            f"</StackResourceDriftStatus><PropertyDifferences>{_differences(found or [])}"
            "</PropertyDifferences><Timestamp>2026-01-01T00:00:00Z</Timestamp></member>"
            for name, found in self.drift.get(form["StackName"], {}).items()
        )
        return (
            f"<DescribeStackResourceDriftsResult><StackResourceDrifts>{members}"
            "</StackResourceDrifts></DescribeStackResourceDriftsResult>"
        )


def _differences(found: list[Difference]) -> str:
    return "".join(
        f"<member><PropertyPath>{each.path}</PropertyPath><ExpectedValue>a</ExpectedValue>"
        f"<ActualValue>{each.actual}</ActualValue><DifferenceType>{each.type}</DifferenceType>"
        "</member>"
        for each in found
    )


def _json(content: dict[str, Any]) -> Response:
    return Response(200, json.dumps(content).encode())


def _refusal(code: str) -> Response:
    return Response(400, json.dumps({"__type": code, "message": "no"}).encode())
