"""Certificates of servers on loopback."""

from __future__ import annotations

import pytest

from local.tls import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"), ["localhost", "127.0.0.1"])
