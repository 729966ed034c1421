"""Statements of policies as data: templates are made of them, and commands show and compare them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

VERSION = "2012-10-17"

Json = dict[str, Any]
Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Location:
    """Parts of the ARNs and host names of one account and Region.

    `dns_suffix` is that of AWS's hosts, such as amazonaws.com. In a template they are tokens.
    """

    partition: str
    region: str
    account: str
    dns_suffix: str

    def arn(self, service: str, resource: str, *, account: str | None = None) -> str:
        """The ARN of a resource of this Region and account, or of another `account`."""
        owner = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{self.region}:{owner}:{resource}"

    def iam_arn(self, resource: str) -> str:
        """The ARN of a resource of IAM, which knows no Regions."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    def host(self, service: str) -> str:
        """The name of a service in conditions, such as sqs.eu-west-1.amazonaws.com."""
        return f"{service}.{self.region}.{self.dns_suffix}"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is allowed, or denied: `actions` on `resources`, by their ARNs.

    `purpose` says in words what it is for, `sid` names it in a policy.
    """

    sid: str
    purpose: str
    actions: Sequence[str]
    resources: Sequence[str]
    condition: Condition = field(default_factory=dict)
    effect: str = "Allow"

    def named_for(self, environment: str) -> Statement:
        """The statement in a policy of several environments, where each Sid is another."""
        words = re.findall(r"[A-Za-z0-9]+", environment)
        name = "".join(f"{each[0].upper()}{each[1:]}" for each in words)
        return replace(self, sid=f"{self.sid}Of{name}")

    def as_json(self, principal: Mapping[str, Any] | None = None) -> Json:
        """The statement as a policy has it; that of a resource names a principal."""
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            **({"Principal": dict(principal)} if principal else {}),
            "Action": list(self.actions),
            "Resource": list(self.resources),
            **({"Condition": plain(self.condition)} if self.condition else {}),
        }


def plain(condition: Condition) -> Json:
    """A condition as JSON has it."""
    return {
        operator: {
            key: value if isinstance(value, str) else list(value) for key, value in keys.items()
        }
        for operator, keys in condition.items()
    }


def document(statements: Iterable[Json]) -> Json:
    """A policy of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def via(*hosts: str) -> Condition:
    """The condition that a key is used through one of these services alone."""
    return {"StringEquals": {"kms:ViaService": hosts}}
