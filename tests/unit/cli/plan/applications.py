"""Applications of a few resources."""

from __future__ import annotations

import json
from typing import Any

from cli.plan.application import Application, StackState
from config.written import METADATA, RELEASE, WRITTEN

Json = dict[str, Any]

PREFIX = "mwaa-platform"
SUBNET: Json = {
    "Type": "AWS::EC2::Subnet",
    "Properties": {"CidrBlock": "10.0.0.0/24", "VpcId": {"Ref": "Vpc"}},
}
VPC: Json = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
KEPT_BUCKET: Json = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}
TOKEN: Json = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": "a token"}}


def environment(**properties: Any) -> Json:
    """The resource of an environment named lake."""
    return {
        "Type": "AWS::MWAA::Environment",
        "Properties": {
            "Name": "lake",
            "AirflowVersion": "2.10.3",
            "NetworkConfiguration": {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": ["sg"]},
            "WorkerReplacementStrategy": "FORCED",
            **properties,
        },
    }


def template(written: Json | None = None, **resources: Json) -> Json:
    """A template of the platform, which holds what is written for it."""
    held = {METADATA: {RELEASE: "0.1.0", WRITTEN: json.dumps(written or {})}}
    return {"Metadata": held, "Resources": resources}


def stack(id_: str, *, depends_on: tuple[str, ...] = (), **resources: Json) -> StackState:
    return StackState(
        id=id_, name=f"{PREFIX}-{id_}", template=template(**resources), depends_on=depends_on
    )


def lake(**properties: Any) -> StackState:
    """The stack of an environment, with what is around it."""
    return stack(
        "Env-lake",
        Airflow=environment(**properties),
        Vpc=VPC,
        Subnet=SUBNET,
        Bucket=KEPT_BUCKET,
    )


def application(*stacks: StackState, written: Json | None = None) -> Application:
    return Application(stacks={each.name: each for each in stacks}, written=written)


def written(*entries: Json, **sections: Any) -> Json:
    return {**sections, "MwaaEnvironments": list(entries)}
