"""Rules about the account and Region that the file is deployed to, where they are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from config.checks.partial import PartialFile
from errors import Finding, Place
from mwaa.regions import WITHOUT_ENVIRONMENTS, Target

PARTS = ("partition", "region", "account")


class Arn(NamedTuple):
    """What two ARNs can have in common; empty where an ARN does not say it."""

    partition: str
    region: str
    account: str


class Needs(NamedTuple):
    """Parts of an ARN that must be the deployment's, and why."""

    parts: tuple[str, ...]
    why: str


SAME: Mapping[str, Needs] = MappingProxyType(
    {
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
        "ClientSecretArn": Needs(
            ("partition", "region"), "CloudFormation reads the secret in the stack's own Region"
        ),
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
        "CertificateArn": Needs(
            PARTS, "a load balancer takes certificates of its own account and Region"
        ),
        # https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
        "WebAclArn": Needs(PARTS, "a load balancer takes a web ACL of its own account and Region"),
        # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
        "KmsKeyArn": Needs(
            ("partition", "region"),
            "a key works in its own Region, and this is no multi-Region one",
        ),
        "SourceBucketArn": Needs(("partition",), "partitions share nothing"),
        "LogBucketArn": Needs(("partition",), "partitions share nothing"),
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
        "TokenSecretArn": Needs(
            ("partition", "account"),
            "the secret's key, aws/secretsmanager, cannot be used from another account",
        ),
    }
)
"""Keys that name something by its ARN, and what of it must be as the deployment's is."""


def own_arns(file: PartialFile) -> Iterator[Finding]:
    """What an ARN names can be used in the account, Region and partition of the deployment."""
    if file.target is None:
        return
    for place, arn, needs in _arns(file.own, ()):
        wrong = [part for part in needs.parts if _differs(arn, file.target, part)]
        if wrong:
            own = ", ".join(f"{part} {getattr(file.target, part)}" for part in wrong)
            given = ", ".join(getattr(arn, part) for part in wrong)
            yield Finding(
                place=place,
                message=f"This is in {given}, and the deployment in {own}: {needs.why}.",
                remedy="Name one of the deployment's own, or deploy there.",
            )


def creatable_environments(file: PartialFile) -> Iterator[Finding]:
    """New environments are made where CloudFormation can make them."""
    if file.target is None or file.target.region not in WITHOUT_ENVIRONMENTS:
        return
    for index in file.new:
        yield Finding(
            place=("MwaaEnvironments", index),
            message=f"CloudFormation cannot make an environment in {file.target.region}.",
            remedy="Deploy to another Region. An environment that exists has no keys beyond Name, "
            "Description, UiHost, UiPriority, AirflowVersion and WebServerAccessMode.",
        )


def _differs(arn: Arn, target: Target, part: str) -> bool:
    return getattr(arn, part) not in {"", getattr(target, part)}


def _arns(value: Any, place: Place) -> Iterator[tuple[Place, Arn, Needs]]:
    """The ARNs of the file that must fit the deployment, each with its place."""
    match value:
        case dict():
            for key, inner in value.items():
                # A catalogue's key is where the catalogue is.
                known = SAME.get(key) if not ("Provider" in value and key == "KmsKeyArn") else None
                if known and isinstance(inner, str) and inner.count(":") > len(PARTS) + 1:
                    _, partition, _, region, account, *_ = inner.split(":")
                    yield (*place, key), Arn(partition, region, account), known
                else:
                    yield from _arns(inner, (*place, key))
        case list():
            for index, inner in enumerate(value):
                yield from _arns(inner, (*place, index))
