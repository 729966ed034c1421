"""Accepted findings of cdk-nag, each beside the construct that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings on a construct: the rule, with its finding in brackets, and the reason."""
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
    )


def wildcard_resource(scope: IConstruct, arn: str) -> str:
    """The id under which cdk-nag reports a policy's resource that has a `*` in it."""
    return f"AwsSolutions-IAM5[Resource::{_flat(cdk.Stack.of(scope).resolve(arn))}]"


def _flat(value: Any) -> str:
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_flat(part) for part in parts)
    raise ValueError(f"cdk-nag's form of {value} is not known")
