"""Base class of all stacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import aws_cdk as cdk
from constructs import Construct

from config.model import Configuration
from config.stack_names import is_protected, stack_name, stacks
from config.written import metadata

MAX_ZONES = 6


class StackProps(TypedDict):
    """Properties that every stack is given: its id, CloudFormation's name for it, its account.

    `termination_protection` says whether CloudFormation refuses to delete it; `metadata` is that
    of its template.
    """

    construct_id: str
    stack_name: str
    env: cdk.Environment | None
    termination_protection: bool
    metadata: Mapping[str, Any]


def stack_props(
    configuration: Configuration, id_: str, *, env: cdk.Environment | None
) -> StackProps:
    """The properties of the stack of this id; without `env` it suits any account and Region."""
    stack = next((each for each in stacks(configuration) if each.id == id_), None)
    return {
        "construct_id": id_,
        "stack_name": stack_name(configuration.app_name, id_),
        "env": env,
        "termination_protection": stack is not None and is_protected(configuration, stack),
        "metadata": metadata(configuration, stack) if stack else {},
    }


class PlatformStack(cdk.Stack):
    """Stack whose template is the same with and without a known account and Region."""

    def __init__(
        self,
        scope: Construct,
        *,
        construct_id: str,
        stack_name: str,
        env: cdk.Environment | None,
        termination_protection: bool,
        metadata: Mapping[str, Any],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            env=env,
            termination_protection=termination_protection,
        )
        self.template_options.metadata = dict(metadata)

    @property
    def availability_zones(self) -> list[str]:
        """Availability Zones of the Region, resolved by CloudFormation.

        The CDK would look them up in the account: a second synthesis, and a template that depends
        on the caller.
        """
        return [cdk.Fn.select(index, cdk.Fn.get_azs()) for index in range(MAX_ZONES)]

    def export_values(self, values: Sequence[str]) -> None:
        """Exports values, with or without a stack that imports them.

        Adding or removing such a stack then leaves this one unchanged.
        """
        for value in values:
            self.export_value(value)
