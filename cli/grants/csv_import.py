"""Grants from a CSV file, with the platform's own columns or those of the published sample.

The sample's items are `email`, `mwaa_env` and `rbac_roles`, a text with roles between spaces or
`All`: https://github.com/aws-samples/alb-sso-mwaa. DynamoDB's console writes types next to the
headers, and lists and sets as JSON; spreadsheets write a byte order mark and semicolons.

`grants export` adds the columns `source` and `reason`. Of its lines those declared in the
configuration are left to the deployment, which would not take a copy of them away again.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from authenticator.grants import BLOCK, SOURCES
from authenticator.settings import ROLES
from cli.grants.blocking import unusable
from cli.grants.grant_changes import Terms
from cli.grants.grant_input import (
    Entry,
    Label,
    RequestedGrants,
    requested_terms,
    validate_entry,
)
from config.checks.messages import shown
from config.grants import EVERY_ENVIRONMENT, Grant, principal_of
from config.nearest import nearest
from config.types import ENVIRONMENT_NAME
from errors import Finding, InputError

COLUMNS: Mapping[str, str] = {
    "user": "User",
    "email": "User",
    "subject": "Subject",
    "sub": "Subject",
    "group": "Group",
    "environment": "Environments",
    "environments": "Environments",
    "mwaa_env": "Environments",
    "role": "Roles",
    "roles": "Roles",
    "rbac_roles": "Roles",
    "until": "Expires",
    "expires": "Expires",
    "source": "Source",
    "reason": "Reason",
}
CONFIGURATION, MANUAL = SOURCES
PRINCIPALS = ("User", "Subject", "Group")
ALL = "all"
DELIMITERS = ",;\t"
_TYPE = re.compile(r"\s*\((S|SS|L|N)\)$", re.IGNORECASE)


class Row(NamedTuple):
    """Line of the file, and its grant in the configuration's form."""

    line: int
    entry: Entry
    source: str = ""
    reason: str = ""


class CsvGrants(NamedTuple):
    """Grants of a file, with the line of each principal and environment.

    `blocks` are reasons by principal. Left out are lines of an export: `declared` and `ended` count
    the configuration's and grants that have ended since, `gone` those of each environment that the
    configuration no longer has.
    """

    requested: RequestedGrants
    lines: Mapping[tuple[str, str], int]
    blocks: Mapping[str, str]
    declared: int
    ended: int
    gone: Mapping[str, int]


def read_grants_file(content: bytes, *, source: str, environments: Collection[str]) -> CsvGrants:
    """Reads a file; raises InputError with all findings, each with its line."""
    findings: list[Finding] = []
    requested: dict[str, dict[str, Terms]] = {}
    lines: dict[tuple[str, str], int] = {}
    blocks: dict[str, str] = {}
    left_out, gone = Counter[str](), Counter[str]()
    for row in _rows(_text(content, source), source, environments, findings):
        if row.source == CONFIGURATION:
            left_out["declared"] += 1
        elif row.source == BLOCK:
            found = list(_block_mistakes(row))
            findings += found
            if not found:
                blocks[_blocked(row.entry)] = row.reason
        elif row.source == MANUAL and _has_ended(row.entry):
            left_out["ended"] += 1
        elif row.source == MANUAL and _has_gone(row.entry, environments):
            gone[row.entry["Environments"][0]] += 1
        else:
            label = _labels(row.line)
            grant, found = validate_entry(row.entry, label=label, environments=environments)
            findings += found
            if grant:
                findings += _merge(grant, row.line, requested, lines)
    if findings:
        raise InputError(source, findings)
    return CsvGrants(requested, lines, blocks, left_out["declared"], left_out["ended"], gone)


def _blocked(entry: Entry) -> str:
    """The principal of a block's line in which `_block_mistakes` finds nothing."""
    return principal_of(user=entry.get("User"), subject=entry.get("Subject"), group=None) or ""


def _block_mistakes(row: Row) -> Iterator[Finding]:
    """Findings of a line that would block nobody, or not the one person that it should."""
    label = _labels(row.line)
    people, subjects = ([row.entry[key]] if key in row.entry else [] for key in PRINCIPALS[:2])
    if "Group" in row.entry:
        yield Finding(
            subject=label("Group"),
            message="A group cannot be blocked.",
            remedy="Block its people, each in a line with user or subject.",
        )
    elif len(people) + len(subjects) != 1:
        yield Finding(
            subject=f"line {row.line}",
            message="A block is for one person.",
            remedy="Give one of user and subject.",
        )
    else:
        labels = label("User"), label("Subject")
        yield from unusable(people, subjects, labels=labels, by_subject="the column subject.")


def _has_ended(entry: Entry) -> bool:
    """Whether a moment of an export has passed; anything else in that cell is validated."""
    try:
        return datetime.fromisoformat(entry["Expires"]).timestamp() <= time.time()
    except (KeyError, ValueError):
        return False


def _has_gone(entry: Entry, environments: Collection[str]) -> bool:
    """Whether a line, of one environment in an export, is of one that left the configuration."""
    match entry["Environments"]:
        case [str(name)]:
            well_formed = re.fullmatch(ENVIRONMENT_NAME, name)
            return bool(well_formed) and name not in environments
        case _:
            return False


