"""Validation of IP addresses as targets, which MiniStack 1.5.33 lacks.

AWS accepts private addresses only, and those outside of the target group's VPC only with the
Availability Zone "all" (Elastic Load Balancing API reference, TargetDescription).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from ministack.services import alb, ec2

from local.aws.adapter.handlers import HandlerResponse

Parameters = Mapping[str, Any]

EVERYWHERE = "all"
PRIVATE = [
    ip_network(each) for each in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
]


def install() -> None:
    """Makes RegisterTargets reject the targets that AWS rejects."""
    alb._ACTION_MAP["RegisterTargets"] = _checked(alb._ACTION_MAP["RegisterTargets"])


def _checked(
    register: Callable[[Parameters], HandlerResponse],
) -> Callable[[Parameters], HandlerResponse]:
    def register_targets(parameters: Parameters) -> HandlerResponse:
        group = alb._tgs.get(alb._p(parameters, "TargetGroupArn"))
        if group and group["TargetType"] == "ip":
            for number, target in enumerate(alb._parse_targets_param(parameters), start=1):
                zone = alb._p(parameters, f"Targets.member.{number}.AvailabilityZone")
                if problem := _problem(group["VpcId"], target["Id"], zone):
                    response: HandlerResponse = alb._error("InvalidTarget", problem)
                    return response
        return register(parameters)

    return register_targets


def _problem(vpc: str, address: str, zone: str) -> str | None:
    if not any(ip_address(address) in network for network in PRIVATE):
        return f"{address} is no private address"
    cidr = ec2._vpcs.get(vpc, {}).get("CidrBlock")
    if cidr and ip_address(address) not in ip_network(cidr) and zone != EVERYWHERE:
        return f"{address} is outside of {vpc}, and its Availability Zone is not {EVERYWHERE}"
    return None
