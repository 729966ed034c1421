"""Certificates and records of host names in a hosted zone of Route 53."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from constructs import Construct


def host_certificate(
    scope: Construct, construct_id: str, *, host: str, hosted_zone_id: str
) -> acm.Certificate:
    """Adds a certificate that ACM validates and renews by a record in the zone."""
    zone = route53.HostedZone.from_hosted_zone_id(scope, f"{construct_id}Zone", hosted_zone_id)
    return acm.Certificate(
        scope,
        construct_id,
        domain_name=host,
        validation=acm.CertificateValidation.from_dns(zone),
    )


def alias_record(
    scope: Construct,
    construct_id: str,
    *,
    host: str,
    hosted_zone_id: str,
    load_balancer: elbv2.IApplicationLoadBalancer,
) -> route53.CfnRecordSet:
    """Adds an alias record for IPv4, the only kind of address that the load balancer has."""
    return route53.CfnRecordSet(
        scope,
        construct_id,
        hosted_zone_id=hosted_zone_id,
        name=host,
        type="A",
        alias_target=route53.CfnRecordSet.AliasTargetProperty(
            dns_name=load_balancer.load_balancer_dns_name,
            hosted_zone_id=load_balancer.load_balancer_canonical_hosted_zone_id,
        ),
    )
