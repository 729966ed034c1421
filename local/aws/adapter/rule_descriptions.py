"""Descriptions of security groups and of their rules, which EC2 takes in some letters alone.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import Properties

ALLOWED = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
TYPES = (
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
)
NAMES = ("Description", "GroupDescription")
RULES = ("SecurityGroupIngress", "SecurityGroupEgress")


def install() -> None:
    """Has CloudFormation make nothing whose description EC2 refuses."""
    for type_ in TYPES:
        handlers = provisioners._RESOURCE_HANDLERS[type_]
        handlers["create"] = _checked(handlers["create"])


def _checked(create: Callable[..., Any]) -> Callable[..., Any]:
    def create_if_allowed(logical_id: str, properties: Properties, *more: Any) -> Any:
        for text in _descriptions(properties):
            if not ALLOWED.fullmatch(text):
                raise ValueError(f"Invalid rule description: {text!r}")
        return create(logical_id, properties, *more)

    return create_if_allowed


def _descriptions(properties: Properties) -> Iterator[str]:
    rules = [rule for name in RULES for rule in properties.get(name) or ()]
    for each in (properties, *rules):
        yield from (str(each[name]) for name in NAMES if name in each)
