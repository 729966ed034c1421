"""AWS::ElasticLoadBalancingV2::ListenerCertificate, which MiniStack 1.5.33 does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import acm, alb
from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]
CreatedResource = tuple[str, dict[str, str]]


def install() -> None:
    """Let a template add certificates to a listener.

    They are checked and not kept: the load balancer beside the stand-in shows one of its own.
    """
    provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::ListenerCertificate"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }


def _create(_logical_id: str, properties: Properties, _stack: str) -> CreatedResource:
    return _checked(f"{properties['ListenerArn']}/{new_uuid()}", properties)


def _update(identifier: str, _old: Properties, new: Properties, _stack: str) -> CreatedResource:
    return _checked(identifier, new)


def _delete(_identifier: str, _properties: Properties) -> None:
    """Nothing is kept of it."""


def _checked(identifier: str, properties: Properties) -> CreatedResource:
    if properties["ListenerArn"] not in alb._listeners:
        raise ValueError(f"There is no listener {properties['ListenerArn']}")
    for certificate in properties["Certificates"]:
        if certificate["CertificateArn"] not in acm._certificates:
            raise ValueError(f"There is no certificate {certificate['CertificateArn']}")
    return identifier, {"Id": identifier}
