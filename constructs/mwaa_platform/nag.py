"""Acknowledgements of cdk-nag findings, made next to the construct that each is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledges findings on a construct.

    `reasons` maps a rule, with its granular finding in brackets if it has one, to the reason.
    """
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
    )


def wildcard_resource(scope: IConstruct, arn: str) -> str:
    """Rule id under which cdk-nag reports a policy's resource that contains `*`."""
    return f"AwsSolutions-IAM5[Resource::{_flatten(cdk.Stack.of(scope).resolve(arn))}]"


def _flatten(value: Any) -> str:
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_flatten(part) for part in parts)
    raise ValueError(f"cdk-nag's form of {value} is not known")
