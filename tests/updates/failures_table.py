"""The table of failed deployments, and its form in docs/failed-deployments.md."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.machine import describe_machine
from local.layout import ROOT
from tests.updates.every_type import Row

DOCUMENT = ROOT / "docs" / "failed-deployments.md"
COMMAND = (
    "./mwaa-platform test tests/updates/test_failed_deployments.py --long "
    "--write-failed-deployments"
)

_HEAD = f"""# Failed deployments

A resource of every type fails once: when its stack is created, and when an edit changes it. The \
real CDK CLI deploys the real templates to the stand-in of AWS, and the resource fails after its \
service has done its part, which leaves more than a refusal. The next deployment must succeed. A \
stack that is protected is unlocked before it is created again, as [After a failed first \
deployment](operating.md#after-a-failed-first-deployment) says. IAM knows each new role and \
policy two seconds late. Nine creations and three updates run by default, and also look whether \
grants and files are still there; all run, and write this table, by

```
{COMMAND}
```

What a failed creation keeps has a generated name, and is in nobody's way.

{{machine}}:

| resource | stack | what failed | what is left | the next deployment |
|---|---|---|---|---|
"""


def render(rows: Iterable[Row]) -> str:
    """The document."""
    head = _HEAD.format(machine=describe_machine())
    return head + "".join(
        f"| `{each.kind}` | {each.stack} | {each.failed} | {each.left} | {each.next} |\n"
        for each in rows
    )
