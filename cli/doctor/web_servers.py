"""Check that the load balancer forwards to the current addresses of web servers, and reaches them.

MWAA may move a web server's endpoint, and people recreate environments. Functions of the deployment
update the targets, and the rule that lets the load balancer in, every five minutes; a target that
is missing or stale, or a missing rule, means that this does not work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from config.stack_names import stacks
from errors import Finding, Level, PlatformError
from web_server_endpoint.addresses import (
    EndpointAddress,
    EndpointError,
    entrance,
    find_endpoint,
    find_web_server,
)
from web_server_ingress.rules import is_admitted

OUTPUT = "UiTargetGroupArn"
INGRESS_SOURCE = "UiIngressSource"
"""Output of a stack that lets the load balancer in: from where."""
TARGETS_LOG, INGRESS_LOG = "UiTargetsLogGroup", "UiIngressLogGroup"
"""Outputs with the log groups of the functions that look the web server up, if they do."""
DRAINING = "draining"


@dataclass(frozen=True, kw_only=True)
class _WebServer:
    """What a stack's load balancer should forward to: the addresses, and why each is not healthy.

    `states` has what is registered, with None where it is healthy.
    """

    platform: DeployedPlatform
    stack: str
    subject: str
    addresses: Sequence[EndpointAddress]
    security_group: str
    target_group: str
    states: dict[str, str | None]

    def finding(self, code: Code, message: str, remedy: str, *commands: str) -> Finding:
        return Finding(
            subject=self.subject, message=message, remedy=remedy, commands=commands, code=code
        )

    def not_looked_up(self, code: Code, message: str, log_output: str) -> Finding:
        """A finding of what a function of the deployment should have changed."""
        log_group = self.platform.outputs(self.stack).get(log_output)
        if log_group is None:
            return self.finding(
                code, message, "Correct the addresses in QuickStart.MwaaEndpointIps; then deploy."
            )
        return self.finding(
            code,
            message,
            "Wait five minutes and look again: that is how often the platform looks the web "
            "server up. If it stays, its log says why:",
            f"aws logs tail {log_group} --since 15m",
        )


def check_web_servers(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each environment with a UiHost, and for that of QuickStart."""
    for stack in stacks(platform.configuration):
        if (environment := stack.serves) is None or not platform.has(stack.id):
            continue
        subject = f"Load balancer to the web server of {environment}"
        try:
            with aws_errors_translated(platform.place):
                yield _check(platform, stack.id, environment, subject)
        except PlatformError as error:
            yield Finding.from_error(subject, error)
        except EndpointError as error:
            remedy = "Look at the environment in the MWAA console."
            yield Finding(
                subject=subject,
                message=str(error),
                remedy=remedy,
                code=Code.WEB_SERVER_NOT_FOUND,
            )


def _check(platform: DeployedPlatform, stack: str, environment: str, subject: str) -> Finding:
    target_group = platform.output(stack, OUTPUT)
    described = find_web_server(platform.session.client("mwaa"), environment)
    addresses = find_endpoint(platform.session.client("ec2"), described)
    web_server = _WebServer(
        platform=platform,
        stack=stack,
        subject=subject,
        addresses=addresses,
        security_group=entrance(described, addresses).group_id,
        target_group=target_group,
        states=_target_states(platform, target_group),
    )
    for check in (_not_registered, _not_admitted, _not_in_a_zone, _not_healthy):
        if found := check(web_server):
            return found
    return Finding(level=Level.OK, subject=subject)


def _not_registered(web_server: _WebServer) -> Finding | None:
    found = {each.address for each in web_server.addresses}
    missing, stale = found - web_server.states.keys(), web_server.states.keys() - found
    parts = [
        f"{', '.join(sorted(addresses))} {what}"
        for addresses, what in ((missing, "is not registered"), (stale, "is left over"))
        if addresses
    ]
    if not parts:
        return None
    return web_server.not_looked_up(Code.TARGET_NOT_REGISTERED, f"{'; '.join(parts)}.", TARGETS_LOG)


def _not_admitted(web_server: _WebServer) -> Finding | None:
    """The rule is missing on the security group that the environment has now."""
    source = web_server.platform.outputs(web_server.stack).get(INGRESS_SOURCE)
    ec2 = web_server.platform.session.client("ec2")
    group = web_server.security_group
    if source is None or is_admitted(ec2, source, group):
        return None
    return web_server.not_looked_up(
        Code.TARGET_NOT_ADMITTED,
        f"The environment's security group {group} does not let the load balancer in ({source} on "
        "port 443).",
        INGRESS_LOG,
    )


def _not_in_a_zone(web_server: _WebServer) -> Finding | None:
    """Addresses in the load balancer's VPC are served in its own zones alone.

    Those of other VPCs are registered for all zones.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html
    """
    elbv2 = web_server.platform.session.client("elbv2")
    [group] = elbv2.describe_target_groups(TargetGroupArns=[web_server.target_group])[
        "TargetGroups"
    ]
    if not (load_balancers := group["LoadBalancerArns"]):
        return None
    [load_balancer] = elbv2.describe_load_balancers(LoadBalancerArns=load_balancers)[
        "LoadBalancers"
    ]
    zones = {each["ZoneName"] for each in load_balancer["AvailabilityZones"]}
    outside = {
        each.zone: each.address
        for each in web_server.addresses
        if each.vpc_id == group["VpcId"] and each.zone not in zones
    }
    if not outside:
        return None
    listed = ", ".join(f"{zone} ({address})" for zone, address in sorted(outside.items()))
    return web_server.finding(
        Code.TARGET_IN_ANOTHER_ZONE,
        f"The load balancer has no subnet in {listed}, where the web server is: it is not served "
        "there.",
        "Add a subnet of the zone to the SubnetIds of Alb or QuickStart; then deploy.",
    )


def _not_healthy(web_server: _WebServer) -> Finding | None:
    unhealthy = {address: reason for address, reason in web_server.states.items() if reason}
    if not unhealthy:
        return None
    listed = "; ".join(f"{address}: {reason}" for address, reason in sorted(unhealthy.items()))
    return web_server.finding(
        Code.TARGET_UNHEALTHY,
        f"Not healthy: {listed}.",
        "The load balancer must reach the address on port 443: look at the environment's security "
        "group, at routes and peering between the two VPCs, and at its state in MWAA.",
    )


def _target_states(platform: DeployedPlatform, target_group: str) -> dict[str, str | None]:
    """Returns why each registered address is not healthy, None where it is."""
    response = platform.session.client("elbv2").describe_target_health(TargetGroupArn=target_group)
    states = {}
    for description in response["TargetHealthDescriptions"]:
        health = description["TargetHealth"]
        if health["State"] != DRAINING:
            reason = health.get("Description") or health.get("Reason") or health["State"]
            healthy = health["State"] == "healthy"
            states[description["Target"]["Id"]] = None if healthy else reason
    return states
