"""docs/operating.md shows what `explain` says of an environment that could not start."""

from __future__ import annotations

import re
import shlex

from local.layout import ROOT
from tests.unit.cli.explain.conftest import STACK, CdkCli, Explain
from tests.unit.cli.explain.fake_aws import FakeAws, Stack

SECTION = (
    (ROOT / "docs" / "operating.md")
    .read_text()
    .partition("## Explain a failed or stuck deployment\n")[2]
    .partition("\n## ")[0]
)
SAID_BY_THE_CLI = f"""❌ Stack {STACK}:
Resource updates failed:
Env-fore-casting-376318/AirflowEnvironmentD4869977 \
 (AWS::MWAA::Environment AirflowEnvironmentD4869977)
  INCORRECT_CONFIGURATION: You may need to check the execution role permissions policy for your \
environment, and that each of the VPC networking components required by the environment are \
configured to allow traffic.
"""


def test_the_example_shows_what_the_command_says(
    aws: FakeAws, explain: Explain, cdk_cli: CdkCli
) -> None:
    aws.stacks[STACK] = Stack(status="ROLLBACK_COMPLETE")
    del aws.environments["fore_casting"]
    cdk_cli.says(SAID_BY_THE_CLI)
    [command] = re.findall(r"```sh\n\./mwaa-platform explain (.*)\n```", SECTION)
    told = explain(*shlex.split(command))
    assert told.status == 1
    [shown] = re.findall(r"```text\n(.*?)```", SECTION, re.S)
    assert " ".join(shown.split()) == told.said
