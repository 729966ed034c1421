"""Canaille with the people, groups and clients of a JSON file: `python serve.py FILE`.

It runs in Canaille's own virtual environment, over TLS on loopback, and keeps everything in memory.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc.jose import make_default_rsa_jwk
from flask import Flask


def application(settings: dict[str, Any]) -> Flask:
    """Canaille as it is installed, but for its address and, where it is given, REQUIRE_NONCE."""
    nonce = settings["require_nonce"]
    oidc = {"ACTIVE_JWKS": [make_default_rsa_jwk().as_dict(private=True)]}
    app: Flask = create_app(
        config={
            "SECRET_KEY": secrets.token_urlsafe(),
            "SERVER_NAME": f"localhost:{settings['port']}",
            "CANAILLE": {"DATABASE": "memory"},
            "CANAILLE_OIDC": oidc if nonce is None else {**oidc, "REQUIRE_NONCE": nonce},
        },
        env_file=None,
    )
    with app.app_context(), Backend.instance.session():
        _fill(settings)
    return app


def _fill(settings: dict[str, Any]) -> None:
    people = {
        name: _saved(models.User(user_name=name, family_name=name, **attributes))
        for name, attributes in settings["people"].items()
    }
    for name, members in settings["groups"].items():
        _saved(models.Group(display_name=name, members=[people[each] for each in members]))
    for each in settings["clients"]:
        client = _saved(
            models.Client(
                client_name=each["client_id"],
                # A client of this machine is trusted: people are not asked for their consent.
                client_uri=each["redirect_uris"][0],
                grant_types=["authorization_code"],
                response_types=["code"],
                **each,
            )
        )
        client.audience = [client]
        _saved(client)


def _saved(entry: Any) -> Any:
    """The entry, which has an id from now on, so that others can refer to it."""
    Backend.instance.save(entry)
    return entry


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text())
    application(given).run(
        host="127.0.0.1",
        port=given["port"],
        ssl_context=(given["certificate"], given["key"]),
    )
