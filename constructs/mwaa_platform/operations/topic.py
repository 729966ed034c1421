"""Topic to which alarms send."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

CLOUDWATCH = "cloudwatch.amazonaws.com"


class AlarmTopic(Construct):
    """Encrypted topic, to which only certain alarms of this account and Region may send.

    The key is one of its own: what AWS keeps for SNS does not let CloudWatch use it.
    https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    """

    topic: sns.Topic

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarm_names: Sequence[str],
        emails: Sequence[str] = (),
    ) -> None:
        """Adds the topic and its key.

        - `alarm_names`: of the alarms that may send; `*` stands for any characters.
        - `emails`: addresses that get what is sent, once each has confirmed; none by default.
        """
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        from_alarms = {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {
                "aws:SourceArn": [
                    stack.format_arn(
                        service="cloudwatch",
                        resource="alarm",
                        resource_name=each,
                        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                    )
                    for each in alarm_names
                ]
            },
        }
        key = kms.Key(
            self,
            "Key",
            description="Messages of alarms",
            enable_key_rotation=True,
            # It holds nothing: a message is encrypted until it is delivered.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsEncrypt",
                principals=[iam.ServicePrincipal(CLOUDWATCH)],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions=from_alarms,
            )
        )
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsSend",
                principals=[iam.ServicePrincipal(CLOUDWATCH)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=from_alarms,
            )
        )
        for address in emails:
            sns.Subscription(
                self,
                address,
                topic=self.topic,
                protocol=sns.SubscriptionProtocol.EMAIL,
                endpoint=address,
            )
