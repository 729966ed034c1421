"""Comparison with a revision of git, with an application of a few lines in the place of ours."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.plan import revision as module
from cli.plan import synthesis
from cli.plan.application import Application
from cli.plan.revision import checked_out, synthesise_revision
from cli.plan.synthesis import synthesise
from errors import InputError, PlatformError

APP = """\
import json, os, pathlib
text = pathlib.Path("cdk.context.json").read_text()
if "broken" in text:
    raise SystemExit("line 1: this is broken")
folder = pathlib.Path(os.environ["CDK_OUTDIR"])
named = {"stackName": "a-Sso", "templateFile": "a"}
artifacts = {"Sso": {"type": "aws:cloudformation:stack", "properties": named}}
(folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
(folder / "a").write_text(json.dumps({"Description": "CODE " + text}))
"""
FILE = "cdk.context.json"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose first revision has older code, and whose second another configuration."""
    root = (tmp_path / "project").resolve()
    root.mkdir()
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(synthesis, "ROOT", root)
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "app.py").write_text(APP.replace("CODE", "older"))
    (root / FILE).write_text('{"AppName": "first"}')
    for pins in module.PINS:
        (root / pins).write_text("1")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=first")
    git(root, "tag", "first")
    (root / "app.py").write_text(APP.replace("CODE", "newer"))
    (root / FILE).write_text('{"AppName": "second"}')
    return root


def description(application: Application) -> str:
    return str(application.stacks["a-Sso"].template["Description"])


def synthesised(project: Path, revision: str) -> str:
    with checked_out(revision, project / FILE) as found:
        return description(synthesise_revision(found))


def test_a_revision_is_synthesised_by_its_own_code(project: Path) -> None:
    assert synthesised(project, "first") == 'older {"AppName": "first"}'


def test_with_other_pins_todays_code_is_used_and_named(project: Path) -> None:
    (project / "requirements.lock").write_text("2")
    with checked_out("first", project / FILE) as found:
        assert found.differs == ("requirements.lock",)
        assert description(synthesise_revision(found)) == 'newer {"AppName": "first"}'


def test_nothing_stays_of_the_checkout(project: Path) -> None:
    with checked_out("first", project / FILE) as found:
        tree = found.configuration.parent
    assert not tree.exists()
    listed = subprocess.run(
        ["git", "-C", str(project), "worktree", "list"], capture_output=True, text=True, check=True
    )
    assert len(listed.stdout.splitlines()) == 1


def test_the_repositorys_hooks_do_not_run(project: Path) -> None:
    ran = project / "ran"
    hook = project / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    synthesised(project, "first")
    assert not ran.exists()


@pytest.mark.parametrize("name", ["never-made", "--output=a"])
def test_a_revision_that_git_does_not_know_is_a_mistake_of_the_command_line(
    name: str, project: Path
) -> None:
    with pytest.raises(InputError) as raised, checked_out(name, project / FILE):
        pass
    [finding] = raised.value.findings
    assert finding.message == f"git knows no revision {name}."


def test_a_revision_without_a_configuration_says_so(project: Path) -> None:
    git(project, "rm", "--quiet", "--cached", FILE)
    git(project, "commit", "--quiet", "--message=without")
    with pytest.raises(PlatformError, match=f"At HEAD there is no {FILE}"):
        synthesised(project, "HEAD")


def test_a_revision_with_a_broken_configuration_says_why(project: Path) -> None:
    (project / FILE).write_text("broken")
    git(project, "commit", "--quiet", "--all", "--message=broken")
    with pytest.raises(PlatformError) as raised:
        synthesised(project, "HEAD")
    assert "what changes since then is not known" in raised.value.message
    assert "this is broken" in raised.value.remedy


def test_a_file_in_no_repository_has_no_revisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(PlatformError, match="in no git repository"):
        synthesised(tmp_path, "HEAD")


def test_what_is_written_at_the_revision_is_known(project: Path) -> None:
    with checked_out("first", project / FILE) as found:
        assert synthesise_revision(found).written == json.loads('{"AppName": "first"}')


def test_the_qualifier_of_the_bootstrap_is_that_of_the_deployment(tmp_path: Path) -> None:
    """Templates name the assets of that bootstrap."""
    asked = 'os.environ["CDK_CONTEXT_JSON"]'
    (tmp_path / "app.py").write_text(APP.replace('"CODE " + text', asked))
    (tmp_path / FILE).write_text("{}")
    context = {"@aws-cdk/core:bootstrapQualifier": "acme"}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "", "context": context}))

    application = synthesise(tmp_path / FILE, code=tmp_path)

    given = json.loads(description(application))
    assert given["@aws-cdk/core:bootstrapQualifier"] == "acme"
    assert given["aws:cdk:bundling-stacks"] == []
