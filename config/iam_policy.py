"""Identity policies of IAM in local files: their grammar and their size.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from config.checks.finding import repeats
from config.document import Document, read_document
from config.section import Matches, reject
from errors import Finding, InputError

VERSION = "2012-10-17"
MAX_CHARACTERS = 6144
"""Characters of a managed policy, without white space.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
OPERATORS = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    *("StringLike", "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan"),
    *("NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals"),
    *("DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan"),
    *("DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals"),
    *("ArnLike", "ArnNotEquals", "ArnNotLike", "Null"),
)
"""Condition operators, without IfExists after them and a set operator before.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""
WITHOUT_TYPES = frozenset({"execute-api", "sns"})
"""Services whose ARNs have a thing's own name where others have its type.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


OneOrSeveral = BeforeValidator(_as_list)
Action = Annotated[
    str,
    Matches(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+", "an action of IAM, such as s3:GetObject"),
]
Resource = Annotated[
    str,
    Matches(
        # CloudFormation's schema of a managed policy takes no other partition, service or account.
        r"\*|arn:(?:aws[a-z-]*|\*):[^:*?\s]+:[^:\s]*:(?:\d{12}|\*|aws)?:\S+",
        "the ARN of a resource, such as arn:aws:s3:::example-data/*",
    ),
]
Operator = Annotated[
    str,
    Matches(
        rf"(?:ForAllValues:|ForAnyValue:)?(?:{'|'.join(OPERATORS)})(?:IfExists)?",
        "a condition operator, such as StringEquals",
    ),
]
Actions = Annotated[tuple[Action, ...], Field(min_length=1), OneOrSeveral]
Resources = Annotated[tuple[Resource, ...], Field(min_length=1), OneOrSeveral]
Scalar = str | bool | int | float


class _Element(BaseModel):
    """Base of the elements: IAM's own keys, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyStatement(_Element):
    """A statement of an identity policy; it has no principal, which is the role."""

    Sid: Annotated[str, Matches(r"[A-Za-z0-9]*", "letters and digits")] | None = None
    Effect: Literal["Allow", "Deny"]
    Action: Actions | None = None
    NotAction: Actions | None = None
    Resource: Resources | None = None
    NotResource: Resources | None = None
    Condition: Mapping[Operator, Mapping[str, Scalar | tuple[Scalar, ...]]] | None = None

    @model_validator(mode="after")
    def _check_pairs(self) -> PolicyStatement:
        for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
            given = [key for key in (one, other) if getattr(self, key) is not None]
            if len(given) != 1:
                reject(f"A statement has either {one} or {other}.", "Give one of them.")
        return self

    @property
    def too_much(self) -> Sequence[str]:
        """Actions and resources by which it allows a whole service, or everything."""
        if self.Effect == "Deny":
            return ()
        wide = [each for each in self.Action or () if not each.partition(":")[2].strip("*?")]
        wide += [key for key in ("NotAction", "NotResource") if getattr(self, key)]
        return (*wide, *filter(_is_wide, self.Resource or ()))


def _is_wide(resource: str) -> bool:
    """Whether it is everything, all that a service has of one type, or in IAM of any account."""
    if resource == "*":
        return True
    _, _, service, _, account, name = resource.split(":", 5)
    if service == "iam" and account == "*":
        return True
    kind = name.rstrip("*?/:")
    end = name[len(kind) :]
    if not end.strip("/:"):
        return False
    # Without an account, as in S3, the first part is the name of one bucket.
    is_type = bool(account) and service not in WITHOUT_TYPES and end[0] in "/:"
    return not kind or (is_type and not set("/:") & set(kind))


class PolicyDocument(_Element):
    """An identity policy."""

    Version: Literal["2012-10-17"]
    Id: str | None = None
    Statement: Annotated[tuple[PolicyStatement, ...], Field(min_length=1), OneOrSeveral]

    @property
    def as_iam(self) -> dict[str, Any]:
        """The policy as IAM takes it."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def size(self) -> int:
        """Its number of characters without white space, as IAM counts them."""
        return len(json.dumps(self.as_iam, separators=(",", ":"), ensure_ascii=False))


def read_policy(path: Path) -> PolicyDocument:
    """Reads a policy; raises InputError with every mistake in the file, each with its line."""
    document = read_document(path)
    try:
        policy = PolicyDocument.model_validate(document.content)
    except ValidationError as error:
        raise InputError(path, list(_findings(error, document))) from None
    if repeated := list(_repeated_sids(policy, document)):
        raise InputError(path, repeated)
    if policy.size > MAX_CHARACTERS:
        finding = Finding(
            subject="the policy",
            message=f"It has {policy.size} characters; IAM takes {MAX_CHARACTERS}.",
            remedy="Make managed policies of a part of it, and name them in ManagedPolicyArns.",
        )
        raise InputError(path, [finding])
    return policy


def _repeated_sids(policy: PolicyDocument, document: Document) -> Iterator[Finding]:
    """Statements with the Sid of an earlier one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
    """
    statements = dict(enumerate(policy.Statement))
    for index, earlier in repeats(statements, lambda each: [each.Sid]):
        place = ("Statement", index, "Sid")
        yield Finding(
            place=place,
            position=document.position(place),
            message=f"Statement[{earlier}] has the same; a policy has each once.",
            remedy="Take another, or take it out.",
        )


def _findings(error: ValidationError, document: Document) -> Iterator[Finding]:
    for details in error.errors(include_url=False):
        if details["type"] == "too_short" and details["input"]:
            continue  # It only follows from an entry's error.
        place = tuple(step for step in details["loc"] if step != "[key]")
        message, remedy = _words(details)
        position = document.position(place)
        yield Finding(place=place, position=position, message=message, remedy=remedy)


def _words(details: ErrorDetails) -> tuple[str, str | None]:
    """Message and remedy of an error; no value of the file is shown."""
    context = details.get("ctx", {})
    match details["type"]:
        case "mistake":
            return context["message"], context["remedy"]
        case "missing":
            return "Missing.", None
        case "literal_error":
            return f"This must be {context['expected'].replace(chr(39), '')}.", None
        case "extra_forbidden" if details["loc"][-1] in {"Principal", "NotPrincipal"}:
            return "The principal is the role that gets the policy.", "Take it out."
        case "extra_forbidden":
            return "IAM knows no such key here.", None
    return "IAM takes no such value here.", None
