"""Certificates of the local run: authority, hosts and renewal."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from local.readiness import probe
from local.tls import make_certificates
from tests.unit.local.alb.server import run

HOSTS = ["localhost", "127.0.0.1", "blue.localhost"]


def test_servers_are_trusted_through_the_authority_alone(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path, HOSTS)
    strangers = make_certificates(tmp_path / "other", HOSTS)
    with run(certificates) as alb:
        assert probe(f"{alb.url}/open", certificates.ca)
        assert not probe(f"{alb.url}/open", strangers.ca)
    assert not probe(f"{alb.url}/open", certificates.ca)


def test_the_key_is_the_owners_alone(tmp_path: Path) -> None:
    assert make_certificates(tmp_path, HOSTS).key.stat().st_mode & 0o077 == 0


def test_a_certificate_stays_while_it_covers_the_hosts(tmp_path: Path) -> None:
    first = make_certificates(tmp_path, HOSTS).certificate.read_bytes()
    assert make_certificates(tmp_path, HOSTS[:1]).certificate.read_bytes() == first
    wider = make_certificates(tmp_path, [*HOSTS, "green.localhost"])
    assert wider.certificate.read_bytes() != first
    # The authority changed with it.
    ssl.create_default_context(cafile=wider.ca).load_cert_chain(wider.certificate, wider.key)


def test_a_certificate_is_renewed_before_it_ends(tmp_path: Path) -> None:
    certificate = make_certificates(tmp_path, HOSTS).certificate
    soon = trustme.CA().issue_cert(*HOSTS, not_after=datetime.now(UTC) + timedelta(days=6))
    certificate.write_bytes(ending := soon.cert_chain_pems[0].bytes())
    assert make_certificates(tmp_path, HOSTS).certificate.read_bytes() != ending
