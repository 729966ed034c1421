"""`lineage build`: files of an environment to which the platform does not deploy."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import console
from artifacts.build import build_artifacts
from artifacts.dags import dag_members
from artifacts.lineage import DataZoneDomain
from cli.deploy_command import DEPLOY
from cli.lineage.commands import BuildFiles
from cli.lineage.lineage_environment import LineageEnvironment, find_lineage_environment
from config.artifacts import artifact_sources
from config.loader import load_configuration
from errors import PlatformError

DAGS = "dags"
REGION = "<region>"


def build_files(options: BuildFiles) -> None:
    """Writes the files, and shows what else the environment needs.

    Raises InputError, ConflictError or PlatformError; then nothing is written.
    """
    configuration = load_configuration(options.configuration.absolute())
    environment = find_lineage_environment(configuration, options.environment)
    output = options.output
    try:
        files = dict(_files(environment))
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
    _show_next_steps(environment)


def _files(environment: LineageEnvironment) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        made = build_artifacts(artifact_sources(environment.entry), Path(folder))
        yield "plugins.zip", made.plugins.read_bytes()
        if made.requirements:
            yield "requirements.txt", made.requirements.read_bytes()
    for member in dag_members(team=None, preflight=environment.lineage.preflight):
        with member.open() as file:
            yield f"{DAGS}/{member.name}", file.read()


def _shown(name: str) -> str:
    return DAGS if name.startswith(f"{DAGS}/") else name


def _write(files: Mapping[str, bytes], output: Path) -> set[str]:
    """Writes the files that are missing and returns their names.

    Raises PlatformError where one has other content, before anything is written.
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


def _show_next_steps(environment: LineageEnvironment) -> None:
    name = environment.entry.name
    if environment.is_new:
        console.say(f"{DEPLOY} brings the same to {name}: nothing more is to be done.")
        return
    console.gap()
    console.say(
        f"Put them into the bucket of {name}, and name plugins.zip and requirements.txt with their "
        "new versions in the environment. The update restarts it (20 to 30 minutes)."
    )
    if environment.lineage.preflight:
        console.say(f"Copy the contents of {DAGS}/ into its DAG folder.")
    _warn_of_replaced_files(environment)
    if options := environment.lineage.options:
        console.gap()
        console.say("Its Airflow configuration options:")
        for option, value in options.items():
            console.line(f"{option} = {value}", indent=2)
    if statements := list(_statements(environment)):
        console.gap()
        console.say("Its execution role needs:")
        for line in json.dumps(statements, indent=2).splitlines():
            console.line(line, indent=2)
        if any(domain.region is None for domain in environment.lineage.domains):
            console.say(f"Put the environment's Region in place of {REGION}.")


def _warn_of_replaced_files(environment: LineageEnvironment) -> None:
    entry = environment.entry
    own = {"Plugins": entry.plugins, "Requirements": entry.requirements}
    if unnamed := [key for key, path in own.items() if path is None]:
        console.warn(
            "MWAA takes one plugins.zip and one requirements.txt: these replace what the "
            "environment has. If it has any of its team's own, name them in its entry "
            f"({', '.join(unnamed)}) and build again, which merges them."
        )


def _statements(environment: LineageEnvironment) -> Iterator[dict[str, object]]:
    catalogues = environment.catalogues
    arns = [each.token_secret_arn for each in catalogues if each.token_secret_arn]
    if arns:
        yield {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arns}
    for domain in environment.lineage.domains:
        yield from _domain_statements(domain)


def _domain_statements(domain: DataZoneDomain) -> Iterator[dict[str, object]]:
    """As the stack of a new environment grants them."""
    yield {
        "Effect": "Allow",
        "Action": "datazone:PostLineageEvent",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": domain.region or REGION}},
    }
    if domain.key_arn:
        context = {"kms:EncryptionContext:aws:datazone:domainId": domain.domain_id}
        yield {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": domain.key_arn,
            "Condition": {"StringEquals": context},
        }
