"""The doctor at a terminal, and a small AWS that it asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import botocore.session
import pytest
from botocore.loaders import Loader

from errors import PlatformError
from tests import loopback
from tests.unit.cli.doctor.fake_aws import TARGET_GROUP, FakeAws
from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import SMALLEST

ADDRESSES = ["10.3.0.10", "10.3.1.10"]
ALB = {
    **SMALLEST["Alb"],
    "DomainName": "airflow.example.com",
    "AllowedCidrs": ["10.0.0.0/8"],
}
NEW = {"Name": "fore_casting", "VpcCIDR": "10.3.0.0/16", "UiHost": "forecasting.example.com"}
EXISTING = {"Name": "old_one", "UiHost": "old-one.example.com"}
MODELS: Loader = botocore.session.get_session().get_component("data_loader")
QUICK_START = {
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
    "MwaaEnvironmentName": "reporting",
}
PORTAL = {
    "mwaa-platform-Sso": {"LoadBalancerArn": "x"},
    "mwaa-platform-Grants": {"TableName": "x"},
    "mwaa-platform-Network": {},
}


@dataclass(frozen=True)
class Doctor:
    """The doctor, asked about a configuration."""

    terminal: Terminal
    configuration: Path

    def __call__(self, *arguments: str, **sections: object) -> Result:
        raw = {**SMALLEST, "Alb": ALB, "MwaaEnvironments": [NEW], **sections}
        self.configuration.write_text(json.dumps(raw))
        result = self.terminal.type("doctor", "-c", str(self.configuration), *arguments)
        assert "Traceback" not in result.said
        return result

    def codes(self, *arguments: str, **sections: object) -> list[str]:
        """The kinds of what is wrong."""
        found = json.loads(self("--json", *arguments, **sections).out)
        return [each["code"] for each in found if each["wrong"]]


@pytest.fixture
def doctor(terminal: Terminal, tmp_path: Path) -> Doctor:
    return Doctor(terminal, tmp_path / "cdk.context.json")


@pytest.fixture(autouse=True)
def _models_that_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run has a session of its own, which would read what AWS's services are anew."""
    get_session = botocore.session.get_session

    def with_models() -> botocore.session.Session:
        session = get_session()
        session.register_component("data_loader", MODELS)
        return session

    monkeypatch.setattr("botocore.session.get_session", with_models)


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The discovery document of the identity provider, which does not answer where it is empty."""
    oidc = SMALLEST["Oidc"]
    document = {
        "authorization_endpoint": oidc["AuthorizationEndpoint"],
        "token_endpoint": oidc["TokenEndpoint"],
        "userinfo_endpoint": oidc["UserInfoEndpoint"],
    }

    def fetch_document(issuer: str, *, ca: Path | None) -> tuple[str, dict[str, str]]:
        assert ca
        if not document:
            raise PlatformError("The provider cannot be reached.", remedy="Check the address.")
        return issuer, document

    monkeypatch.setattr("cli.doctor.sign_in.fetch_document", fetch_document)
    return document


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """All is well with a new environment's target group."""
    aws = FakeAws(
        stacks={
            **PORTAL,
            "mwaa-platform-Env-fore-casting-376318": {"EnvironmentName": "fore_casting"},
            "mwaa-platform-Ui-fore-casting-376318": {"UiTargetGroupArn": TARGET_GROUP},
        },
        addresses=ADDRESSES,
        targets=dict.fromkeys(ADDRESSES, "healthy"),
        environments={"fore_casting", "old_one", "reporting"},
    )
    with loopback.serving(loopback.Server(aws.answer)) as server:
        settings = loopback.aws_settings(server.url)
        # MWAA's API is asked at api.<endpoint>, which is no address here.
        for name, value in {**settings, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield aws
