"""Root causes of failed stacks, as `cdk diagnose` of the pinned CDK CLI finds them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cli.explain.redaction import redacted
from errors import PlatformError
from local.cdk_cli import cdk_command, cdk_variables, require_cdk

ASSEMBLY_VERSION = "36.0.0"
"""Of the cloud assembly's schema; the CLI reads its own and every former one."""

TIMEOUT = 120
"""Seconds, for several stacks at once."""

BLOCK = re.compile(
    r"^\S+ (?:Stack (?P<stack>\S+)|Could not diagnose stack (?P<unknown>\S+)): ?(?P<rest>.*)$"
)
"""How the CLI begins what it says of a stack."""
HINT = "CloudTrail delivery can lag"
"""How it begins what it says where CloudTrail has nothing; no cause, though it names errors."""


def diagnose(names: Mapping[str, str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """What the CDK CLI finds, on one line, by the id of each stack that it says something of.

    `names` are the stacks' names in CloudFormation by id, `variables` the environment of the CLI.
    Raises PlatformError where the CLI is not there, or does not come to an end.
    """
    if not names:
        return {}
    require_cdk()
    ids = {name: id_ for id_, name in names.items()}
    with TemporaryDirectory() as folder:
        _write_assembly(Path(folder), names)
        said = _run(Path(folder), names, variables)
    return {ids[name]: redacted(text) for name, text in _blocks(said, ids).items() if text}


def _write_assembly(folder: Path, names: Mapping[str, str]) -> None:
    """Writes a cloud assembly of names alone, all that `diagnose` reads of one.

    So nothing is synthesised, which would take seconds, and the file may have changed or be broken
    since the deployment.
    """
    template = "empty.template.json"
    (folder / template).write_text("{}")
    artifacts: dict[str, Any] = {
        id_: {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": template, "stackName": name},
            "displayName": id_,
        }
        for id_, name in names.items()
    }
    manifest = {"version": ASSEMBLY_VERSION, "artifacts": artifacts}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _run(assembly: Path, names: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """The CLI's output. Its exit status is 1 where it found something, which is no failure."""
    options = ("--unstable=diagnose", "--no-version-reporting")
    try:
        result = subprocess.run(
            cdk_command("diagnose", *names, f"--app={assembly}", *options),
            cwd=assembly,
            env=cdk_variables(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PlatformError(
            f"The CDK CLI found no cause within {TIMEOUT} seconds.",
            place="cdk diagnose",
            remedy=f"Run it yourself: npx cdk diagnose {' '.join(names)} --unstable=diagnose",
        ) from None
    return result.stdout


def _blocks(said: str, names: Collection[str]) -> Mapping[str, str]:
    """What is said of each stack, without its line breaks."""
    blocks: dict[str, list[str]] = {}
    current: list[str] = []
    for line in said.splitlines():
        if (begun := BLOCK.match(line)) and (name := begun["stack"] or begun["unknown"]) in names:
            current = blocks.setdefault(name, [])
        text = (begun["rest"] if begun else line).strip()
        if text and not text.startswith(HINT):
            current.append(text)
    return {name: " ".join(lines) for name, lines in blocks.items()}
