"""Registration of a private web server's endpoint in a target group."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.custom_resource import CustomResource
from mwaa_platform.nag import acknowledge
from mwaa_platform.sign_in import lookup


class EndpointTargets(Construct):
    """Registers an environment's endpoint at deployment, and looks it up again every five minutes.

    The deployment fails where the environment has no private web server. A later lookup that finds
    no address keeps the targets.
    """

    environment_name: str
    resource: cdk.CustomResource
    log_group_name: str
    function_name: str

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
        finder = lookup.lookup_function(
            self,
            "Finder",
            package="endpoint_targets",
            description="Keeps the addresses of a private web server in its target group.",
        )
        self.log_group_name = finder.log_group.log_group_name
        self.function_name = finder.function.function_name
        properties = {
            "EnvironmentName": environment_name,
            "TargetGroupArn": target_group.target_group_arn,
            "VpcId": vpc.vpc_id,
        }
        self.resource = CustomResource(
            self,
            "Targets",
            function=finder,
            permissions=_permissions(self, finder.role, environment_name, target_group),
            resource_type="Custom::EndpointTargets",
            properties=properties,
        )
        lookup.repeat(self, function=finder, resource=self.resource, properties=properties)

    @property
    def vpc_id(self) -> str:
        """Id of the VPC of the web server's security group, as of the deployment."""
        return self.resource.get_att_string("VpcId")


def _permissions(
    scope: Construct,
    role: iam.IRole,
    environment_name: str,
    target_group: elbv2.IApplicationTargetGroup,
) -> iam.Policy:
    policy = iam.Policy(
        scope,
        "Permissions",
        roles=[role],
        statements=[
            lookup.get_environment(scope, environment_name),
            iam.PolicyStatement(
                actions=[
                    "elasticloadbalancing:RegisterTargets",
                    "elasticloadbalancing:DeregisterTargets",
                ],
                resources=[target_group.target_group_arn],
            ),
            iam.PolicyStatement(
                actions=[*lookup.DESCRIPTIONS, "elasticloadbalancing:DescribeTargetHealth"],
                resources=["*"],
            ),
        ],
    )
    acknowledge(
        policy,
        {"AwsSolutions-IAM5[Resource::*]": "These descriptions know no resources in IAM."},
    )
    return policy
