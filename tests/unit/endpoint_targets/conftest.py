"""The fake AWS that the function talks to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loopback import aws_settings
from tests.unit.endpoint_targets.fake_aws import Endpoint, FakeAws, serving

HERE = ("10.3.1.4", "10.3.2.4")


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """A private environment whose endpoint is in the target group's VPC."""
    with serving() as fake_aws:
        fake_aws.endpoints = [Endpoint(HERE)]
        # MWAA's API is asked at api.<endpoint>, which is no address here.
        settings = {**aws_settings(fake_aws.url), "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield fake_aws
