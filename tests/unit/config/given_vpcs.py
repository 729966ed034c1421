"""Configurations with existing VPCs for new environments."""

from __future__ import annotations

from typing import Any

from tests.unit.config.configurations import ALB, draft


def subnet(number: int, zone: str, **keys: Any) -> dict[str, Any]:
    return {
        "SubnetId": f"subnet-0000000{number}",
        "SubnetCIDR": f"10.30.{number}.0/24",
        "AvailabilityZone": f"us-east-1{zone}",
        "RouteTableId": f"rtb-0000000{number}",
        **keys,
    }


VPC: dict[str, Any] = {
    "VpcId": "vpc-00000030",
    "VpcCIDR": "10.30.0.0/16",
    "Subnets": [subnet(1, "a"), subnet(2, "b")],
    "InternetAccess": False,
}
IN_ALB_VPC = {"VpcId": VPC["VpcId"], "SubnetIds": ["subnet-00000011", "subnet-00000012"]}
SHARED_ALB = {**ALB, **IN_ALB_VPC, "VpcCIDR": VPC["VpcCIDR"], "AllowedCidrs": ["10.0.0.0/8"]}


def entry(name: str = "lake", *, vpc: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    return {"Name": name, "AirflowVersion": "3.3.1", "Vpc": {**VPC, **(vpc or {})}, **keys}


def file(*entries: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return draft(MwaaEnvironments=list(entries or (entry(),)), **sections)
