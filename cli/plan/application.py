"""An application as CloudFormation sees it: its stacks with their templates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.key_changes import Written

STACK = "aws:cloudformation:stack"

Template = Mapping[str, Any]
Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StackState:
    """A stack: its id, which the CDK CLI takes, its name and its template.

    `depends_on` are the ids of stacks that are deployed before; `protected` is whether it cannot
    be deleted.
    """

    id: str
    name: str
    template: Template
    depends_on: tuple[str, ...] = ()
    protected: bool = False

    @property
    def resources(self) -> Mapping[str, Resource]:
        """The resources by logical id."""
        found: Mapping[str, Resource] = self.template.get("Resources") or {}
        return found

    def of_type(self, *types: str) -> Iterator[tuple[str, Resource]]:
        """The resources of these types, with their logical ids."""
        return (each for each in self.resources.items() if each[1].get("Type") in types)


@dataclass(frozen=True, kw_only=True)
class Application:
    """Stacks by name, and the configuration that they are of; None where it is not known."""

    stacks: Mapping[str, StackState]
    written: Written | None


def from_assembly(folder: Path, written: Written | None) -> Application:
    """The application that was synthesised into a folder.

    https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-assemblies
    """
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
    stacks = {id_: each for id_, each in artifacts.items() if each["type"] == STACK}
    states = (
        StackState(
            id=id_,
            name=each["properties"]["stackName"],
            template=json.loads((folder / each["properties"]["templateFile"]).read_text()),
            depends_on=tuple(other for other in each.get("dependencies", ()) if other in stacks),
            protected=bool(each["properties"].get("terminationProtection")),
        )
        for id_, each in stacks.items()
    )
    return Application(stacks={each.name: each for each in states}, written=written)
