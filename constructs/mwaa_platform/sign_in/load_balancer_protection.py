"""Protection of a load balancer from deletion, as the last step of its stack."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.custom_resource import CustomResource
from mwaa_platform.python_function import NO_RETRIES, PythonFunction, packages


class LoadBalancerProtection(Construct):
    """Switches deletion protection on once everything else in the stack is there.

    As an attribute of the load balancer it would be on from the beginning: were a listener, a
    record or a function to fail after it, CloudFormation could not roll the stack back, and the
    next deployment would meet what is left. Deleting the construct switches it off.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#deletion-protection
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, load_balancer: elbv2.IApplicationLoadBalancer
    ) -> None:
        """Adds the custom resource, after all that the stack has so far: construct it last."""
        super().__init__(scope, construct_id)
        function = PythonFunction(
            self,
            "Protector",
            code=packages("custom_resource", "load_balancer_protection"),
            handler="load_balancer_protection.handler.handle",
            description="Protects the load balancer from deletion.",
            retry_attempts=NO_RETRIES,
            timeout=cdk.Duration.minutes(2),
        )
        arn = load_balancer.load_balancer_arn
        policy = iam.Policy(
            self,
            "Permissions",
            roles=[function.role],
            statements=[
                iam.PolicyStatement(
                    actions=["elasticloadbalancing:ModifyLoadBalancerAttributes"], resources=[arn]
                )
            ],
        )
        resource = CustomResource(
            self,
            "Protection",
            function=function,
            permissions=policy,
            resource_type="Custom::LoadBalancerProtection",
            properties={"LoadBalancerArn": arn},
        )
        others = [each for each in cdk.Stack.of(self).node.children if each is not self]
        resource.node.add_dependency(*others)
