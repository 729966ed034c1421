"""`github comment`: one comment on a pull request, changed in place."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import console
from cli.github.api import ReadOnlyTokenError, Repository, repository
from cli.github.body import content_of, mark, marked
from cli.github.commands import Comment
from cli.lookup import option_error


def comment(options: Comment) -> None:
    """Writes the comment, or changes the one that it wrote before.

    Raises PlatformError where GitHub cannot be asked; a token that may not write is only said.
    """
    contents = [content_of(each, as_text=options.as_text) for each in options.files]
    number = options.number or _number()
    with repository() as where:
        try:
            console.say(_written(where, number, options.name, contents))
        except ReadOnlyTokenError as error:
            said = error.message.rstrip(".")
            console.warn(
                f"No comment was written. {said}. A pull request from a fork gets no other token; "
                "what the comment would say is in the job's summary."
            )


def _written(where: Repository, number: int, name: str, contents: Sequence[str]) -> str:
    """Writes or changes the comment; returns what was done."""
    body = {"body": marked(name, *contents)}
    beginning, login = mark(name), where.login()
    for each in where.listed(f"issues/{number}/comments"):
        if (each.get("body") or "").startswith(beginning) and where.is_own(each, login):
            where.write("PATCH", f"issues/comments/{each['id']}", body)
            return f"The comment on pull request {number} was changed."
    where.write("POST", f"issues/{number}/comments", body)
    return f"A comment on pull request {number} was written."


def _number() -> int:
    """The pull request of the workflow.

    https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    """
    found = re.fullmatch(r"refs/pull/(\d+)/merge", os.environ.get("GITHUB_REF", ""))
    if not found:
        raise option_error("--number", "This is no workflow of a pull request.", "Give its number.")
    return int(found[1])
