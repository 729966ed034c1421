"""An application as it was at a revision of git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.lookup import option_error
from cli.plan.application import Application
from cli.plan.synthesis import synthesise
from errors import PlatformError, last_lines
from local.layout import ROOT

PINS = ("requirements.lock",)
"""Pins of what app.py runs with; those of npm are of the CDK CLI and of tools."""
WITHOUT_HOOKS = ("-c", "core.hooksPath=/dev/null")


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A revision, checked out into a folder of its own.

    - `name`: as it was asked for; `commit`: the first characters of its hash.
    - `configuration`: its file; `code`: the folder of the app.py that synthesises it.
    - `differs`: the pins that are not as they are today, for which today's code is used.
    """

    name: str
    commit: str
    configuration: Path
    code: Path
    differs: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.name} ({self.commit})" if self.name != self.commit else self.name


@contextmanager
def checked_out(name: str, configuration: Path) -> Iterator[Revision]:
    """The revision while the block runs, in a git worktree that is removed afterwards.

    Raises InputError for a name that git does not know, and PlatformError where the revision has
    no configuration, or where the file is in no repository.
    """
    repository = _repository(configuration)
    commit = _commit(repository, name)
    at = configuration.resolve().relative_to(repository)
    with TemporaryDirectory(prefix="mwaa-platform-plan-") as parent:
        tree = Path(parent).resolve() / "revision"
        _git(repository, *WITHOUT_HOOKS, "worktree", "add", "--detach", str(tree), commit)
        try:
            yield _revision(name, commit, repository, tree, at)
        finally:
            _git(repository, "worktree", "remove", "--force", str(tree))


def synthesise_revision(revision: Revision) -> Application:
    """The application of a revision; raises PlatformError where its configuration is wrong."""
    try:
        return synthesise(revision.configuration, code=revision.code)
    except PlatformError as error:
        raise PlatformError(
            f"The configuration of {revision.title} cannot be synthesised, so what changes since "
            "then is not known.",
            place=revision.configuration.name,
            remedy=f"Compare with a revision that was deployed. {error.remedy}",
        ) from None


def _revision(name: str, commit: str, repository: Path, tree: Path, at: Path) -> Revision:
    if not (tree / at).is_file():
        raise PlatformError(
            f"At {name} there is no {at}, so what changes since then is not known.",
            place=str(repository),
            remedy="Name a revision that has it; `git log -- <file>` lists them.",
        )
    own = tree / ROOT.relative_to(repository) if ROOT.is_relative_to(repository) else None
    has_code = own and (own / "app.py").is_file()
    differs = tuple(each for each in PINS if own and not _same(own / each, ROOT / each))
    return Revision(
        name=name,
        commit=commit[:7],
        configuration=tree / at,
        code=own if own and has_code and not differs else ROOT,
        differs=differs if has_code else (),
    )


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _repository(configuration: Path) -> Path:
    folder = configuration.resolve().parent
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    except PlatformError:
        raise PlatformError(
            "The configuration is in no git repository, so it has no revisions.",
            place=str(folder),
            remedy="Leave --since out.",
        ) from None


def _commit(repository: Path, name: str) -> str:
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    try:
        return _git(repository, *asked).strip()
    except PlatformError:
        raise option_error(
            "--since",
            f"git knows no revision {name}.",
            "Fetch it first (`git fetch`; in a pull request's workflow, with its history), or name "
            "another.",
        ) from None


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise PlatformError(
            "There is no git on this machine.", place="PATH", remedy="Install git."
        ) from None
    if result.returncode:
        raise PlatformError(
            f"`git {next(each for each in arguments if each[:1] != '-')}` failed.",
            place=str(folder),
            remedy=f"The end of its output says why:\n{last_lines(result.stderr)}",
        )
    return result.stdout
