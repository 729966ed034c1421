"""Airflow configuration options of an environment, and those that MWAA or the platform set."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import AfterValidator

from config.section import Matches, reject
from mwaa.forced_options import FORCED_SECTION, HEEDED

# In every version; `forced_options` has what each forces beyond these.
FORCED_BY_MWAA = {
    "api.secret_key",
    "celery.broker_url",
    "celery.result_backend",
    "core.auth_manager",
    "core.executor",
    "core.fernet_key",
    "core.load_examples",
    "core.sql_alchemy_conn",
    "database.sql_alchemy_conn",
    "logging.logging_config_class",
    "webserver.secret_key",
}
OWN_SECTION = "mwaa_platform"
OWNED_BY_EVENTS = {
    "openlineage.config_conn_id",
    "openlineage.config_path",
    "openlineage.disabled",
    "openlineage.namespace",
    "openlineage.transport",
}
OWNED_BY_BACKEND = "lineage"
OWNED_BY_SECRETS_BACKEND = {"secrets.backend", "secrets.backend_kwargs"}
HOST_NAME = "webserver.base_url"


def _advice(key: str) -> str | None:
    variable = re.fullmatch(r"AIRFLOW__([A-Z0-9_]+?)__([A-Z0-9_]+)", key.upper())
    return f"Write {variable[1].lower()}.{variable[2].lower()}" if variable else None


def _check_key(key: str) -> str:
    section = key.partition(".")[0]
    if key in FORCED_BY_MWAA or (section == FORCED_SECTION and key not in HEEDED):
        reject("MWAA sets this option itself and ignores another value.", "Take it out.")
    if section == OWN_SECTION:
        reject(f"Options under {OWN_SECTION}. belong to this platform.", "Take it out.")
    return key


OptionKey = Annotated[
    str,
    Matches(
        r"(?=.{3,64}$)[a-z]+[a-z0-9_]*\.(?:[a-z0-9._]*[a-z0-9_])",
        "section.option in lower case, 64 characters at most, such as core.parallelism",
        _advice,
    ),
    AfterValidator(_check_key),
]
OptionValue = Annotated[
    str,
    Matches(r"[\x20-\x7e]{1,65536}", "printable ASCII on one line, and not empty"),
]


def owned_by_lineage(options: Mapping[str, str], *, events: bool, backend: bool) -> Collection[str]:
    """Returns those of the options that lineage overwrites, by events or by a backend."""
    owned = OWNED_BY_EVENTS & options.keys() if events else set()
    section = {key for key in options if key.partition(".")[0] == OWNED_BY_BACKEND}
    return sorted(owned | (section if backend else set()))
