"""What the policy of an environment's key must say.

https://docs.aws.amazon.com/mwaa/latest/userguide/custom-keys-certs.html
"""

from __future__ import annotations

from mwaa.permissions.execution_role import log_group_arns
from mwaa.permissions.statement import Location, Statement

LOGS = "logs"
LOGS_ACTIONS = (
    "kms:Encrypt*",
    "kms:Decrypt*",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
    "kms:Describe*",
)
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
LOGS_CONTEXT = "kms:EncryptionContext:aws:logs:arn"


def logs_use_key(environment: str, location: Location) -> Statement:
    """CloudWatch Logs encrypts the environment's log groups; its principal is `logs_service`."""
    return Statement(
        sid="LogsOfTheEnvironment",
        purpose="CloudWatch Logs encrypts the environment's log groups",
        actions=LOGS_ACTIONS,
        resources=("*",),
        condition={"ArnEquals": {LOGS_CONTEXT: log_group_arns(environment, location)}},
    )


def logs_service(location: Location) -> str:
    """CloudWatch Logs of the Region."""
    return location.host(LOGS)


def account_uses_key() -> Statement:
    """IAM policies of the account may grant the use of the key; its principal is the account.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    return Statement(
        sid="PoliciesOfTheAccount",
        purpose="IAM policies of the account grant the use of the key",
        actions=("kms:*",),
        resources=("*",),
    )
