"""The rule that lets the load balancer in: where the web server is, and of nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.custom_resource.invocation import A_SECOND_TO_WAIT, NO_TIME_TO_WAIT, Run
from tests.unit.web_server_endpoint.fake_aws import (
    GROUP,
    HERE,
    SECOND_GROUP,
    Endpoint,
    FakeAws,
    Rule,
    connected,
)
from web_server_endpoint.addresses import EndpointError
from web_server_ingress.handler import handle

fake_aws = pytest.fixture(connected)

OWNER = "arn:aws:cloudformation:us-east-1:111122223333:stack/mwaa-platform-Ui-gold/0"
LIST, BALANCER = "pl-0123456789abcdef0", "sg-0fedcba9876543210"
PROPERTIES = {"EnvironmentName": "gold", "Source": LIST, "Owner": OWNER}
RECREATED = "sg-0aaaaaaaaaaaaaaaa"
OWN = Rule(group=GROUP, source=LIST, owner=OWNER)


def _deploy(
    fake_aws: FakeAws,
    request_type: str = "Create",
    run: Run = NO_TIME_TO_WAIT,
    **properties: Any,
) -> dict[str, Any]:
    event = {
        "RequestType": request_type,
        "ResponseURL": f"{fake_aws.url}/answer",
        "StackId": OWNER,
        "RequestId": "request",
        "LogicalResourceId": "Rule",
        "ResourceProperties": {"ServiceToken": "arn", **PROPERTIES, **properties},
    }
    handle(event, run)
    return fake_aws.answers[-1]


def _look_again() -> None:
    handle(PROPERTIES, Run())


def _recreate(fake_aws: FakeAws, group: str = RECREATED) -> None:
    assert fake_aws.environment
    fake_aws.environment |= {"NetworkConfiguration": {"SecurityGroupIds": [group]}}
    fake_aws.endpoints = [Endpoint(HERE, groups=(group,))]


@pytest.mark.parametrize("source", [LIST, BALANCER])
def test_a_deployment_lets_the_load_balancer_in_on_https(fake_aws: FakeAws, source: str) -> None:
    assert _deploy(fake_aws, Source=source)["Status"] == "SUCCESS"

    assert list(fake_aws.rules.values()) == [Rule(group=GROUP, source=source, owner=OWNER)]


def test_a_new_rule_has_the_companys_tags_beside_its_owners(fake_aws: FakeAws) -> None:
    tags = {"CostCentre": "42", "mwaa-platform-stack": "another's"}
    assert _deploy(fake_aws, Tags=tags)["Status"] == "SUCCESS"

    assert list(fake_aws.rules.values()) == [
        Rule(group=GROUP, source=LIST, owner=OWNER, tags=(("CostCentre", "42"),))
    ]


def test_what_is_right_is_left_alone_in_silence(
    fake_aws: FakeAws, capfd: pytest.CaptureFixture[str]
) -> None:
    fake_aws.rules = {"sgr-own": OWN}

    _look_again()
    assert _deploy(fake_aws, "Update")["Status"] == "SUCCESS"

    assert fake_aws.changes == []
    assert capfd.readouterr() == ("", "")


def test_the_rule_is_on_the_new_security_group_before_it_leaves_the_former(
    fake_aws: FakeAws, capfd: pytest.CaptureFixture[str]
) -> None:
    fake_aws.rules = {"sgr-own": OWN}
    _recreate(fake_aws)

    _look_again()

    assert fake_aws.changes == [("authorize", [RECREATED]), ("revoke", [GROUP])]
    assert [each.group for each in fake_aws.rules.values()] == [RECREATED]
    assert json.loads(capfd.readouterr().out) == {
        "environment": "gold",
        "allowed_by": [RECREATED],
        "no_longer_by": [GROUP],
    }


def test_a_load_balancer_with_another_security_group_takes_the_former_ones_place(
    fake_aws: FakeAws,
) -> None:
    """CloudFormation cannot delete the former group while a rule refers to it."""
    made = _deploy(fake_aws)

    changed = _deploy(fake_aws, "Update", Source=BALANCER)

    assert changed["PhysicalResourceId"] == made["PhysicalResourceId"]
    assert [each.source for each in fake_aws.rules.values()] == [BALANCER]


OTHERS = {
    "a person's": Rule(group=GROUP, source=LIST),
    "another stack's": Rule(group=GROUP, source=LIST, owner=f"{OWNER}1"),
}


@pytest.mark.parametrize("whose", OTHERS)
def test_an_equal_rule_of_others_is_as_good_and_is_never_removed(
    fake_aws: FakeAws, whose: str
) -> None:
    fake_aws.rules = {"sgr-other": OTHERS[whose]}

    assert _deploy(fake_aws)["Status"] == "SUCCESS"
    assert fake_aws.asked["AuthorizeSecurityGroupIngress"] == 0
    _recreate(fake_aws)
    _look_again()
    _deploy(fake_aws, "Delete")

    assert fake_aws.rules == {"sgr-other": OTHERS[whose]}


def test_a_rule_of_others_for_something_else_lets_nobody_in(fake_aws: FakeAws) -> None:
    others = {
        "sgr-port": Rule(group=GROUP, source=LIST, port=80),
        "sgr-source": Rule(group=GROUP, source="pl-00000000000000000"),
    }
    fake_aws.rules = dict(others)

    _look_again()

    assert OWN in fake_aws.rules.values()
    assert others.items() < fake_aws.rules.items()


def test_whoever_is_faster_with_an_equal_rule_is_no_failure(fake_aws: FakeAws) -> None:
    class Racing(dict[str, Rule]):
        """A rule that comes between the description and the authorization."""

        def items(self) -> Any:
            return ()

    fake_aws.rules = Racing({"sgr-other": Rule(group=GROUP, source=LIST)})

    assert _deploy(fake_aws)["Status"] == "SUCCESS"

    assert fake_aws.asked["AuthorizeSecurityGroupIngress"] == 1


def test_the_rule_goes_with_the_stack_also_when_the_environment_is_gone(fake_aws: FakeAws) -> None:
    made = _deploy(fake_aws)
    fake_aws.environment, fake_aws.endpoints = None, []

    removed = _deploy(fake_aws, "Delete")

    assert removed["Status"] == "SUCCESS"
    assert removed["PhysicalResourceId"] == made["PhysicalResourceId"]
    assert fake_aws.rules == {}
    assert _deploy(fake_aws, "Delete")["Status"] == "SUCCESS"


def test_while_the_endpoint_has_its_former_security_group_that_one_lets_in(
    fake_aws: FakeAws,
) -> None:
    """An update of the environment may be described before its endpoint follows."""
    fake_aws.rules = {"sgr-own": OWN}
    _recreate(fake_aws)
    fake_aws.endpoints = [Endpoint(HERE, groups=(GROUP,))]

    _look_again()

    assert fake_aws.changes == []


def test_of_several_security_groups_it_is_the_first_that_the_endpoint_has(
    fake_aws: FakeAws,
) -> None:
    fake_aws.endpoints = [Endpoint(HERE, groups=("sg-other", SECOND_GROUP))]

    _look_again()

    assert [each.group for each in fake_aws.rules.values()] == [SECOND_GROUP]


def test_an_environment_that_is_nowhere_keeps_its_rule(fake_aws: FakeAws) -> None:
    fake_aws.rules = {"sgr-own": OWN}
    fake_aws.environment = None

    with pytest.raises(EndpointError, match="no environment gold"):
        _look_again()
    assert _deploy(fake_aws, "Update")["Status"] == "FAILED"

    assert fake_aws.rules == {"sgr-own": OWN}


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeSecurityGroupRules",
        "AuthorizeSecurityGroupIngress",
        "RevokeSecurityGroupIngress",
        "GetEnvironment",
    ],
)
def test_a_permission_that_comes_late_is_waited_for(fake_aws: FakeAws, operation: str) -> None:
    fake_aws.rules = {"sgr-own": OWN}
    _recreate(fake_aws)
    fake_aws.not_yet = {operation: 1}

    answer = _deploy(fake_aws, run=Run(seconds=60))

    assert answer["Status"] == "SUCCESS"
    assert [each.group for each in fake_aws.rules.values()] == [RECREATED]


def test_who_may_not_add_the_rule_keeps_the_former_and_is_told(fake_aws: FakeAws) -> None:
    """As where the environment is recreated in another VPC than the permissions are for."""
    fake_aws.rules = {"sgr-own": OWN}
    _recreate(fake_aws)
    fake_aws.refused = {"AuthorizeSecurityGroupIngress"}

    answer = _deploy(fake_aws, "Update", run=A_SECOND_TO_WAIT)
    with pytest.raises(ClientError, match="AuthorizeSecurityGroupIngress"):
        _look_again()

    assert answer["Status"] == "FAILED"
    assert fake_aws.rules == {"sgr-own": OWN}
