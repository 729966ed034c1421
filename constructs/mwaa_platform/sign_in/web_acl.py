"""Web ACL of a load balancer, which another one replaces without a moment between."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.custom_resource import CustomResource
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.python_function import NO_RETRIES, PythonFunction, packages


class WebAcl(Construct):
    """Associates a web ACL with a load balancer.

    CloudFormation's own type is replaced with another web ACL: the new association takes the former
    one's place, and the deletion of the former then takes the web ACL off, whichever it is.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-wafv2-webaclassociation.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, load_balancer_arn: str, web_acl_arn: str
    ) -> None:
        """Adds the association; `web_acl_arn` is of a regional web ACL of AWS WAF."""
        super().__init__(scope, construct_id)
        associator = PythonFunction(
            self,
            "Associator",
            code=packages("custom_resource", "web_acl"),
            handler="web_acl.handler.handle",
            description="Puts a web ACL on the load balancer.",
            memory_size=256,
            retry_attempts=NO_RETRIES,
            timeout=cdk.Duration.minutes(2),
            environment={"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "5"},
        )
        permissions = _permissions(self, associator.role, load_balancer_arn, web_acl_arn)
        CustomResource(
            self,
            "Association",
            function=associator,
            permissions=permissions,
            resource_type="Custom::WebAcl",
            properties={"LoadBalancerArn": load_balancer_arn, "WebAclArn": web_acl_arn},
        )


def _permissions(
    scope: Construct, role: iam.IRole, load_balancer_arn: str, web_acl_arn: str
) -> iam.Policy:
    """As AWS's own policy AmazonECSInfrastructureRoleforExpressGatewayServices has them, narrower.

    That policy names web ACLs alone; AWS's list of actions has the load balancer beside them.
    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRoleforExpressGatewayServices.html
    https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html
    """
    any_web_acl = cdk.Stack.of(scope).format_arn(
        service="wafv2", resource="regional", resource_name="webacl/*/*"
    )
    policy = iam.Policy(
        scope,
        "Permissions",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                actions=["wafv2:AssociateWebACL"], resources=[web_acl_arn, load_balancer_arn]
            ),
            iam.PolicyStatement(
                actions=[
                    "wafv2:DisassociateWebACL",
                    "wafv2:GetWebACL",
                    "wafv2:GetWebACLForResource",
                ],
                resources=[any_web_acl, load_balancer_arn],
            ),
            iam.PolicyStatement(
                actions=[
                    "elasticloadbalancing:CreateWebACLAssociation",
                    "elasticloadbalancing:DeleteWebACLAssociation",
                    "elasticloadbalancing:GetLoadBalancerWebACL",
                    "elasticloadbalancing:SetWebACL",
                ],
                resources=[load_balancer_arn],
            ),
        ],
    )
    acknowledge(
        policy,
        {
            wildcard_resource(policy, any_web_acl): "The load balancer's web ACL is read before it "
            "is taken off, whichever it is; it is taken off this load balancer alone."
        },
    )
    return policy
