"""The custom resources, each with its deployments and a small AWS that shows its end state."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from dag_sync.handler import handle as sync_dags
from endpoint_targets.handler import handle as register_targets
from file_copy.handler import handle as copy_file
from grants_reconciler.handler import handle as reconcile_grants
from load_balancer_protection.handler import handle as protect
from tests.campaign.small_s3 import SmallS3, Stored
from tests.loopback import Request, Response
from tests.unit.file_copy.test_file_copy import Storage
from tests.unit.grants_reconciler.fake_aws import FakeAws as GrantsTable
from tests.unit.web_acl.test_web_acl import LOAD_BALANCER, ONE, OTHER, Waf
from tests.unit.web_server_endpoint import fake_aws as web_server
from web_acl.handler import handle as associate
from web_server_ingress.handler import handle as admit

Json = dict[str, Any]
Answer = Callable[[Request], Response]


@dataclass
class Scene:
    """A small AWS: how it answers, and the state that the resource is there for.

    `before` changes what is around the resource before the deployment of that number.
    """

    answer: Answer
    state: Callable[[], Any]
    before: Callable[[int], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A custom resource: its handler, the properties of its deployments, and its scene.

    The first deployment creates it; then it is updated, and at last deleted.
    """

    handle: Callable[[Any, Any], None]
    deployments: Sequence[Json]
    scene: Callable[[], Scene]


def _grants() -> Scene:
    table = GrantsTable()
    table.put("user:by-hand@example.com", "manual", {})
    return Scene(table.answer, lambda: copy.deepcopy(table.items))


def _granted(**roles: str) -> Json:
    grants = [
        {"Principal": f"user:{name}@example.com", "Environments": {"*": {"Roles": [role]}}}
        for name, role in roles.items()
    ]
    return {"TableName": "table", "Grants": grants}


MANY = {f"person{number}": "Viewer" for number in range(30)}
"""More than are written at once."""


def _file() -> Scene:
    """Copies stay for ever, so that the one that is deployed is what counts."""
    storage, deployed = Storage(), [""]

    def before(number: int) -> None:
        deployed[0] = f"/dags/{'aab'[number]}"

    return Scene(storage.answer, lambda: storage.objects.get(deployed[0]), before)


def _copied(key: str) -> Json:
    source = {"SourceBucket": "assets", "SourceKey": "0123.zip"}
    return {**source, "DestinationBucket": "dags", "DestinationKey": key}


def _web_server(state: Callable[[web_server.FakeAws], Any]) -> Scene:
    """The environment moves before the second deployment."""
    aws = web_server.FakeAws(
        environment={
            "Name": "gold",
            "Status": "AVAILABLE",
            "WebserverAccessMode": "PRIVATE_ONLY",
            "WebserverVpcEndpointService": web_server.SERVICE,
            "NetworkConfiguration": {"SecurityGroupIds": ["sg-a", "sg-b"]},
        }
    )
    places = [
        web_server.Endpoint(web_server.HERE, groups=("sg-a",)),
        web_server.Endpoint(("10.3.1.9", "10.3.2.4"), groups=("sg-b",)),
    ]

    def before(number: int) -> None:
        aws.endpoints = [places[min(number, 1)]]

    return Scene(aws.answer, lambda: state(aws), before)


def _protection() -> Scene:
    values = {"deletion_protection.enabled": "false"}

    def answer(request: Request) -> Response:
        form = {name: each[0] for name, each in parse_qs(request.body.decode()).items()}
        values[form["Attributes.member.1.Key"]] = form["Attributes.member.1.Value"]
        name = "ModifyLoadBalancerAttributes"
        return Response(200, f"<{name}Response><{name}Result/></{name}Response>".encode())

    return Scene(answer, lambda: dict(values))


def _web_acl() -> Scene:
    waf = Waf()
    return Scene(waf.answer, lambda: waf.history[-1])


DAGS: Sequence[Mapping[str, str]] = (
    {"etl.py": "one", "helpers/dates.py": "one", "same.py": "same"},
    {"etl.py": "two", "helpers/times.py": "one", "same.py": "same", "new.py": "two"},
)


def _dags() -> Scene:
    s3 = SmallS3({"dags/theirs.py": Stored(b"theirs", {})})
    for number, files in enumerate(DAGS):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        s3.objects[f"archive-{number}.zip"] = Stored(buffer.getvalue(), {})

    def state() -> Any:
        dags = {k: v.content for k, v in s3.objects.items() if k.startswith("dags/")}
        known = json.loads(s3.objects["dags.json"].content) if "dags.json" in s3.objects else {}
        return dags, known.get("environment"), known.get("run")

    return Scene(s3.answer, state)


def _synced(number: int) -> Json:
    place = {"Bucket": "bucket", "Folder": "dags", "Manifest": "dags.json", "Environment": "ingest"}
    return {**place, "Archive": f"archive-{number}.zip", "Generated": ["new.py"]}


_ENTRANCE = {"EnvironmentName": "gold"}
_TARGETS = {**_ENTRANCE, "TargetGroupArn": web_server.TARGET_GROUP, "VpcId": web_server.OWN_VPC}
_RULE = {**_ENTRANCE, "Source": "pl-0", "Owner": "stack", "Tags": {"CostCentre": "42"}}

RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {
        "dag_sync": Resource(handle=sync_dags, deployments=[_synced(0), _synced(1)], scene=_dags),
        "endpoint_targets": Resource(
            handle=register_targets,
            deployments=[_TARGETS, _TARGETS],
            scene=lambda: _web_server(lambda aws: set(aws.targets)),
        ),
        "file_copy": Resource(
            handle=copy_file, deployments=[_copied("a"), _copied("b")], scene=_file
        ),
        "grants_reconciler": Resource(
            handle=reconcile_grants,
            deployments=[_granted(**MANY, ada="Op"), _granted(ada="Viewer", bo="Op")],
            scene=_grants,
        ),
        "load_balancer_protection": Resource(
            handle=protect,
            deployments=[{"LoadBalancerArn": "arn"}, {"LoadBalancerArn": "arn"}],
            scene=_protection,
        ),
        "web_acl": Resource(
            handle=associate,
            deployments=[
                {"LoadBalancerArn": LOAD_BALANCER, "WebAclArn": each} for each in (ONE, OTHER)
            ],
            scene=_web_acl,
        ),
        "web_server_ingress": Resource(
            handle=admit,
            deployments=[_RULE, _RULE],
            scene=lambda: _web_server(lambda aws: set(aws.rules.values())),
        ),
    }
)
