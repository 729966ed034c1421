"""`python -m tests.documents.alarms_table`: writes the table of docs/alarms.md from the alarms."""

from __future__ import annotations

import re

from local.layout import ROOT
from mwaa.monitoring.alarm import Alarm
from mwaa.monitoring.catalogue import ALARMS

DOCUMENT = ROOT / "docs" / "alarms.md"
BEGIN = "<!-- table: python -m tests.documents.alarms_table -->\n"
END = "<!-- end -->"
SIGNS = {
    "GreaterThanOrEqualToThreshold": "at least",
    "GreaterThanThreshold": "more than",
    "LessThanThreshold": "less than",
}


def table() -> str:
    """A row for each alarm."""
    rows = [
        "| alarm | watches | threshold | datapoints | without data |",
        "|---|---|---|---|---|",
        *map(_row, ALARMS.values()),
    ]
    return "\n".join(rows) + "\n"


def _row(alarm: Alarm) -> str:
    statistics = ", ".join(dict.fromkeys(each.statistic for each in alarm.metrics.values()))
    names = ", ".join(f"`{each.name}`" for each in alarm.metrics.values())
    cells = (
        f"[{alarm.name}](#{alarm.name})",
        f"{names}, {statistics}",
        f"{SIGNS[alarm.comparison]} {alarm.threshold:,.0f} ({alarm.unit})",
        f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods} x {alarm.period // 60} min",
        "fires" if alarm.missing == "breaching" else "rests",
    )
    return f"| {' | '.join(cells)} |"


def shown() -> str:
    """The table that the document shows."""
    return DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Writes the table."""
    text = DOCUMENT.read_text()
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    DOCUMENT.write_text(re.sub(pattern, lambda _: f"{BEGIN}{table()}{END}", text, flags=re.S))


if __name__ == "__main__":
    main()
