"""Tells whether this Airflow reads connections and variables from its secrets backend in AWS.

    airflow dags test mwaa_platform_secrets_check
    airflow dags test mwaa_platform_secrets_check --conf '{"variable": "…", "connection": "…"}'

It says which secrets are there and why others are not, and never what they hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import Param, dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.models.param import Param

FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
PROFILE = os.environ.get("AWS_PROFILE", "default")
ACCOUNT = os.environ.get("MWAA_PLATFORM_ACCOUNT")
BEFORE_PROFILE = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_PROFILE")

SIGNED_OUT = {
    *("UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError"),
    *("ExpiredToken", "ExpiredTokenException", "UnauthorizedException"),
}
UNREACHABLE = {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError"}
NOBODY = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "ConfigNotFound"}


class SecretsCheckFailed(Exception):  # noqa: N818 - what people read in the log
    """Something is not there, or cannot be asked for."""


def settings() -> Any:
    """The secrets backend that Airflow is set up with."""
    from airflow.configuration import (  # noqa: PLC0415 - not at each parse
        conf,
        get_custom_secret_backend,
    )

    backend = get_custom_secret_backend()
    if not hasattr(backend, "variables_prefix"):
        set_up = conf.get("secrets", "backend", fallback="") or "none"
        raise SecretsCheckFailed(
            f"The secrets backend of this Airflow is {set_up}. Do the variables "
            "AIRFLOW__SECRETS__BACKEND and AIRFLOW__SECRETS__BACKEND_KWARGS reach it?"
        )
    return backend


def check_files() -> None:
    """The AWS SDK takes a file that it may not read for an empty one: say so instead."""
    found = [Path(os.environ[name]) for name in FILES if name in os.environ]
    there = []
    for path in found:
        try:
            path.open().close()
        except PermissionError:
            raise SecretsCheckFailed(
                f"The user that Airflow runs as, {os.getuid()}, may not read {path}. On the "
                f"machine that the folder is mounted from: setfacl -R -m u:{os.getuid()}:rX ~/.aws"
            ) from None
        except FileNotFoundError:
            continue
        there.append(path)
    if found and not there:
        raise SecretsCheckFailed(
            f"None of {', '.join(map(str, found))} is there. Is your ~/.aws folder mounted?"
        )


def check_account(identity: Callable[[], Any]) -> None:
    """The secrets of another account may have the same names. Asking who one is needs no right."""
    if not ACCOUNT:
        return
    try:
        reached = identity()["Account"]
    except Exception as error:  # noqa: BLE001 - what follows says why AWS does not answer
        print(f"Which account answers is not known ({type(error).__name__}).")
        return
    if reached == ACCOUNT:
        return
    first = " and ".join(name for name in BEFORE_PROFILE if os.environ.get(name))
    why = f" {first} is set here, which comes before the profile." if first else ""
    raise SecretsCheckFailed(
        f"The credentials are of account {reached}, and the environment is in {ACCOUNT}.{why}"
    )


def caller() -> Any:
    """Whose credentials the AWS SDK takes here."""
    import boto3  # noqa: PLC0415 - not at each parse

    return boto3.client("sts").get_caller_identity()


def service_and_action(backend: Any) -> tuple[str, str]:
    """The service that a backend reads, and the permission that it needs there."""
    if "ParameterStore" in type(backend).__name__:
        return "Parameter Store", "GetParameter"
    return "Secrets Manager", "GetSecretValue"


def explained(error: Exception, secret: str, backend: Any = None) -> str:
    """What the AWS SDK could not do, in words; its own texts may hold more than a log should."""
    service, action = service_and_action(backend)
    kind = type(error).__name__
    code = getattr(error, "response", {}).get("Error", {}).get("Code", kind)
    if code.startswith("AccessDenied"):
        return f"AWS does not let the profile {PROFILE} read {secret} ({action})."
    if {kind, code} & SIGNED_OUT:
        return f"Your sign-in has ended. On your machine: aws sso login --profile {PROFILE}"
    if kind in NOBODY:
        return f"The profile {PROFILE} has no credentials in the mounted files ({kind})."
    if kind in UNREACHABLE:
        return f"{service} cannot be reached from here ({kind})."
    return f"{service} could not be asked for {secret} ({code})."


def is_there(read: Callable[[str], str | None], name: str, secret: str, backend: Any) -> bool:
    """Whether the backend finds a value; the value goes no further."""
    try:
        return read(name) is not None
    except Exception as error:  # noqa: BLE001 - each is put into words
        raise SecretsCheckFailed(explained(error, secret, backend)) from None


@dag(  # type: ignore[untyped-decorator]
    dag_id="mwaa_platform_secrets_check",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),  # noqa: UP017 - Python 3.10 too
    catchup=False,
    params={
        "variable": Param(None, type=["null", "string"], description="The id of a variable."),
        "connection": Param(None, type=["null", "string"], description="The id of a connection."),
    },
    doc_md=__doc__,
)
def secrets_check() -> None:
    @task  # type: ignore[untyped-decorator]
    def check(params: dict[str, Any] | None = None) -> None:
        asked = params or {}
        check_files()
        check_account(caller)
        backend = settings()
        kinds = {
            "variable": (backend.variables_prefix, backend.get_variable),
            "connection": (backend.connections_prefix, backend.get_conn_value),
        }
        wanted = [(kind, asked[kind]) for kind in kinds if asked.get(kind)]
        missing = []
        for kind, name in wanted or [("variable", "mwaa_platform_secrets_check")]:
            prefix, read = kinds[kind]
            secret = f"{prefix}/{name}"
            there = is_there(read, name, secret, backend)
            if wanted:
                print(f"The {kind} {name} is {'' if there else 'not '}there: secret {secret}")
                missing += [] if there else [secret]
        if missing:
            raise SecretsCheckFailed(
                f"No secret {' or '.join(missing)} in {backend.kwargs.get('region_name')}, or its "
                "value is no text. Ids below other prefixes are not looked for."
            )
        print(f"{service_and_action(backend)[0]} answers the profile {PROFILE}.")

    check()


secrets_check()
