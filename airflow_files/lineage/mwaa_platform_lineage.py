"""Points Airflow's OpenLineage provider at the data catalogue.

Airflow loads the plugins folder before the provider's own plugin, so what is set here wins. The
provider caches each option at its first read: nothing of it may be imported here, and importing
this file must stay cheap, for every Airflow process does it (some twice).
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from airflow.plugins_manager import AirflowPlugin

SETTINGS = Path(__file__).with_suffix(".json")


def _configure() -> None:
    settings = json.loads(SETTINGS.read_text(encoding="utf-8"))
    os.environ.update(
        {
            "AIRFLOW__OPENLINEAGE__NAMESPACE": settings["namespace"],
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(settings["transport"]),
            # Both come before the transport where they are set.
            "AIRFLOW__OPENLINEAGE__CONFIG_PATH": "",
            "AIRFLOW__OPENLINEAGE__CONFIG_CONN_ID": "",
        }
    )
    # Events for all operators, unless the environment's own options except some.
    os.environ.setdefault("AIRFLOW__OPENLINEAGE__DISABLED_FOR_OPERATORS", "")


try:
    _configure()
except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, Airflow must go on
    logging.getLogger(__name__).error(  # noqa: TRY400 - one line, in every process
        "Lineage is off: %s cannot be used (%s: %s).", SETTINGS.name, type(error).__name__, error
    )


class MwaaPlatformLineage(AirflowPlugin):  # type: ignore[misc]
    """Makes the file known to Airflow, so that `airflow plugins` lists it."""

    name = "mwaa_platform_lineage"
