"""Deletion protection of load balancers, which MiniStack 1.5.33 stores and ignores.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html

Termination protection of stacks and deletion protection of tables it enforces itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import HandlerResponse, Properties

Parameters = Mapping[str, Any]

TYPE = "AWS::ElasticLoadBalancingV2::LoadBalancer"
PROTECTION = {"Key": "deletion_protection.enabled", "Value": "true"}


def install() -> None:
    """Makes the API and CloudFormation refuse to delete a protected load balancer."""
    alb._ACTION_MAP["DeleteLoadBalancer"] = _checked(alb._ACTION_MAP["DeleteLoadBalancer"])
    handlers = provisioners._RESOURCE_HANDLERS[TYPE]
    handlers["delete"] = _refusing(handlers["delete"])


def _refusal(arn: str) -> str | None:
    if PROTECTION not in alb._lb_attrs.get(arn, ()):
        return None
    return f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"


def _checked(
    delete: Callable[[Parameters], HandlerResponse],
) -> Callable[[Parameters], HandlerResponse]:
    def delete_load_balancer(parameters: Parameters) -> HandlerResponse:
        if refusal := _refusal(alb._p(parameters, "LoadBalancerArn")):
            response: HandlerResponse = alb._error("OperationNotPermitted", refusal)
            return response
        return delete(parameters)

    return delete_load_balancer


def _refusing(delete: Callable[..., None]) -> Callable[..., None]:
    def delete_load_balancer(arn: str, properties: Properties) -> None:
        if refusal := _refusal(arn):
            raise ValueError(refusal)
        delete(arn, properties)

    return delete_load_balancer
