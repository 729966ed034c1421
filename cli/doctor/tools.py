"""Checks of the programs on this machine that a deployment needs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from errors import Finding, Level
from local.cdk_cli import cdk_variables
from local.layout import ROOT

PACKAGES = ROOT
"""The folder of package.json, and of node_modules."""
CLI = "aws-cdk"
OLDEST_NODE = 22
"""The first that jsii runs on, in which the CDK's constructs are written."""


def check_cdk_cli(_: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding on whether the CDK CLI has the pinned version."""
    subject = "CDK CLI"
    pinned = json.loads((PACKAGES / "package.json").read_text())["dependencies"][CLI]
    found = _installed(PACKAGES / "node_modules" / CLI / "package.json")
    if found is None:
        yield Finding(
            subject=subject,
            message="It is not installed.",
            remedy="Install it:",
            commands=("npm ci",),
            code=Code.CDK_CLI_MISSING,
        )
    elif found != pinned:
        yield Finding(
            level=Level.WARNING,
            subject=subject,
            message=f"Version {found} is installed, and {pinned} is pinned in package.json: what "
            "they read of each other's may differ.",
            remedy="Install the pinned one:",
            commands=("npm ci",),
            code=Code.CDK_CLI_DIFFERS,
        )
    else:
        yield Finding(level=Level.OK, subject=subject, message=found)


def _installed(package: Path) -> str | None:
    try:
        return str(json.loads(package.read_text())["version"])
    except FileNotFoundError:
        return None


def check_node(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding of Node.js, which runs the CDK CLI and the constructs."""
    subject = "Node.js"
    try:
        said = subprocess.run(
            ["node", "--version"],
            env=cdk_variables(platform.variables),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        yield Finding(
            subject=subject,
            message="There is none, or it does not run.",
            remedy="Remove .venv, and run ./mwaa-platform again: it brings its own.",
            code=Code.NODE_MISSING,
        )
        return
    if int(said.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        yield Finding(
            subject=subject,
            message=f"{said} is too old: the CDK needs {OLDEST_NODE}.",
            remedy="Remove .venv, and run ./mwaa-platform again: it brings its own.",
            code=Code.NODE_DIFFERS,
        )
    else:
        yield Finding(level=Level.OK, subject=subject, message=said)
