"""What several of the team's DAGs calculate: MWAA puts this folder on the path of imports."""

from __future__ import annotations

import pandas as pd


def smoothed(amounts: pd.DataFrame, *, days: int = 7) -> pd.DataFrame:
    """The mean of the days before each one, of a table with the columns `day` and `amount`."""
    means = amounts.sort_values("day").assign(
        expected=lambda table: table["amount"].rolling(days, min_periods=1).mean().shift()
    )
    return means.dropna(subset=["expected"])
