"""What MWAA keeps of an environment when an update leaves it out.

`UpdateEnvironment` changes what a call names and keeps the rest. CloudFormation's handler passes a
property that is not in the template as null, so that it is left out of the call and stays as it
was: the last options, the last maintenance window, the last object version of a file. Only tags are
compared with those of the template before, and removed.
https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-mwaa (UpdateHandler,
UpdateTranslator, TypeTranslator, TagProcessor)

So a template always gives every property that it ever gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HARMLESS_OPTIONS: Mapping[str, str] = MappingProxyType({"core.load_examples": "False"})
"""Options that keep AirflowConfigurationOptions from being empty.

MWAA forces this value in every version, whatever is given, so that it changes nothing (the
`airflow_config` modules of https://github.com/aws/amazon-mwaa-docker-images).
"""

DEFAULT_MAINTENANCE_START = "SUN:03:30"
"""Start of the weekly maintenance window where none is given; AWS documents no default."""

DEFAULT_REPLACEMENT_STRATEGY = "FORCED"
"""How an update treats workers where it does not say. MWAA does not keep it: it is of one update.

https://docs.aws.amazon.com/mwaa/latest/userguide/update-environment.html
"""
