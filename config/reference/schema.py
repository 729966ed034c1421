"""JSON schema of cdk.context.json, by which editors complete and check it.

`python -m config.reference` writes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from config.loader import TOOL_KEY_PATTERNS, TOOL_KEYS
from config.model import Configuration
from config.quick_start import KEYS, SAMPLE_ROLE
from config.reference.lineage_schema import add_inline_lineage


class _Untitled(GenerateJsonSchema):
    """Generator without the titles that pydantic derives from keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


FILE = Path(__file__).parents[1] / "schema.json"


def render() -> str:
    """The schema as the text of its file."""
    return json.dumps(build(), indent=2) + "\n"


def build() -> dict[str, Any]:
    """The model's schema, with inline lineage, an unfilled QuickStart and the keys of tools."""
    schema = Configuration.model_json_schema(schema_generator=_Untitled)
    definitions = schema["$defs"]
    add_inline_lineage(definitions)
    for environment in ("ExistingEnvironment", "NewEnvironment"):
        definitions[environment]["properties"]["Lineage"]["anyOf"].append({"const": False})
    # Without either it is an environment that exists.
    vpcs = ("Vpc", "VpcCIDR")
    definitions["NewEnvironment"]["oneOf"] = [{"required": [key]} for key in vpcs]
    # As the published sample ships it the section is not used.
    schema["properties"]["QuickStart"]["anyOf"].append({"$ref": "#/$defs/UnfilledQuickStart"})
    unfilled: list[Any] = ["...", "", None, []]
    definitions["UnfilledQuickStart"] = {
        "type": "object",
        "properties": {
            **{key: {"enum": unfilled} for key in KEYS},
            "RbacRoleName": {"enum": [*unfilled, SAMPLE_ROLE]},
        },
        "additionalProperties": False,
    }
    schema["properties"] |= {key: {} for key in sorted(TOOL_KEYS)}
    schema["patternProperties"] = {pattern: {} for pattern in TOOL_KEY_PATTERNS}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
