"""A team's repository, and the workflows in it that act runs on this machine, without Docker.

https://nektosact.com
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from cli.plan.synthesis import SOURCES
from local.layout import CACHE, ROOT
from tests.workflows.github import REPOSITORY, TOKEN, GitHub

NOT_COPIED = shutil.ignore_patterns(
    ".venv", ".local", ".git", "node_modules", "cdk.out", "__pycache__", ".*_cache", ".hypothesis"
)
NOT_DEPLOYED = {"benchmarks", "docs", "tests", "build"}
ACT = Path(sys.prefix) / "bin" / "act"
FILE = "cdk.context.json"
NUMBER = 7
CERTIFICATES = "certificates"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SITE = """\
import os, sys
import certifi
# This installation has the sources of another folder.
root = os.environ.get("GITHUB_WORKSPACE", "")
sys.path[:0] = [os.path.join(root, each) for each in {sources!r}]
certifi.where = lambda: {ca!r}
"""
"""What Python runs first in the jobs."""


@dataclass(frozen=True)
class Run:
    """How a workflow ended: each step's result by its name, the job's log, and its summary."""

    status: int
    log: str
    results: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class Fork:
    """The repository in a folder of its own; its main is what the team has merged.

    Its jobs trust the authority in `certificates/ca.pem` of the folder, and act as `roles`.
    """

    folder: Path
    github: GitHub
    variables: dict[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(
        default_factory=lambda: {
            "DEPLOY_ROLE": "arn:aws:iam::111122223333:role/deploy",
            "READ_ROLE": "arn:aws:iam::111122223333:role/read",
        }
    )

    @property
    def root(self) -> Path:
        return self.folder / "repository"

    @property
    def _site(self) -> Path:
        return self.folder / "site"

    def create(self, raw: Mapping[str, Any]) -> None:
        """Make it of the product's files, with this configuration on main."""
        self.root.mkdir()
        for each in ROOT.iterdir():
            if each.name in NOT_DEPLOYED or each.name in NOT_COPIED(str(ROOT), [each.name]):
                continue
            if each.is_dir():
                shutil.copytree(each, self.root / each.name, ignore=NOT_COPIED, symlinks=True)
            else:
                shutil.copy2(each, self.root)
        (site := self._site).mkdir()
        ca = self.folder / CERTIFICATES / "ca.pem"
        (site / "sitecustomize.py").write_text(SITE.format(sources=SOURCES[1:], ca=str(ca)))
        self._git("init", "--quiet", "--initial-branch=main")
        self._commit(raw)
        # What a first run would install. Links, which .gitignore's folders are not, are copied.
        (self.root / ".venv").symlink_to(self._installed())
        (self.root / "node_modules").symlink_to(ROOT / "node_modules")
        CACHE.mkdir(parents=True, exist_ok=True)
        (self.root / ".local").mkdir()
        (self.root / ".local" / "cache").symlink_to(CACHE)

    def push(self, raw: Mapping[str, Any]) -> None:
        """Have this configuration on main."""
        self._git("checkout", "--quiet", "main")
        self._commit(raw)

    def open_pull_request(self, raw: Mapping[str, Any]) -> None:
        """Have the merge of main and a branch with this configuration, as GitHub makes it."""
        self._git("checkout", "--quiet", "-B", "change", "main")
        self._commit(raw)
        self._git("checkout", "--quiet", "-B", "merge", "main")
        self._git("merge", "--quiet", "--no-ff", "--no-edit", "change")

    def run(self, workflow: str, event: str, **content: Any) -> Run:
        """Run a workflow, as after this event."""
        payload = self.folder / "event.json"
        payload.write_text(json.dumps({"repository": {"full_name": REPOSITORY}, **content}))
        given = {
            **self.github.variables,
            **(self.github.oidc_variables if self._may_have_a_token(workflow) else {}),
            **self.variables,
            "PYTHONPATH": str(self._site),
            "CDK_HOME": str(self.folder / "cdk"),  # where the CLI keeps whose an access key is
        }
        done = subprocess.run(
            [
                *(str(ACT), event, "--workflows", f".github/workflows/{workflow}.yml"),
                *("--eventpath", str(payload), "--platform", "ubuntu-latest=-self-hosted"),
                *("--json", "--no-cache-server", "--secret", f"GITHUB_TOKEN={TOKEN}"),
                "--insecure-secrets",  # act must not hide what a step would give away
                *("--var", "AWS_REGION=us-east-1"),
                *(f"--var={name}={arn}" for name, arn in self.roles.items()),
                *(f"--env={name}={value}" for name, value in given.items()),
                f"--env=GITHUB_REPOSITORY={REPOSITORY}",
            ],
            cwd=self.root,
            env={
                **{name: each for name, each in os.environ.items() if not name.startswith("AWS_")},
                "XDG_CACHE_HOME": str(self.folder / "cache"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return _read(done.returncode, done.stdout + done.stderr)

    def _may_have_a_token(self, workflow: str) -> bool:
        """Whether GitHub gives a job of the workflow OIDC tokens."""
        path = self.root / ".github" / "workflows" / f"{workflow}.yml"
        jobs = YAML(typ="safe").load(path)["jobs"].values()
        return any(job["permissions"].get("id-token") == "write" for job in jobs)

    def _installed(self) -> Path:
        """A virtual environment that is this one, and for the launcher is set up."""
        folder = self.folder / "venv"
        folder.mkdir()
        for each in Path(sys.prefix).iterdir():
            (folder / each.name).symlink_to(each)
        stamp = folder / ".installed-requirements"
        stamp.unlink(missing_ok=True)
        pins = ("requirements.txt", "requirements.lock", "pyproject.toml")
        stamp.write_bytes(b"".join((ROOT / each).read_bytes() for each in pins))
        return folder

    def _commit(self, raw: Mapping[str, Any]) -> None:
        (self.root / FILE).write_text(json.dumps(raw, indent=2) + "\n")
        self._git("add", "--all", "--", ".", ":!.venv", ":!node_modules")
        self._git("commit", "--quiet", "--allow-empty", "--message=Change")

    def _git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "gc.auto=0")
        subprocess.run(["git", "-C", str(self.root), *identity, *arguments], check=True)


def _read(status: int, output: str) -> Run:
    results: dict[str, str] = {}
    said: list[str] = []
    summary: list[str] = []
    for line in output.splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            said.append(line)
            continue
        message = COLOURS.sub("", str(entry.get("msg", "")))
        if entry.get("command") == "summary":
            summary.append(str(entry["content"]))
        else:
            said.append(message)
        if entry.get("stage") == "Main" and "stepResult" in entry:
            results[str(entry["step"])] = str(entry["stepResult"])
    return Run(status, "\n".join(said), results, "\n".join(summary))
