"""A person's proxy and AWS settings, which no program of a local run uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.aws_stand_in import AwsStandIn
from local.deployment import Deployment
from local.layout import Layout
from local.ports import choose
from local.tls import make_certificates
from tests.loopback import Request, Response, Server, serving
from tests.running_stand_in import running_stand_in

SCHEMES = ("http", "https", "all")


def test_the_cdk_cli_asks_no_proxy_for_the_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    def refuse(request: Request) -> Response:
        asked.append(request)
        return Response(502)

    layout = Layout(state=tmp_path, ports=choose({"aws": 14577, "lineage": 14578}))
    certificates = make_certificates(tmp_path / "certificates", ["localhost"])
    with (
        serving(Server(refuse)) as proxy,
        running_stand_in(layout, webservers={}, ca=certificates.ca) as processes,
    ):
        for name in (f"{scheme}_proxy" for scheme in SCHEMES):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("no_proxy", "example.com")
        monkeypatch.setenv("AWS_PROFILE", "of-the-person")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        stand_in = AwsStandIn(endpoint=layout.aws)
        deployment = Deployment(
            folder=tmp_path / "cdk", stand_in=stand_in, processes=processes, log=layout.log("cdk")
        )
        deployment.write({})
        deployment.bootstrap()
        stacks = stand_in.session.client("cloudformation").describe_stacks()["Stacks"]
    assert [each["StackName"] for each in stacks] == ["CDKToolkit"]
    assert [f"{each.method} {each.path}" for each in asked] == []
