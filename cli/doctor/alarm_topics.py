"""Check of the topics to which alarms send: there, open to CloudWatch, and heard by somebody.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code, Fault
from config.stack_names import Kind
from config.watched_alarms import alarms_by_topic
from errors import Finding, Level, PlatformError
from mwaa.permissions.evaluation import Request, Verdict, judge

CLOUDWATCH = "cloudwatch.amazonaws.com"
NOT_THERE = {"NotFound", "InvalidParameter"}
"""Errors for a topic that is not there; the second one, for an ARN of another Region."""
NO_KEY = "NotFoundException"
BY_KEY = ("kms:Decrypt", "kms:GenerateDataKey")


def check_alarm_topics(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding of each topic to which alarms send; none without a topic."""
    sns, kms = platform.session.client("sns"), platform.session.client("kms")
    topics = alarms_by_topic(platform.configuration, made_topic=_made_topic(platform))
    for arn, alarms in topics.items():
        subject = f"Topic {arn.rpartition(':')[2]}"
        try:
            topic = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_THERE:
                raise
            yield Finding(
                subject=subject,
                message=f"There is no topic {arn} in this account and Region, so alarms notify "
                "nobody.",
                remedy="Create it, or correct TopicArn.",
                code=Code.TOPIC_MISSING,
            )
            continue
        faults = [*_closed(kms, arn, topic, alarms), *_unheard(topic)]
        for code, message, remedy in faults:
            yield Finding(subject=subject, message=message, remedy=remedy, code=code)
        if not faults:
            confirmed = topic["SubscriptionsConfirmed"]
            yield Finding(
                level=Level.OK, subject=subject, message=f"Confirmed subscriptions: {confirmed}"
            )


def _made_topic(platform: DeployedPlatform) -> str | None:
    """The ARN of the topic that is made, once it is; whether it is, another check says."""
    if platform.configuration.alarm_topic is None:
        return None
    try:
        return platform.output(Kind.TOPIC, "AlarmTopicArn")
    except PlatformError:
        return None


def _closed(kms: Any, arn: str, topic: Mapping[str, str], alarms: Sequence[str]) -> Iterator[Fault]:
    """What keeps alarms from the topic: its policy, or its key."""
    policy = json.loads(topic["Policy"])
    if refused := _refused(policy, ("sns:Publish",), arn, alarms, resource=arn):
        yield Fault(
            Code.TOPIC_CLOSED,
            f"Its policy does not let CloudWatch send to it: {', '.join(refused)}.",
            f"Let {CLOUDWATCH} do sns:Publish in the topic's policy.",
        )
    if key := topic.get("KmsMasterKeyId"):
        yield from _closed_key(kms, key, arn, alarms)


def _closed_key(kms: Any, name: str, arn: str, alarms: Sequence[str]) -> Iterator[Fault]:
    try:
        key = kms.describe_key(KeyId=name)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] != NO_KEY:
            raise
        yield Fault(
            Code.TOPIC_CLOSED, f"Its key {name} does not exist.", "Set another key on the topic."
        )
        return
    if key.get("KeyManager") == "AWS":
        yield Fault(
            Code.TOPIC_CLOSED,
            "It is encrypted with an AWS managed key, which CloudWatch may not use.",
            "Encrypt it with a customer managed key whose policy lets CloudWatch use it.",
        )
        return
    if key.get("KeyState", "Enabled") != "Enabled":
        yield Fault(Code.TOPIC_CLOSED, f"Its key {name} is {key['KeyState']}.", "Enable the key.")
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    if refused := _refused(policy, BY_KEY, arn, alarms):
        yield Fault(
            Code.TOPIC_CLOSED,
            f"The policy of its key {name} does not let CloudWatch use it: {', '.join(refused)}.",
            f"Let {CLOUDWATCH} do kms:Decrypt and kms:GenerateDataKey* in the key's policy.",
        )


def _refused(
    policy: Mapping[str, Any],
    actions: Sequence[str],
    topic: str,
    alarms: Sequence[str],
    *,
    resource: str = "*",
) -> list[str]:
    """The alarms for which a policy does not allow one of the actions; what cannot be judged is
    taken for allowed."""
    partition, region, account = (topic.split(":")[part] for part in (1, 3, 4))
    context = {
        "aws:SourceAccount": account,
        "aws:SourceOwner": account,
        "aws:SecureTransport": "true",
    }
    return [
        alarm
        for alarm in alarms
        for source in [f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm}"]
        if not all(
            judge(
                policy,
                Request(
                    action=each,
                    resource=resource,
                    principals={"Service": frozenset([CLOUDWATCH])},
                    context={**context, "aws:SourceArn": source},
                ),
            )
            in {Verdict.ALLOWED, Verdict.UNKNOWN}
            for each in actions
        )
    ]


def _unheard(topic: Mapping[str, str]) -> Iterator[Fault]:
    if int(topic.get("SubscriptionsConfirmed", "0")):
        return
    pending = int(topic.get("SubscriptionsPending", "0"))
    yield Fault(
        Code.TOPIC_UNHEARD,
        f"Nobody gets what is sent: {pending} of its subscriptions wait for confirmation."
        if pending
        else "Nobody gets what is sent: it has no subscription.",
        "Open the link in the message that each address got; after two days it must be subscribed "
        "anew."
        if pending
        else "Subscribe what your people are called by, or add Emails to AlarmTopic.",
    )
