"""The table of failed deployments, and its form in docs/failed-deployments.md."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from benchmarks.machine import describe_machine
from local.layout import ROOT
from tests.updates.every_type import Row

DOCUMENT = ROOT / "docs" / "failed-deployments.md"
COMMAND = (
    "./mwaa-platform test tests/updates/test_failed_deployments.py --long "
    "--write-failed-deployments"
)

SNAPSHOTS = ROOT / "tests" / "templates" / "__snapshots__" / "test_samples"

_HEAD = f"""# Failed deployments

A resource of each type in the table fails once: when its stack is created, and when an edit \
changes it. The real CDK CLI deploys the real templates to the stand-in of AWS, and the resource \
fails after its service has done its part, which leaves more than a refusal. The next deployment \
must succeed. A stack that is protected is unlocked before it is created again, as [After a \
failed first deployment](operating.md#after-a-failed-first-deployment) says. IAM knows each new \
role and policy two seconds late. Nine creations and three updates run by default, and also look \
whether grants and files are still there; all run, and write this table, by

```
{COMMAND}
```

Not made to fail yet: {{missing}}, which the platform of the table does not have; and an update of \
each type without such a row.

What a failed creation keeps has a generated name, and is in nobody's way.

{{machine}}:

| resource | stack | what failed | what is left | the next deployment |
|---|---|---|---|---|
"""


def missing_types(created: Collection[str]) -> list[str]:
    """Resource types of the samples' templates that are not among those whose creation failed."""
    templates = [
        template
        for path in SNAPSHOTS.glob("*.json")
        for template in json.loads(path.read_text()).values()
    ]
    there = {each["Type"] for template in templates for each in template["Resources"].values()}
    return sorted(there - {*created})


def head(machine: str, missing: Iterable[str]) -> str:
    """The document up to its rows."""
    types = ", ".join(f"`{each}`" for each in missing)
    return _HEAD.format(machine=machine, missing=f"the creation of {types}")


def render(rows: Collection[Row]) -> str:
    """The document."""
    created = {each.kind for each in rows if each.failed == "creation"}
    return head(describe_machine(), missing_types(created)) + "".join(
        f"| `{each.kind}` | {each.stack} | {each.failed} | {each.left} | {each.next} |\n"
        for each in rows
    )
