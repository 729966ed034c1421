"""The table of attacks, and its form in docs/attacks.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from local.layout import ROOT
from tests.attacks import (
    decisions,
    events,
    gates,
    grants,
    links,
    logs,
    people,
    quick_starts,
    replays,
    requests,
    siblings,
    tokens,
    ui_hosts,
)
from tests.attacks.attack import Attack

ATTACKS: tuple[Attack, ...] = (
    *tokens.ATTACKS,
    *people.ATTACKS,
    *grants.ATTACKS,
    *decisions.ATTACKS,
    *links.ATTACKS,
    *requests.ATTACKS,
    *events.ATTACKS,
    *siblings.ATTACKS,
    *logs.ATTACKS,
    *quick_starts.ATTACKS,
    *gates.ATTACKS,
    *ui_hosts.ATTACKS,
    *replays.ATTACKS,
)
DOCUMENT = ROOT / "docs" / "attacks.md"
COMMAND = "./mwaa-platform test tests/attacks --write-attacks"

_HEAD = f"""# Attacks

Each of these is tried against a running platform: through its load balancer, or at the deployed \
function itself where an attacker would come around that, with an event as a load balancer sends \
it. The tests fail when one succeeds, when a page repeats what was typed, or when a log, a \
template or an answer holds a secret. They also fail when this table is not what they found. It \
is written by

```
{COMMAND}
```

An attacker at the function has what the worst case gives: keys that the regional endpoint serves, \
and good signatures over everything but the one thing that is wrong. "Found" counts the answers.

| attack | the attacker | at the | must be | found |
|---|---|---|---|---|
"""


def row(attack: Attack, results: Sequence[str]) -> str:
    """An attack's line of the table."""
    counted = sorted(Counter(results).items())
    found = ", ".join(f"{result} × {count}" for result, count in counted)  # noqa: RUF001
    cells = (attack.name, attack.does, attack.place, attack.must.words, found)
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def render(results: Mapping[str, Sequence[str]]) -> str:
    """The document."""
    return _HEAD + "".join(f"{row(attack, results[attack.name])}\n" for attack in ATTACKS)
