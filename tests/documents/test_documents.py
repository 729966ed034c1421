"""Examples, links and commands of the documents."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer

from artifacts.build import build_artifacts
from cli.commands import app
from config.artifacts import artifact_sources
from config.iam_policy import PolicyDocument, read_policy
from config.loader import parse_configuration
from config.model import Configuration
from local.layout import ROOT
from mwaa.log_groups import log_group_names
from tests.templates.synthesis import sample
from tests.unit.config.configurations import (
    LINEAGE,
    SMALLEST,
    warnings_about,
)

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
INDEX = ROOT / "docs" / "README.md"
OPERATING = ROOT / "docs" / "operating.md"
FILE = ROOT / "cdk.context.json"
DOCUMENTS = [README, CONTRIBUTING, *sorted((ROOT / "docs").rglob("*.md"))]
FILLED_IN = {"Oidc": SMALLEST["Oidc"], "Alb": SMALLEST["Alb"], "Lineage": LINEAGE}

MOST_LINES_OF_README = 45

LINEAGE_DOCUMENT = ROOT / "docs" / "lineage.md"
WAYS_IN = ROOT / "docs" / "ways-in.md"


def examples(document: Path) -> list[dict[str, Any]]:
    """The document's pieces of configuration, in their order."""
    return [
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", document.read_text(), re.S)
    ]


EXAMPLES = examples(OPERATING)


def links(document: Path) -> list[str]:
    """What a document links to in the project, with anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def leads_somewhere(document: Path, link: str) -> bool:
    """Whether a link's file is there, and in it a heading for the anchor, as GitHub names it."""
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_there_are_examples_and_links() -> None:
    assert EXAMPLES
    assert links(README)
    assert links(INDEX)


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.get("Name"))
def test_an_example_can_be_added_to_the_file_that_people_edit(entry: dict[str, Any]) -> None:
    raw = json.loads(FILE.read_text())
    for section, values in FILLED_IN.items():
        raw[section] |= values
    before = parse_configuration(raw, source=FILE)
    raw["MwaaEnvironments"].append(entry)
    configuration = parse_configuration(raw, source=FILE)
    assert configuration.environments[-1].name == entry["Name"]
    assert kinds(warnings_about(configuration)) <= kinds(warnings_about(before))


def kinds(warnings: Iterable[str]) -> set[str]:
    """Warnings without the environment that each begins with."""
    return {warning.partition(": ")[2] for warning in warnings}


def in_the_file(piece: dict[str, Any], folder: Path = ROOT) -> Configuration:
    """The file that people edit, filled in, with sections or an environment of a document.

    It stands in `folder`.
    """
    raw = json.loads(FILE.read_text())
    for section, values in FILLED_IN.items():
        raw[section] |= values
    if "Name" in piece:
        raw["MwaaEnvironments"].append(piece)
    else:
        raw |= piece
    return parse_configuration(raw, source=folder / FILE.name)


@pytest.mark.parametrize("piece", examples(LINEAGE_DOCUMENT), ids=str)
def test_every_example_of_lineage_fits_into_the_file(piece: dict[str, Any]) -> None:
    lineage = in_the_file(piece).environments[-1].lineage
    assert lineage is not None
    shown = piece["Lineage"].get("Catalogues", [piece["Lineage"]])
    assert [each.provider for each in lineage.catalogues] == [each["Provider"] for each in shown]


def test_the_environment_with_a_wave_fits_into_the_file() -> None:
    [piece] = examples(ROOT / "docs" / "pipeline.md")
    assert in_the_file(piece).environments[-1].wave == piece["Wave"]


def test_the_permissions_that_are_shown_fit_into_the_file() -> None:
    entry, policy, own_role, conventions, bootstrap = examples(ROOT / "docs" / "permissions.md")
    samples = ROOT / "samples"
    role = in_the_file(entry, samples).new_environments[-1].execution_role
    assert role.policy == samples / "team" / "policy.json"
    shipped = read_policy(role.policy).Statement
    assert PolicyDocument.model_validate(policy).Statement == shipped[:1]
    assert in_the_file(own_role, samples).new_environments[-1].execution_role.arn
    assert in_the_file(conventions).roles.name_prefix
    settings = json.loads((ROOT / "cdk.json").read_text())
    assert {**bootstrap, "context": {}} == {"context": {}, **settings}


def test_the_environment_with_a_teams_own_files_fits_into_the_file(tmp_path: Path) -> None:
    [piece] = examples(ROOT / "docs" / "team-files.md")
    for key in ("Plugins", "Dags"):
        (tmp_path / piece[key]).mkdir(parents=True)
    for key in ("Requirements", "StartupScript"):
        (tmp_path / piece[key]).write_text("# nothing yet\n")
    environment = in_the_file(piece, tmp_path).new_environments[-1]
    shipped = build_artifacts(artifact_sources(environment), tmp_path)
    assert shipped.dags
    assert shipped.startup_script.read_text() == "# nothing yet\n"


