"""docs/changes-tried.md: the table of the long run."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from config.reference.changes import link
from config.update_policy import UpdatePolicy
from local.layout import ROOT

DOCUMENT = ROOT / "docs" / "changes-tried.md"
COMMAND = "./mwaa-platform test tests/updates/test_long_changes.py --long --write-changes"

HEAD = """# Changes that were tried

Each of these is made on a platform that `./mwaa-platform up` has set up: the file is edited, the \
real CDK CLI deploys it to the AWS stand-in, and where MWAA would restart an environment its real \
Airflow is started again with what is deployed then. Afterwards a DAG runs in the environment that \
the change is about; every grant, secret, object version and DAG run of before is there, but what \
the row says; and a person's session at the portal is good, but where the policy interrupts \
sign-in. What the stand-in did must be what [the policy](changes.md) says. One change follows \
another, on the same platform. The tests fail when one of this does not hold. The table is written \
by

```
{command}
```

{date}, {machine}. Seconds are those of the change by the clock, with the deployment, the restart \
and the checks. How long AWS takes is in [What a change does](changes.md).

| change | policy | the stand-in did | seconds | Airflow's run |
|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A change and what came of it; `run` is the environment in which a DAG succeeded after it."""

    change: str
    policy: UpdatePolicy
    did: str
    seconds: float
    run: str

    @property
    def line(self) -> str:
        policy = link(self.policy, page="changes.md")
        cells = (self.change, policy, self.did, f"{self.seconds:.0f}", f"{self.run}: success")
        return f"| {' | '.join(cells)} |\n"


def write(rows: Sequence[Row]) -> None:
    """Writes the document."""
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, {platform.machine()}"
    head = HEAD.format(command=COMMAND, date=time.strftime("%Y-%m-%d"), machine=machine)
    DOCUMENT.write_text(head + "".join(row.line for row in rows))
