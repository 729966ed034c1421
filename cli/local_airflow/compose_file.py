"""Merge of mounts and variables into the services of a Docker Compose file.

Lines are inserted at the positions that ruamel.yaml gives, and no other line changes: a round trip
would rewrite indentation, spaces, line ends and unused anchors. After each insertion the file is
parsed again, and must have its former content and the addition.
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

from cli.local_airflow.env_file import before_profile
from cli.local_airflow.merge_result import MergeResult, with_final_newline, with_newlines_of

LINE_LENGTH = 90
SHORT_MOUNT = re.compile(r"(?P<source>.*):(?P<target>/[^:]*)(:(?P<mode>[^:/]*))?")
HOME = re.compile(r"^(~|\$HOME|\$\{HOME\})(?=/)")

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Additions:
    """Mounts in Compose's long notation, and variables, for each of the services.

    `environment_elsewhere` are variables that the containers have from another file.
    """

    services: Sequence[str]
    mounts: Sequence[Mapping[str, Any]]
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_elsewhere: Mapping[str, str] = field(default_factory=dict)

    def service(self) -> dict[str, Any]:
        """Returns a service with the additions only."""
        variables = {"environment": dict(self.environment)} if self.environment else {}
        return {**variables, "volumes": [dict(mount) for mount in self.mounts]}


@dataclass(frozen=True)
class _Addition:
    """Block to append to the mapping or list at `path`."""

    path: Path
    block: dict[str, Any] | list[Any]


class _UnsupportedLayoutError(Exception):
    """The file has a layout that insertion does not support."""


def merge(existing: str, additions: Additions, *, comment: str) -> MergeResult:
    """Adds what is missing; what differs is kept, and named in `manual_steps`."""
    text = existing.replace("\r\n", "\n")
    try:
        document = _parse(text)
        if document is None:
            heading = "".join(f"# {line}\n" for line in textwrap.wrap(comment, LINE_LENGTH))
            document = {"services": _services(additions)}
            text = with_final_newline(text) + heading + _dump(document)
        while addition := next(_missing(document, additions), None):
            document = _extended(document, addition)
            text = _inserted(text, addition, expected=document)
    except (YAMLError, _UnsupportedLayoutError):
        return MergeResult(text=existing, manual_steps=(_manual_step(additions),))
    manual_steps = tuple(_conflicts(document["services"], additions))
    return MergeResult(text=with_newlines_of(existing, text), manual_steps=manual_steps)


def _services(additions: Additions) -> dict[str, Any]:
    return {name: additions.service() for name in additions.services}


def _missing(document: Any, additions: Additions) -> Iterator[_Addition]:
    """Yields the missing additions; the first is valid at once, the others after it is made."""
    if "services" not in _mapping(document):
        yield _Addition((), {"services": _services(additions)})
    services = _mapping(document["services"])
    ours = additions.service()
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


def _lacking(present: Any, ours: dict[str, Any] | list[Any]) -> dict[str, Any] | list[Any]:
    if isinstance(ours, dict):
        return {name: value for name, value in ours.items() if name not in _mapping(present)}
    if not isinstance(present, list):
        raise _UnsupportedLayoutError
    targets = set(map(_target, present))
    return [mount for mount in ours if mount["target"] not in targets]


def _conflicts(services: Mapping[str, Any], additions: Additions) -> Iterator[str]:
    """Yields sentences about other content in the place of an addition."""
    for name in additions.services:
        present = services[name]
        set_there = present.get("environment")
        wanted = additions.environment or additions.environment_elsewhere
        for variable in before_profile(_variables(set_there), wanted):
            yield (
                f"The service {name} sets {variable}, which comes before the profile. Take it out."
            )
        for variable, value in additions.environment.items():
            if str(present["environment"][variable]) != value:
                yield f"The service {name} sets {variable} to something else. Ours:\n{value}"
        for mount in additions.mounts:
            others = [each for each in present["volumes"] if _target(each) == mount["target"]]
            if _source_and_mode(mount) not in map(_source_and_mode, others):
                yield (
                    f"The service {name} mounts something else at {mount['target']}. Ours:\n"
                    f"{_dump([dict(mount)])}"
                )


def _variables(environment: Any) -> Mapping[str, Any]:
    """Returns a service's variables, from either of Compose's notations."""
    if isinstance(environment, list):
        pairs = (str(each).partition("=") for each in environment)
        # Without a sign of equality the value is that of the shell that starts the containers.
        return {name: value or not sign for name, sign, value in pairs}
    return environment if isinstance(environment, dict) else {}


def _target(mount: Any) -> str | None:
    """Returns a mount's path in the container, from either of Compose's notations."""
    if isinstance(mount, dict):
        return str(mount.get("target"))
    found = SHORT_MOUNT.fullmatch(str(mount))
    return found["target"].rstrip("/") if found else None


def _source_and_mode(mount: Any) -> tuple[str, bool]:
    """Returns a mount's source, and whether it is read-only."""
    if isinstance(mount, dict):
        source, is_read_only = str(mount.get("source")), bool(mount.get("read_only"))
    else:
        found = SHORT_MOUNT.fullmatch(str(mount))
        source, mode = (found["source"], found["mode"] or "") if found else ("", "")
        is_read_only = "ro" in mode.split(",")
    return HOME.sub("${HOME}", source).rstrip("/"), is_read_only


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _UnsupportedLayoutError
    return value


def _manual_step(additions: Additions) -> str:
    return (
        "It is written in a way that this command does not change. Add to the services "
        f"{', '.join(additions.services)}:\n{_dump(additions.service())}"
    )


def _extended(document: Any, addition: _Addition) -> Any:
    changed = copy.deepcopy(document)
    container = changed
    for key in addition.path:
        container = container[key]
    if isinstance(container, list):
        container.extend(addition.block)
    else:
        container.update(copy.deepcopy(addition.block))
    return changed


def _inserted(text: str, addition: _Addition, *, expected: Any) -> str:
    """Returns the text with the block after the last line of the mapping or list at its path."""
    node = YAML(typ="safe", pure=True).compose(StringIO(text))
    for key in addition.path:
        node = _value(node, key)
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        raise _UnsupportedLayoutError
    lines = with_final_newline(text).splitlines(keepends=True)
    unindented = textwrap.dedent(_dump(addition.block))
    block = textwrap.indent(unindented, " " * _column(node, lines))
    after = _last_line(node, lines) + 1
    inserted = "".join([*lines[:after], block, *lines[after:]])
    if _parse(inserted) != expected:
        raise _UnsupportedLayoutError
    return inserted


def _column(node: CollectionNode, lines: Sequence[str]) -> int:
    """Returns the indentation of a node's block, which begins on the next line after an anchor."""
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
    raise _UnsupportedLayoutError


def _last_line(node: Node, lines: Sequence[str]) -> int:
    """Returns the number of the last line of a node's content; its end mark is after that."""
    if isinstance(node, MappingNode) and node.value and not node.flow_style:
        key, value = node.value[-1]  # an alias has the position of its anchor, above
        return max(int(key.end_mark.line), _last_line(value, lines))
    if isinstance(node, SequenceNode) and node.value and not node.flow_style:
        return _last_line(node.value[-1], lines)
    last = int(node.end_mark.line)
    if node.end_mark.column == 0:  # a block scalar ends at the next token
        last -= 1
        while not lines[last].strip() or lines[last].lstrip().startswith("#"):
            last -= 1
    return max(last, int(node.start_mark.line))


def _parse(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(StringIO(text))


def _dump(data: Any) -> str:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 10_000  # no value is broken over lines
    yaml.representer.ignore_aliases = lambda _: True
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()
