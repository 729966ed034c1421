"""Rules about a team's own decision: its module is read here, and never run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.authenticator import Decision
from config.checks.finding import warning
from config.checks.partial import PartialFile, partial
from config.model import Configuration
from config.nearest import nearest
from errors import Finding, Place

FUNCTION = "decide"
CONTRACT = "authenticator.decision"
PACKAGES = {"boto3", "botocore", "cryptography"}
"""Packages that the function has, apart from Python's own modules."""
PLACE: Place = ("Authenticator", "Decision", "Module")


def valid_decision(file: PartialFile) -> Iterator[Finding]:
    """The module of a decision can be loaded, as far as reading it shows, and has the function."""
    decision = partial(Decision, _section(file), folder=file.folder)
    if path := decision.get(lambda each: each.module):
        for message, remedy in _mistakes(path):
            yield Finding(place=PLACE, message=message, remedy=remedy)


def asked_decision(file: PartialFile) -> Iterator[Finding]:
    """There is a portal to ask a decision."""
    if _section(file) and not file.has_portal:
        yield Finding(
            place=PLACE[:2],
            message="Nothing asks it: through QuickStart everybody enters under RbacRoleName.",
            remedy="Take it out, or name the environment under MwaaEnvironments instead.",
        )


def quick_start_beside_decision(configuration: Configuration) -> Iterator[Finding]:
    """QuickStart does not ask the decision of the portal."""
    if configuration.authenticator.decision and configuration.quick_start:
        yield warning(PLACE[:2], "it decides for the portal alone; QuickStart does not ask it.")


def _section(file: PartialFile) -> Any:
    authenticator = file.raw.get("Authenticator")
    return authenticator.get("Decision") if isinstance(authenticator, dict) else None


def _mistakes(path: Path) -> Iterator[tuple[str, str | None]]:
    try:
        tree = ast.parse(path.read_bytes())
    except OSError as error:
        yield f"It cannot be read: {error.strerror}.", None
        return
    except (SyntaxError, ValueError, RecursionError) as error:
        where = f" at its line {error.lineno}" if isinstance(error, SyntaxError) else ""
        yield f"This is not Python{where}.", f"Try it: python -m py_compile {path.name}"
        return
    yield from _mistakes_in_function(tree)
    for name, line in _imports(tree):
        root = name.partition(".")[0]
        if name != CONTRACT and root not in PACKAGES | sys.stdlib_module_names:
            yield (
                f"Its line {line} imports {name}, which the function does not have.",
                f"It can import Python's own modules, boto3 and {CONTRACT}.",
            )


def _mistakes_in_function(tree: ast.Module) -> Iterator[tuple[str, str | None]]:
    functions = {
        each.name: each
        for each in tree.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    remedy = f"Define it: def {FUNCTION}(question: Question) -> Answer"
    if FUNCTION not in functions:
        near = nearest(FUNCTION, functions)
        hint = f"Did you mean {FUNCTION} by {near}?" if near else remedy
        yield f"It defines no function {FUNCTION} at its top level.", hint
        return
    function = functions[FUNCTION]
    where = f"{FUNCTION} at its line {function.lineno}"
    if isinstance(function, ast.AsyncFunctionDef):
        yield f"{where} is async, and nobody awaits it.", remedy
    takes = function.args
    positional = [*takes.posonlyargs, *takes.args]
    required = len(positional) - len(takes.defaults)
    most = len(positional) if not takes.vararg else max(len(positional), 1)
    if required > 1 or most < 1 or None in takes.kw_defaults:
        yield f"{where} cannot be called with the question alone.", remedy


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), node.lineno
