"""Points Airflow at the data catalogues.

Airflow loads the plugins folder before the plugin that sends lineage, so what is set here wins.
That plugin keeps each setting at its first read: nothing of it may be imported here, and importing
this file must stay cheap, for every Airflow process does it (some twice).
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from airflow.plugins_manager import AirflowPlugin

SETTINGS = Path(__file__).with_suffix(".json")

PROVIDER_SINCE = (2, 7)
"""The first Airflow with a lineage provider of its own; before it `openlineage-airflow` does it."""

LEFT_OUT = {"type": "regex", "regex": r"mwaa_platform_lineage_preflight(\.|$)"}
"""The events of the preflight's own runs, which nobody looks for in a catalogue. Clients before
1.33 (Airflow 2.10.3) do not read it: there the transport leaves them out."""

FORKS_BESIDE_THREADS = (3, 0)
"""The first Airflow whose API server, which serves many at once, is forked by the lineage provider
when a person sets a state. That of each image does so."""


class _Siblings:
    """Finds the modules beside this file before Python's path is looked at, on which Airflow puts
    the DAG folder before that of plugins up to 2.9.2."""

    folder = str(SETTINGS.parent)

    @classmethod
    def find_spec(
        cls, name: str, _path: object = None, _target: object = None
    ) -> ModuleSpec | None:
        """Where the module is, None for any other."""
        ours = name.startswith("mwaa_platform_")
        return PathFinder.find_spec(name, [cls.folder]) if ours else None


def _configure() -> None:
    if not any(getattr(each, "folder", None) == _Siblings.folder for each in sys.meta_path):
        sys.meta_path.insert(0, _Siblings)
    settings = json.loads(SETTINGS.read_text(encoding="utf-8"))
    version = tuple(int(part) for part in settings["airflow"].split(".")[:2])
    forced = _openlineage(settings, version) if settings["transport"] else {}
    defaults = {_secret_variable(each): arn for each, arn in settings["secrets"].items()}
    if forced and version >= PROVIDER_SINCE:
        # Events for all operators, unless the environment's own options except some.
        defaults["AIRFLOW__OPENLINEAGE__DISABLED_FOR_OPERATORS"] = ""
        defaults["OPENLINEAGE__FILTERS"] = json.dumps([LEFT_OUT])
    chosen = {name: text for name, text in defaults.items() if name not in os.environ} | forced
    os.environ.update(_checked(chosen))
    if forced and any(catalogue.get("token") for catalogue in settings["catalogues"]):
        # Each event has a process of its own, which would load it anew.
        import mwaa_platform_secret  # noqa: F401, PLC0415
    if forced and version >= FORKS_BESIDE_THREADS:
        import mwaa_platform_fork  # noqa: PLC0415 - of no use, and not free, to other versions

        mwaa_platform_fork.leave_connections_to_parents()


def _openlineage(settings: Mapping[str, Any], version: tuple[int, ...]) -> dict[str, str]:
    if version < PROVIDER_SINCE:
        return {
            # The client reads `transport` in it, and nothing else: JSON is YAML.
            "OPENLINEAGE_CONFIG": str(SETTINGS),
            "OPENLINEAGE_NAMESPACE": settings["namespace"],
        }
    return {
        "AIRFLOW__OPENLINEAGE__NAMESPACE": settings["namespace"],
        # Airflow expands what follows a $ in a variable's value.
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(settings["transport"]).replace(
            "$", r"\u0024"
        ),
        # Both come before the transport where they are set.
        "AIRFLOW__OPENLINEAGE__CONFIG_PATH": "",
        "AIRFLOW__OPENLINEAGE__CONFIG_CONN_ID": "",
    }


def _secret_variable(catalogue: str) -> str:
    return f"AIRFLOW__MWAA_PLATFORM__LINEAGE_SECRET_{catalogue.upper()}"


def _checked(variables: Mapping[str, str]) -> Mapping[str, str]:
    """The same; an error where the environment would take some and then refuse one."""
    for name, value in variables.items():
        if b"\0" in os.fsencode(value):
            raise ValueError(f"{name} has a null byte")
    return variables


try:
    _configure()
except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, Airflow must go on
    logging.getLogger(__name__).error(  # noqa: TRY400 - one line, in every process
        "Lineage is off: %s cannot be used (%s: %s).", SETTINGS.name, type(error).__name__, error
    )


class MwaaPlatformLineage(AirflowPlugin):  # type: ignore[misc]
    """Makes the file known to Airflow, so that `airflow plugins` lists it."""

    name = "mwaa_platform_lineage"
