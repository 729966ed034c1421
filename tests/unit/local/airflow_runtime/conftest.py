"""A bucket on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loopback import serving
from tests.unit.local.airflow_runtime.fake_s3 import Bucket


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serving(Bucket()) as running:
        yield running
