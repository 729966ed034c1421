"""Facts about an existing environment, with which it is joined to the load balancer's VPC."""

from __future__ import annotations

from config.secrets_backend import SecretNames
from config.section import Section, setting
from config.types import AccessMode, RouteTableIds, SecurityGroupId, VpcCidr, VpcId
from config.update_policy import FREE, UpdatePolicy


class Existing(Section):
    """Facts about an environment that exists. They are given, not looked up.

    With them a stack joins the environment's VPC to the load balancer's, as `Connectivity` says.
    The environment itself, its VPC, its route tables and its security group stay whose they are.
    """

    vpc_id: VpcId = setting("ID of its VPC.", update=UpdatePolicy.ANOTHER_VPC)
    vpc_cidr: VpcCidr = setting(
        "CIDR range of that VPC in which its subnets are. It must not overlap that of the load "
        "balancer's VPC, nor those of other private environments' VPCs.",
        update=FREE,
        alias="VpcCIDR",
    )
    route_table_ids: RouteTableIds | None = setting(
        "IDs of the route tables of its subnets, which get a route to the load balancer's VPC.",
        update=FREE,
        default=None,
        otherwise="those routes are yours to make",
    )
    security_group_id: SecurityGroupId | None = setting(
        "ID of its security group, which gets a rule that admits the load balancer's VPC on port "
        "443.",
        update=FREE,
        default=None,
        otherwise="that rule is yours to make",
    )
    web_server_access_mode: AccessMode | None = setting(
        "Its access mode. One that is not PUBLIC_ONLY is joined.",
        update=UpdatePolicy.JOINS_A_VPC,
        default=None,
        otherwise="`WebServerAccessMode` of the entry, or PRIVATE_ONLY",
    )
    secrets_backend: SecretNames | None = setting(
        "Where its Airflow reads connections and variables, for `./mwaa-platform secrets` and "
        "`./mwaa-platform local-airflow export`. `{}` uses the defaults.",
        update=FREE,
        default=None,
        otherwise="these commands do not know",
    )
