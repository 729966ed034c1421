"""Rule that lets the load balancer into a private web server, wherever its security group is."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.custom_resource import CustomResource
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.sign_in.endpoint_targets import EndpointTargets

OWNER_TAG = "mwaa-platform-stack"
"""Key of the tag by which the function knows its rule; as in `endpoint_targets.ingress`."""


class WebServerIngress(Construct):
    """Ingress rule, on HTTPS, of the security group of an environment that is not the platform's.

    The function of `targets` adds it, moves it when the environment has another security group, and
    removes it with this resource. The rules of others stay as they are.
    """

    resource: cdk.CustomResource

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        targets: EndpointTargets,
        source: str,
        vpc_id: str | None = None,
    ) -> None:
        """Adds the rule.

        - `source`: id of the load balancer's security group, or of a prefix list.
        - `vpc_id`: VPC of the environment, if it is known; by default the one in which `targets`
          found the web server at the deployment.
        """
        super().__init__(scope, construct_id)
        properties = {
            "EnvironmentName": targets.environment_name,
            "Source": source,
            "Owner": cdk.Aws.STACK_ID,
        }
        self.resource = CustomResource(
            self,
            "Rule",
            function=targets.finder,
            # An id of its own for each known VPC: with another one the function may still remove
            # the former rule before its permission for the former VPC goes.
            permissions=_permissions(
                self,
                f"Permissions{vpc_id or ''}",
                role=targets.finder.role,
                vpc_id=vpc_id or targets.vpc_id,
            ),
            resource_type="Custom::WebServerIngress",
            properties=properties,
        )
        # What the function may read comes with the targets.
        self.resource.node.add_dependency(targets.resource)
        targets.look_up(properties, after=self.resource)


def _permissions(
    scope: Construct, construct_id: str, *, role: iam.IRole, vpc_id: str
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
        construct_id,
        roles=[role],
        statements=[
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
            iam.PolicyStatement(actions=["ec2:DescribeSecurityGroupRules"], resources=["*"]),
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
            "AwsSolutions-IAM5[Resource::*]": "This description knows no resources in IAM.",
        },
    )
    return policy
