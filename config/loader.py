"""From the file to the configuration, or to every mistake in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.checks.entries import mistakes_between_entries
from config.checks.files import mistakes_in_files
from config.checks.messages import explain
from config.checks.partial import FileSketch
from config.document import read_document
from config.errors import ConfigurationError, Mistake
from config.lineage.inheritance import in_one_spelling, with_lineage
from config.local_files import FOLDER, WITH_WHEELS
from config.model import Configuration, is_existing

TOOLS_OWN_KEYS = {"$schema", "acknowledged-issue-numbers", "cli-telemetry"}
TOOLS_OWN_PATTERNS = ("^@aws-cdk", ":")


def load_configuration(path: Path, *, with_wheels: bool = True) -> Configuration:
    """Read, check and complete the configuration; raises ConfigurationError with every mistake.

    Only the command that fetches wheels does without them.
    """
    raw, mistakes = read_document(path)
    return parse_configuration(raw, source=path, mistakes=mistakes, with_wheels=with_wheels)


def parse_configuration(
    raw: dict[str, Any],
    *,
    source: Path,
    mistakes: tuple[Mistake, ...] = (),
    with_wheels: bool = True,
) -> Configuration:
    """Check and complete a configuration that is read already; `mistakes` were found before.

    Relative paths in it start from the folder of `source`.
    """
    own = {key: value for key, value in raw.items() if not _is_the_tools_own(key)}
    completed = _complete(own)
    folder = source.absolute().parent
    file = FileSketch.of(completed, folder=folder)
    found = [
        *mistakes,
        *mistakes_between_entries(file),
        *mistakes_in_files(file, with_wheels=with_wheels),
    ]
    try:
        configuration = Configuration.model_validate(
            completed, context={FOLDER: folder, WITH_WHEELS: with_wheels}
        )
    except ValidationError as error:
        found += explain(error, own)
    if found:
        raise ConfigurationError(source, _in_the_files_order(dict.fromkeys(found), own))
    return configuration


def _is_the_tools_own(key: str) -> bool:
    """Whether the CDK's CLI or an editor keeps this key in the file: lookups, flags, the schema."""
    return key in TOOLS_OWN_KEYS or any(re.search(each, key) for each in TOOLS_OWN_PATTERNS)


def _in_the_files_order(mistakes: Iterable[Mistake], raw: dict[str, Any]) -> tuple[Mistake, ...]:
    sections = list(raw)

    def position(mistake: Mistake) -> tuple[int, list[int]]:
        section, *_ = re.split(r"\W", mistake.path, maxsplit=1)
        entries = [int(index) for index in re.findall(r"\[(\d+)\]", mistake.path)]
        return (sections.index(section) if section in sections else len(sections)), entries

    return tuple(sorted(mistakes, key=position))


def _complete(raw: dict[str, Any]) -> dict[str, Any]:
    defaults = raw.get("Lineage")
    completed = {**raw, "Lineage": in_one_spelling(defaults)} if "Lineage" in raw else raw
    entries = raw.get("MwaaEnvironments")
    if not isinstance(entries, list):
        return completed
    environments = [with_lineage(each, defaults) if _may_send(each) else each for each in entries]
    return {**completed, "MwaaEnvironments": environments}


def _may_send(entry: Any) -> bool:
    """Whether an entry takes over the file's `Lineage`: an environment that exists must ask."""
    return isinstance(entry, dict) and not (is_existing(entry) and entry.get("Lineage") is None)
