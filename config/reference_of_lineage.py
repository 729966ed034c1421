"""What the reference says about lineage and the secrets backend beside their tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from config.lineage_by_version import (
    FIRST_ON_PYTHON_3_11,
    FIRST_OPENMETADATA_BEYOND_AIRFLOW_2,
    FIRST_OPENMETADATA_ON_PYTHON_3_11,
    FIRST_OPENMETADATA_WITH_ENDPOINT,
    OLDEST_WITH_DATAZONE,
    OLDEST_WITH_SEVERAL,
)
from config.openmetadata import FIRST_WITH_BACKEND, FIRST_WITH_JWT_ALONE
from mwaa_platform.airflow_versions import OLDEST_WITH_LINEAGE, OLDEST_WITH_PROVIDER

OLDEST = ".".join(map(str, OLDEST_WITH_LINEAGE))
OLDEST_BY_PROVIDER = ".".join(map(str, OLDEST_WITH_PROVIDER))

LINEAGE = f"""\
A single catalogue's keys stand in the section itself, several catalogues in a list:

```json
"Lineage": {{ "Provider": "Atlan", "Url": "https://example.atlan.com" }}
```

```json
"Lineage": {{
  "Catalogues": [
    {{ "Provider": "Atlan", "Url": "https://example.atlan.com" }},
    {{ "Provider": "Marquez", "Url": "http://marquez.internal:5000" }}
  ]
}}
```

The file's `Lineage` switches lineage on for every new environment. An environment's own overrides \
it key by key, and `"Lineage": false` turns it off there. One that names another `Provider`, or \
`Catalogues`, takes over nothing of the file's catalogues, only `TokenCacheSeconds` and \
`Preflight`. `Connection` stands in environments only.

An environment that exists has lineage only if its entry has the key, be it `{{}}`, and needs \
`AirflowVersion` and a `TokenSecretArn` for each catalogue with a token. Nothing is deployed to \
it: `./mwaa-platform lineage build` writes its plugins.zip and requirements.txt.

Lineage needs Airflow {OLDEST}; before {OLDEST_BY_PROVIDER} it goes by the package \
`openlineage-airflow`. Several catalogues need {OLDEST_WITH_SEVERAL}; OpenMetadata's backend may \
stand beside another one on any version of Airflow 2.

The token stands in the secret; Airflow's containers keep it for `TokenCacheSeconds` in a file \
that only Airflow's user may read, and follow a change of the secret within that time. Over \
`http://` a token goes to private names and addresses only, with a warning."""

CATALOGUES: Mapping[str, str] = MappingProxyType(
    {
        "Atlan": "The connection must be there already, under the very name of `Connection`.",
        "OpenLineage": "Any endpoint that takes events of OpenLineage.",
        "Marquez": "Events go to `api/v1/lineage` below `Url`.",
        "DataHub": "Events go to `openapi/openlineage/api/v1/lineage` below `Url`, the address of "
        "the metadata service, with a personal access token.",
        "OpenMetadata": f"On Airflow 2 its lineage backend, from server version "
        f"{FIRST_WITH_BACKEND}, and from {FIRST_OPENMETADATA_ON_PYTHON_3_11} where Airflow is "
        f"{FIRST_ON_PYTHON_3_11} or newer; on Airflow 3, which has no backends, its endpoint for "
        f"OpenLineage, from {FIRST_OPENMETADATA_WITH_ENDPOINT} and by JWT alone. From server "
        f"version {FIRST_OPENMETADATA_BEYOND_AIRFLOW_2} on it is the endpoint on Airflow 2 too. "
        "The token is the one secret of the way in: a bot's JWT, Google's whole key file, a "
        f"client's secret, Okta's private key. From {FIRST_WITH_JWT_ALONE} the server takes JWT "
        "alone.",
        "DataZone": "Amazon DataZone or SageMaker, entered by the environment's own role, without "
        f"a token. Needs Airflow {OLDEST_WITH_DATAZONE}.",
    }
)

SECRETS_BACKEND = """\
Airflow then looks for a connection or a variable in Secrets Manager first, under the prefix, a \
slash and its id, such as `airflow/connections/warehouse`. The environment's role may read what \
is below these prefixes, nothing else. `"SecretsBackend": {}` takes the defaults."""
