"""Sends lineage to OpenMetadata by OpenMetadata's own lineage backend, on Airflow 2.

The option `lineage.backend` names `LineageBackend` here. Airflow loads it in every process, and
ends where that fails, so nothing of OpenMetadata's is imported before a task has succeeded. Then
the backend of the installed package does the work: it sees Airflow's options, with the credential
among them, which stands in no option and no environment variable.

Its package takes some five seconds of a processor's time to import, and 320 MB (1.12). So a Celery
worker, from which tasks are forked, does that once for all of them.

Airflow waits for a lineage backend without a limit, and OpenMetadata's waits for its server for
minutes, again and again. So it works in a thread that is left behind after `PATIENCE_SECONDS`. No
exception leaves that thread, not even the one that ends a program, and none is held back outside of
it, where Airflow's signals end a task by one.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from airflow.lineage.backend import LineageBackend as AirflowLineageBackend

SETTINGS = Path(__file__).with_name("mwaa_platform_lineage.json")
SECTION = "lineage"
CONFIGURATION = "airflow_provider_openmetadata.lineage.config"

PATIENCE_SECONDS = 20.0
"""How long a task waits for Secrets Manager, an identity provider and OpenMetadata together."""
TOKEN_SECONDS = 5.0
"""How long an identity provider may take to give a token."""
ASSERTION_SECONDS = 300
"""How long what a key has signed can be shown to an identity provider."""

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "None": "no-auth",
        "JWT": "openmetadata",
        "Azure": "azure",
        # A token is fetched for these here, and enters as a bot's does.
        "Google": "openmetadata",
        "Auth0": "openmetadata",
        "Okta": "openmetadata",
        "CustomOidc": "openmetadata",
    }
)
"""OpenMetadata's names of the ways to authenticate."""

SHORTEST_MASKED = 8
"""Shorter ones are a bracket or the like, which a log may show."""

GOOGLES_AUDIENCE = "https://www.googleapis.com/oauth2/v4/token"
"""OpenMetadata's own default."""

log = logging.getLogger(__name__)


