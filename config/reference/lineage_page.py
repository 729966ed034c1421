"""Texts of the reference about lineage and the secrets backend."""

from __future__ import annotations

from collections.abc import Mapping

from config.lineage.datazone import OLDEST_AIRFLOW
from config.lineage.openmetadata import FIRST_WITH_BACKEND, FIRST_WITH_JWT_ALONE
from config.lineage.openmetadata_compatibility import (
    FIRST_OPENMETADATA_BEYOND_AIRFLOW_2,
    FIRST_OPENMETADATA_WITH_ENDPOINT,
)
from config.lineage.settings import OLDEST_WITH_SEVERAL
from mwaa.versions import OLDEST_WITH_LINEAGE, OLDEST_WITH_PROVIDER

OLDEST = ".".join(map(str, OLDEST_WITH_LINEAGE))
OLDEST_BY_PROVIDER = ".".join(map(str, OLDEST_WITH_PROVIDER))

LINEAGE_TEXT = f"""\
For one catalogue, set its keys in the section itself; for several, use a list:

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

The file's `Lineage` turns lineage on for every new environment. An environment's own `Lineage` \
overrides it key by key, and `"Lineage": false` turns it off there. If it names another \
`Provider`, or `Catalogues`, it inherits only `TokenCacheSeconds` and `Preflight`. \
`Connection` is allowed only in an environment's `Lineage`.

An existing environment has lineage only if its entry has the key, even as `{{}}`. It needs \
`AirflowVersion` and a `TokenSecretArn` for each catalogue with a token. Nothing is deployed to \
it: `./mwaa-platform lineage build` writes its plugins.zip and requirements.txt.

Lineage needs Airflow {OLDEST}; before {OLDEST_BY_PROVIDER} it uses the package \
`openlineage-airflow`. Several catalogues need {OLDEST_WITH_SEVERAL}; OpenMetadata's backend can \
be combined with one other catalogue on any version of Airflow 2.

Tokens stay in Secrets Manager. Airflow's containers cache them for `TokenCacheSeconds` in a file \
that only Airflow's user can read, and use a changed secret within that time. Over `http://` a \
token is sent only to private names and addresses, with a warning."""

PROVIDER_TEXTS: Mapping[str, str] = {
    "Atlan": "The connection must already exist there under exactly the name in `Connection`.",
    "OpenLineage": "Any endpoint that accepts OpenLineage events.",
    "Marquez": "Events go to `api/v1/lineage` below `Url`.",
    "DataHub": "Events go to `openapi/openlineage/api/v1/lineage` below `Url`, the address of "
    "the metadata service, with a personal access token.",
    "OpenMetadata": f"With Airflow 2 its lineage backend, from server version "
    f"{FIRST_WITH_BACKEND} on; [which versions fit](openmetadata.md#what-fits-together) "
    "depends on both. With Airflow 3, which has no backends, its OpenLineage endpoint, from "
    f"{FIRST_OPENMETADATA_WITH_ENDPOINT} on, JWT only. From server "
    f"version {FIRST_OPENMETADATA_BEYOND_AIRFLOW_2} on also the endpoint with Airflow 2. "
    "The token is the secret of the chosen authentication: a bot's JWT, the complete Google key "
    f"file, a client secret or Okta's private key. From {FIRST_WITH_JWT_ALONE} the server "
    "accepts only JWT.",
    "DataZone": "Amazon DataZone or SageMaker. The environment's execution role authenticates; "
    f"there is no token. Needs Airflow {OLDEST_AIRFLOW}.",
}

SECRETS_BACKEND_TEXT = """\
Airflow looks up connections and variables in Secrets Manager first, under the prefix, a slash and \
the id, such as `airflow/connections/warehouse`. In Parameter Store the name begins with a slash: \
`/airflow/connections/warehouse`. The environment's role may read only secrets below these \
prefixes. `"SecretsBackend": {}` uses the defaults."""
