"""What each address does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from functools import partial

from authenticator import logout, pages, responses
from authenticator.audit import Audit
from authenticator.aws import Aws
from authenticator.environments import Descriptions
from authenticator.errors import (
    INCOMPLETE_LINK,
    METHOD_NOT_ALLOWED,
    NO_GRANT,
    NOT_FOUND,
    SIGNED_OUT,
    RefusedError,
)
from authenticator.grants import MAX_PRINCIPALS, Decision, decide, explain, read_items
from authenticator.person import Person, read_person
from authenticator.public_keys import public_key
from authenticator.request import Request
from authenticator.responses import Response
from authenticator.settings import ROLES, Settings
from authenticator.sign_in_token import verify_sign_in
from authenticator.web_login import create_web_login

SIGN_IN_PATH = "/aws_mwaa/aws-console-sso"
_ENVIRONMENT_NAME = re.compile(r"[a-zA-Z][0-9a-zA-Z_-]{0,79}")
METHODS = ("GET", "HEAD")
MAX_IGNORED = 10


class Authenticator:
    """One deployment, with what it keeps between requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._aws = Aws(settings.region)
        self._descriptions = Descriptions(self._aws)
        self._routes: dict[str, Callable[[Request, Audit], Response]] = {
            "/": self._portal,
            SIGN_IN_PATH: self._sign_in,
            "/logout": self._sign_out,
            logout.SIGNED_OUT_PATH: self._signed_out,
            "/style.css": self._stylesheet,
        }

    def prepare(self) -> None:
        """Build what the first sign-in would otherwise build."""
        self._aws.build_web_login_clients()

    def answer(self, request: Request, audit: Audit) -> Response:
        """Answer the request and fill in the audit, or raise one of `authenticator.errors`."""
        route = self._routes.get(request.path)
        if route is None:
            raise RefusedError(NOT_FOUND, "unknown path")
        # A link's preview or a scanner sends HEAD; it is no person to mint a token for.
        allowed = ("GET",) if request.path == SIGN_IN_PATH else METHODS
        if request.method not in allowed:
            raise RefusedError(METHOD_NOT_ALLOWED, "method not allowed")
        self._aws.start_request()
        return route(request, audit)

    def _portal(self, request: Request, audit: Audit) -> Response:
        audit.event = "portal"
        person = self._person(request, audit)
        known = self.settings.environments
        granted = self._granted(person, known, audit)
        found = self._descriptions.many(granted)
        cards = [
            pages.card(known[name], found[name], tuple(roles))
            for name, roles in sorted(granted.items())
        ]
        return responses.page(200, pages.portal(cards, person.email, audit.reference))

    def _sign_in(self, request: Request, audit: Audit) -> Response:
        audit.event = "sign-in"
        person = self._person(request, audit)
        request.require_navigation()
        environment = request.parameter("mwaa_env")
        role = request.parameter("rbac_role")
        if role not in ROLES:
            raise RefusedError(INCOMPLETE_LINK, "unknown role")
        audit.role = role
        audit.environment = environment if _ENVIRONMENT_NAME.fullmatch(environment) else None
        if environment not in self.settings.environments:
            raise RefusedError(NO_GRANT, "unknown environment")
        if role not in self._granted(person, [environment], audit).get(environment, ()):
            raise RefusedError(NO_GRANT, "no grant")
        return self._open(person, environment, role, audit)

    def _granted(self, person: Person, environments: Collection[str], audit: Audit) -> Decision:
        items = read_items(self._aws, self.settings.grants_table, person.principals)
        grants = list(explain(items, time.time()))
        ignored = [
            f"{grant.principal}, {grant.source}, {grant.environment}: {grant.problem}"
            for grant in grants
            if grant.problem
        ]
        if len(person.principals) > MAX_PRINCIPALS:
            ignored.append(f"all but {MAX_PRINCIPALS} of {len(person.principals)} principals")
        audit.ignored = ignored[:MAX_IGNORED] or None
        return decide(grants, environments)

    def _open(self, person: Person, environment: str, role: str, audit: Audit) -> Response:
        """Mint the token for a person who was found to have the grant."""
        airflow_major = self._airflow_major(environment)
        login = create_web_login(
            self._aws,
            session_name=person.session_name,
            role_arn=self.settings.web_login_role_arns[role],
            environment=environment,
            airflow_role_arn=self.settings.airflow_role_arn(environment, role),
        )
        audit.iam_identity = login.iam_identity
        audit.airflow_identity = login.airflow_identity
        return responses.redirect(login.url(airflow_major))

    def _airflow_major(self, environment: str) -> int:
        version = self.settings.environments[environment].airflow_version
        return (
            int(version.split(".")[0]) if version else self._descriptions.airflow_major(environment)
        )

    def _sign_out(self, request: Request, audit: Audit) -> Response:
        audit.event = "sign-out"
        settings, cookies = self.settings, request.headers.get("cookie", [])
        return responses.redirect(
            logout.landing(settings.end_session_endpoint, settings.client_id, request.host),
            logout.expired_cookies(settings.session_cookie_name, cookies),
        )

    def _signed_out(self, _: Request, audit: Audit) -> Response:
        return responses.page(SIGNED_OUT.status, pages.message(SIGNED_OUT, audit.reference))

    def _stylesheet(self, _: Request, __: Audit) -> Response:
        return responses.stylesheet(pages.stylesheet())

    def _person(self, request: Request, audit: Audit) -> Person:
        key = partial(public_key, self.settings.public_key_endpoint)
        claims = verify_sign_in(request, self.settings, key)
        person = read_person(claims, self.settings.groups_claim)
        audit.who = person.email
        return person
