"""How many import errors there were before a deployment, in the stand-in's Systems Manager."""

from __future__ import annotations

import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from cli.deploy.health import Health
from errors import PlatformError
from tests.unit.local.aws.stand_in import StandIn


@pytest.mark.parametrize("value", ["{", "null", "[]", '{"canary": "many"}'])
def test_a_parameter_that_says_something_else_is_named(value: str, stand_in: StandIn) -> None:
    app = f"t{uuid.uuid4().hex[:12]}"
    parameter = f"/{app}/import-errors-before"
    stand_in.session.client("ssm").put_parameter(Name=parameter, Type="String", Value=value)
    platform: Any = SimpleNamespace(session=stand_in.session, outline=SimpleNamespace(app_name=app))
    remedy = f"aws ssm delete-parameter --name {parameter}"
    with pytest.raises(PlatformError, match="how many import errors") as raised:
        Health(platform=platform).before((), remember=False)
    assert re.search(re.escape(remedy), raised.value.remedy)
