"""Imports between folders go one way, and modules have no circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from local.layout import ROOT

SOURCE_ROOTS = ("", "constructs", "lambda", "airflow_files/lineage", "airflow_files/preflight")
"""Folders that modules are imported from; the first is the project's own."""

ALLOWED: Mapping[str, set[str]] = {
    "errors": set(),
    "locks": {"errors"},
    "mwaa": set(),
    "artifacts": {"errors", "mwaa"},
    "config": {"artifacts", "errors", "mwaa"},
    "console": {"errors"},
    "boundary": {"console", "errors"},
    "constructs": {"errors", "locks", "mwaa"},
    "lambda": set(),
    "airflow_files": set(),
    "stacks": {"artifacts", "config", "constructs", "errors", "mwaa"},
    "local": {"artifacts", "config", "console", "errors", "mwaa"},
    "cli": {
        "airflow_files",
        "artifacts",
        "boundary",
        "config",
        "console",
        "errors",
        "lambda",
        "local",
        "locks",
        "mwaa",
    },
    "app": {"boundary", "config", "console", "errors", "mwaa", "stacks"},
}
"""What each folder, and each module at the top, may import of the others."""


def modules() -> Iterator[tuple[str, Path]]:
    """The product's modules by name; where a module has a package's name, the package wins."""
    for root in SOURCE_ROOTS:
        folder = ROOT / root
        places = [folder] if root else [ROOT / name for name in ALLOWED if (ROOT / name).is_dir()]
        for place in places:
            for path in place.rglob("*.py"):
                if root or place.name not in {"constructs", "lambda", "airflow_files"}:
                    yield ".".join(path.relative_to(folder).with_suffix("").parts), path
    for name in ALLOWED:
        if (path := ROOT / f"{name}.py").exists():
            yield name, path


MODULES = {name.removesuffix(".__init__"): path for name, path in modules()}


def part(module: str) -> str:
    """The folder of a module, or the module at the top."""
    return MODULES[module].relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The product's modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {each if each in MODULES else node.module for each in members}
    return found & MODULES.keys()


IMPORTS = {name: imported(path) for name, path in MODULES.items()}


def test_the_modules_of_every_folder_are_seen() -> None:
    assert {part(module) for module in MODULES} == ALLOWED.keys()
    assert IMPORTS["app"] >= {"console", "stacks.sso", "config.loader"}
    assert "mwaa_platform.python_function" in IMPORTS["mwaa_platform.sign_in.authenticator"]


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_go_one_way(folder: str) -> None:
    wrong = {
        module: sorted(others)
        for module, imports in IMPORTS.items()
        if part(module) == folder
        and (others := {each for each in imports if part(each) not in {folder, *ALLOWED[folder]}})
    }
    assert wrong == {}


def test_the_folders_form_no_circle() -> None:
    assert [*TopologicalSorter(ALLOWED).static_order()]


def test_no_module_imports_itself_through_others() -> None:
    assert [*TopologicalSorter(IMPORTS).static_order()]


def test_no_import_of_ours_is_hidden_from_the_interpreter() -> None:
    hidden = [
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom) and f"{inner.module}" in MODULES
    ]
    assert hidden == []
