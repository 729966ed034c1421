"""Interface endpoints of the AWS services that an environment needs without the internet.

https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-create-access.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mwaa.regions import partition_of

SERVICES = ("airflow.api", "airflow.env", "airflow.ops", "kms", "logs", "monitoring", "sqs")
"""Their names, as in `com.amazonaws.<region>.<service>`."""

NOT_IN_CHINA = frozenset({"airflow.ops"})
NOT_IN_REGIONS = {"airflow.ops": ("us-west-1",)}
"""Where a service has no endpoint.

AWS's own check of an environment's network expects this one in the partition `aws` alone:
https://github.com/awslabs/aws-support-tools/blob/master/MWAA/verify_env/networking_verifier.py
"""

OWN_PREFIX_IN_CHINA = frozenset({"airflow.api", "airflow.env", "monitoring", "sqs"})
"""Services whose endpoints begin with `cn.com.amazonaws` there; the others as everywhere.

Those of MWAA are in the check above; the others in the table of the CDK, which has none of MWAA:
https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
"""

CHINA = "aws-cn"


def with_endpoint(services: Iterable[str], region: str) -> Sequence[str]:
    """Those of the services that have an interface endpoint in a Region."""
    in_china = partition_of(region) == CHINA
    return [
        each
        for each in services
        if region not in NOT_IN_REGIONS.get(each, ()) and not (in_china and each in NOT_IN_CHINA)
    ]
