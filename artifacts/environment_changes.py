"""Variables of the environment that a file sets for what comes after it.

A variable that is set for one command, read, or named in a comment is none of them.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Mapping

HERE_DOCUMENT = re.compile(r"(?<!<)<<-?\s*[\"']?(\w+)")
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
SEPARATORS = re.compile(r"[;&|()<>]+")
RESERVED = frozenset({"if", "then", "else", "elif", "do", "while", "until", "time", "!", "{", "}"})
LONGEST = 200
"""Lines of one command at most."""
EXPORTING = frozenset({"export", "declare", "typeset", "readonly", "local"})


def set_by_python(source: str) -> Iterator[tuple[str, int]]:
    """Names that a Python module puts into `os.environ`, each with its line.

    Raises SyntaxError.
    """
    tree = ast.parse(source)
    literals, environs = _dictionaries(tree), {"environ", *_aliases(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from _item(target, environs)
            case ast.AnnAssign(target=target):
                yield from _item(target, environs)
            case ast.AugAssign(target=target, op=ast.BitOr(), value=value):
                if _is_environ(target, environs):
                    yield from _keys(value, literals)
            case ast.Call():
                yield from _set_by_call(node, literals, environs)
            case _:
                pass


def set_by_shell(script: str) -> Iterator[tuple[str, int]]:
    """Names that a script of bash sets, each with its line."""
    lines, index = script.splitlines(), 0
    while index < len(lines):
        first, text = index, lines[index]
        index += 1
        words = _words(text)
        # A quotation or a continued line goes on in the next.
        while (words is None or _goes_on(text)) and index < min(len(lines), first + LONGEST):
            text = f"{text[:-1]} {lines[index]}" if _goes_on(text) else f"{text}\n{lines[index]}"
            index += 1
            words = _words(text)
        for name in _assigned(words or []):
            number = next((i for i in range(first, index) if f"{name}" in lines[i]), first)
            yield name, number + 1
        if (end := HERE_DOCUMENT.search(text)) and words:
            while index < len(lines) and lines[index].strip() != end[1]:
                index += 1
            index += 1


def _set_by_call(
    call: ast.Call, literals: Mapping[str, ast.expr], environs: set[str]
) -> Iterator[tuple[str, int]]:
    match call:
        case ast.Call(func=ast.Attribute(attr="putenv"), args=[name, *_]):
            yield from _text(name)
        case ast.Call(func=ast.Attribute(value=owner, attr=method), args=arguments):
            if method == "setdefault" and arguments and _is_environ(owner, environs):
                yield from _text(arguments[0])
            elif method == "update" and _is_environ(owner, environs):
                yield from _named(call)
                for argument in arguments:
                    yield from _keys(argument, literals)
        case _:
            pass


def _dictionaries(tree: ast.Module) -> Mapping[str, ast.expr]:
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict | ast.Call)
    }


def _aliases(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr="environ")):
                yield name
            case ast.ImportFrom(module="os", names=names):
                yield from (each.asname for each in names if each.name == "environ" and each.asname)
            case _:
                pass


def _is_environ(node: ast.expr, environs: set[str]) -> bool:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in environs
        case _:
            return False


def _item(target: ast.expr, environs: set[str]) -> Iterator[tuple[str, int]]:
    if isinstance(target, ast.Subscript) and _is_environ(target.value, environs):
        yield from _text(target.slice)


def _keys(node: ast.expr, literals: Mapping[str, ast.expr]) -> Iterator[tuple[str, int]]:
    """The keys of a dictionary that is written here, or under a name."""
    match node:
        case ast.Name(id=name) if name in literals:
            yield from _keys(literals[name], {})
        case ast.Dict(keys=keys):
            for key in keys:
                yield from _text(key)
        case ast.Call(func=ast.Name(id="dict")):
            yield from _named(node)
        case _:
            pass


def _named(call: ast.Call) -> Iterator[tuple[str, int]]:
    yield from ((each.arg, each.value.lineno) for each in call.keywords if each.arg)


def _text(node: ast.expr | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, node.lineno


def _goes_on(text: str) -> bool:
    return text.endswith("\\") and not text.lstrip().startswith("#")


def _words(text: str) -> list[str] | None:
    """The words and separators of a line, without its comment; None within a quotation."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return [*lexer]
    except ValueError:
        return None


def _assigned(words: list[str]) -> Iterator[str]:
    command: list[str] = []
    for word in [*words, ";"]:
        if not SEPARATORS.fullmatch(word):
            command.append(word)
            continue
        yield from _assigned_by(command)
        command = []


def _assigned_by(command: list[str]) -> Iterator[str]:
    while command and command[0] in RESERVED:
        command = command[1:]
    names = [ASSIGNMENT.match(word) for word in command]
    leading = next((i for i, name in enumerate(names) if not name), len(names))
    is_kept = leading == len(names) or command[leading] in EXPORTING
    yield from (name[1] for name in names if name and is_kept)
