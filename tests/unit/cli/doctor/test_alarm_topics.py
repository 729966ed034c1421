"""Findings about the topics to which alarms send."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from cli.deployed import DeployedPlatform
from cli.doctor.alarm_topics import check_alarm_topics
from config.outline import outline_of
from tests.unit.cli.doctor.conftest import PORTAL, Doctor
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.unit.config.configurations import draft, parse

ARN = "arn:aws:sns:us-east-1:111122223333:on-call"
KEY = "11112222-3333-4444-5555-666677778888"
CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}
ALARMS = "arn:aws:cloudwatch:us-east-1:111122223333:alarm"
Json = dict[str, Any]
Findings = Callable[..., list[tuple[str | None, str]]]


def policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allowed(action: str, **more: Any) -> Json:
    return {"Effect": "Allow", "Principal": CLOUDWATCH, "Action": action, "Resource": "*", **more}


SENDS = allowed("sns:Publish")
# What SNS gives a topic of which nothing else is said.
DEFAULT = {
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["SNS:Publish", "SNS:Subscribe"],
    "Resource": ARN,
    "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}},
}


def topic(*statements: Json, confirmed: int = 1, pending: int = 0, **more: str) -> Json:
    return {
        "TopicArn": ARN,
        "Policy": json.dumps(policy(*statements)),
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": str(pending),
        **more,
    }


@pytest.fixture
def findings(aws: FakeAws) -> Findings:
    """What makes the codes and messages of a configuration's topics."""
    assert aws

    def found(**alarms: Any) -> list[tuple[str | None, str]]:
        configuration = parse(draft(Alarms={"TopicArn": ARN, **alarms}))
        platform = DeployedPlatform(
            outline=outline_of(configuration),
            place="AWS",
            session=boto3.Session(region_name="us-east-1"),
            variables={},
            ca_file="",
            configuration=configuration,
        )
        return [(each.code or None, each.message) for each in check_alarm_topics(platform)]

    return found


@pytest.mark.parametrize("statement", [SENDS, DEFAULT], ids=["own policy", "the default one"])
def test_a_topic_that_is_open_and_heard_is_well(
    statement: Json, aws: FakeAws, findings: Findings
) -> None:
    aws.topics[ARN] = topic(statement)
    assert findings() == [(None, "Confirmed subscriptions: 1")]


def test_a_topic_that_is_not_there(findings: Findings) -> None:
    [(code, message)] = findings()
    assert code == "topic-missing"
    assert ARN in message


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [{**SENDS, "Principal": {"Service": "events.amazonaws.com"}}],
        [{**SENDS, "Action": "sns:Subscribe"}],
        [{**SENDS, "Resource": f"{ARN}-other"}],
        [{**SENDS, "Condition": {"StringEquals": {"aws:SourceAccount": "999988887777"}}}],
        [{**DEFAULT, "Condition": {"StringEquals": {"AWS:SourceOwner": "999988887777"}}}],
        [SENDS, {**SENDS, "Effect": "Deny", "Principal": "*"}],
    ],
    ids=["no statement", "service", "action", "topic", "account", "owner", "denial"],
)
def test_a_topic_whose_policy_does_not_let_alarms_in(
    statements: list[Json], aws: FakeAws, findings: Findings
) -> None:
    aws.topics[ARN] = topic(*statements)
    [(code, message)] = findings()
    assert code == "topic-closed"
    assert "mwaa-platform-Sso, mwaa-platform-Env-analytics" in message


def test_only_the_alarms_that_are_refused_are_named(aws: FakeAws, findings: Findings) -> None:
    only = {"ArnLike": {"aws:SourceArn": f"{ALARMS}:mwaa-platform-Sso"}}
    aws.topics[ARN] = topic({**SENDS, "Condition": only})
    [(code, message)] = findings()
    assert code == "topic-closed"
    assert "Env-analytics" in message
    assert "Sso" not in message


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (None, "does not exist"),
        ({"KeyManager": "AWS"}, "AWS managed key"),
        ({"Policy": policy()}, "does not let CloudWatch use it"),
        ({"Policy": policy(allowed("kms:Decrypt"))}, "does not let CloudWatch use it"),
        ({"Policy": policy(allowed("kms:*")), "KeyState": "Disabled"}, "is Disabled"),
    ],
)
def test_a_topic_whose_key_cloudwatch_cannot_use(
    key: Json | None, said: str, aws: FakeAws, findings: Findings
) -> None:
    aws.topics[ARN] = topic(SENDS, KmsMasterKeyId=KEY)
    aws.keys = {} if key is None else {KEY: key}
    [(code, message)] = findings()
    assert code == "topic-closed"
    assert said in message


def test_a_topic_whose_key_lets_cloudwatch_in_is_well(aws: FakeAws, findings: Findings) -> None:
    aws.topics[ARN] = topic(SENDS, KmsMasterKeyId=KEY)
    aws.keys[KEY] = {"Policy": policy(allowed("kms:Decrypt"), allowed("kms:GenerateDataKey*"))}
    assert [code for code, _ in findings()] == [None]


@pytest.mark.parametrize(
    ("pending", "said"), [(0, "it has no subscription"), (2, "2 of its subscriptions wait")]
)
def test_a_topic_that_nobody_hears(
    pending: int, said: str, aws: FakeAws, findings: Findings
) -> None:
    aws.topics[ARN] = topic(SENDS, confirmed=0, pending=pending)
    [(code, message)] = findings()
    assert code == "topic-unheard"
    assert said in message


def test_a_topic_that_gets_nothing_is_not_looked_at(findings: Findings) -> None:
    assert findings(Notify=False) == []


def test_the_topic_that_is_made_is_looked_at_once_it_is_there(aws: FakeAws, doctor: Doctor) -> None:
    assert doctor.codes(AlarmTopic={}) == ["stack-missing"]
    aws.stacks = {**aws.stacks, **PORTAL, "mwaa-platform-Topic": {"AlarmTopicArn": ARN}}
    aws.topics[ARN] = topic(SENDS, confirmed=0)
    assert doctor.codes(AlarmTopic={}) == ["topic-unheard"]
