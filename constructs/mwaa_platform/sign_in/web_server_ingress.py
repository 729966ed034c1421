"""Rule that lets the load balancer into a private web server, wherever its security group is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.custom_resource import CustomResource
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.sign_in import lookup

OWNER_TAG = "mwaa-platform-stack"
"""Key of the tag by which the function knows its rule; as in `web_server_ingress.rules`."""


class WebServerIngress(Construct):
    """Ingress rule, on HTTPS, of the security group of an environment that is not the platform's.

    A function adds it at deployment, moves it when the environment has another security group,
    which it looks up every five minutes, and removes it with this construct. The rules of others
    stay as they are.
    """

    log_group_name: str
    function_name: str
    resource: cdk.CustomResource

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        source: str,
        vpc_id: str,
        tags: Mapping[str, str],
    ) -> None:
        """Adds the rule.

        - `source`: id of the load balancer's security group, or of a prefix list.
        - `vpc_id`: VPC of the environment, in which alone the function may change rules.
        - `tags`: of a new rule, beside its owner's; CloudFormation tags what it makes itself alone.
        """
        super().__init__(scope, construct_id)
        keeper = lookup.lookup_function(
            self,
            "Keeper",
            package="web_server_ingress",
            description="Keeps the rule that lets the load balancer into a private web server.",
        )
        self.log_group_name = keeper.log_group.log_group_name
        self.function_name = keeper.function.function_name
        properties: dict[str, Any] = {
            "EnvironmentName": environment_name,
            "Source": source,
            "Owner": cdk.Aws.STACK_ID,
            **({"Tags": dict(tags)} if tags else {}),
        }
        self.resource = CustomResource(
            self,
            "Rule",
            function=keeper,
            permissions=_permissions(self, keeper.role, environment_name, vpc_id),
            resource_type="Custom::WebServerIngress",
            properties=properties,
        )
        lookup.repeat(self, function=keeper, resource=self.resource, properties=properties)


def _permissions(
    scope: Construct, role: iam.IRole, environment_name: str, vpc_id: str
) -> iam.Policy:
    """As narrow as IAM can be: it has no condition for a rule's port or source.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    stack = cdk.Stack.of(scope)
    groups, rules = (
        stack.format_arn(service="ec2", resource=resource, resource_name="*")
        for resource in ("security-group", "security-group-rule")
    )
    # In a shared VPC the account is the owner's.
    vpc = stack.format_arn(service="ec2", account="*", resource="vpc", resource_name=vpc_id)
    own_tag = {f"aws:RequestTag/{OWNER_TAG}": cdk.Aws.STACK_ID}
    policy = iam.Policy(
        scope,
        # With another known VPC another policy: the function may still remove the former rule.
        "Permissions" if cdk.Token.is_unresolved(vpc_id) else f"Permissions-{vpc_id}",
        roles=[role],
        statements=[
            lookup.get_environment(scope, environment_name),
            iam.PolicyStatement(
                actions=["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
                resources=[groups],
                conditions={"ArnLike": {"ec2:Vpc": vpc}},
            ),
            iam.PolicyStatement(
                actions=["ec2:AuthorizeSecurityGroupIngress"],
                resources=[rules],
                conditions={"StringEquals": own_tag},
            ),
            iam.PolicyStatement(
                actions=["ec2:CreateTags"],
                resources=[rules],
                conditions={
                    "StringEquals": {
                        "ec2:CreateAction": "AuthorizeSecurityGroupIngress",
                        **own_tag,
                    }
                },
            ),
            iam.PolicyStatement(
                actions=[*lookup.DESCRIPTIONS, "ec2:DescribeSecurityGroupRules"], resources=["*"]
            ),
        ],
    )
    acknowledge(
        policy,
        {
            wildcard_resource(policy, groups): "The environment may be recreated with another "
            "security group, whose id is not known before. The condition leaves those of the "
            "environment's VPC.",
            wildcard_resource(policy, rules): "A rule's id is not known before the rule exists. "
            "The condition leaves new rules with the tag of this stack.",
            "AwsSolutions-IAM5[Resource::*]": "These descriptions know no resources in IAM.",
        },
    )
    return policy
