"""`python -m local.aws`: runs MiniStack, the AWS stand-in, with the adapter for the platform.

Run by the interpreter of the stand-in's own virtual environment, with the variables that
`service.program` sets.
"""

from __future__ import annotations

import os

from ministack.app import main as serve

from local.aws.adapter import (
    airflow_access,
    alarms,
    dashboards,
    datazone,
    deletion_protection,
    describe_stacks,
    ec2_resources,
    exports,
    failed_creations,
    iam_delay,
    ip_targets,
    lambda_runtime,
    listeners,
    mwaa_environments,
    networks,
    policy_context,
    policy_simulation,
    quotas,
    rest_api,
    rule_descriptions,
    secrets_manager,
    security_group_policies,
    security_group_rules,
    service_quotas,
    taken_names,
    trouble,
    unstored_resources,
    vpc_peering,
    web_identity,
    web_login,
    web_server_endpoints,
)
from local.layout import MARK

ADAPTER_MODULES = (
    trouble,
    ec2_resources,
    vpc_peering,
    secrets_manager,
    listeners,
    networks,
    mwaa_environments,
    unstored_resources,
    alarms,
    dashboards,
    describe_stacks,
    policy_context,
    policy_simulation,
    web_identity,
    web_login,
    rest_api,
    web_server_endpoints,
    ip_targets,
    lambda_runtime,
    datazone,
    security_group_rules,
    rule_descriptions,
    security_group_policies,
    taken_names,
    deletion_protection,
    quotas,
    service_quotas,
    iam_delay,
    failed_creations,
    exports,
)

OWN_VARIABLES = (
    "PYTHONPATH",
    "AUTH",
    mwaa_environments.WEBSERVERS,
    airflow_access.KEY_FILE,
    datazone.LINEAGE,
    trouble.FILE,
    MARK,
)


def main() -> None:
    """Installs the adapter in this process, then serves until SIGTERM."""
    for module in ADAPTER_MODULES:
        module.install()
    # Deployed functions inherit the environment and must not see settings of this machine.
    for name in OWN_VARIABLES:
        os.environ.pop(name, None)
    serve()


if __name__ == "__main__":
    main()
