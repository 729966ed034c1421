"""Results of the campaign, which accumulate in a file, and the tables of docs/reliability.md."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import TypedDict

from benchmarks.machine import describe_machine
from local.layout import ROOT

FILE = Path(__file__).with_name("results.json")
DOCUMENT = ROOT / "docs" / "reliability.md"
HEADER = "| {} | tried | survived | lost | time | last |\n|---|---|---|---|---|---|\n"


class Result(TypedDict):
    """What came of all runs of one kind so far; `last` says when and where the last was."""

    tried: int
    lost: int
    seconds: float
    last: str


NOTHING: Result = {"tried": 0, "lost": 0, "seconds": 0.0, "last": ""}
Results = dict[str, dict[str, Result]]
"""Table, such as `fuzz`, to what was tried in it."""


def read_results(file: Path = FILE) -> Results:
    """All results so far."""
    results: Results = json.loads(file.read_text())
    return results


def add(table: str, name: str, *, tried: int, lost: int, seconds: float, file: Path = FILE) -> None:
    """Adds a run to the results, and writes the document anew."""
    with file.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several parts may run at once
        results: Results = json.load(held)
        before = results.setdefault(table, {}).get(name, NOTHING)
        results[table][name] = {
            "tried": tried + before["tried"],
            "lost": lost + before["lost"],
            "seconds": round(seconds + before["seconds"], 1),
            "last": describe_machine(),
        }
        content = json.dumps(results, indent=2) + "\n"
        held.seek(0)
        held.truncate()
        held.write(content)
        if file == FILE:
            DOCUMENT.write_text(document(DOCUMENT.read_text(), results))


def document(text: str, results: Results) -> str:
    """The document with its tables made of the results."""
    for table, rows in results.items():
        lines = HEADER.format("target" if table == "fuzz" else "what was killed")
        lines += "".join(_line(name, row) for name, row in rows.items())
        start, end = f"<!-- {table} -->\n", f"<!-- end of {table} -->"
        before, _, rest = text.partition(start)
        _, found, after = rest.partition(end)
        if not found:
            raise LookupError(f"{DOCUMENT.name} has no place for the table {table}")
        text = before + start + lines + end + after
    return text


def _line(name: str, row: Result) -> str:
    survived = row["tried"] - row["lost"]
    numbers = f"{row['tried']:,} | {survived:,} | {row['lost']:,} | {row['seconds'] / 60:,.1f} min"
    return f"| {name} | {numbers} | {row['last']} |\n"
