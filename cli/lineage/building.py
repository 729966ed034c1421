"""`lineage build`: the files of an environment that the platform does not deploy to."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import console
from artifacts.build import build_artifacts
from artifacts.dags import dag_members
from artifacts.lineage import DataZoneDomain
from cli.lineage.subject import Subject, subject
from config.artifacts import artifact_sources
from config.loader import load_configuration
from errors import PlatformError

DAGS = "dags"


def build(configuration: Path, *, environment: str, output: Path) -> None:
    """Write the files into `output`, and say what the environment needs beside them.

    Raises InputError, ConflictError or PlatformError; then nothing is written.
    """
    about = subject(load_configuration(configuration), environment)
    try:
        files = dict(_files(about))
        written = _write(files, output)
    except OSError as error:
        raise PlatformError(
            f"The files cannot be written ({error.strerror}).",
            place=str(error.filename or output),
            remedy="Name a folder that can be written to: --output DIR",
        ) from None
    for name in sorted({_shown(name) for name in files}):
        is_new = any(_shown(each) == name for each in written)
        state = "written" if is_new else "the same already"
        console.say(f"{output / name}  {state}", mark="✓", style="bold green")
    _say_what_else(about)


def _files(about: Subject) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        made = build_artifacts(artifact_sources(about.environment), Path(folder))
        yield "plugins.zip", made.plugins.read_bytes()
        if made.requirements:
            yield "requirements.txt", made.requirements.read_bytes()
    for member in dag_members(team=None, preflight=about.lineage.preflight):
        with member.open() as file:
            yield f"{DAGS}/{member.name}", file.read()


def _shown(name: str) -> str:
    return DAGS if name.startswith(f"{DAGS}/") else name


def _write(files: Mapping[str, bytes], output: Path) -> set[str]:
    """Write what is not there yet; returns its names. Raises PlatformError where other content is.

    All of it is looked at before anything is written.
    """
    new = {name for name, content in files.items() if not _is_there(output / name, content)}
    for name in sorted(new):
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    return new


def _is_there(path: Path, content: bytes) -> bool:
    if not path.exists():
        return False
    if path.is_file() and path.read_bytes() == content:
        return True
    raise PlatformError(
        f"{path.name} is there already, with other content.",
        place=str(path),
        remedy="Move it away, or name another folder: --output DIR",
    )


def _say_what_else(about: Subject) -> None:
    name = about.environment.name
    if about.is_new:
        console.say(f"npx cdk deploy brings the same to {name}: nothing more is to be done.")
        return
    console.gap()
    console.say(
        f"Put them into the bucket of {name}, and name plugins.zip and requirements.txt with their "
        "new versions in the environment. The update restarts it (20 to 30 minutes)."
    )
    if about.lineage.preflight:
        console.say(f"Copy the contents of {DAGS}/ into its DAG folder.")
    _warn_of_what_they_replace(about)
    if options := about.lineage.options:
        console.gap()
        console.say("Its Airflow configuration options:")
        for option, value in options.items():
            console.line(f"{option} = {value}", indent=2)
    if statements := list(_statements(about)):
        console.gap()
        console.say("Its execution role needs:")
        for line in json.dumps(statements, indent=2).splitlines():
            console.line(line, indent=2)
        if about.lineage.domains:
            console.say("Put the domain's own in place of each <…>.")


def _warn_of_what_they_replace(about: Subject) -> None:
    entry = about.environment
    own = {"Plugins": entry.plugins, "Requirements": entry.requirements}
    if unnamed := [key for key, path in own.items() if path is None]:
        console.warn(
            "MWAA takes one plugins.zip and one requirements.txt: these replace what the "
            "environment has. If it has any of its team's own, name them in its entry "
            f"({', '.join(unnamed)}) and build again, which merges them."
        )


def _statements(about: Subject) -> Iterator[dict[str, object]]:
    arns = [each.token_secret_arn for each in about.catalogues if each.token_secret_arn]
    if arns:
        yield {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arns}
    # A domain may be of another account and Region than a secret, never of another partition.
    partition = arns[0].split(":")[1] if arns else "<partition>"
    if about.lineage.domains:
        yield {
            "Effect": "Allow",
            "Action": "datazone:PostLineageEvent",
            "Resource": [_domain_arn(each, partition) for each in about.lineage.domains],
        }


def _domain_arn(domain: DataZoneDomain, partition: str) -> str:
    region = domain.region or "<region>"
    return f"arn:{partition}:datazone:{region}:<account>:domain/{domain.domain_id}"
