"""A bootstrap as companies have it: a qualifier, their policies, a boundary of the CDK's roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws import service
from local.aws_stand_in import AwsStandIn
from local.deployment import Deployment
from local.layout import ACCOUNT, CACHE, REGION, ROOT, Layout
from local.ports import choose
from local.processes import Processes
from local.toolchain import install_node_packages
from tests.templates.synthesis import existing
from tests.waits import DEADLINE_SECONDS

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("bootstrap")]

QUALIFIER = "acme"
CONTEXT = {"@aws-cdk/core:bootstrapQualifier": QUALIFIER}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """The CDK's command line in an account that is not bootstrapped, with the qualifier."""
    install_node_packages(ROOT)
    layout = Layout(state=tmp_path, ports=choose({"aws": 14577}))
    (key := tmp_path / "token.key").write_bytes(b"a key")
    program = service.program(
        service.install(CACHE), layout, webservers={}, token_key=key, lineage=layout.aws
    )
    processes = Processes(tmp_path / "processes.json")
    processes.start(program)
    try:
        processes.wait_until(lambda: service.ready(layout), program.name, seconds=DEADLINE_SECONDS)
        made = Deployment(
            folder=tmp_path / "cdk",
            stand_in=AwsStandIn(endpoint=layout.aws),
            processes=processes,
            log=layout.log("cdk"),
        )
        raw = json.dumps({**existing("finance"), "AppName": "given"})
        made.write(json.loads(raw.replace("111122223333", ACCOUNT)))
        settings = json.loads((made.folder / "cdk.json").read_text())
        (made.folder / "cdk.json").write_text(json.dumps({**settings, "context": CONTEXT}))
        yield made
    finally:
        processes.stop()


def test_a_stack_is_deployed_through_the_companys_bootstrap(deployment: Deployment) -> None:
    iam = deployment.stand_in.session.client("iam")
    arns = {
        name: iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(POLICY))["Policy"]["Arn"]
        for name in ("acme-deployments", "acme-boundary")
    }

    deployment.cdk(
        "bootstrap",
        f"aws://{ACCOUNT}/{REGION}",
        "--app=",
        f"--qualifier={QUALIFIER}",
        "--toolkit-stack-name=AcmeToolkit",
        f"--cloudformation-execution-policies={arns['acme-deployments']}",
        "--custom-permissions-boundary=acme-boundary",
    )
    deployment.cdk(
        "deploy",
        "Grants",
        "--exclusively",
        "--toolkit-stack-name=AcmeToolkit",
        "--require-approval=never",
        "--method=direct",
        f"--outputs-file={deployment.outputs_file}",
    )

    assert deployment.outputs["given-Grants"]["TableName"]
    role = f"cdk-{QUALIFIER}-cfn-exec-role-{ACCOUNT}-{REGION}"
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [arns["acme-deployments"]]
    buckets = deployment.stand_in.session.client("s3").list_buckets()["Buckets"]
    ours = [each["Name"] for each in buckets if each["Name"].startswith("cdk-")]
    assert ours == [f"cdk-{QUALIFIER}-assets-{ACCOUNT}-{REGION}"]
