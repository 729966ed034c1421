"""Loader of the configuration, which reports every mistake in the file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.checks import rules
from config.checks.messages import explain
from config.checks.partial import PartialFile
from config.document import Document, read_document
from config.key_changes import CONNECTIVITY
from config.lineage.inheritance import defaults_with_list, with_lineage
from config.local_files import FOLDER, WITH_WHEELS
from config.model import FACTS, Configuration, is_existing
from config.watch import with_alarms
from errors import Finding, InputError
from mwaa.regions import Target

TOOL_KEYS = {"$schema", "acknowledged-issue-numbers", "cli-telemetry"}
TOOL_KEY_PATTERNS = (
    "^@aws-cdk(?:-containers)?/[^:]+:.",
    "^aws-cdk:.",
    "^aws:cdk:.",
    "^[a-z-]+:account=.",
)
"""Feature flags, settings of the CDK, and what its CLI looked up in an account."""


def load_configuration(
    path: Path, *, with_wheels: bool = True, target: Target | None = None
) -> Configuration:
    """Reads, checks and completes the configuration; raises InputError with every mistake.

    Only the command that fetches wheels loads it without them. `target` is the account and Region
    that it is deployed to, where they are known.
    """
    return configuration_of(read_document(path), with_wheels=with_wheels, target=target)


def parse_configuration(
    raw: dict[str, Any], *, source: Path, with_wheels: bool = True, target: Target | None = None
) -> Configuration:
    """The configuration of an object that `source` could hold."""
    document = Document(path=source, content=raw)
    return configuration_of(document, with_wheels=with_wheels, target=target)


def configuration_of(
    document: Document, *, with_wheels: bool = True, target: Target | None = None
) -> Configuration:
    """The configuration that a document holds; raises InputError with every mistake."""
    own = own_keys(document)
    completed = _with_lineage(own)
    file = PartialFile.of(
        completed, own=own, folder=document.folder, with_wheels=with_wheels, target=target
    )
    found = [*repeated_keys(document), *rules.errors(file)]
    try:
        configuration = Configuration.model_validate(
            completed, context={FOLDER: document.folder, WITH_WHEELS: with_wheels}
        )
    except ValidationError as error:
        found += explain(error, own)
    if found:
        raise InputError(document.path, list(_in_file_order(found, document)))
    return configuration.with_written(_with_inherited(completed))


def written(document: Document) -> dict[str, Any]:
    """The keys and values of a document, environments with what they inherit."""
    return _with_inherited(_with_lineage(own_keys(document)))


def own_keys(document: Document) -> dict[str, Any]:
    """The content of a document without what tools keep in it."""
    return {key: value for key, value in document.content.items() if not _is_tool_key(key)}


def repeated_keys(document: Document) -> Iterator[Finding]:
    """A finding for each key that is given more than once in its object."""
    for place in document.repeated:
        yield Finding(
            place=place, message="This key stands here twice.", remedy="Keep one of them."
        )


def _is_tool_key(key: str) -> bool:
    """Whether the key is the CDK CLI's or an editor's: lookups, flags, the schema."""
    return key in TOOL_KEYS or any(re.search(each, key) for each in TOOL_KEY_PATTERNS)


def _in_file_order(findings: Iterable[Finding], document: Document) -> Iterator[Finding]:
    """Each finding once, with its position, sorted by section and by the entries of lists."""
    sections = list(document.content)

    def order(finding: Finding) -> tuple[int, list[int]]:
        section = finding.place[0]
        entries = [step for step in finding.place if isinstance(step, int)]
        return (sections.index(section) if section in sections else len(sections)), entries

    for finding in sorted(dict.fromkeys(findings), key=order):
        yield replace(finding, position=document.position(finding.place))


def _with_lineage(raw: dict[str, Any]) -> dict[str, Any]:
    defaults = raw.get("Lineage")
    completed = {**raw, "Lineage": defaults_with_list(defaults)} if "Lineage" in raw else raw
    entries = raw.get("MwaaEnvironments")
    if not isinstance(entries, list):
        return completed
    environments = [
        with_lineage(each, defaults) if _inherits_lineage(each) else each for each in entries
    ]
    return {**completed, "MwaaEnvironments": environments}


def _inherits_lineage(entry: Any) -> bool:
    """Whether an entry inherits the file's `Lineage`: an existing environment needs its own key."""
    return isinstance(entry, dict) and not (is_existing(entry) and entry.get("Lineage") is None)


def _with_inherited(raw: dict[str, Any]) -> dict[str, Any]:
    return with_alarms(_with_connectivity(raw))


def _with_connectivity(raw: dict[str, Any]) -> dict[str, Any]:
    """The file with the `Connectivity` that environments inherit, as a whole, in their entries."""
    default, entries = raw.get(CONNECTIVITY), raw.get("MwaaEnvironments")
    if default is None or not isinstance(entries, list):
        return raw
    environments = [
        {CONNECTIVITY: default, **each} if _has_connectivity(each) else each for each in entries
    ]
    return {**raw, "MwaaEnvironments": environments}


def _has_connectivity(entry: Any) -> bool:
    return isinstance(entry, dict) and (FACTS in entry or not is_existing(entry))
