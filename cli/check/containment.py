"""Namespaces for what a team ships, and the variables that its programs see there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cli.check.enter import LOCAL, NETWORK, NOT_CONTAINED, ON_MWAA, VARIABLES
from cli.check.shipped import ShippedFiles
from errors import last_lines
from local.airflow_runtime.settings import option_variables
from local.layout import REGION

ENTER = Path(__file__).with_name("enter.py")
OF_PYTHON = ("bin", "lib", "lib64", "openssl", "ssl")
"""What a Python has and needs where it is installed."""


def why_not_contained(home: Path) -> str | None:
    """What keeps this machine from containing a program; None where it can."""
    if sys.platform != "linux":
        return "only Linux has namespaces"
    shown = [Path(each).resolve() for each in (sys.base_prefix, sys.prefix)]
    command = enclosed([sys.executable, "-IS", "-c", ""], home, shown, {})
    tried = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
    if tried.returncode == NOT_CONTAINED:
        return last_lines(tried.stderr).strip()
    return None if not tried.returncode else f"a program ends with {tried.returncode} there"


def enclosed(
    command: Sequence[str],
    home: Path,
    readable: Sequence[Path],
    variables: Mapping[str, str],
    *,
    network: bool = False,
) -> list[str]:
    """A command that is contained, to be started without variables: it finds its own in a file."""
    file = home.with_name(VARIABLES)
    file.touch(mode=0o600)
    file.write_text(json.dumps(variables), "utf-8")
    asked = [NETWORK] if network else []
    entering = [sys.executable, "-I", str(ENTER), *asked, str(home), *map(str, readable), "--"]
    return [*entering, *command]


def airflow_folders(environment: Path) -> list[Path]:
    """What the programs of a virtual environment read."""
    return [environment, *_interpreter(environment)]


def home_inside(home: Path, *, contained: bool) -> Path:
    """Where a program finds the scratch folder: at MWAA's place if it is contained."""
    return LOCAL / ON_MWAA if contained and not LOCAL.is_symlink() and LOCAL.is_dir() else home


def airflow_variables(environment: Path, shipped: ShippedFiles) -> Mapping[str, str]:
    """All variables of an Airflow: none of the person's, whose credentials are among them."""
    home = shipped.home
    return {
        # As on MWAA, options come before what the startup script exports, and protected values
        # before both.
        **shipped.seen.exports,
        **options(shipped),
        "AIRFLOW_HOME": str(home),
        # Airflow shows the last two frames otherwise, and the team's line can be above them.
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "100",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **of_aws(),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.defpath}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def options(shipped: ShippedFiles) -> Mapping[str, str]:
    """The environment's options and those of its lineage, as variables."""
    lineage = shipped.sources.lineage
    own = getattr(shipped.environment, "configuration_options", None) or {}
    return option_variables({**own, **(lineage.options if lineage else {})})


def of_aws() -> Mapping[str, str]:
    """The variables of AWS's programs, which find no credentials."""
    return {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
    }


def _interpreter(environment: Path) -> Iterator[Path]:
    """The folders of the Python that a virtual environment was made of.

    Never all of what they are in: that of ~/bin/python3 and ~/.local/bin/python3 is the person's.
    """
    lines = (environment / "pyvenv.cfg").read_text().splitlines()
    settings = dict(line.split(" = ", 1) for line in lines if " = " in line)
    of_program = (environment / "bin" / "python").resolve().parents[1]
    for prefix in dict.fromkeys((Path(settings["home"]).parent, of_program)):
        yield from (prefix / name for name in OF_PYTHON if (prefix / name).is_dir())
