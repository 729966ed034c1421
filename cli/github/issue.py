"""`github issue`: one open issue, changed in place and closed when all is well again."""

from __future__ import annotations

import console
from cli.github.api import Json, Repository, repository
from cli.github.body import content_of, mark, marked
from cli.github.commands import Issue
from cli.lookup import option_error

LABEL = "mwaa-platform"
WELL = "All is well again."


def issue(options: Issue) -> None:
    """Opens, changes or closes the issue.

    Raises InputError for options that do not go together, PlatformError where GitHub refuses.
    """
    if options.close:
        with repository() as where:
            console.say(_closed(where, options.name))
        return
    if options.file is None or options.title is None:
        missing = "--file" if options.file is None else "--title"
        raise option_error(missing, "It is missing.", "Give it, or --close.")
    content = content_of(options.file, as_text=options.as_text)
    with repository() as where:
        console.say(_opened(where, options.name, options.title, content))


def _opened(where: Repository, name: str, title: str, content: str) -> str:
    """Opens or changes the issue; returns what was done."""
    body = {"body": marked(name, content)}
    if open_one := _open_one(where, name):
        where.write("PATCH", f"issues/{open_one['number']}", body)
        return f"Issue {open_one['number']} was changed."
    made = where.write("POST", "issues", {"title": title, "labels": [LABEL], **body})
    return f"Issue {made['number']} was opened."


def _closed(where: Repository, name: str) -> str:
    """Closes the issue where there is one; returns what was done."""
    open_one = _open_one(where, name)
    if not open_one:
        return "There is no open issue to close."
    path = f"issues/{open_one['number']}"
    where.write("POST", f"{path}/comments", {"body": marked(name, WELL)})
    where.write("PATCH", path, {"state": "closed", "state_reason": "completed"})
    return f"Issue {open_one['number']} was closed."


def _open_one(where: Repository, name: str) -> Json | None:
    """The open issue of this name that this token's user opened."""
    beginning, login = mark(name), where.login()
    for each in where.listed("issues", state="open", labels=LABEL):
        if (each.get("body") or "").startswith(beginning) and where.is_own(each, login):
            return each
    return None
