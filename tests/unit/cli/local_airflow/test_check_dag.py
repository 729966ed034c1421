"""Error messages of the DAG that checks secrets; tests/integration runs it in real Airflow."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore import exceptions as aws

from cli.local_airflow.file_changes import CHECK_DAG

NOBODY = 65534
MANY_ERRORS = [
    (aws.NoCredentialsError(), "has no credentials in the mounted files"),
    (aws.ProfileNotFound(profile="work"), "has no credentials in the mounted files"),
    (aws.UnauthorizedSSOTokenError(), "aws sso login --profile work"),
    (aws.TokenRetrievalError(provider="sso", error_msg="canary"), "aws sso login --profile work"),
    (aws.EndpointConnectionError(endpoint_url="https://canary"), "cannot be reached"),
    (RuntimeError("canary"), "(RuntimeError)"),
]
MANY_CODES = [
    ("AccessDeniedException", "does not let the profile work read team/variables/x"),
    ("ExpiredTokenException", "aws sso login --profile work"),
    ("UnrecognizedClientException", "(UnrecognizedClientException)"),
]


@pytest.fixture
def dag(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return loaded(monkeypatch)


def loaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the DAG's file defines, with decorators of Airflow that do nothing."""

    def decorator(*_: Any, **__: Any) -> Callable[..., Any]:
        return lambda *_: lambda: None

    sdk = ModuleType("airflow.sdk")
    for name in ("Param", "dag", "task"):
        setattr(sdk, name, decorator)
    monkeypatch.setitem(sys.modules, "airflow", ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.sdk", sdk)
    monkeypatch.setenv("AWS_PROFILE", "work")
    return runpy.run_path(str(CHECK_DAG))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the variables say that AWS's files are."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Run as another user where this one may read everything."""
    if os.getuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_files_that_airflows_user_may_not_read(dag: dict[str, Any], files: Path) -> None:
    """The AWS SDK would say that there is no such profile."""
    (files / "config").touch(mode=0o000)
    with as_somebody_else(), pytest.raises(Exception, match="may not read") as error:
        dag["check_files"]()
    assert "setfacl -R -m u:" in str(error.value)


def test_files_that_are_not_mounted(dag: dict[str, Any], files: Path) -> None:
    with pytest.raises(Exception, match="folder mounted"):
        dag["check_files"]()
    (files / "config").touch()
    dag["check_files"]()


def test_secrets_of_another_account_are_not_taken_for_the_environments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MWAA_PLATFORM_ACCOUNT", "111122223333")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary")
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    checked = loaded(monkeypatch)
    checked["check_account"](lambda: {"Account": "111122223333"})
    with pytest.raises(checked["SecretsCheckFailed"]) as told:
        checked["check_account"](lambda: {"Account": "444455556666"})
    assert "account 444455556666, and the environment is in 111122223333" in str(told.value)
    assert "AWS_ACCESS_KEY_ID is set here" in str(told.value)
    assert "canary" not in str(told.value)

    def refused() -> None:
        raise aws.NoCredentialsError

    checked["check_account"](refused)
    assert "not known (NoCredentialsError)" in capsys.readouterr().out


@pytest.mark.parametrize(("error", "said"), MANY_ERRORS)
def test_what_the_sdk_cannot_do(dag: dict[str, Any], error: Exception, said: str) -> None:
    _tells(dag, error, said)


@pytest.mark.parametrize(("code", "said"), MANY_CODES)
def test_what_aws_refuses(dag: dict[str, Any], code: str, said: str) -> None:
    response: Any = {"Error": {"Code": code, "Message": "canary"}}
    _tells(dag, aws.ClientError(response, "GetSecretValue"), said)


def test_parameter_store_is_called_by_its_name(dag: dict[str, Any]) -> None:
    response: Any = {"Error": {"Code": "AccessDeniedException", "Message": "canary"}}
    backend = type("SystemsManagerParameterStoreBackend", (), {})()
    _tells(dag, aws.ClientError(response, "GetParameter"), "x (GetParameter)", backend)
    unreachable = aws.EndpointConnectionError(endpoint_url="https://canary")
    _tells(dag, unreachable, "Parameter Store cannot be reached", backend)


def _tells(dag: dict[str, Any], error: Exception, said: str, backend: Any = None) -> None:
    def read(_: str) -> str:
        raise error

    with pytest.raises(dag["SecretsCheckFailed"]) as told:
        dag["is_there"](read, "x", "team/variables/x", backend)
    assert said in str(told.value)
    assert "canary" not in str(told.value)
