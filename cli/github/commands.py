"""Commands of `github`: what a workflow of GitHub Actions does beside the other commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import LazyTyper

app = LazyTyper(
    no_args_is_help=True,
    help="Comments, issues and AWS credentials of a workflow of GitHub Actions.",
)

RoleArn = Annotated[
    str, typer.Option(metavar="ARN", help="The IAM role that trusts this repository.")
]


@dataclass(frozen=True, kw_only=True)
class BodyOptions:
    """What is written, from files."""

    files: Annotated[
        list[Path],
        typer.Option(
            "--file",
            metavar="FILE",
            help="A file with what is to be said. Can be given several times.",
        ),
    ]
    as_text: Annotated[
        bool, typer.Option("--text", help="The files are plain text, to be shown as it is.")
    ] = False


@app.lazy_command("comment", "cli.github.comment:comment")
@dataclass(frozen=True, kw_only=True)
class Comment(BodyOptions):
    """Write files as one comment on a pull request; the next time, change that comment.

    A token that may not write is no error: a pull request from a fork has none other.
    """

    number: Annotated[
        int | None,
        typer.Option(help="The pull request.", show_default="that of the workflow"),
    ] = None
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Which comment, where there are several.")
    ] = "plan"


@app.lazy_command("issue", "cli.github.issue:issue")
@dataclass(frozen=True, kw_only=True)
class Issue:
    """Open an issue from a file, or change the open one; with --close, close it."""

    name: Annotated[str, typer.Option(metavar="NAME", help="Which issue, such as doctor.")]
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="The title of a new issue.")] = (
        None
    )
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file with what is to be said.")
    ] = None
    as_text: Annotated[
        bool, typer.Option("--text", help="The file is plain text, to be shown as it is.")
    ] = False
    close: Annotated[
        bool, typer.Option("--close", help="All is well again: close the open one, if any.")
    ] = False


@app.lazy_command("summary", "cli.github.summary:summary")
@dataclass(frozen=True, kw_only=True)
class Summary(BodyOptions):
    """Add files to the summary of the workflow's job; elsewhere, show it."""


@app.lazy_command("release", "cli.github.release:release")
@dataclass(frozen=True, kw_only=True)
class Release:
    """Make the release of a tag, which must be this version's, with its part of CHANGELOG.md."""

    tag: Annotated[str, typer.Option(metavar="TAG", help="The tag, such as v1.2.0.")]


@app.lazy_command("aws", "cli.github.aws:aws")
@dataclass(frozen=True, kw_only=True)
class Aws:
    """Let the job's further steps act as an IAM role that trusts GitHub, without a stored key.

    Each credential is made when it is asked for, so a job may run for longer than it lasts.
    """

    role: RoleArn
    region: Annotated[str, typer.Option(metavar="REGION", help="The Region of the platform.")]


@app.lazy_command("aws-credentials", "cli.github.aws:aws_credentials")
@dataclass(frozen=True, kw_only=True)
class AwsCredentials:
    """Print credentials of the role, as AWS SDKs ask for them (credential_process)."""

    role: RoleArn
    region: Annotated[str, typer.Option(metavar="REGION", help="The Region of the platform.")]
