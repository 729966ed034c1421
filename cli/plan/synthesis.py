"""Synthesis of a configuration by the application's code, of this version or of another."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import console
from cli.lookup import option_error
from cli.plan.application import Application, from_assembly
from config.document import read_document
from config.loader import written
from errors import InputError, PlatformError, last_lines
from local.layout import ROOT

FILE = "cdk.context.json"
SETTINGS = "cdk.json"
WITHOUT_BUNDLING: Mapping[str, Any] = {"aws:cdk:bundling-stacks": []}
"""Bundles are named by what they are made of, so nothing needs to be installed for them."""
SOURCES = ("", "constructs", "lambda", "airflow_files/lineage", "airflow_files/preflight")


def check_name(configuration: Path) -> None:
    """Raises InputError for a file that the CDK would not read."""
    if configuration.name != FILE:
        own = configuration.with_name(configuration.stem) / FILE
        raise option_error(
            "--configuration",
            f"plan and deploy take a file called {FILE}, not "
            f"{console.printable(configuration.name)}: the CDK CLI reads no other.",
            "Copy it to a folder of its own, and name it there: "
            f"-c {console.printable(shlex.quote(str(own)))}",
        )


def synthesise(
    configuration: Path, *, code: Path = ROOT, target: Mapping[str, str] | None = None
) -> Application:
    """The application of a configuration, by the app.py in the folder `code`.

    `target` are the variables of the account and Region that it is for. Raises PlatformError, with
    the end of the output, where there is none.
    """
    with TemporaryDirectory(prefix="mwaa-platform-plan-") as folder:
        result = subprocess.run(
            [sys.executable, str(code / "app.py")],
            cwd=configuration.parent,
            env={
                **os.environ,
                **_variables(code),
                **(target or {}),
                "CDK_CONTEXT_JSON": json.dumps({**cdk_context(configuration), **WITHOUT_BUNDLING}),
                "CDK_OUTDIR": folder,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise PlatformError(
                "The configuration cannot be synthesised.",
                place=str(configuration),
                remedy=f"The end of the output says why:\n{last_lines(result.stderr)}",
            )
        return from_assembly(Path(folder), _written(configuration))


def _variables(code: Path) -> dict[str, str]:
    """Variables for app.py; those of another version find their own modules before ours."""
    paths = os.pathsep.join(str(code / each) for each in SOURCES)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # What was deployed is checked no more.
    own = {} if code == ROOT else {"PYTHONPATH": paths, "CDK_VALIDATION": "false"}
    return {"PATH": path, **own}


def cdk_context(configuration: Path) -> Mapping[str, Any]:
    """The context of the settings beside the file, such as the bootstrap's qualifier."""
    try:
        settings = json.loads(configuration.with_name(SETTINGS).read_text())
    except (OSError, ValueError):  # the CDK's command line says what is wrong with it
        return {}
    context = settings.get("context") if isinstance(settings, dict) else None
    return context if isinstance(context, dict) else {}


def _written(configuration: Path) -> dict[str, object] | None:
    try:
        return written(read_document(configuration))
    except InputError:
        return None
