"""Web login tokens: one use, one minute, one environment."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest

from local.airflow_runtime.sign_in.mwaa_local_token import AirflowLogin, TokenError, redeem

KEY = "0123456789abcdef0123456789abcdef"
USER = "assumed-role/mwaa-platform-Viewer/viewer@example.com"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(KEY)
    monkeypatch.setenv("MWAA_LOCAL_ENVIRONMENT", "Env1")
    monkeypatch.setenv("MWAA_LOCAL_TOKEN_KEY", str(tmp_path / "key"))
    monkeypatch.setenv("MWAA_LOCAL_USED_TOKENS", str(tmp_path / "used"))


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    issued = {"env": "Env1", "role": "Viewer", "sub": USER, "iat": now, "exp": now + 60, "jti": "1"}
    return {key: value for key, value in {**issued, **changes}.items() if value is not None}


def token(key: str = KEY, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm="HS256")


def lacking(name: str) -> str:
    absent: dict[str, Any] = {name: None}
    return token(**absent)


def unsigned() -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims())
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join((*(part.rstrip("=") for part in encoded), ""))


def test_token_says_whom_to_sign_in() -> None:
    assert redeem(token()) == AirflowLogin(user=USER, role="Viewer")


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param("", id="none"),
        pytest.param("not.a.token", id="garbled"),
        pytest.param(token(key=KEY[::-1]), id="forged"),
        pytest.param(unsigned(), id="unsigned"),
        pytest.param(token(iat=1, exp=61), id="expired"),
        pytest.param(token(iat=2_000_000_000, exp=2_000_000_060), id="not yet valid"),
        pytest.param(token(iat=1, exp=4_000_000_000), id="valid for years"),
        pytest.param(token(env="Env2"), id="another environment's"),
        pytest.param(token(role="Root"), id="unknown role"),
        *(pytest.param(lacking(name), id=f"without {name}") for name in claims()),
    ],
)
def test_other_tokens_are_refused(refused: str) -> None:
    with pytest.raises(TokenError) as caught:
        redeem(refused)
    assert not refused or refused not in str(caught.value)


def test_of_many_uses_at_once_one_succeeds() -> None:
    stolen = token()

    def use(_: int) -> bool:
        try:
            redeem(stolen)
        except TokenError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(32))) == 1


def test_a_refused_token_uses_up_nothing() -> None:
    with pytest.raises(TokenError):
        redeem(token(env="Env2", jti="2"))
    assert redeem(token(jti="2"))
