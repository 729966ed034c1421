"""Adds mounts and variables to services of a Docker Compose file, to the letter around them.

ruamel.yaml says where things stand; lines are inserted there, and nothing else changes. Each time
the file is read again, and must hold what it held and what was to be added.
"""

from __future__ import annotations

import copy
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from cli.local_airflow.merge_result import MergeResult, with_final_newline, with_newlines_of

LINE_LENGTH = 90
SHORT_MOUNT = re.compile(r"(?P<source>.*):(?P<target>/[^:]*)(:(?P<mode>[^:/]*))?")
HOME = re.compile(r"^(~|\$HOME|\$\{HOME\})(?=/)")

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Additions:
    """What each of the services gets: mounts in Compose's long notation, and variables."""

    services: Sequence[str]
    mounts: Sequence[Mapping[str, Any]]
    environment: Mapping[str, str] = field(default_factory=dict)

    def of_a_service(self) -> dict[str, Any]:
        """A service that has nothing else."""
        variables = {"environment": dict(self.environment)} if self.environment else {}
        return {**variables, "volumes": [dict(mount) for mount in self.mounts]}


@dataclass(frozen=True)
class _Addition:
    """A block for the end of the mapping or list at `path`."""

    path: Path
    block: dict[str, Any] | list[Any]


class _NoPlaceError(Exception):
    """The file is written in a way into which nothing is inserted."""


def merge(existing: str, additions: Additions, *, comment: str) -> MergeResult:
    """Add what is not there; what is there otherwise stays, and is named in `left`."""
    text = existing.replace("\r\n", "\n")
    try:
        document = _read(text)
        if document is None:
            heading = "".join(f"# {line}\n" for line in textwrap.wrap(comment, LINE_LENGTH))
            document = {"services": _services(additions)}
            text = with_final_newline(text) + heading + _written(document)
        while addition := next(_missing(document, additions), None):
            text, document = _inserted(text, addition), _with(document, addition)
            _check(text, document)
    except (YAMLError, _NoPlaceError):
        return MergeResult(text=existing, manual_steps=(_by_hand(additions),))
    left = tuple(_conflicts(document["services"], additions))
    if "\r\n" in existing:
        text = with_newlines_of(existing, text)
    return MergeResult(text=text, manual_steps=left)


def _check(text: str, document: Any) -> None:
    if _read(text) != document:
        raise _NoPlaceError


def _services(additions: Additions) -> dict[str, Any]:
    return {name: additions.of_a_service() for name in additions.services}


def _missing(document: Any, additions: Additions) -> Iterator[_Addition]:
    """What the document lacks; the first is right as it stands, the others once that is added."""
    if "services" not in _mapping(document):
        yield _Addition((), {"services": _services(additions)})
    services = _mapping(document["services"])
    ours = additions.of_a_service()
    for name in additions.services:
        path = ("services", name)
        if name not in services:
            yield _Addition(("services",), {name: ours})
            continue
        service = _mapping(services[name])
        for key, block in ours.items():
            if key not in service:
                yield _Addition(path, {key: block})
            elif lacking := _lacking(service[key], block):
                yield _Addition((*path, key), lacking)


def _lacking(there: Any, ours: dict[str, Any] | list[Any]) -> dict[str, Any] | list[Any]:
    if isinstance(ours, dict):
        return {name: value for name, value in ours.items() if name not in _mapping(there)}
    if not isinstance(there, list):
        raise _NoPlaceError
    targets = set(map(_target, there))
    return [mount for mount in ours if mount["target"] not in targets]


def _conflicts(services: Mapping[str, Any], additions: Additions) -> Iterator[str]:
    """Sentences about what stands where an addition belongs."""
    for name in additions.services:
        there = services[name]
        for variable, value in additions.environment.items():
            if str(there["environment"][variable]) != value:
                yield f"The service {name} sets {variable} to something else. Ours:\n{value}"
        for mount in additions.mounts:
            others = [each for each in there["volumes"] if _target(each) == mount["target"]]
            if _meaning(mount) not in map(_meaning, others):
                yield (
                    f"The service {name} mounts something else at {mount['target']}. Ours:\n"
                    f"{_written([dict(mount)])}"
                )


def _target(mount: Any) -> str | None:
    """Where a mount appears in the container, in either of Compose's notations."""
    if isinstance(mount, dict):
        return str(mount.get("target"))
    found = SHORT_MOUNT.fullmatch(str(mount))
    return found["target"].rstrip("/") if found else None


def _meaning(mount: Any) -> tuple[str, bool]:
    """What a mount brings into the container, and whether it can be written to there."""
    if isinstance(mount, dict):
        source, is_read_only = str(mount.get("source")), bool(mount.get("read_only"))
    else:
        found = SHORT_MOUNT.fullmatch(str(mount))
        source, mode = (found["source"], found["mode"] or "") if found else ("", "")
        is_read_only = "ro" in mode.split(",")
    return HOME.sub("${HOME}", source).rstrip("/"), is_read_only


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _NoPlaceError
    return value


def _by_hand(additions: Additions) -> str:
    return (
        "It is written in a way that this command does not change. Add to the services "
        f"{', '.join(additions.services)}:\n{_written(additions.of_a_service())}"
    )


def _with(document: Any, addition: _Addition) -> Any:
    changed = copy.deepcopy(document)
    container = changed
    for key in addition.path:
        container = container[key]
    if isinstance(container, list):
        container.extend(addition.block)
    else:
        container.update(copy.deepcopy(addition.block))
    return changed


def _inserted(text: str, addition: _Addition) -> str:
    """The text with the block behind the last line of the mapping or list at its path."""
    node = YAML(typ="safe", pure=True).compose(StringIO(text))
    for key in addition.path:
        node = _value(node, key)
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        raise _NoPlaceError
    lines = with_final_newline(text).splitlines(keepends=True)
    unindented = textwrap.dedent(_written(addition.block))
    block = textwrap.indent(unindented, " " * _column(node, lines))
    after = _last_line(node, lines) + 1
    return "".join([*lines[:after], block, *lines[after:]])


def _column(node: CollectionNode, lines: Sequence[str]) -> int:
    """How far the node's block is indented; behind an anchor it begins on another line."""
    if not node.anchor:
        return int(node.start_mark.column)
    first = node.value[0][0] if isinstance(node, MappingNode) else node.value[0]
    line = lines[first.start_mark.line]
    return len(line) - len(line.lstrip())


def _value(node: Any, key: str) -> Any:
    pairs = node.value if isinstance(node, MappingNode) else ()
    for name, value in pairs:
        if isinstance(name, ScalarNode) and name.value == key:
            return value
    raise _NoPlaceError


def _last_line(node: Node, lines: Sequence[str]) -> int:
    """The number of the last line on which the node has something; its end mark lies behind."""
    if isinstance(node, MappingNode) and node.value and not node.flow_style:
        key, value = node.value[-1]  # where the value is an alias, it stands further up
        return max(int(key.end_mark.line), _last_line(value, lines))
    if isinstance(node, SequenceNode) and node.value and not node.flow_style:
        return _last_line(node.value[-1], lines)
    last = int(node.end_mark.line)
    if node.end_mark.column == 0:  # a text of several lines ends where the next thing begins
        last -= 1
        while not lines[last].strip() or lines[last].lstrip().startswith("#"):
            last -= 1
    return max(last, int(node.start_mark.line))


def _read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(StringIO(text))


def _written(data: Any) -> str:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 10_000  # no value is broken over lines
    yaml.representer.ignore_aliases = lambda _: True
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()
