"""The plugin of AWS's blog post "Automate data lineage on Amazon MWAA with OpenLineage".

At import it reads Airflow's variables, which the secrets backend stores in Secrets Manager, and
puts their values, including the token, into the environment.
"""

from __future__ import annotations

import os

from airflow.models import Variable
from airflow.plugins_manager import AirflowPlugin

os.environ["AIRFLOW__OPENLINEAGE__NAMESPACE"] = Variable.get("lineage_namespace")
os.environ["AIRFLOW__OPENLINEAGE__TRANSPORT"] = Variable.get("lineage_transport")


class TokenAtImport(AirflowPlugin):  # type: ignore[misc]
    """The registration with Airflow's plugin manager."""

    name = "token_at_import"
