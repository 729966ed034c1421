"""Real Airflow with a real client of OpenMetadata and the files of an environment."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from artifacts.plugins import build_plugins
from config.lineage.openmetadata_backend import SECRET_OPTIONS
from errors import PlatformError
from local.airflow_runtime.home import unpack_plugins
from local.layout import CACHE
from local.toolchain import virtual_environment
from tests.lineage import openmetadata, resolved
from tests.matrix.airflow import Airflow, prepare
from tests.openmetadata.pins import Pair, interpreter

DAGS = Path(__file__).parent / "dags"
SECRET = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:lineage-AbCdEf"
OPTIONS = {
    "lineage.backend": "mwaa_platform_openmetadata.LineageBackend",
    "mwaa_platform.lineage_secret_openmetadata": SECRET,
}
SERVICE = "reporting"
NOWHERE = "http://127.0.0.1:9"


def installed(pair: Pair, home: Path, *, secrets_manager: str) -> Airflow:
    """An Airflow that sends to nowhere yet."""
    return prepare(
        pair.airflow,
        python=_python(pair),
        home=home / "airflow",
        plugins=_plugins(pair, NOWHERE, home),
        dags=Path(shutil.make_archive(str(home / "dags"), "zip", DAGS)),
        options=OPTIONS,
        secrets_manager=secrets_manager,
    )


def ship(
    airflow: Airflow,
    pair: Pair,
    url: str,
    *,
    authentication: str = "JWT",
    options: Mapping[str, str] | None = None,
) -> None:
    """Give it the plugins.zip of an environment that sends to OpenMetadata at this address.

    It forgets the tokens of before.
    """
    archive = _plugins(
        pair, url, airflow.home.parent, authentication=authentication, options=options
    )
    unpack_plugins(airflow.plugins, archive)
    forget_tokens(airflow)


def forget_tokens(airflow: Airflow) -> None:
    """Empty its host's cache."""
    shutil.rmtree(airflow.temporary)
    airflow.temporary.mkdir()


def _plugins(
    pair: Pair,
    url: str,
    directory: Path,
    *,
    authentication: str = "JWT",
    options: Mapping[str, str] | None = None,
) -> Path:
    entry = openmetadata(pair.openmetadata, Url=url, ServiceName=SERVICE)
    lineage = resolved(entry, version=pair.airflow, connection="reporting", ttl_seconds=300)
    (catalogue,) = lineage.catalogues
    # The configuration takes no host with a port, which the tests' identity provider has.
    settings = {
        **catalogue.settings,
        "authentication": authentication,
        "secret_option": SECRET_OPTIONS[authentication],
        "options": dict(options or {}),
    }
    catalogues = (replace(catalogue, settings=settings),)
    return build_plugins(replace(lineage, catalogues=catalogues), directory=directory)


def _python(pair: Pair) -> Path:
    requirements = pair.lock.read_text()
    digest = hashlib.sha256(requirements.encode()).hexdigest()[:12]
    return virtual_environment(
        CACHE / f"openmetadata-{pair.openmetadata}-airflow-{pair.airflow}-{digest}",
        python=interpreter(pair.python),
        requirements=requirements,
        failure=PlatformError(
            f"OpenMetadata {pair} could not be installed.",
            place=str(pair.lock),
            remedy=f"Check that there is a Python {pair.python}, the network and uv's index.",
        ),
    )
