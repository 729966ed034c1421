"""The program of Canaille: packages, command line and readiness."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.layout import CACHE
from local.processes import Program, inherited_variables
from local.readiness import probe
from local.tls import Certificates
from local.toolchain import locked_environment
from locks import CANAILLE

SERVE = Path(__file__).with_name("serve.py")


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client of Canaille's, in the words of RFC 7591."""

    client_id: str
    client_secret: str
    redirect_uris: Sequence[str]
    scope: Sequence[str] = ("openid", "email", "groups")
    token_endpoint_auth_method: str = "client_secret_basic"
    userinfo_signed_response_alg: str | None = None


@dataclass(frozen=True, kw_only=True)
class Canaille:
    """An instance: its port, clients, groups, and people with the attributes that Canaille knows.

    Without `require_nonce` it is as Canaille's defaults have it.
    """

    name: str
    port: int
    clients: Sequence[Client]
    people: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Sequence[str]]
    require_nonce: bool | None = None

    @property
    def issuer(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def discovery(self) -> str:
        return f"{self.issuer}/.well-known/openid-configuration"

    def program(self, folder: Path, certificates: Certificates) -> Program:
        """The program that serves it; settings and log are in `folder`."""
        python = locked_environment(CACHE / "canaille", CANAILLE.file, installs="Canaille")
        settings = folder / f"{self.name}.json"
        files = {"certificate": str(certificates.certificate), "key": str(certificates.key)}
        settings.write_text(json.dumps({**asdict(self), **files}))
        return Program(
            name=self.name,
            argv=[str(python), str(SERVE), str(settings)],
            env=inherited_variables(),
            cwd=folder,
            log=folder / f"{self.name}.log",
        )

    def ready(self, certificates: Certificates) -> bool:
        """Whether it accepts requests."""
        return probe(self.discovery, certificates.ca) is not None