def test_the_pieces_that_lead_to_a_way_in_fit_together_and_into_the_file() -> None:
    domain, environment, gate, quick_start = examples(WAYS_IN)
    raw = json.loads(FILE.read_text())
    for section, values in FILLED_IN.items():
        raw[section] |= values
    raw["Alb"] |= domain["Alb"] | quick_start["Alb"]
    raw["QuickStart"] = quick_start["QuickStart"]
    raw["UiGate"] = gate["UiGate"]
    raw["MwaaEnvironments"].append(environment)
    configuration = parse_configuration(raw, source=FILE)
    assert configuration.environments[-1].ui_host == environment["UiHost"]
    assert configuration.quick_start
    assert configuration.ui_gate


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_into_the_project_leads_somewhere(document: Path) -> None:
    assert [each for each in links(document) if not leads_somewhere(document, each)] == []


def test_a_link_to_nowhere_is_found() -> None:
    assert leads_somewhere(README, "docs/ways-in.md#the-portal")
    assert leads_somewhere(README, "#where-next")
    for link in ("docs/way-in.md", "docs/ways-in.md#the-portals", "#the-portal"):
        assert not leads_somewhere(README, link)


COMMANDS = sorted(
    {
        command.strip()
        for document in DOCUMENTS
        for command in re.findall(r"\./mwaa-platform ([a-z][^`\n|;]*)", document.read_text())
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_a_document_names_is_there_with_its_options(command: str) -> None:
    words = command.replace("…", "").split()
    found: Any = typer.main.get_command(app)
    while words and hasattr(found, "commands"):
        found = found.commands.get(name := words.pop(0))
        assert found, f"{command}: there is no {name}"
    given = {word.partition("=")[0] for word in words if word.startswith("-")}
    known = {option for parameter in found.params for option in parameter.opts}
    assert given <= known or found.context_settings.get("ignore_unknown_options")


def test_the_log_groups_to_delete_are_those_of_one_environment_alone() -> None:
    """A pattern would match those of an environment whose name begins with this one's, too."""
    text = OPERATING.read_text()
    [(components, name)] = re.findall(
        r"for group in (.+); do\n +aws logs delete-log-group --log-group-name \"(.+)\"", text
    )
    named = {name.replace("$group", each) for each in components.split()}
    assert named == {*log_group_names("<Name>").values()}
    assert not re.search(r"airflow-<\w+>-\*", text)


def test_every_output_that_a_document_names_is_one_of_a_stack() -> None:
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    named = set(re.findall(r"\boutput `(\w+)`", text))
    assert len(named) >= 3
    there = {
        output
        for name in ("many-with-lineage", "mix-with-existing-environments", "quick-start")
        for template in sample(name).templates.values()
        for output in template.get("Outputs", {})
    }
    assert named <= there


def test_the_reference_leaves_no_cell_empty() -> None:
    reference = (ROOT / "docs" / "configuration.md").read_text()
    assert "| `Oidc` |" in reference
    assert re.findall(r"^.*\| +\|.*$", reference, re.M) == []


def test_every_document_is_in_the_list_of_documents_and_that_in_the_readme() -> None:
    listed = {(INDEX.parent / link.partition("#")[0]).resolve() for link in links(INDEX)}
    documents = {*INDEX.parent.glob("*.md"), *INDEX.parent.glob("*/README.md"), CONTRIBUTING}
    assert documents - {INDEX} - listed == set()
    assert str(INDEX.relative_to(ROOT)) in links(README)


def test_the_readme_fits_on_a_screen() -> None:
    """It shows the product, two commands and the next steps; the rest is in documents."""
    assert len(README.read_text().splitlines()) <= MOST_LINES_OF_README
    assert re.findall(r"^(\./mwaa-platform .*)$", README.read_text(), re.M) == [
        "./mwaa-platform up",
        "./mwaa-platform deploy",
    ]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below one of CONTRIBUTING's headings."""
    section = CONTRIBUTING.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (.+) \|$", section, re.M)
    return [line.split(" | ") for line in lines[1:]]


def in_code(cell: str) -> list[str]:
    return re.findall(r"`(.+?)`", cell)


def test_every_folder_and_file_that_contributing_lists_is_there() -> None:
    named = [name for folder, _ in rows("Folders") for name in in_code(folder)]
    assert "app.py" in named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_generated_file_its_command_and_its_test_are_there() -> None:
    table = rows("Generated files")
    paths = [path for files, _, test in table for path in in_code(files) + in_code(test)]
    assert "config/schema.json" in paths
    files = [path for path in paths if "/" in path or path.endswith(".json")]
    assert [path for path in files if not list(ROOT.glob(path))] == []
    modules = [name for _, cell, _ in table for name in re.findall(r"python -m ([\w.]+)", cell)]
    assert "config.reference" in modules
    assert [name for name in modules if not importlib.util.find_spec(name)] == []


def test_every_decision_is_listed_once_under_its_own_heading() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^- \[(.+)\]\((\d{4}-.+\.md)\)$", (folder / "README.md").read_text(), re.M)
    records = [
        (path.read_text().splitlines()[0].removeprefix("# "), path.name)
        for path in folder.glob("[0-9]*.md")
    ]
    assert sorted(listed) == sorted(records)


def test_the_example_of_a_pipeline_fits_into_the_file() -> None:
    [piece] = examples(ROOT / "docs" / "codepipeline.md")
    settings = in_the_file(piece).pipeline
    assert settings
    assert settings.repository == "example/platform"