class LineageBackend(AirflowLineageBackend):  # type: ignore[misc]
    """What Airflow asks for the lineage of each task that succeeded."""

    def send_lineage(
        self,
        operator: Any,
        inlets: list[Any] | None = None,
        outlets: list[Any] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Send what OpenMetadata's backend makes of the task. Raises nothing, whatever happens.

        Returns `PATIENCE_SECONDS` after the package is imported at the latest; what has not arrived
        by then may be lost.
        """
        imported = Event()
        arguments = (imported, operator, inlets, outlets, context)
        sender = Thread(target=_send, args=arguments, name="openmetadata", daemon=True)
        sender.start()
        imported.wait()
        sender.join(PATIENCE_SECONDS)
        if sender.is_alive():
            log.error("OpenMetadata was left after %g seconds: the task goes on.", PATIENCE_SECONDS)


def _send(imported: Event, *arguments: Any) -> None:
    try:
        try:
            catalogue = _loaded()
        finally:
            imported.set()
        options = _Options(_lineage_options(catalogue))
        _backend(catalogue, options).send_lineage(*arguments)
    except BaseException as error:  # noqa: BLE001 - OpenMetadata's code ends programs too
        _say(error)


def _loaded() -> Mapping[str, Any]:
    """The catalogue, once its backend is imported."""
    catalogue = _catalogue()
    _module(catalogue)
    return catalogue


def _say(error: BaseException) -> None:
    log.error("No lineage to OpenMetadata: %s.", _told(error))


def _told(error: BaseException) -> str:
    """What a log may have of an error: others than ours could quote a credential."""
    ours = getattr(type(error), "__module__", "").startswith("mwaa_platform_")
    missing = isinstance(error, ImportError)
    return f"{type(error).__name__}: {error}" if ours or missing else type(error).__name__


class UnusableCredentialError(Exception):
    """What a secret holds is no credential. The text never holds any part of it."""


def _catalogue() -> Mapping[str, Any]:
    settings = json.loads(SETTINGS.read_text(encoding="utf-8"))
    found: Mapping[str, Any] = next(
        each for each in settings["catalogues"] if each["provider"] == "OpenMetadata"
    )
    return found


def _backend(catalogue: Mapping[str, Any], options: _Options) -> Any:
    """OpenMetadata's backend, which is given its options here instead of by Airflow."""
    module = _module(catalogue)
    loader: Any = import_module(f"{CONFIGURATION}.loader")
    module.get_lineage_config = lambda: loader.parse_airflow_config(
        catalogue["service_name"], conf=options
    )
    return getattr(module, catalogue["backend"].rpartition(".")[2])()


def _module(catalogue: Mapping[str, Any]) -> Any:
    return import_module(catalogue["backend"].rpartition(".")[0])


class _Options:
    """Airflow's options, as OpenMetadata reads them, with ours in the section `lineage`."""

    def __init__(self, ours: Mapping[str, str]) -> None:
        self._ours = ours

    def get(self, section: str, key: str, **how: Any) -> Any:
        """The value of an option."""
        from airflow.configuration import conf  # noqa: PLC0415 - as OpenMetadata does

        if section == SECTION and key in self._ours:
            return self._ours[key]
        return conf.get(section, key, **how)


def _lineage_options(catalogue: Mapping[str, Any]) -> dict[str, str]:
    way = catalogue["authentication"]
    options = {
        **catalogue["options"],
        "openmetadata_api_endpoint": catalogue["url"],
        "auth_provider_type": PROVIDERS[way],
    }
    if not (secret_option := catalogue["secret_option"]):
        return options
    credential = _masked(_credential(catalogue))
    match way:
        case "Google":
            token = _google_token(options, credential)
        case "Auth0":
            token = _auth0_token(options, credential)
        case "Okta":
            token = _okta_token(options, credential)
        case "CustomOidc":
            token = _clients_token(options["token_endpoint"], options, credential)
        case _:
            return options | {secret_option: credential}
    return options | {"jwt_token": _masked(token)}


def _credential(catalogue: Mapping[str, Any]) -> str:
    from mwaa_platform_token import BEARER_TOKEN, token  # noqa: PLC0415 - imports much

    way, field = catalogue["authentication"], catalogue.get("token_field")
    return token(
        catalogue["id"],
        field,
        cache_seconds=catalogue["cache_seconds"],
        # These are, or may be, JSON themselves.
        whole=field is None and way in {"Google", "Okta"},
        form=BEARER_TOKEN if way == "JWT" else None,
    )


def _google_token(options: Mapping[str, str], key: str) -> str:
    """A token of a service account. OpenMetadata's code wants the key in a file."""
    from google.auth.transport.requests import Request  # noqa: PLC0415 - only for this way
    from google.oauth2.service_account import IDTokenCredentials  # noqa: PLC0415

    try:
        account = json.loads(key)
        credentials = IDTokenCredentials.from_service_account_info(
            account, target_audience=options.get("audience", GOOGLES_AUDIENCE)
        )
    except (ValueError, TypeError):
        problem = "the secret is not the key file of a service account"
        raise UnusableCredentialError(problem) from None
    _masked(account["private_key"])
    credentials.refresh(Request())
    return str(credentials.token)


def _auth0_token(options: Mapping[str, str], secret: str) -> str:
    """A token of a client at Auth0. OpenMetadata's own code cannot read the answer."""
    domain = options["domain"]
    audience = f"https://{domain}/api/v2/"
    return _clients_token(f"https://{domain}/oauth/token", options, secret, audience=audience)


def _clients_token(url: str, options: Mapping[str, str], secret: str, **more: str) -> str:
    return _token_from(url, client_id=options["client_id"], client_secret=secret, **more)


def _okta_token(options: Mapping[str, str], key: str) -> str:
    """A token of a service application. OpenMetadata's code needs a part of Okta's package that
    its later releases have not."""
    import jwt  # noqa: PLC0415 - only for this way

    url, client, now = options["org_url"], options["client_id"], int(time.time())
    claims = {"iss": client, "sub": client, "aud": url, "jti": str(uuid4())}
    times = {"iat": now, "exp": now + ASSERTION_SECONDS}
    try:
        jwk = json.loads(key) if key.startswith("{") else {}
        signer = jwt.PyJWK(jwk, "RS256").key if jwk else key
        headers = {"kid": jwk["kid"]} if "kid" in jwk else None
        assertion = jwt.encode({**claims, **times}, signer, algorithm="RS256", headers=headers)
    except Exception:  # noqa: BLE001 - of several packages
        raise UnusableCredentialError("the secret is no RSA key as PEM or JWK") from None
    scope = " ".join(json.loads(options.get("scopes", "[]")))
    return _token_from(
        url,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=_masked(assertion),
        **({"scope": scope} if scope else {}),
    )


def _token_from(url: str, **form: str) -> str:
    """The token that a token endpoint gives for a client's credentials."""
    import requests  # noqa: PLC0415 - only for these ways

    answer = requests.post(
        url,
        data={"grant_type": "client_credentials", **form},
        timeout=TOKEN_SECONDS,
        allow_redirects=False,
    )
    if answer.status_code != HTTPStatus.OK:
        raise UnusableCredentialError(f"the identity provider answered {answer.status_code}")
    try:
        return str(answer.json()["access_token"])
    except (ValueError, TypeError, KeyError):
        problem = "the identity provider's answer holds no token"
        raise UnusableCredentialError(problem) from None


def _masked(credential: str) -> str:
    """The same; Airflow hides it, and each line of it, in what a task logs from now on."""
    from airflow.utils.log.secrets_masker import mask_secret  # noqa: PLC0415 - Airflow 2 alone

    # JSON writes the end of a line as two letters.
    for text in (credential, *re.split(r"\n|\\n", credential)):
        if len(text) >= SHORTEST_MASKED:
            mask_secret(text)
    return credential


# A Celery worker forks a process for each task: what it has imported, they need not.
if sys.argv[1:3] == ["celery", "worker"]:
    try:
        _loaded()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a worker must start without it
        _say(error)
