"""Resolution of requirements for MWAA's Python and platform, by uv, on any machine."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from artifacts.wheels import newest_glibc
from errors import PlatformError, last_lines
from local.processes import installer_variables
from local.toolchain import answer_of_uv
from mwaa.versions import AirflowVersion

NETWORK = "Check the network or the index settings of pip and uv, and the requirements."
UNREACHABLE = re.compile(
    r"^error: Failed to fetch|error sending request|dns error|network connectivity is disabled"
    r"|tcp connect error|operation timed out",
    re.MULTILINE,
)
OLDEST_PLATFORM = 17
"""The platform that uv knows for images older than its next one."""
FIRST_OF_NEWER_PLATFORMS = 28


class ResolutionError(PlatformError):
    """No versions were found; `output` is all that uv said."""

    def __init__(self, message: str, *, output: str) -> None:
        super().__init__(message, remedy=f"{NETWORK} The end of its output:\n{last_lines(output)}")
        self.output = output


class UnreachableIndexError(ResolutionError):
    """The index of packages did not answer."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The version of each package that is installed, by its normal name, and the lines of that."""

    versions: Mapping[str, str]
    lines: Sequence[str]


def resolve(
    requirements: Iterable[str],
    version: AirflowVersion,
    *options: str,
    preferred: Mapping[str, str] | None = None,
) -> Resolved:
    """The versions that fit together on MWAA, those `preferred` where any may be taken.

    Raises UnreachableIndexError without network, ResolutionError where there are none.
    """
    pins = "".join(f"{name}=={pin}\n" for name, pin in (preferred or {}).items())
    text = _compiled(requirements, version, *options, former=pins, name="resolved.txt")
    lines = [line for line in text.splitlines() if line and not line.startswith(("-", "#"))]
    named = [Requirement(line) for line in lines]
    return Resolved(
        versions={
            canonicalize_name(each.name): next((one.version for one in each.specifier), "")
            for each in named
        },
        lines=lines,
    )


def built_from_source(
    pins: Mapping[str, str], version: AirflowVersion, *options: str
) -> Sequence[str]:
    """Those of these packages that have no wheel for MWAA. Raises what `resolve` raises."""
    wanted = [f"{name}=={pin}" for name, pin in pins.items() if pin]
    if not wanted:
        return []
    format_ = ("--format=pylock.toml", "--no-deps")
    text = _compiled(wanted, version, *format_, *options, former="", name="pylock.toml")
    packages = tomllib.loads(text).get("packages", [])
    return [each["name"] for each in packages if "sdist" in each and "wheels" not in each]


def _compiled(
    requirements: Iterable[str], version: AirflowVersion, *options: str, former: str, name: str
) -> str:
    """The file that uv writes, which keeps the versions of a former one."""
    with TemporaryDirectory() as directory:
        result = Path(directory, name)
        if former:
            result.write_text(former)
        answer = answer_of_uv(
            *("pip", "compile", "-", f"--output-file={result}"),
            *("--quiet", "--no-annotate", "--no-header", *options),
            # Neither sought nor downloaded: it builds what has no metadata otherwise.
            *("--no-python-downloads", f"--python={sys.executable}"),
            f"--python-version={version.full_python or version.python}",
            f"--python-platform={_platform(version)}",
            stdin="\n".join(requirements),
            env=installer_variables(),
        )
        if answer.returncode:
            kind = UnreachableIndexError if UNREACHABLE.search(answer.stderr) else ResolutionError
            raise kind(
                f"The requirements cannot be met together with Airflow {version.version}.",
                output=answer.stderr,
            )
        return result.read_text()


def _platform(version: AirflowVersion) -> str:
    glibc = newest_glibc(version)
    known = glibc if glibc >= FIRST_OF_NEWER_PLATFORMS else OLDEST_PLATFORM
    return f"x86_64-manylinux_2_{known}"
