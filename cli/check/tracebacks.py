"""What a traceback of a team's code tells."""

from __future__ import annotations

import re
from pathlib import Path

HEAD = "Traceback (most recent call last)"
CHAINED = ("The above exception was", "During handling of the above")
LINE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')


def last_traceback(text: str) -> str:
    """The text from its last traceback on, with those that led to it; all of it without one."""
    lines = [line for line in text.splitlines() if line.strip()]
    heads = [number for number, line in enumerate(lines) if HEAD in line]
    first = 0
    for number in reversed(heads):
        first = number
        if not number or not lines[number - 1].strip().startswith(CHAINED):
            break
    return "\n".join(lines[first:])


def last_own_line(text: str, home: Path) -> str | None:
    """The last line of the team's own code that a traceback names; None where there is none."""
    within = f"{home}/"
    own = [match for match in LINE.finditer(text) if match["file"].startswith(within)]
    return f"{own[-1]['file'].removeprefix(within)}, line {own[-1]['line']}" if own else None


def last_error(text: str) -> str | None:
    """The first line of the last error that a traceback tells, or the last of a text with none."""
    lines = [line for line in text.splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if LINE.search(line)]
    after = lines[frames[-1] + 1 :] if frames else lines
    told = (line for line in after if not line.startswith(" "))
    return next(told, lines[-1].strip() if lines else None)
