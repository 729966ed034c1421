"""Functions under their own role, isolated from this machine."""

from __future__ import annotations

import platform
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.layout import ACCOUNT
from tests.unit.local.aws.stand_in import StandIn

LIKE_LAMBDA = (
    sys.version_info[:2] == (3, 13)
    and platform.machine() == "x86_64"
    and platform.libc_ver()[0] == "glibc"
)

SHOW = """
import os, sys
import boto3
def handle(event, context):
    identity = boto3.client("sts").get_caller_identity()["Arn"]
    return {"identity": identity, "environment": dict(os.environ), "path": sys.path}
"""


# A request lasts long enough that all the others come meanwhile.
BUSY = """
import os, time
def handle(event, context):
    time.sleep(0.3)
    return os.getpid()
"""
AT_ONCE, MOST_PROCESSES = 10, 4


def test_many_requests_at_once_share_a_few_processes(stand_in: StandIn) -> None:
    run = stand_in.made_function(stand_in.create_role(), {"index.py": BUSY})
    with ThreadPoolExecutor(AT_ONCE) as people:
        processes = [*people.map(run, [{}] * AT_ONCE)]

    assert len(processes) == AT_ONCE
    assert 1 < len({*processes}) <= MOST_PROCESSES


def test_a_function_acts_under_its_own_role(stand_in: StandIn) -> None:
    role = stand_in.create_role()
    shown = stand_in.run_function(role, {"index.py": SHOW}, {})
    name = role.rpartition("/")[2]
    assert shown["identity"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/")


def test_a_function_sees_no_settings_of_this_machine(stand_in: StandIn) -> None:
    shown = stand_in.run_function(stand_in.create_role(), {"index.py": SHOW}, {})
    environment = shown["environment"]
    assert not [name for name in environment if name.startswith(("MWAA_", "PYTHON", "AUTH"))]
    assert environment["AWS_ENDPOINT_URL"] == stand_in.endpoint
    assert environment["SSL_CERT_FILE"] == str(stand_in.ca_bundle)
    assert not any(path.endswith("/local/aws") for path in shown["path"])


@pytest.mark.skipif(LIKE_LAMBDA, reason="the bundle's own packages run here")
def test_a_bundle_for_another_machine_runs(stand_in: StandIn) -> None:
    answer = stand_in.run_function(
        stand_in.create_role(),
        {
            "cryptography/__init__.py": "raise ImportError('built for another machine')",
            "helper.py": "WORD = 'bundled'",
            "index.py": "import helper\n"
            "from cryptography.hazmat.primitives.asymmetric import ec\n"
            "def handle(event, context): return [helper.WORD, ec.SECP256R1().name]",
        },
        {},
    )
    assert answer == ["bundled", "secp256r1"]


REPORT = """
import json, urllib.request
def handle(event, context):
    greeting = event["ResourceProperties"]["Greeting"]
    answer = {
        "Status": "FAILED" if greeting == "fail" else "SUCCESS",
        "Reason": "said no",
        "PhysicalResourceId": "greeting",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Greeting": greeting},
    }
    urllib.request.urlopen(urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"))
"""


def test_a_custom_resource_reports_to_its_stack(stand_in: StandIn) -> None:
    role = stand_in.create_role()
    _, made = stand_in.deploy(
        {
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Handler": "index.handle",
                    "Role": role,
                    "Code": {"ZipFile": REPORT},
                    "Timeout": 60,
                },
            },
            "Custom": {
                "Type": "AWS::CloudFormation::CustomResource",
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                    "Greeting": "hello",
                },
            },
        },
        {"Greeting": {"Fn::GetAtt": ["Custom", "Greeting"]}},
    )
    assert made == {"Greeting": "hello"}
