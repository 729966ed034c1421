"""Pipeline: deploys each commit of a branch, wave by wave."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Unpack

import aws_cdk as cdk
from constructs import Construct

from config.model import Configuration
from config.pipeline import Pipeline
from config.stack_names import parameter_folder, stack_name
from config.waves import environments_by_wave, ranks
from mwaa.permissions.operation import Operation
from mwaa_platform.operations.delivery_pipeline import Commands, DeliveryPipeline, Source, Wave
from mwaa_platform.statements import location_of
from stacks.platform_stack import PlatformStack, StackProps

PINS = Path(__file__).parents[1] / "package.json"
RUN = "sh ./mwaa-platform"
"""A source of CodePipeline may have lost which files are programs."""
SYNTHESIS = Commands(
    lines=[f"{RUN} test $TESTS", 'PATH="$PWD/.venv/bin:$PATH" npx cdk synth --quiet'],
    variables={"TESTS": "tests/templates"},
)
PLANNING = Commands(lines=[f"{RUN} plan"], variables={})


class PipelineStack(PlatformStack):
    """Stack that deploys the others, and that none of them knows of."""

    def __init__(
        self,
        scope: Construct,
        *,
        configuration: Configuration,
        settings: Pipeline,
        application: cdk.App,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        operation = Operation(
            location=location_of(self),
            stacks=stack_name(configuration.app_name, ""),
            parameters=parameter_folder(configuration.app_name),
            qualifier=self.synthesizer.bootstrap_qualifier or "",
        )
        DeliveryPipeline(
            self,
            "Delivery",
            name=self.stack_name,
            source=Source(
                connection_arn=settings.connection_arn,
                repository=settings.repository,
                branch=settings.branch,
            ),
            application=application,
            waves=_waves(configuration, application),
            synthesis=SYNTHESIS,
            planning=PLANNING,
            reading=operation.reading,
            checking=[*operation.reading, operation.protecting],
            approval=settings.approval,
            cdk_version=json.loads(PINS.read_text())["dependencies"]["aws-cdk"],
        )


def _waves(configuration: Configuration, application: cdk.App) -> list[Wave]:
    """The stacks of an application in the order of `deploy`, with its checks after each wave."""
    made = {each.node.id: each for each in application.node.children if isinstance(each, cdk.Stack)}
    found = ranks(
        configuration,
        {id_: [other.node.id for other in each.dependencies] for id_, each in made.items()},
    )
    checked = environments_by_wave(found, configuration)
    order = sorted(set(found.values()))
    last = {rank.wave: rank for rank in order}
    return [
        Wave(
            title=f"wave {rank.wave}",
            stacks=[made[id_] for id_, of in found.items() if of == rank],
            check=_check(checked[rank.wave]) if rank.wave and last[rank.wave] == rank else None,
        )
        for rank in order
    ]


def _check(environments: Iterable[str]) -> Commands:
    doctor = " ".join([RUN, "doctor", *(f"--environment {each}" for each in environments)])
    return Commands(
        # A heartbeat is late right after a restart.
        lines=[f"{RUN} protect", f"timeout $SETTLE sh -c 'until {doctor}; do sleep 15; done'"],
        variables={"SETTLE": "10m"},
    )
