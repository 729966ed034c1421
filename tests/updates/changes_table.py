"""docs/changes-tried.md: the table of the long run."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass

import psutil

from config.reference.changes import link
from local.layout import ROOT
from tests.updates.long_changes import CHANGES, Change

DOCUMENT = ROOT / "docs" / "changes-tried.md"
COMMAND = "./mwaa-platform test tests/updates/test_long_changes.py --long --write-changes"

HEAD = """# Changes that were tried

Each of these, but what says *not made yet*, was made on a platform that `./mwaa-platform up` has \
set up: the file is edited, the real CDK CLI deploys it to the AWS stand-in, and where MWAA would \
restart an environment its real Airflow is started again with what is deployed then. Afterwards a \
DAG runs in the environment that the change is about; every grant, secret, object version and DAG \
run of before is there, but what the row says; and a person's session at the portal is good, but \
where the policy interrupts sign-in. What the stand-in did must be what [the policy](changes.md) \
says. One change follows another, on the same platform. The tests fail when one of this does not \
hold. The table is written by

```
{command}
```

which replaces the rows of the changes that it has made, with the day ({machine}). Seconds are \
those of the change by the clock, with the deployment, the restart and the checks, on a machine \
that did other work too. How long AWS takes is in [What a change does](changes.md).

| change | policy | the stand-in did | seconds | Airflow's run | day |
|---|---|---|---|---|---|"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A change and what came of it; `run` is the environment in which a DAG succeeded after it."""

    change: Change
    did: str
    seconds: float
    run: str

    @property
    def line(self) -> str:
        policy = link(self.change.policy, page="changes.md")
        took = f"{self.seconds:.0f}"
        day = time.strftime("%Y-%m-%d")
        cells = (self.change.words, policy, self.did, took, f"{self.run}: success", day)
        return f"| {' | '.join(cells)} |"


def lines() -> dict[str, str]:
    """The rows of the document, by what was changed."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return {row.split("|")[1].strip(): row for row in rows}


def write(*rows: Row) -> None:
    """Writes rows into the document; those of other changes stay, or say that nobody made them."""
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, {platform.machine()}"
    known = {**lines(), **{row.change.words: row.line for row in rows}}
    table = [known.get(each.words) or _not_made(each) for each in CHANGES]
    DOCUMENT.write_text("\n".join([HEAD.format(command=COMMAND, machine=machine), *table, ""]))


def _not_made(change: Change) -> str:
    return f"| {change.words} | {link(change.policy, page='changes.md')} | not made yet | | | |"
