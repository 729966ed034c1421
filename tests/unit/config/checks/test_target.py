"""What cannot work in the account and Region that a file is deployed to."""

from __future__ import annotations

from typing import Any

import pytest

from mwaa.regions import Target
from tests.unit.config.configurations import (
    ALB,
    LINEAGE,
    SMALLEST,
    draft,
    mistakes_in,
    with_environment,
)

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


def test_nothing_is_said_where_the_target_is_not_known() -> None:
    assert mistakes_in(FILE) == {}


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


@pytest.mark.parametrize("region", ["us-gov-west-1", "mx-central-1", "ap-east-2"])
def test_a_new_environment_is_refused_where_cloudformation_has_none(region: str) -> None:
    target = Target(account="111122223333", region=region)
    mistake = mistakes_in(draft(), target)["MwaaEnvironments[0]"]
    assert mistake.message == f"CloudFormation cannot make an environment in {region}."
    assert mistake.remedy == (
        "Deploy to another Region. An environment that exists has no keys beyond Name, "
        "Description, UiHost, UiPriority, AirflowVersion and WebServerAccessMode."
    )


def test_an_environment_that_exists_is_taken_there() -> None:
    target = Target(account="111122223333", region="mx-central-1")
    raw: dict[str, Any] = draft(MwaaEnvironments=[{"Name": "finance"}])
    for section in ("Oidc", "Alb"):
        raw[section] = {
            key: value.replace("us-east-1", "mx-central-1")
            for key, value in SMALLEST[section].items()
        }
    assert mistakes_in(raw, target) == {}
