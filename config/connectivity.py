"""How the VPCs of private web servers are joined to the load balancer's."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from config.section import Section, reject, setting
from config.types import TransitGatewayId
from config.update_policy import UpdatePolicy

PEERING, TRANSIT_GATEWAY, NONE = "VpcPeering", "TransitGateway", "None"


class Connectivity(Section):
    """The way between the VPC of a private web server and the load balancer's.

    Where the two are in one VPC there is none.
    """

    way: Literal["VpcPeering", "TransitGateway", "None"] = setting(
        "`VpcPeering`: a peering connection, and routes on both sides. `TransitGateway`: routes "
        "to an existing transit gateway, and attachments for the VPCs that the platform creates. "
        "`None`: nothing is created; you manage the routes.",
        update=UpdatePolicy.MOVES_ROUTES,
        default=PEERING,
    )
    transit_gateway_id: TransitGatewayId | None = setting(
        "ID of the transit gateway, which is in the same account, or shared with it and accepts "
        "attachments by itself.",
        update=UpdatePolicy.MOVES_ROUTES,
        default=None,
        otherwise="**required** with `TransitGateway`",
    )

    @field_validator("transit_gateway_id")
    @classmethod
    def _check_gateway(cls, gateway: str | None, info: ValidationInfo) -> str | None:
        way = info.data.get("way")
        if way == TRANSIT_GATEWAY and gateway is None:
            reject(
                "Missing: the transit gateway that joins the VPCs.",
                "Give its ID, such as tgw-0123456789abcdef0.",
                missing=True,
            )
        if way not in {TRANSIT_GATEWAY, None} and gateway:
            reject(f"Way is {way}, so this is not used.", f"Take it out, or Way {TRANSIT_GATEWAY}.")
        return gateway

    @property
    def is_peering(self) -> bool:
        """Whether a peering connection is made."""
        return self.way == PEERING

    @property
    def is_none(self) -> bool:
        """Whether nothing is made."""
        return self.way == NONE
