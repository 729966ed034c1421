"""`github summary`: files in the summary of a workflow's job.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from pathlib import Path

import console
from cli.github.body import BETWEEN, content_of
from cli.github.commands import Summary


def summary(options: Summary) -> None:
    """Adds the files; raises PlatformError where one cannot be read."""
    contents = [content_of(each, as_text=options.as_text) for each in options.files]
    content = BETWEEN.join(contents) + "\n"
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        console.text(content)
        return
    with Path(target).open("a", encoding="utf-8") as file:
        file.write(content)
