"""Actions by which CloudFormation compares a stack with its template, as whoever asks for it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("drift_actions.txt")
"""Those of every resource type of the platform, one a line."""
OF_FUNCTIONS = "lambda:"
"""They show a function's variables and code, so they are for the platform's own functions."""


@cache
def drift_actions() -> tuple[str, ...]:
    """The actions, in order."""
    lines = FILE.read_text().splitlines()
    return tuple(line for line in lines if not line.startswith("#"))
