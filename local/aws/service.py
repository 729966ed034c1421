"""The program of the AWS stand-in: virtual environment, command line and readiness."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from local.layout import ACCOUNT, NO_PROXY, REGION, ROOT, Layout
from local.processes import Program, inherited_variables
from local.readiness import probe
from local.toolchain import locked_environment

LOCK = Path(__file__).with_name("requirements.lock")


def install(cache: Path) -> Path:
    """Creates the stand-in's virtual environment under `cache`, once for each content of its lock.

    Returns its Python interpreter. Raises PlatformError when a package cannot be installed.
    """
    return locked_environment(cache / "ministack", LOCK, installs="The AWS stand-in")


def program(
    python: Path,
    layout: Layout,
    *,
    webservers: Mapping[str, str],
    token_key: Path,
    lineage: str,
    ca_bundle: Path | None = None,
    trouble: Path | None = None,
) -> Program:
    """The stand-in, run by the interpreter of `install`.

    `webservers` maps each environment to the host and port of its Airflow. `token_key` is a file
    with the HMAC key of web login tokens, shared with those Airflows. `lineage` is the URL of the
    lineage endpoint. Deployed functions inherit its variables, and trust the certificates of
    `ca_bundle` (PEM). `trouble` is a file of `local.aws.trouble`, which a test writes.
    """
    temporary = layout.state / "aws"
    shutil.rmtree(temporary, ignore_errors=True)  # of an earlier run
    temporary.mkdir(parents=True)
    env = {
        **inherited_variables(),
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(temporary),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(layout.ports["aws"]),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        # Requests are authorised by the policies that the templates deploy.
        "AUTH": "true",
        # Unused listeners.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "MWAA_LOCAL_WEBSERVERS": json.dumps(dict(webservers)),
        "MWAA_LOCAL_TOKEN_KEY": str(token_key),
        "MWAA_LOCAL_LINEAGE": lineage,
        "NO_PROXY": NO_PROXY,
    }
    if ca_bundle:
        env |= {"SSL_CERT_FILE": str(ca_bundle), "REQUESTS_CA_BUNDLE": str(ca_bundle)}
    if trouble:
        env["MWAA_LOCAL_TROUBLE"] = str(trouble)
    return Program(
        name="AWS stand-in",
        argv=[str(python), "-m", "local.aws"],
        env=env,
        cwd=ROOT,
        log=layout.log("aws"),
    )


def ready(layout: Layout) -> bool:
    """Whether the stand-in accepts requests."""
    response = probe(f"{layout.aws}/_ministack/ready")
    return response is not None and response.is_success
