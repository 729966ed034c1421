"""What cannot work in the account and Region that a file is deployed to."""

from __future__ import annotations

from typing import Any

import pytest

from config.checks.rules import warnings
from mwaa.regions import Target
from tests.unit.config.configurations import (
    ALB,
    LINEAGE,
    SMALLEST,
    draft,
    mistakes_in,
    parse,
    with_environment,
)
from tests.unit.config.given_vpcs import entry, file, subnet

HOME = Target(account="111122223333", region="us-east-1")
FILE = with_environment(
    KmsKeyArn="arn:aws:kms:us-east-1:111122223333:key/1111-2222",
    SourceBucketArn="arn:aws:s3:::example",
    Lineage={
        **LINEAGE,
        "TokenSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf",
    },
)
FILE["Alb"] |= {
    "WebAclArn": "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/1111-2222",
    "LogBucketArn": "arn:aws:s3:::example-logs",
}
SECRET, CERTIFICATE, WEB_ACL = "Oidc.ClientSecretArn", "Alb.CertificateArn", "Alb.WebAclArn"
KEY, BUCKET, LOGS, TOKEN = (
    "MwaaEnvironments[0].KmsKeyArn",
    "MwaaEnvironments[0].SourceBucketArn",
    "Alb.LogBucketArn",
    "MwaaEnvironments[0].Lineage.TokenSecretArn",
)


def test_what_is_at_home_is_taken() -> None:
    assert mistakes_in(FILE, HOME) == {}


def test_where_the_target_is_not_known_the_clients_secret_says_the_region() -> None:
    assert mistakes_in(FILE) == {}
    key = "arn:aws:kms:eu-west-1:111122223333:key/1111-2222"
    subnets = [subnet(1, "a", AvailabilityZone="eu-west-1a"), subnet(2, "b")]
    elsewhere = file(
        entry(
            vpc={"Subnets": subnets},
            SecretsBackend={"KmsKeyArn": key},
            SourceBucketArn="arn:aws-cn:s3:::example",
        )
    )

    mistakes = mistakes_in(elsewhere)

    assert {place: each.message for place, each in mistakes.items()} == {
        BUCKET: "This is in aws-cn, and Oidc.ClientSecretArn in partition aws: partitions share "
        "nothing.",
        "MwaaEnvironments[0].SecretsBackend.KmsKeyArn": "This is in eu-west-1, and "
        "Oidc.ClientSecretArn in region us-east-1: a key works in its own Region, and this is no "
        "multi-Region one.",
        "MwaaEnvironments[0].Vpc.Subnets[0].AvailabilityZone": "eu-west-1a is no zone of "
        "us-east-1, where Oidc.ClientSecretArn is.",
    }
    assert not mistakes_in({**elsewhere, "Oidc": {}}).keys() & mistakes.keys()


@pytest.mark.parametrize(
    ("target", "refused"),
    [
        (Target(account="111122223333", region="eu-west-1"), {SECRET, CERTIFICATE, WEB_ACL, KEY}),
        (Target(account="999999999999", region="us-east-1"), {CERTIFICATE, WEB_ACL, TOKEN}),
        (
            Target(account="111122223333", region="cn-north-1"),
            {SECRET, CERTIFICATE, WEB_ACL, KEY, BUCKET, LOGS, TOKEN},
        ),
    ],
    ids=["another Region", "another account", "another partition"],
)
def test_what_belongs_elsewhere_is_refused_where_it_cannot_work(
    target: Target, refused: set[str]
) -> None:
    assert mistakes_in(FILE, target).keys() == refused


@pytest.mark.parametrize(
    ("target", "path", "words"),
    [
        (
            Target(account="111122223333", region="eu-west-1"),
            CERTIFICATE,
            "This is in us-east-1, and the deployment in region eu-west-1: a load balancer takes "
            "certificates of its own account and Region.",
        ),
        (
            Target(account="999999999999", region="us-east-1"),
            TOKEN,
            "This is in 111122223333, and the deployment in account 999999999999: the secret's "
            "key, aws/secretsmanager, cannot be used from another account.",
        ),
        (
            Target(account="111122223333", region="cn-north-1"),
            BUCKET,
            "This is in aws, and the deployment in partition aws-cn: partitions share nothing.",
        ),
    ],
)
def test_the_message_says_where_both_are(target: Target, path: str, words: str) -> None:
    mistake = mistakes_in(FILE, target)[path]
    assert mistake.message == words
    assert mistake.remedy == "Name one of the deployment's own, or deploy there."


def test_a_server_certificate_of_iam_has_no_region() -> None:
    arn = "arn:aws:iam::111122223333:server-certificate/a"
    raw = draft(Alb={**ALB, "CertificateArn": arn})
    elsewhere = Target(account="111122223333", region="eu-west-1")
    assert mistakes_in(raw, elsewhere).keys() == {SECRET}


@pytest.mark.parametrize("region", ["us-gov-west-1", "us-gov-east-1", "ap-east-2"])
def test_a_new_environment_is_refused_where_cloudformation_has_none(region: str) -> None:
    target = Target(account="111122223333", region=region)
    mistake = mistakes_in(draft(), target)["MwaaEnvironments[0]"]
    assert mistake.message == f"CloudFormation cannot make an environment in {region}."
    assert mistake.remedy == (
        "Deploy to another Region. An environment that exists has no keys beyond Name, "
        "Description, UiHost, UiPriority, Wave, Alarms, AirflowVersion and WebServerAccessMode."
    )


