"""Certificates of the local servers, from an authority of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509

# Safari refuses server certificates that live longer than 398 days.
LIFETIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """PEM files: the authority to trust, and the certificate and key of every local server."""

    ca: Path
    certificate: Path
    key: Path


def make_certificates(directory: Path, hosts: Sequence[str]) -> Certificates:
    """Creates a certificate for `hosts` (names and IP addresses) in `directory`.

    A certificate that covers the hosts and is valid for another week is kept. The authority's key
    is never written, so nothing else can be issued under it.
    """
    files = Certificates(
        ca=directory / "ca.pem", certificate=directory / "server.pem", key=directory / "server.key"
    )
    if not _usable(files, hosts):
        directory.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA(organization_name="MWAA Platform on this machine")
        issued = authority.issue_cert(*hosts, not_after=datetime.now(UTC) + LIFETIME)
        files.key.touch(mode=0o600)
        files.key.write_bytes(issued.private_key_pem.bytes())
        files.certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        authority.cert_pem.write_to_path(str(files.ca))
    return files


def _usable(files: Certificates, hosts: Collection[str]) -> bool:
    if not (files.ca.exists() and files.certificate.exists() and files.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    covered = {
        *names.get_values_for_type(x509.DNSName),
        *map(str, names.get_values_for_type(x509.IPAddress)),
    }
    return certificate.not_valid_after_utc > datetime.now(
        UTC
    ) + RENEW_BEFORE and covered.issuperset(hosts)
