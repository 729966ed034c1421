"""What the tests of the local load balancer share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.tls import Certificates, make_certificates
from tests.unit.local.alb.server import Alb, run


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"), ["localhost", "127.0.0.1"])


@pytest.fixture
def alb(certificates: Certificates) -> Iterator[Alb]:
    with run(certificates) as running:
        yield running
