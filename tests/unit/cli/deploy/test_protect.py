"""`protect`, of stacks in the stand-in of AWS."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.commands import Protect
from cli.deploy import protect as module
from cli.deploy.protect import protect
from cli.deployed import DeployedPlatform
from cli.options import PlatformOptions
from config.outline import outline_of
from tests.unit.config.configurations import draft, parse
from tests.unit.local.aws.stand_in import StandIn

TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


class Platform:
    """A platform of which these stacks are deployed, without protection unless they are named."""

    def __init__(self, stand_in: StandIn, *stacks: str, protected: tuple[str, ...] = ()) -> None:
        self.app_name = f"t{uuid.uuid4().hex[:12]}"
        self._stand_in = stand_in
        self._cloudformation = stand_in.session.client("cloudformation")
        for each in stacks:
            self._cloudformation.create_stack(
                StackName=f"{self.app_name}-{each}",
                TemplateBody=TEMPLATE,
                EnableTerminationProtection=each in protected,
            )

    def protect(self, monkeypatch: pytest.MonkeyPatch, **keys: object) -> set[str]:
        """The stacks that are protected after the command; `keys` are of the file."""
        configuration = parse(draft(AppName=self.app_name, **keys))

        @contextmanager
        def deployed(_: PlatformOptions) -> Iterator[DeployedPlatform]:
            yield DeployedPlatform(
                configuration=configuration,
                outline=outline_of(configuration),
                place="here",
                session=self._stand_in.session,
                variables={},
                ca_file="",
            )

        monkeypatch.setattr(module, "deployed_platform", deployed)
        protect(Protect())
        return {
            each["StackName"].removeprefix(f"{self.app_name}-")
            for page in self._cloudformation.get_paginator("describe_stacks").paginate()
            for each in page["Stacks"]
            if each["StackName"].startswith(self.app_name) and each["EnableTerminationProtection"]
        }


def test_what_a_pipeline_made_is_protected_as_the_file_says(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = Platform(stand_in, "Network", "Grants", "Sso", "Env-analytics", "Env-gone")

    assert platform.protect(monkeypatch) == {"Grants", "Sso", "Env-analytics"}
    assert "Env-analytics is protected against deletion." in capsys.readouterr().out

    assert platform.protect(monkeypatch) == {"Grants", "Sso", "Env-analytics"}
    assert capsys.readouterr().out == ""


def test_protection_ends_where_the_file_ends_it(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = Platform(stand_in, "Grants", "Sso", protected=("Grants", "Sso"))

    assert platform.protect(monkeypatch, TerminationProtection=False) == set()
    assert "Sso is no longer protected" in capsys.readouterr().out
