"""Deployment package of the authenticator, built for Lambda without Docker."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from uv import find_uv_bin

from errors import PlatformError, failed_program
from locks import AUTHENTICATOR, FUNCTION, unlocked
from mwaa_platform.python_function import LAMBDA_SOURCE

SOURCE = LAMBDA_SOURCE / "authenticator"
PLATFORM = (*FUNCTION, "--no-compile-bytecode")
EXCLUDED_SOURCES = ("__pycache__", "requirements.txt", "requirements.lock")
# cryptography needs cffi's binary, not the parser of C declarations behind its Python side.
UNUSED_FILES = (
    "*.dist-info",
    "bin",
    "pycparser",
    "**/*.pyi",
    "**/py.typed",
    "**/*.h",
    ".lock",
)

TEAM_DECISION_FILE = "team_decision.py"
"""Name in the bundle of the module with a team's own decision."""

Entry = Mapping[str, str | None]


class BundlingError(PlatformError):
    """Failure to build the bundle."""


@jsii.implements(cdk.ILocalBundling)
class AuthenticatorBundle:
    """Bundle with the environments that the function reads from environments.json.

    `decision` is the module of a team's own decision.
    """

    def __init__(self, environments: Sequence[Entry], decision: Path | None = None) -> None:
        self._decision = decision
        self._listing = json.dumps(list(environments), indent=2, ensure_ascii=False) + "\n"
        self._failure: BundlingError | None = None

    @property
    def code(self) -> lambda_.Code:
        """The bundle as an asset, built when a function uses it."""
        return lambda_.Code.from_asset(
            str(SOURCE),
            # Of the inputs, so that the same bundle is built once.
            asset_hash_type=cdk.AssetHashType.CUSTOM,
            asset_hash=_fingerprint(self._listing, self._decision),
            bundling=cdk.BundlingOptions(image=cdk.DockerImage.from_registry("unused"), local=self),
        )

    @contextmanager
    def raising_bundling_error(self) -> Iterator[None]:
        """Raises the BundlingError that jsii wraps in an error of its own."""
        try:
            yield
        except RuntimeError:
            if self._failure:
                raise self._failure from None
            raise

    def try_bundle(self, output_dir: str, _options: object = None, **_more: Any) -> bool:
        """Builds the bundle; the CDK calls this."""
        try:
            build(Path(output_dir), self._listing, self._decision)
        except BundlingError as error:
            self._failure = error
            raise
        return True


def build(directory: Path, listing: str, decision: Path | None = None) -> None:
    """Writes the bundle's files into the directory; raises BundlingError."""
    _install(directory)
    for pattern in UNUSED_FILES:
        for path in sorted(directory.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    package = directory / SOURCE.name
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns(*EXCLUDED_SOURCES))
    (package / "environments.json").write_text(listing)
    if decision:
        shutil.copyfile(decision, package / TEAM_DECISION_FILE)


def _install(directory: Path) -> None:
    """Installs what the lock names, and nothing whose hash it does not have."""
    lock = AUTHENTICATOR.file
    name = lock.relative_to(LAMBDA_SOURCE.parent)
    if missing := unlocked(AUTHENTICATOR):
        raise BundlingError(
            f"{name} does not have {', '.join(missing)}, which requirements.txt beside it asks "
            "for.",
            remedy="Pin exact versions, run .venv/bin/python -m locks, then run this again.",
        )
    command = [find_uv_bin(), "pip", "install", "--quiet", *PLATFORM, "--require-hashes"]
    try:
        subprocess.run(
            [*command, "--no-deps", f"--target={directory}", f"--requirements={lock}"],
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        failure = BundlingError(
            f"The packages of {name} could not be installed.",
            remedy="Check the network, or uv's index settings, and run this again. If a hash "
            "does not match, somebody changed the package after it was locked: find out why before "
            "you write a new lock.",
        )
        # Without the hashes that uv expected: there may be a hundred.
        raise failed_program(failure, error.stderr.partition("Expected:")[0].strip()) from None


def _fingerprint(listing: str, decision: Path | None) -> str:
    digest = hashlib.sha256()
    for part in _parts(listing, decision):
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


def _parts(listing: str, decision: Path | None) -> Iterable[bytes]:
    """Inputs of the bundle."""
    yield listing.encode()
    if decision:
        yield TEAM_DECISION_FILE.encode()
        yield decision.read_bytes()
    yield json.dumps([PLATFORM, EXCLUDED_SOURCES, UNUSED_FILES]).encode()
    for path in sorted(SOURCE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(SOURCE).as_posix().encode()
            yield path.read_bytes()
