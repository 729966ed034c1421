"""The JSON schema of cdk.context.json, from which editors complete and check it.

`python -m config.reference` writes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from config.loader import TOOLS_OWN_KEYS, TOOLS_OWN_PATTERNS
from config.model import Configuration
from config.quick_start import KEYS, SHIPPED_ROLE
from config.reference.lineage_schema import with_both_spellings


class _Untitled(GenerateJsonSchema):
    """Without the titles that pydantic derives from keys: they say nothing more."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


FILE = Path(__file__).parents[1] / "schema.json"


def render() -> str:
    """The schema as the text of its file."""
    return json.dumps(build(), indent=2) + "\n"


def build() -> dict[str, Any]:
    """The model's schema, with what only code knows: merged lineage, unused QuickStart, tools."""
    schema = Configuration.model_json_schema(schema_generator=_Untitled)
    definitions = schema["$defs"]
    with_both_spellings(definitions)
    for environment in ("ExistingEnvironment", "NewEnvironment"):
        definitions[environment]["properties"]["Lineage"]["anyOf"].append({"const": False})
    # As the published sample ships it the section is not used.
    schema["properties"]["QuickStart"]["anyOf"].append({"$ref": "#/$defs/UnfilledQuickStart"})
    unfilled: list[Any] = ["...", "", None, []]
    definitions["UnfilledQuickStart"] = {
        "type": "object",
        "properties": {
            **{key: {"enum": unfilled} for key in KEYS},
            "RbacRoleName": {"enum": [*unfilled, SHIPPED_ROLE]},
        },
        "additionalProperties": False,
    }
    schema["properties"] |= {key: {} for key in sorted(TOOLS_OWN_KEYS)}
    schema["patternProperties"] = {pattern: {} for pattern in TOOLS_OWN_PATTERNS}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