def _merge(
    grant: Grant,
    line: int,
    requested: dict[str, dict[str, Terms]],
    lines: dict[tuple[str, str], int],
) -> Iterator[Finding]:
    """Adds a grant to those requested; roles add up, and must share one expiry."""
    entries = requested.setdefault(grant.principal, {})
    terms = requested_terms(grant)
    for environment in grant.environments:
        first = lines.setdefault((grant.principal, environment), line)
        before = entries.get(environment, terms)
        if before.expires != terms.expires:
            yield Finding(
                subject=_labels(line)("Expires"),
                message=f"Line {first} grants the same person or group {environment} with "
                "another end.",
                remedy="All roles in one environment end together: write the same end in both.",
            )
        entries[environment] = Terms(before.roles | terms.roles, terms.expires)


def _labels(line: int) -> Label:
    names = {"Expires": "until"}
    return lambda key: f"line {line}, {names.get(key, key.lower())}"


def _text(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        mistake = Finding(
            subject="the file",
            message="It is not text in UTF-8.",
            remedy='In Excel save it as "CSV UTF-8 (comma delimited)".',
        )
        raise InputError(source, (mistake,)) from None


def _rows(
    text: str, source: str, environments: Collection[str], findings: list[Finding]
) -> Iterator[Row]:
    header, _, _ = text.partition("\n")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True
    )
    keys: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            findings.append(Finding(subject=f"line {line}", message=f"This is not CSV: {error}."))
            return
        if cells is None:
            break
        if not any(map(str.strip, cells)):
            continue
        if not keys:
            keys = _header(cells, line, source)
        elif len(cells) < len(keys) or any(map(str.strip, cells[len(keys) :])):
            findings.append(
                Finding(
                    subject=f"line {line}",
                    message=f"It has {len(cells)} cells, the header {len(keys)}.",
                    remedy="Write every cell, empty ones too."
                    if len(cells) < len(keys)
                    else 'Put a cell that holds several names between quotes: "Viewer, Op".',
                )
            )
        else:
            by_key = dict(zip(keys, cells, strict=False))
            entry = _entry(by_key, environments)
            source_cell = by_key.get("Source", "").strip()
            if source_cell not in {"", *SOURCES, BLOCK}:
                findings.append(_unknown_source(source_cell, line))
            yield Row(line, entry, source_cell, by_key.get("Reason", "").strip())
    if not keys:
        raise InputError(source, (Finding(subject="the file", message="It is empty."),))


def _unknown_source(source: str, line: int) -> Finding:
    return Finding(
        subject=f"line {line}, source",
        message=f"{shown(source)} is none of {', '.join((*SOURCES, BLOCK))}.",
        remedy="Leave the cell empty for a grant by hand.",
    )


def _header(cells: list[str], line: int, source: str) -> list[str]:
    """Returns the configuration's key of each column."""
    where = f"line {line}"
    names = [_TYPE.sub("", cell).strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    findings = [_unknown_column(name, where) for name in names if name not in COLUMNS]
    keys = [COLUMNS[name] for name in names if name in COLUMNS]
    if not findings:
        if set(PRINCIPALS).isdisjoint(keys):
            message = "There is no column user, subject or group."
            findings.append(Finding(subject=where, message=message, remedy=_EXAMPLE))
        findings += [
            Finding(subject=where, message=f"There is no column {key.lower()}.", remedy=_EXAMPLE)
            for key in ("Environments", "Roles")
            if key not in keys
        ]
        findings += [
            Finding(
                subject=where,
                message=f"Two columns say {key.lower()}.",
                remedy="Keep one of them.",
            )
            for key in dict.fromkeys(keys)
            if keys.count(key) > 1
        ]
    if findings:
        raise InputError(source, findings)
    return keys


_EXAMPLE = (
    "The first line names the columns, such as user,group,environments,roles,until "
    "or email,mwaa_env,rbac_roles."
)


def _unknown_column(name: str, where: str) -> Finding:
    near = nearest(name, COLUMNS)
    return Finding(
        subject=where,
        message=f"{shown(name)} is none of the columns user, subject, group, environments, roles, "
        "until.",
        remedy=f"Did you mean {near}?" if near else _EXAMPLE,
    )


def _entry(cells: Mapping[str, str], environments: Collection[str]) -> Entry:
    entry: dict[str, Any] = {
        key: _single(cells[key]) for key in (*PRINCIPALS, "Expires") if cells.get(key, "").strip()
    }
    names, roles = _several(cells.get("Environments", "")), _several(cells.get("Roles", ""))
    if [name.casefold() for name in names] == [ALL] and names[0] not in environments:
        names = [EVERY_ENVIRONMENT]
    if [role.casefold() for role in roles] == [ALL]:
        roles = list(ROLES)
    spelt = {role.casefold(): role for role in ROLES}
    return {
        **entry,
        "Environments": names,
        "Roles": [spelt.get(role.casefold(), role) for role in roles],
    }


def _single(cell: str) -> str:
    values = list(_json_texts(cell))
    return values[0] if len(values) == 1 else cell.strip()


def _several(cell: str) -> list[str]:
    """Returns the names in a cell: between spaces, commas or semicolons, or as DynamoDB's JSON."""
    return list(_json_texts(cell)) or [
        name for name in re.split(r"[\s,;]+", cell.strip().strip("[]{}")) if name
    ]


def _json_texts(cell: str) -> Iterator[str]:
    if cell.lstrip()[:1] not in {"[", "{"}:
        return
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return
    yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case {"S": inner} | {"SS": inner} | {"L": inner}:
            yield from _texts(inner)
