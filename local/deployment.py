"""Deployment of the real templates to the AWS stand-in by the real CDK CLI."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import PlatformError, failed_program
from local.aws_stand_in import AwsStandIn
from local.cdk_cli import APP, cdk_command, cdk_variables, remove_left_locks
from local.layout import ACCOUNT, REGION, ROOT
from local.processes import Processes, Program


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A working directory of the CDK CLI: its cdk.json, the local configuration, its output.

    A directory of its own, because the CLI writes looked-up values into cdk.context.json, and those
    of the stand-in must not get into the user's file.
    """

    folder: Path
    stand_in: AwsStandIn
    processes: Processes
    log: Path
    assembly: Path | None = None
    """Synthesised before, in the place of app.py."""

    @property
    def outputs_file(self) -> Path:
        """The file that the CLI writes the stack outputs to."""
        return self.folder / "outputs.json"

    @property
    def outputs(self) -> dict[str, dict[str, str]]:
        """The outputs of each stack, by stack name."""
        outputs: dict[str, dict[str, str]] = json.loads(self.outputs_file.read_text())
        return outputs

    def write(self, configuration: dict[str, Any]) -> None:
        """Writes the configuration to where app.py reads it when the CLI runs it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = json.loads((ROOT / "cdk.json").read_text())
        settings["app"] = APP
        (self.folder / "cdk.json").write_text(json.dumps(settings, indent=2))
        (self.folder / "cdk.context.json").write_text(json.dumps(configuration, indent=2))

    def bootstrap(self) -> None:
        """Creates the CDK's bootstrap stack: its asset bucket and roles."""
        # Without an app: the CLI would synthesise it only to find the account that is given here.
        self.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app=")

    def deploy(self, *stacks: str) -> None:
        """Synthesises and deploys every stack, or those with these ids alone."""
        self.cdk(
            "deploy",
            *((*stacks, "--exclusively") if stacks else ("--all",)),
            *(("--app", str(self.assembly)) if self.assembly else ()),
            "--require-approval=never",
            "--method=direct",
            "--concurrency=4",
            f"--outputs-file={self.outputs_file}",
        )

    def cdk(self, *arguments: str) -> None:
        """Runs a command of the CDK CLI here. Raises PlatformError when it fails."""
        remove_left_locks(self.folder / "cdk.out")
        program = Program(
            name=f"cdk {arguments[0]}",
            argv=cdk_command(*arguments),
            env=cdk_variables(self.stand_in.process_environment),
            cwd=self.folder,
            log=self.log,
        )
        if self.processes.run(program):
            failure = PlatformError(
                f"`cdk {arguments[0]}` failed.",
                place=str(self.log),
                remedy="That file says why.",
            )
            raise failed_program(failure, self.log.read_text(errors="replace"))
