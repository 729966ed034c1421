"""Resources that differ between templates, and what CloudFormation does to each.

By the differ of the CDK CLI, which knows AWS's specification of each type:
https://www.npmjs.com/package/@aws-cdk/cloudformation-diff
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cli.plan.application import Template
from errors import PlatformError, last_lines
from local.layout import ROOT
from local.toolchain import install_node_packages

SCRIPT = Path(__file__).with_name("differences.mjs")


class Impact(StrEnum):
    """What happens to a resource; the differ's ResourceImpact."""

    UNCHANGED = "NO_CHANGE"
    UPDATED = "WILL_UPDATE"
    MADE = "WILL_CREATE"
    IMPORTED = "WILL_IMPORT"
    KEPT_OUTSIDE = "WILL_ORPHAN"
    MAY_BE_REPLACED = "MAY_REPLACE"
    REPLACED = "WILL_REPLACE"
    DESTROYED = "WILL_DESTROY"


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """A resource that differs, and the impacts of its properties that do."""

    id: str
    type: str
    impact: Impact
    properties: Mapping[str, Impact]

    @property
    def is_replaced(self) -> bool:
        """Whether it gets another physical id, or may."""
        return self.impact in {Impact.REPLACED, Impact.MAY_BE_REPLACED}


def differences(pairs: Sequence[tuple[Template, Template]]) -> list[tuple[ResourceChange, ...]]:
    """The resources that differ in each pair of templates, former and next.

    Raises PlatformError where the differ cannot be installed or fails.
    """
    found = iter(_differences([each for each in pairs if _differ(*each)]))
    return [next(found) if _differ(*each) else () for each in pairs]


def _differ(former: Template, following: Template) -> bool:
    """Whether the parts of templates that the script compares are not the same."""
    return any(former.get(part) != following.get(part) for part in ("Resources", "Outputs"))


def _differences(pairs: Sequence[tuple[Template, Template]]) -> list[tuple[ResourceChange, ...]]:
    if not pairs:
        return []
    install_node_packages(ROOT)
    result = subprocess.run(
        [str(Path(sys.executable).with_name("node")), str(SCRIPT)],
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise PlatformError(
            "The templates could not be compared.",
            place=SCRIPT.name,
            remedy=f"The end of the output says why:\n{last_lines(result.stderr)}",
        )
    return [tuple(map(_change, each)) for each in json.loads(result.stdout)]


def _change(found: Mapping[str, Any]) -> ResourceChange:
    return ResourceChange(
        id=found["id"],
        type=found["type"],
        impact=Impact(found["impact"]),
        properties={name: Impact(impact) for name, impact in found["properties"].items()},
    )
