"""Peering connections and their routes as EC2 keeps them; MiniStack 1.5.33 forgives more.

- Two VPCs whose ranges overlap are not peered: the connection fails. Nor are two VPCs twice.
- A route leads to a connection that is there, and is black-holed while that is not active.
- A route table is there, and has one route to a range.

https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, HandlerResponse, Properties

Parameters = Mapping[str, Any]
Handle = Callable[[Parameters], HandlerResponse]

ALIVE = {"pending-acceptance", "active"}
ROUTE = "AWS::EC2::Route"
CONNECTION = "VpcPeeringConnectionId"


def install() -> None:
    """Replaces the actions on connections and routes, and CloudFormation's handler of routes."""
    for name, wrap in {
        "CreateVpcPeeringConnection": _creating,
        "AcceptVpcPeeringConnection": _accepting,
        "DeleteVpcPeeringConnection": _deleting,
        "CreateRoute": _creating_route,
    }.items():
        ec2._ACTION_MAP[name] = wrap(ec2._ACTION_MAP[name])
    # Also called for the replacement of a route, and for another target.
    provisioners._ec2_route_put = _putting(provisioners._ec2_route_put)
    handlers = provisioners._RESOURCE_HANDLERS[ROUTE]
    handlers["create"] = _in_a_table(handlers["create"])


def _creating(create: Handle) -> Handle:
    def create_peering(parameters: Parameters) -> HandlerResponse:
        vpcs = {ec2._p(parameters, "VpcId"), ec2._p(parameters, "PeerVpcId")}
        if any(_vpcs(each) == vpcs and _status(each) in ALIVE for each in _peerings()):
            return _error("VpcPeeringConnectionAlreadyExists", "The VPCs are peered already")
        before = {each[CONNECTION] for each in _peerings()}
        response = create(parameters)
        for each in _peerings():
            if each[CONNECTION] not in before and _overlap(vpcs):
                ec2._set_vpc_peering_status(each, "failed", "The ranges of the VPCs overlap")
        return response

    return create_peering


def _accepting(accept: Handle) -> Handle:
    def accept_peering(parameters: Parameters) -> HandlerResponse:
        identifier = ec2._p(parameters, CONNECTION)
        status = _status_of(identifier)
        if status not in {None, "pending-acceptance"}:
            return _error("InvalidStateTransition", f"{identifier} is in the state {status}")
        response = accept(parameters)
        _set_states(identifier, "active")
        return response

    return accept_peering


def _deleting(delete: Handle) -> Handle:
    def delete_peering(parameters: Parameters) -> HandlerResponse:
        response = delete(parameters)
        _set_states(ec2._p(parameters, CONNECTION), "blackhole")
        return response

    return delete_peering


def _creating_route(create: Handle) -> Handle:
    def create_route(parameters: Parameters) -> HandlerResponse:
        table = ec2._route_tables.get(ec2._p(parameters, "RouteTableId"), {"Routes": ()})
        destination = ec2._p(parameters, "DestinationCidrBlock")
        if any(each.get("DestinationCidrBlock") == destination for each in table["Routes"]):
            return _error("RouteAlreadyExists", f"There is a route to {destination}")
        identifier = ec2._p(parameters, CONNECTION)
        if identifier and _status_of(identifier) not in ALIVE:
            return _error(f"Invalid{CONNECTION}.NotFound", f"There is no {identifier}")
        response = create(parameters)
        if identifier and _status_of(identifier) != "active":
            _set_states(identifier, "blackhole")
        return response

    return create_route


def _putting(put: Callable[..., None]) -> Callable[..., None]:
    def put_route(table: Any, properties: Properties, destination: Any) -> None:
        identifier = properties.get(CONNECTION)
        if identifier and _status_of(identifier) not in ALIVE:
            raise ValueError(f"Invalid{CONNECTION}.NotFound: there is no {identifier}")
        put(table, properties, destination)
        if identifier and _status_of(identifier) != "active":
            _set_states(identifier, "blackhole")

    return put_route


def _in_a_table(create: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create_route(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        if (table := properties["RouteTableId"]) not in ec2._route_tables:
            raise ValueError(f"InvalidRouteTableID.NotFound: there is no {table}")
        return create(logical_id, properties, stack)

    return create_route


def _peerings() -> Iterator[dict[str, Any]]:
    yield from list(ec2._vpc_peering.values())


def _vpcs(peering: Mapping[str, Any]) -> set[str]:
    return {peering[f"{side}VpcInfo"]["VpcId"] for side in ("Requester", "Accepter")}


def _status(peering: Mapping[str, Any]) -> str:
    return str(peering["Status"]["Code"])


def _status_of(identifier: str) -> str | None:
    return next((_status(each) for each in _peerings() if each[CONNECTION] == identifier), None)


def _overlap(vpcs: set[str]) -> bool:
    ranges = [ip_network(ec2._vpcs[each]["CidrBlock"]) for each in vpcs if each in ec2._vpcs]
    return len(ranges) > 1 and ranges[0].overlaps(ranges[1])


def _set_states(identifier: str, state: str) -> None:
    """Sets the state of every route over a connection."""
    for table in ec2._route_tables.values():
        for route in table["Routes"]:
            if route.get(CONNECTION) == identifier:
                route["State"] = state


def _error(code: str, message: str) -> HandlerResponse:
    response: HandlerResponse = ec2._error(code, message, 400)
    return response
