"""States of an environment, and what MWAA's errors mean.

https://docs.aws.amazon.com/mwaa/latest/API/API_Environment.html
https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateError.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

HOUR = 60


@dataclass(frozen=True, kw_only=True)
class State:
    """What a status means to people.

    - `is_wrong`: whether somebody must act.
    - `minutes`: the most that a passing status usually lasts; None for one that stays.
    - `next_step`: what to do where it is wrong, or lasts longer.
    - `command`: does that; `{name}` stands for the environment's.
    """

    meaning: str
    is_wrong: bool = False
    minutes: int | None = None
    next_step: str = "Ask AWS Support, with the environment's ARN."
    command: str = ""


WAIT_FOR_IT = "Wait: nothing else can be done with it meanwhile. If it stays, ask AWS Support."

STATES: Mapping[str, State] = MappingProxyType(
    {
        "AVAILABLE": State(
            meaning="It runs.", next_step="Remove the cause of the failure, then deploy again."
        ),
        "CREATING": State(
            meaning="It is being created, which takes 20 to 40 minutes.",
            minutes=HOUR,
            next_step=WAIT_FOR_IT,
        ),
        "CREATE_FAILED": State(
            meaning="Its creation failed. It can only be deleted.",
            is_wrong=True,
            next_step="Remove the cause, delete the environment, then deploy again.",
            command="aws mwaa delete-environment --name {name}",
        ),
        "UPDATING": State(
            meaning="It is being updated, which takes 20 to 30 minutes, and up to 12 hours where "
            "running tasks are waited for (GRACEFUL).",
            minutes=12 * HOUR,
            next_step=WAIT_FOR_IT,
        ),
        "UPDATE_FAILED": State(
            meaning="Its update failed. It is as it was before, and runs.",
            is_wrong=True,
            next_step="Remove the cause, then deploy again.",
        ),
        "ROLLING_BACK": State(
            meaning="Its update failed, and MWAA restores it from the latest snapshot.",
            is_wrong=True,
            minutes=2 * HOUR,
            next_step="Wait until it is restored. Then remove the cause and deploy again.",
        ),
        "CREATING_SNAPSHOT": State(
            meaning="MWAA takes a snapshot of its database before an update. With another Airflow "
            "version all of it takes up to 2 hours.",
            minutes=2 * HOUR,
            next_step=WAIT_FOR_IT,
        ),
        # https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html, EndpointManagement
        "PENDING": State(
            meaning="It waits for VPC endpoints that its owner makes (EndpointManagement "
            "CUSTOMER). After 72 hours without them its creation fails.",
            is_wrong=True,
            next_step="Make interface endpoints for the services that it names "
            "(DatabaseVpcEndpointService, WebserverVpcEndpointService), in its subnets.",
            command="aws mwaa get-environment --name {name} --query "
            "'Environment.[DatabaseVpcEndpointService,WebserverVpcEndpointService]'",
        ),
        "MAINTENANCE": State(
            meaning="MWAA maintains it. It may be unavailable meanwhile; running tasks are waited "
            "for (GRACEFUL).",
            minutes=12 * HOUR,
            next_step=WAIT_FOR_IT,
        ),
        "UNAVAILABLE": State(
            meaning="A request failed, and it did not return to a stable state.",
            is_wrong=True,
            next_step="Ask AWS Support, with the environment's ARN: nothing here repairs it.",
        ),
        "DELETING": State(meaning="It is being deleted.", minutes=2 * HOUR, next_step=WAIT_FOR_IT),
        "DELETED": State(meaning="It has been deleted."),
    }
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """Something to look at, and the command that shows it.

    The command's fields stand for values of the environment: `name`, `role`, `bucket`, `key`,
    `subnets`, `groups`. It is left out where a field is not known.
    """

    at: str
    command: str = ""


INCORRECT_CONFIGURATION: Sequence[Look] = (
    Look(
        at="what its containers wrote, if they started",
        command="aws logs tail airflow-{name}-Scheduler --since 3h",
    ),
    Look(
        at="the installation of requirements, in streams that begin with requirements_install",
        command="aws logs tail airflow-{name}-WebServer --since 3h "
        "--log-stream-name-prefix requirements_install",
    ),
    Look(
        at="the execution role, whose permissions a boundary or a policy of the organisation may "
        "take away",
        command="aws iam get-role --role-name {role}",
    ),
    Look(
        at="routes of its two private subnets to a NAT gateway, or the interface endpoints in "
        "their place, and network ACLs that let both ways through",
        command="aws ec2 describe-route-tables "
        "--filters Name=association.subnet-id,Values={subnets}",
    ),
    Look(
        at="its security group, which must let in all from itself",
        command="aws ec2 describe-security-groups --group-ids {groups}",
    ),
    Look(
        at="the key's policy, which must let CloudWatch Logs use it",
        command="aws kms get-key-policy --key-id {key} --policy-name default",
    ),
    Look(
        at="the bucket, which must be versioned and block public access",
        command="aws s3api get-public-access-block --bucket {bucket}",
    ),
    Look(
        at="what AWS's own verifier finds: "
        "https://github.com/awslabs/aws-support-tools/tree/master/MWAA"
    ),
)
"""In the order in which it pays, the cheapest and likeliest first.

https://docs.aws.amazon.com/mwaa/latest/userguide/t-create-update-environment.html
https://docs.aws.amazon.com/mwaa/latest/userguide/networking-about.html
https://github.com/awslabs/aws-support-tools/blob/master/MWAA/verify_env/verify_env.py
"""

LOOKS: Mapping[str, Sequence[Look]] = MappingProxyType(
    {"INCORRECT_CONFIGURATION": INCORRECT_CONFIGURATION}
)
"""By MWAA's error code. AWS documents no list of them."""

OTHER_ERROR: Sequence[Look] = (INCORRECT_CONFIGURATION[0], INCORRECT_CONFIGURATION[-1])
"""For a code that is not known here."""
