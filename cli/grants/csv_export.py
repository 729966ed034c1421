"""`grants export`: the table as a CSV file that `grants import` takes as it is.

A line holds one entry of the table, exactly: its expiry is a moment with its offset. A table of
AWS's published sample is written in that sample's columns, which the import takes too.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import console
from authenticator.blocks import Block, read_blocks
from authenticator.grants import BLOCK, EVERY_ENVIRONMENT, Item, TableGrant, read_grants
from cli.deployed import deployed_platform
from cli.grants import views
from cli.grants.access import blocks_nobody
from cli.grants.commands import ExportGrants
from cli.grants.table_client import grants_table, named_table
from errors import PlatformError

PRINCIPALS = ("user", "subject", "group")
PUBLISHED_COLUMNS = ("email", "mwaa_env", "rbac_roles")
COLUMNS = (*PRINCIPALS, "environments", "roles", "until", "source", "reason")


def export_grants(options: ExportGrants) -> None:
    """Writes the grants that give access, and the blocks; warns of what is left out."""
    with deployed_platform(options) as platform:
        table = named_table(platform, options.table) if options.table else grants_table(platform)
        items = list(table.items())
    if table.is_published:
        _write(published_csv_of(items), options.file)
        return
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


def published_csv_of(items: Iterable[Item]) -> str:
    """Returns the text of a file with the items of the published sample's table, in order."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PUBLISHED_COLUMNS)
    writer.writerows(
        sorted([_cell(item.get(each)) for each in PUBLISHED_COLUMNS] for item in items)
    )
    return text.getvalue()


def _cell(value: Any) -> str:
    """An attribute's text; what people wrote as a list or set, in DynamoDB's own notation."""
    if not value:
        return ""
    return str(value["S"]) if "S" in value else json.dumps(value)


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