def test_an_environment_that_exists_is_taken_there() -> None:
    target = Target(account="111122223333", region="ap-east-2")
    raw: dict[str, Any] = draft(MwaaEnvironments=[{"Name": "finance"}])
    for section in ("Oidc", "Alb"):
        raw[section] = {
            key: value.replace("us-east-1", "ap-east-2") for key, value in SMALLEST[section].items()
        }
    assert mistakes_in(raw, target) == {}


@pytest.mark.parametrize("region", ["mx-central-1", "eu-east-9"])
def test_a_region_that_is_not_known_is_a_warning(region: str) -> None:
    raw = draft()
    for section in ("Oidc", "Alb"):
        raw[section] = {
            key: value.replace("us-east-1", region) for key, value in SMALLEST[section].items()
        }
    target = Target(region=region)

    assert mistakes_in(raw, target) == {}
    [said] = [
        str(each) for each in warnings(parse(raw), deployed_to=target) if region in each.message
    ]
    assert "does not know whether CloudFormation can make an environment" in said


def test_a_known_region_and_an_environment_that_exists_are_no_warning() -> None:
    existing = parse(draft(MwaaEnvironments=[{"Name": "finance"}]))
    for configuration, region in ((parse(draft()), "us-east-1"), (existing, "eu-east-9")):
        given = list(warnings(configuration))
        assert list(warnings(configuration, deployed_to=Target(region=region))) == given


def test_an_account_that_is_not_known_is_not_compared() -> None:
    assert mistakes_in(FILE, Target(region="us-east-1")) == {}
    elsewhere = mistakes_in(FILE, Target(region="eu-west-1"))
    assert elsewhere.keys() == {SECRET, CERTIFICATE, WEB_ACL, KEY}


@pytest.mark.parametrize("region", ["ca-west-1", "ap-southeast-5"])
def test_graceful_updates_are_refused_where_mwaa_has_none(region: str) -> None:
    key = "MwaaEnvironments[0].WorkerReplacementStrategy"
    graceful = with_environment(WorkerReplacementStrategy="GRACEFUL")

    mistake = mistakes_in(graceful, Target(region=region))[key]

    assert mistake.message == f"MWAA has no graceful updates in {region}."
    assert key not in mistakes_in(graceful, Target(region="ca-central-1"))
    assert key not in mistakes_in(graceful)
    forced = with_environment(WorkerReplacementStrategy="FORCED")
    assert key not in mistakes_in(forced, Target(region=region))


def _decision(*resources: str) -> dict[str, Any]:
    statement = {"Action": "s3:GetObject", "Resource": list(resources)}
    several = {"Action": "s3:GetObject", "Resource": resources[0]}
    return draft(
        Authenticator={
            "Decision": {
                "Module": "decisions/by_group_name.py",
                "Statements": [statement, several],
            }
        }
    )


def test_a_decisions_statement_names_nothing_of_another_partition() -> None:
    place = "Authenticator.Decision.Statements"
    good = ("arn:aws:s3:::a/*", "arn:aws:dynamodb:eu-west-1:999999999999:table/b")
    assert not [each for each in mistakes_in(_decision(*good), HOME) if each.startswith(place)]

    mistakes = mistakes_in(_decision("arn:aws-cn:s3:::a/*", *good), HOME)

    assert {each for each in mistakes if each.startswith(place)} == {
        f"{place}[0].Resource[0]",
        f"{place}[1].Resource",
    }


DOMAIN = {"Provider": "DataZone", "DomainId": "dzd-4x8b2k"}
EAST, WEST = (f"arn:aws:kms:{each}:999999999999:key/1" for each in ("us-east-1", "eu-west-1"))


@pytest.mark.parametrize(
    ("domain", "refused"),
    [
        ({"KmsKeyArn": EAST}, False),
        ({"KmsKeyArn": WEST}, True),
        ({"Region": "eu-west-1", "KmsKeyArn": WEST}, False),
        ({"Region": "eu-west-1", "KmsKeyArn": EAST}, True),
        ({"Region": "eu-west-1", "KmsKeyArn": WEST.replace("aws", "aws-cn", 1)}, True),
    ],
)
def test_the_key_of_a_domain_is_in_the_domains_region(
    domain: dict[str, str], refused: bool
) -> None:
    raw = with_environment(Lineage={**DOMAIN, **domain})

    assert ("MwaaEnvironments[0].Lineage.KmsKeyArn" in mistakes_in(raw, HOME)) is refused


def test_a_key_in_another_region_than_its_domain_is_known_without_a_target() -> None:
    raw = with_environment(Lineage={**DOMAIN, "Region": "eu-west-1", "KmsKeyArn": EAST})
    mistake = mistakes_in(raw)["MwaaEnvironments[0].Lineage.KmsKeyArn"]
    assert mistake.message == "The key is in us-east-1, and the domain in eu-west-1."
