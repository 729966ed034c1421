"""The local load balancer on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.tls import Certificates
from tests.unit.local.alb.server import Alb, run


@pytest.fixture
def alb(certificates: Certificates) -> Iterator[Alb]:
    with run(certificates) as running:
        yield running
