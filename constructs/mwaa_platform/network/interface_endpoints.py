"""Interface endpoints of AWS services, which differ by partition and Region."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from mwaa.endpoints import CHINA, NOT_IN_CHINA, NOT_IN_REGIONS, OWN_PREFIX_IN_CHINA


class InterfaceEndpoints(Construct):
    """Endpoints for subnets without a route to the internet, and their security group.

    Conditions of the template tell where it is deployed: the same template suits any Region.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        services: Sequence[str],
        subnets: Sequence[ec2.ISubnet],
        clients: Sequence[ec2.IPeer],
    ) -> None:
        """Adds the endpoints that there are in the Region.

        - `services`: names as in `com.amazonaws.<region>.<service>`.
        - `subnets`: where the endpoints get an address; at most one per Availability Zone.
        - `clients`: may connect to the endpoints.
        """
        super().__init__(scope, construct_id)
        self._in_china = _condition(self, "InChina", _in_china())
        security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Interface endpoints of AWS services",
            allow_all_outbound=False,
        )
        # `allow_from` warns of clients whose egress is open anyway.
        for client in clients:
            security_group.add_ingress_rule(client, ec2.Port.tcp(443), "HTTPS from Airflow")
        for service in services:
            construct_id = "".join(part.capitalize() for part in service.split("."))
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                construct_id,
                vpc=vpc,
                service=ec2.InterfaceVpcEndpointService(self._service_name(service)),
                private_dns_enabled=True,
                subnets=ec2.SubnetSelection(subnets=list(subnets)),
                security_groups=[security_group],
                open=False,
            )
            if absent := self._absent(service):
                present = cdk.Fn.condition_not(cdk.Fn.condition_or(*absent))
                resource = endpoint.node.find_child("Resource")
                assert isinstance(resource, cdk.CfnResource)  # noqa: S101 - for its type alone
                resource.cfn_options.condition = _condition(self, f"Has{construct_id}", present)

    def _service_name(self, service: str) -> str:
        everywhere = "com.amazonaws"
        prefix = (
            cdk.Token.as_string(
                cdk.Fn.condition_if(self._in_china.logical_id, f"cn.{everywhere}", everywhere)
            )
            if service in OWN_PREFIX_IN_CHINA
            else everywhere
        )
        return f"{prefix}.{cdk.Aws.REGION}.{service}"

    def _absent(self, service: str) -> list[cdk.ICfnConditionExpression]:
        regions: list[cdk.ICfnConditionExpression] = [
            cdk.Fn.condition_equals(cdk.Aws.REGION, region)
            for region in NOT_IN_REGIONS.get(service, ())
        ]
        if service in NOT_IN_CHINA:
            regions.append(_in_china())
        return regions


def _in_china() -> cdk.ICfnConditionExpression:
    return cdk.Fn.condition_equals(cdk.Aws.PARTITION, CHINA)


def _condition(
    scope: Construct, construct_id: str, expression: cdk.ICfnConditionExpression
) -> cdk.CfnCondition:
    return cdk.CfnCondition(scope, construct_id, expression=expression)
