"""CloudFormation types that MiniStack 1.5.33 lacks and whose resources nothing here reads.

Their properties are checked and not stored: the local load balancer has a certificate of its own,
and nothing runs saved queries.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ministack.core.responses import new_uuid
from ministack.services import acm, alb
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties

Check = Callable[[Properties], None]


def _check_listener_certificate(properties: Properties) -> None:
    if properties["ListenerArn"] not in alb._listeners:
        raise ValueError(f"There is no listener {properties['ListenerArn']}")
    for certificate in properties["Certificates"]:
        if certificate["CertificateArn"] not in acm._certificates:
            raise ValueError(f"There is no certificate {certificate['CertificateArn']}")


def _check_query_definition(properties: Properties) -> None:
    for required in ("Name", "QueryString"):
        if not properties.get(required):
            raise ValueError(f"AWS::Logs::QueryDefinition requires {required}")


# By type: the attribute with the resource's id, and the check of its properties.
RESOURCE_TYPES: dict[str, tuple[str, Check]] = {
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": ("Id", _check_listener_certificate),
    "AWS::Logs::QueryDefinition": ("QueryDefinitionId", _check_query_definition),
}


def install() -> None:
    """Adds the handlers to CloudFormation."""
    for name, (attribute, check) in RESOURCE_TYPES.items():
        provisioners._RESOURCE_HANDLERS[name] = {
            "create": partial(_create, attribute, check),
            "update": partial(_update, attribute, check),
            "delete": lambda _identifier, _properties: None,
        }


def _create(
    attribute: str, check: Check, _logical_id: str, properties: Properties, _stack: str
) -> CreatedResource:
    return _update(attribute, check, str(new_uuid()), {}, properties, _stack)


def _update(
    attribute: str, check: Check, identifier: str, _old: Properties, new: Properties, _stack: str
) -> CreatedResource:
    check(new)
    return identifier, {attribute: identifier}
