"""Registration of a private web server's endpoint in a target group."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from mwaa_platform.custom_resource import CustomResource
from mwaa_platform.nag import acknowledge
from mwaa_platform.python_function import NO_RETRIES, PythonFunction, packages

LOOKUP_INTERVAL = cdk.Duration.minutes(5)


class EndpointTargets(Construct):
    """Registers an environment's endpoint at deployment, and looks it up again every five minutes.

    The deployment fails where the environment has no private web server. A later lookup that finds
    no address keeps the targets.
    """

    environment_name: str
    resource: cdk.CustomResource
    finder: PythonFunction

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        target_group: elbv2.IApplicationTargetGroup,
        vpc: ec2.IVpc,
    ) -> None:
        """Adds the custom resource and its schedule; `vpc` is the target group's."""
        super().__init__(scope, construct_id)
        self.environment_name = environment_name
        self.finder = _finder(self)
        properties = {
            "EnvironmentName": environment_name,
            "TargetGroupArn": target_group.target_group_arn,
            "VpcId": vpc.vpc_id,
        }
        self.resource = CustomResource(
            self,
            "Targets",
            function=self.finder,
            permissions=_permissions(self, self.finder.role, environment_name, target_group),
            resource_type="Custom::EndpointTargets",
            properties=properties,
        )
        self._schedule = events.Rule(
            self, "Schedule", schedule=events.Schedule.rate(LOOKUP_INTERVAL)
        )
        self.look_up(properties, after=self.resource)

    def look_up(self, properties: Mapping[str, str], *, after: IDependable) -> None:
        """Has the function run every five minutes with a custom resource's properties.

        `after` is that resource: its deletion must not be undone by a run.
        """
        self._schedule.add_target(
            events_targets.LambdaFunction(
                self.finder.function, event=events.RuleTargetInput.from_object(dict(properties))
            )
        )
        self._schedule.node.add_dependency(after)

    @property
    def vpc_id(self) -> str:
        """Id of the VPC of the web server's security group, as of the deployment."""
        return self.resource.get_att_string("VpcId")


def _finder(scope: Construct) -> PythonFunction:
    return PythonFunction(
        scope,
        "Finder",
        code=packages("custom_resource", "endpoint_targets"),
        handler="endpoint_targets.handler.handle",
        description="Keeps the load balancer's way to a private web server.",
        memory_size=256,
        retry_attempts=NO_RETRIES,  # the schedule is its own retry
        timeout=cdk.Duration.minutes(1),
        environment={"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "5"},
    )


def _permissions(
    scope: Construct,
    role: iam.IRole,
    environment_name: str,
    target_group: elbv2.IApplicationTargetGroup,
) -> iam.Policy:
    environment = cdk.Stack.of(scope).format_arn(
        service="airflow", resource="environment", resource_name=environment_name
    )
    policy = iam.Policy(
        scope,
        "Permissions",
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=["airflow:GetEnvironment"], resources=[environment]),
            iam.PolicyStatement(
                actions=[
                    "elasticloadbalancing:RegisterTargets",
                    "elasticloadbalancing:DeregisterTargets",
                ],
                resources=[target_group.target_group_arn],
            ),
            iam.PolicyStatement(
                actions=[
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeVpcEndpoints",
                    "elasticloadbalancing:DescribeTargetHealth",
                ],
                resources=["*"],
            ),
        ],
    )
    acknowledge(
        policy,
        {"AwsSolutions-IAM5[Resource::*]": "These descriptions know no resources in IAM."},
    )
    return policy
