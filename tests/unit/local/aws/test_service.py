"""The stand-in as a program: ports, environment and failures."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from errors import PlatformError
from local.aws import service
from local.layout import ROOT, Layout
from tests.unit.local.aws.stand_in import StandIn


def test_it_listens_on_one_port_of_loopback(stand_in: StandIn) -> None:
    listening = [
        connection.laddr
        for connection in psutil.Process(stand_in.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN or not connection.raddr
    ]
    assert [address.ip for address in listening] == ["127.0.0.1"]


def test_the_persons_own_aws_settings_stay_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "canary")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary")
    layout = Layout(state=tmp_path, ports={"aws": 1})
    program = service.program(
        Path("python"),
        layout,
        webservers={},
        token_key=tmp_path / "key",
        lineage="https://localhost:2",
    )
    assert "AWS_PROFILE" not in program.env
    assert "canary" not in program.env.values()


def test_a_failed_install_says_so_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pins = tmp_path / "requirements.lock"
    pins.write_text("absent @ file:///nowhere/absent.whl")
    monkeypatch.setattr(service, "LOCK", pins)
    for _ in range(2):
        with pytest.raises(PlatformError, match="could not be installed") as failure:
            service.install(tmp_path)
        assert "absent" in failure.value.remedy


def test_cryptography_is_the_one_that_functions_bring() -> None:
    def pin(file: Path) -> str:
        return next(line for line in file.read_text().splitlines() if "cryptography==" in line)

    assert pin(service.LOCK) == pin(ROOT / "lambda/authenticator/requirements.lock")
