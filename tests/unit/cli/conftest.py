"""The commands, run in this process against a stand-in of AWS with a table of grants."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.given_account import Account
from tests.unit.cli.terminal import Commands, Terminal
from tests.unit.config.configurations import SMALLEST
from tests.unit.local.aws import conftest as local_aws
from tests.unit.local.aws.stand_in import StandIn

catalogue, stand_in = local_aws.catalogue, local_aws.stand_in

ENVIRONMENTS = ("analytics", "reporting", "Billing_2")
KEYS = ("principal", "source")
TEMPLATE = {
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(KEYS, ("HASH", "RANGE"), strict=True)
                ],
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in KEYS
                ],
            },
        }
    },
    "Outputs": {"TableName": {"Value": {"Ref": "Table"}}},
}


@pytest.fixture(scope="session")
def clients(stand_in: StandIn) -> Mapping[str, Any]:
    """The stand-in's clients by service, which take a while to make."""
    return {service: stand_in.session.client(service) for service in ("cloudformation", "dynamodb")}


@pytest.fixture(scope="session")
def account(stand_in: StandIn) -> Account:
    """The stand-in's account, for roles, keys and buckets."""
    session: Any = stand_in.session
    return Account(clients={each: session.client(each) for each in ("iam", "kms", "s3")})


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Somebody who types commands."""
    return Terminal(capsys=capsys, monkeypatch=monkeypatch)


@pytest.fixture
def commands(
    stand_in: StandIn,
    clients: Mapping[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Commands:
    """The commands of somebody whose credentials lead to a platform with an empty table."""
    for name, value in stand_in.sdk_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    app_name = f"t{uuid.uuid4().hex[:12]}"
    configuration = tmp_path / "cdk.context.json"
    environments = [{"Name": name} for name in ENVIRONMENTS]
    configuration.write_text(
        json.dumps({**SMALLEST, "AppName": app_name, "MwaaEnvironments": environments})
    )
    cloudformation = clients["cloudformation"]
    cloudformation.create_stack(StackName=f"{app_name}-Grants", TemplateBody=json.dumps(TEMPLATE))
    [stack] = cloudformation.describe_stacks(StackName=f"{app_name}-Grants")["Stacks"]
    return Commands(
        configuration=configuration,
        dynamodb=clients["dynamodb"],
        table=stack["Outputs"][0]["OutputValue"],
        capsys=capsys,
        monkeypatch=monkeypatch,
    )
