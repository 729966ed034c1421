"""Check that the load balancer forwards to the current addresses of web servers.

MWAA may move a web server's endpoint. A function of the deployment updates the targets every five
minutes; a target that is missing, stale or unhealthy means that this does not work. The rule that
lets the load balancer in is CloudFormation's, on the security group that the environment had then.
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from config.stack_names import stacks
from endpoint_targets.addresses import EndpointError, find_addresses, find_web_server
from errors import Finding, Level, PlatformError

OUTPUT = "UiTargetGroupArn"
INGRESS_GROUP, INGRESS_SOURCE = "UiSecurityGroupId", "UiIngressSource"
"""Outputs of a stack that lets the load balancer in: which security group, and from where."""
DRAINING = "draining"
OTHER_ZONE = "Availability Zone that is not enabled"
"""Part of the description of a target in a zone without a subnet of the load balancer.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""


def check_web_servers(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each environment with a UiHost, and for that of QuickStart."""
    for stack in stacks(platform.configuration):
        if (environment := stack.serves) is None:
            continue
        subject = f"Load balancer to the web server of {environment}"
        try:
            with aws_errors_translated(platform.place):
                yield _compare(platform, stack.id, environment, subject)
        except PlatformError as error:
            yield Finding.from_error(subject, error)
        except EndpointError as error:
            remedy = "Look at the environment in the MWAA console."
            yield Finding(subject=subject, message=str(error), remedy=remedy)


def _compare(platform: DeployedPlatform, stack: str, environment: str, subject: str) -> Finding:
    """Compares an environment's targets with the addresses of its web server."""
    states = _target_states(platform, platform.output(stack, OUTPUT))
    mwaa, ec2 = platform.session.client("mwaa"), platform.session.client("ec2")
    found = set(find_addresses(mwaa, ec2, environment))
    missing, stale = found - states.keys(), states.keys() - found
    if missing or stale:
        parts = [
            f"{', '.join(sorted(addresses))} {what}"
            for addresses, what in ((missing, "is not registered"), (stale, "is left over"))
            if addresses
        ]
        return Finding(
            subject=subject,
            message=f"{'; '.join(parts)}.",
            remedy="Wait five minutes and look again. If it stays, the log of the function that "
            f"finds addresses says why; npx cdk deploy {stack} runs it at once.",
        )
    if moved := _lost_rule(platform, stack, environment, subject):
        return moved
    unhealthy = {address: reason for address, reason in states.items() if reason}
    if unhealthy:
        listed = "; ".join(f"{address}: {reason}" for address, reason in sorted(unhealthy.items()))
        if any(OTHER_ZONE in reason for reason in unhealthy.values()):
            return Finding(
                subject=subject,
                message=f"Not served: {listed}.",
                remedy="The load balancer needs a subnet in each zone of the environment's: add "
                "one to the SubnetIds of Alb or QuickStart, or raise CustomerVpc.MaxAZs; then "
                "deploy.",
            )
        return Finding(
            subject=subject,
            message=f"Not healthy: {listed}.",
            remedy="The load balancer must reach the address on port 443: look at the "
            "environment's security group, at routes and peering between the two VPCs, and at its "
            "state in MWAA.",
        )
    return Finding(level=Level.OK, subject=subject)


def _lost_rule(
    platform: DeployedPlatform, stack: str, environment: str, subject: str
) -> Finding | None:
    """Returns a finding where a recreated environment has another security group than the rule."""
    admitted = platform.outputs(stack)
    rule, source = admitted.get(INGRESS_GROUP), admitted.get(INGRESS_SOURCE)
    current = find_web_server(platform.session.client("mwaa"), environment).security_group_id
    if not rule or rule == current:
        return None
    return Finding(
        subject=subject,
        message=f"The environment has the security group {current} now; {rule}, which it had at "
        "the deployment, lets the load balancer in.",
        remedy="Let it in there as well:",
        commands=(
            f"aws ec2 authorize-security-group-ingress --group-id {current} --ip-permissions "
            f"IpProtocol=tcp,FromPort=443,ToPort=443,{_permission(str(source))}",
        ),
    )


def _permission(source: str) -> str:
    if source.startswith("pl-"):
        return f"PrefixListIds=[{{PrefixListId={source}}}]"
    return f"UserIdGroupPairs=[{{GroupId={source}}}]"


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
