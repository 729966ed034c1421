"""Why AWS refuses an update, beyond what the difference of templates shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.plan.application import Application, StackState
from cli.plan.differences import Impact, ResourceChange
from cli.plan.refusals import (
    LOAD_BALANCER,
    SECURITY_GROUP,
    TARGET_GROUP,
    reasons_not_to_leave,
    refusals,
)
from tests.unit.cli.plan.applications import (
    PREFIX,
    SUBNET,
    VPC,
    Json,
    application,
    environment,
    lake,
    stack,
    written,
)


def replaced(stack_: StackState, *ids: str, by: str = "Name") -> list[ResourceChange]:
    return [
        ResourceChange(
            id=id_,
            type=stack_.resources[id_]["Type"],
            impact=Impact.REPLACED,
            properties={by: Impact.REPLACED},
        )
        for id_ in ids
    ]


def refused(
    after: StackState,
    changes: list[ResourceChange],
    *,
    before: Application | None = None,
) -> str:
    """The reasons, where what is deployed is the same by default."""
    former = before or application(after)
    own = {after.name: changes}
    return " ".join(refusals(after, former, application(after), own))


def resource(type_: str, **properties: Any) -> Json:
    return {"Type": type_, "Properties": properties}


TOPIC = resource("AWS::SNS::Topic")


def test_a_name_is_in_use_while_its_resource_is_replaced() -> None:
    own = lake()
    assert "lake cannot be replaced" in refused(own, replaced(own, "Airflow"))


def test_a_resource_without_a_name_can_be_replaced() -> None:
    own = stack("Sso", Topic=resource("AWS::SNS::Topic"))
    assert refused(own, replaced(own, "Topic")) == ""


def test_a_resource_that_gets_another_name_can_be_replaced() -> None:
    former = stack("Grants", Table=resource("AWS::DynamoDB::Table", TableName="a"))
    own = stack("Grants", Table=resource("AWS::DynamoDB::Table", TableName="b"))
    assert refused(own, replaced(own, "Table"), before=application(former)) == ""


def _exporting(own: StackState) -> StackState:
    outputs = {"Out": {"Value": {"Ref": "Topic"}, "Export": {"Name": "the-topic"}}}
    return replace(own, template={**own.template, "Outputs": outputs})


def test_an_export_that_is_read_cannot_change() -> None:
    own = _exporting(stack("Sso", Topic=resource("AWS::SNS::Topic")))
    reads = stack("Ui-a", Reads=resource("AWS::SNS::Topic", Name={"Fn::ImportValue": "the-topic"}))
    changes = replaced(own, "Topic")
    assert "exports a value" in refused(own, changes, before=application(own, reads))
    assert refused(own, changes, before=application(own)) == ""
    gone = replace(own, template={**own.template, "Outputs": {}})
    assert "exports a value" in refused(gone, [], before=application(own, reads))


def _sso(**more: Json) -> StackState:
    targets = resource(TARGET_GROUP)
    return stack("Sso", depends_on=(), Alb=resource(LOAD_BALANCER), Targets=targets, **more)


def test_target_groups_tie_a_load_balancer() -> None:
    own = _sso()
    assert "target groups belong to it" in refused(own, replaced(own, "Alb"))
    assert refused(own, replaced(own, "Alb", "Targets")) == ""


def test_a_load_balancer_stays_in_its_vpc() -> None:
    own = _sso(Group=resource(SECURITY_GROUP, VpcId="vpc-b"))
    assert "stays in its VPC" in refused(own, replaced(own, "Group", by="VpcId"))
    assert refused(own, replaced(own, "Group", by="GroupDescription")) == ""


def test_addresses_of_a_subnet_are_in_use_until_it_is_gone() -> None:
    own = stack("Network", Vpc=VPC, Subnet=SUBNET)
    assert "addresses" in refused(own, replaced(own, "Subnet"))
    assert refused(own, replaced(own, "Subnet", "Vpc")) == ""


def _routed(id_: str, table: Json, name: str) -> StackState:
    route = resource("AWS::EC2::Route", RouteTableId=table, DestinationCidrBlock="10.1.0.0/16")
    return stack(id_, Airflow=environment(Name=name), Route=route)


def test_a_stack_that_stays_holds_its_names() -> None:
    own = stack("Env-other", Airflow=environment())
    said = refused(own, [], before=application(lake()))
    assert said == f"The stack {PREFIX}-Env-lake goes on to hold lake."


FACTS = {"VpcId": "vpc-0aaaaaaaaaaaaaaa1", "VpcCIDR": "10.40.0.0/16"}


@pytest.mark.parametrize(
    "former",
    [
        written({"Name": "lake"}),
        written({"Name": "lake", "AirflowVersion": "3.0.6", "Existing": FACTS}),
        {"QuickStart": {"MwaaEnvironmentName": "lake"}},
    ],
)
def test_an_environment_that_exists_is_not_made_anew(former: Json) -> None:
    said = refused(lake(), [], before=application(written=former))
    assert said.startswith("MWAA has lake already")
    assert refused(stack("Env-b", Airflow=environment(Name="b")), [], before=application()) == ""
    own = {"Name": "lake", "VpcCIDR": "10.0.0.0/16"}
    assert refused(lake(), [], before=application(written=written(own))) == ""


def test_an_environment_is_not_left_by_its_stack_while_it_is_listed() -> None:
    for listed in (written({"Name": "lake"}), {"QuickStart": {"MwaaEnvironmentName": "lake"}}):
        [said] = reasons_not_to_leave(lake(), application(written=listed))
        assert f"the stack {PREFIX}-Env-lake still owns it" in said
    assert [*reasons_not_to_leave(lake(), application(written=written({"Name": "b"})))] == []


def test_a_stack_that_stays_holds_its_routes_in_tables_of_others() -> None:
    shared, own_table = {"Fn::ImportValue": "table"}, {"Ref": "Table"}
    for table, is_held in ((shared, True), (own_table, False)):
        left, own = _routed("Env-a", table, "a"), _routed("Env-b", table, "b")
        assert ("goes on to hold routes" in refused(own, [], before=application(left))) is is_held


def _owner(name: str, vpc: Any, *, with_dns: bool = True) -> StackState:
    endpoint = resource(
        "AWS::EC2::VPCEndpoint",
        VpcId=vpc,
        ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.sqs"},
        PrivateDnsEnabled=with_dns,
    )
    return stack(f"Env-{name}", Airflow=environment(Name=name), Sqs=endpoint)


@pytest.mark.parametrize("is_deployed", [True, False])
def test_endpoints_of_a_vpc_move_in_two_deployments(*, is_deployed: bool) -> None:
    """Whether the new owner is there already, and whether the former one goes or stays."""
    former = [_owner("a", "vpc-1"), *([stack("Env-b", Topic=TOPIC)] if is_deployed else [])]
    said = refused(_owner("b", "vpc-1"), [], before=application(*former))
    assert said.startswith(
        f"The interface endpoints of vpc-1 are those of the stack {PREFIX}-Env-a"
    )
    assert "First OwnsInterfaceEndpoints false" in said


def test_endpoints_of_other_vpcs_and_without_private_dns_are_no_matter() -> None:
    for own, other in (
        (_owner("b", "vpc-1"), _owner("a", "vpc-2")),
        (_owner("b", {"Ref": "Vpc"}), _owner("a", {"Ref": "Vpc"})),
        (_owner("b", "vpc-1"), _owner("a", "vpc-1", with_dns=False)),
    ):
        assert refused(own, [], before=application(other)) == ""
