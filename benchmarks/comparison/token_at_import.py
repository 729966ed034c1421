"""A plugin that does what AWS's blog describes: "Automate data lineage on Amazon MWAA with
OpenLineage". It reads Airflow's variables, which the secrets backend keeps in Secrets Manager, when
it is imported, and puts what they hold, the token with it, into the environment."""

from __future__ import annotations

import os

from airflow.models import Variable
from airflow.plugins_manager import AirflowPlugin

os.environ["AIRFLOW__OPENLINEAGE__NAMESPACE"] = Variable.get("lineage_namespace")
os.environ["AIRFLOW__OPENLINEAGE__TRANSPORT"] = Variable.get("lineage_transport")


class TokenAtImport(AirflowPlugin):  # type: ignore[misc]
    """Makes the file known to Airflow."""

    name = "token_at_import"
