"""Rules about the account and Region that the file is deployed to, where they are known.

Where they are not, what must be of one Region is compared with the secret of the file's client.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from config.checks.finding import warning
from config.checks.partial import PartialFile, partial_subnets
from config.model import Configuration
from config.new_environment import NewEnvironment
from errors import Finding, Place
from mwaa.regions import (
    WITH_ENVIRONMENTS,
    WITHOUT_ENVIRONMENTS,
    WITHOUT_GRACEFUL_UPDATES,
    Target,
)

PARTS = ("partition", "region", "account")
NOTHING_SHARED = "partitions share nothing"
CLIENTS_SECRET = "Oidc.ClientSecretArn"  # noqa: S105 - a place


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
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
        "Arn": Needs(("partition", "account"), "a role is passed to MWAA within its own account"),
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
        **dict.fromkeys(
            ("ManagedPolicyArns", "PermissionsBoundaryArn"),
            Needs(("partition", "account"), "IAM takes policies of its own account, or of AWS"),
        ),
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
        "OidcProviderArn": Needs(
            ("partition", "account"), "a role trusts an OIDC provider of its own account"
        ),
        # Of any Region; of which accounts, config/checks/pipeline.py says.
        "ConnectionArn": Needs(("partition",), NOTHING_SHARED),
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
        "TopicArn": Needs(PARTS, "alarms send to topics of their own account and Region"),
        "SourceBucketArn": Needs(("partition",), NOTHING_SHARED),
        "LogBucketArn": Needs(("partition",), NOTHING_SHARED),
        # Of a decision's statements. Other Regions and accounts can be reached.
        "Resource": Needs(("partition",), NOTHING_SHARED),
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
        "TokenSecretArn": Needs(
            ("partition", "account"),
            "the secret's key, aws/secretsmanager, cannot be used from another account",
        ),
    }
)
"""Keys that name something by its ARN, and what of it must be as the deployment's is."""

EVERYWHERE: Mapping[str, tuple[str, ...]] = MappingProxyType({"account": ("aws",)})
"""Parts of ARNs that name no place: the policies of AWS's own are in every account."""

DOMAIN_KEY = Needs(
    ("partition", "region"), "a domain without Region is in this one, and its key with it"
)
DOMAIN_KEY_ELSEWHERE = Needs(("partition",), NOTHING_SHARED)
"""The key of a DataZone domain whose Region is given, which the section compares by itself."""


def own_arns(file: PartialFile) -> Iterator[Finding]:
    """What an ARN names can be used in the account, Region and partition of the deployment."""
    if not (home := file.home):
        return
    whose = "the deployment" if file.target else CLIENTS_SECRET
    for place, arn, needs in _arns(file.own, ()):
        wrong = [part for part in needs.parts if _differs(arn, home, part)]
        if wrong:
            own = ", ".join(f"{part} {getattr(home, part)}" for part in wrong)
            given = ", ".join(getattr(arn, part) for part in wrong)
            yield Finding(
                place=place,
                message=f"This is in {given}, and {whose} in {own}: {needs.why}.",
                remedy="Name one of the deployment's own, or deploy there."
                if file.target
                else "Correct one of them: both must be where the file is deployed.",
            )


def zones_of_the_region(file: PartialFile) -> Iterator[Finding]:
    """Zones of existing VPCs are those of the Region that is deployed to."""
    if not (home := file.home):
        return
    for at, vpc in file.given_vpcs.items():
        for index, subnet in partial_subnets(vpc).items():
            zone = subnet.get(lambda each: each.availability_zone)
            if zone and zone[:-1] != home.region:
                where = "where this is deployed" if file.target else f"where {CLIENTS_SECRET} is"
                yield Finding(
                    place=(*at, "Subnets", index, "AvailabilityZone"),
                    message=f"{zone} is no zone of {home.region}, {where}.",
                    remedy="Name a subnet of this Region, or deploy to its own.",
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
            "Description, UiHost, UiPriority, Wave, Alarms, AirflowVersion and "
            "WebServerAccessMode.",
        )


def graceful_updates(file: PartialFile) -> Iterator[Finding]:
    """Updates are graceful where MWAA has graceful updates."""
    if file.target is None or file.target.region not in WITHOUT_GRACEFUL_UPDATES:
        return
    for index, environment in file.new.items():
        if environment.get(lambda each: each.worker_replacement_strategy) == "GRACEFUL":
            yield Finding(
                place=("MwaaEnvironments", index, "WorkerReplacementStrategy"),
                message=f"MWAA has no graceful updates in {file.target.region}.",
                remedy="Take FORCED, or take the key out.",
            )


def unknown_region(configuration: Configuration, target: Target) -> Iterator[Finding]:
    """A Region in which nobody knows yet whether environments can be made."""
    if target.region in WITH_ENVIRONMENTS | WITHOUT_ENVIRONMENTS:
        return
    for index, environment in enumerate(configuration.environments):
        if isinstance(environment, NewEnvironment):
            yield warning(
                ("MwaaEnvironments", index),
                f"This version does not know whether CloudFormation can make an environment in "
                f"{target.region}. If it cannot, the deployment of this one fails.",
                subject=environment.name,
            )


def _differs(arn: Arn, target: Target, part: str) -> bool:
    own = getattr(target, part)
    return own is not None and getattr(arn, part) not in {"", "*", own, *EVERYWHERE.get(part, ())}


def _arns(value: Any, place: Place) -> Iterator[tuple[Place, Arn, Needs]]:
    """The ARNs of the file that must fit the deployment, each with its place."""
    match value:
        case dict():
            for key, inner in value.items():
                if needs := _needs(key, value):
                    yield from _own_arns(inner, (*place, key), needs)
                else:
                    yield from _arns(inner, (*place, key))
        case list():
            for index, inner in enumerate(value):
                yield from _arns(inner, (*place, index))


def _needs(key: str, section: Mapping[str, Any]) -> Needs | None:
    if key == "KmsKeyArn" and "Provider" in section:
        return DOMAIN_KEY_ELSEWHERE if section.get("Region") else DOMAIN_KEY
    return SAME.get(key)


def _own_arns(value: Any, place: Place, needs: Needs) -> Iterator[tuple[Place, Arn, Needs]]:
    """The ARN, or the ARNs of a list, with the parts that it must have."""
    match value:
        case str() if value.count(":") > len(PARTS) + 1:
            _, partition, _, region, account, *_ = value.split(":")
            yield place, Arn(partition, region, account), needs
        case list():
            for index, inner in enumerate(value):
                yield from _own_arns(inner, (*place, index), needs)
