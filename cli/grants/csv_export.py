"""`grants export`: the table as a CSV file that `grants import` takes as it is.

A line holds one entry of the table, exactly: its expiry is a moment with its offset.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import console
from authenticator.blocks import Block, read_blocks
from authenticator.grants import BLOCK, EVERY_ENVIRONMENT, TableGrant, read_grants
from cli.deployed import deployed_platform
from cli.grants import views
from cli.grants.access import blocks_nobody
from cli.grants.commands import ExportGrants
from cli.grants.table_client import grants_table, named_table
from errors import PlatformError

PRINCIPALS = ("user", "subject", "group")
COLUMNS = (*PRINCIPALS, "environments", "roles", "until", "source", "reason")


def export_grants(options: ExportGrants) -> None:
    """Writes the grants that give access, and the blocks; warns of what is left out."""
    with deployed_platform(options) as platform:
        table = named_table(platform, options.table) if options.table else grants_table(platform)
        items = list(table.items())
    grants = views.sorted_grants(read_grants(items, time.time()))
    blocks = [each for each in sorted(read_blocks(items)) if not _left_out(each)]
    kept = [grant for grant in grants if grant.active]
    _write(csv_of(kept, blocks), options.file)
    if left_out := len(grants) - len(kept):
        shown = "." if options.table else ": ./mwaa-platform grants list"
        console.warn(
            f"{left_out} left out that give no access, because they have ended or are "
            f"malformed{shown}"
        )
    for grant in kept:
        if grant.problem:
            console.warn(
                f"Of {views.who(grant.principal)} in {views.environment_name(grant.environment)} "
                f"only what counts is written: {console.printable(grant.problem)}."
            )


def _left_out(block: Block) -> bool:
    """Whether a block blocks nobody, which an import would refuse; warns of it."""
    reason = blocks_nobody(block.principal)
    if reason:
        console.warn(f"The block of {views.blocked_name(block.principal)} is left out: {reason}.")
    return bool(reason)


def csv_of(grants: Iterable[TableGrant], blocks: Iterable[Block]) -> str:
    """Returns the file's text."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_lines(grants, blocks))
    return text.getvalue()


def _lines(grants: Iterable[TableGrant], blocks: Iterable[Block]) -> Iterator[dict[str, str]]:
    for grant in grants:
        yield {
            **_who(grant.principal),
            "environments": grant.environment,
            "roles": ", ".join(grant.roles),
            "until": views.moment(grant.expires) or "",
            "source": grant.source,
        }
    for block in blocks:
        yield {
            **_who(block.principal),
            "environments": EVERY_ENVIRONMENT,
            "source": BLOCK,
            "reason": block.reason,
        }


def _who(principal: str) -> dict[str, str]:
    kind, _, name = principal.partition(":")
    # The import takes what begins like JSON for JSON.
    return {kind: json.dumps([name]) if name[:1] in {"[", "{"} else name}


def _write(text: str, file: Path) -> None:
    if str(file) == "-":
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise PlatformError(
            f"The file cannot be written: {error.strerror}.",
            place=str(file),
            remedy="Give the path of a file in a folder that exists.",
        ) from None
