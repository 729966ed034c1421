"""What each address does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from functools import partial
from urllib.parse import urlencode

from authenticator import logout, pages, responses
from authenticator.audit import Audit
from authenticator.aws import AwsClients
from authenticator.environments import Descriptions
from authenticator.errors import (
    INCOMPLETE_LINK,
    METHOD_NOT_ALLOWED,
    NO_GRANT,
    NOT_FOUND,
    SIGNED_OUT,
    RefusedError,
)
from authenticator.grants import (
    MAX_PRINCIPALS,
    EffectiveRoles,
    effective_roles,
    look_up_items,
    read_grants,
)
from authenticator.person import Person, read_person
from authenticator.public_keys import public_key
from authenticator.request import Request
from authenticator.responses import Response
from authenticator.settings import ROLES, Environment, Settings
from authenticator.sign_in_token import verify_sign_in
from authenticator.web_login import (
    FIRST_MAJOR_WITH_NEW_PATHS,
    create_web_login,
    sign_in_path,
)

SIGN_IN_PATHS = (sign_in_path(2), sign_in_path(FIRST_MAJOR_WITH_NEW_PATHS))
"""Links lead here, and web servers send here whom they do not know."""
SIGN_IN_PATH = SIGN_IN_PATHS[0]
METHODS = ("GET", "HEAD")
MAX_IGNORED = 10
_ENVIRONMENT_NAME = re.compile(r"[a-zA-Z][0-9a-zA-Z_-]{0,79}")


class Authenticator:
    """One deployment, with what it keeps between requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._aws = AwsClients(settings.region)
        self._descriptions = Descriptions(self._aws)
        self._routes: dict[str, Callable[[Request, Audit], Response]] = {
            "/": self._portal,
            **dict.fromkeys(SIGN_IN_PATHS, self._sign_in),
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
        allowed = ("GET",) if request.path in SIGN_IN_PATHS else METHODS
        if request.method not in allowed:
            raise RefusedError(METHOD_NOT_ALLOWED, "method not allowed")
        self._aws.start_request()
        return route(request, audit)

    def start(self, request: Request) -> pages.Start:
        """Where a person starts who reads a page of this host.

        A host of Airflow has no portal. Its sign-in leads there, or straight into Airflow.
        """
        if self.settings.fixed_role:
            return pages.Start(SIGN_IN_PATH, "Open Airflow")
        if self._served(request):
            return pages.PORTAL._replace(url=SIGN_IN_PATH)
        return pages.PORTAL

    def _portal(self, request: Request, audit: Audit) -> Response:
        if self.settings.fixed_role or self._served(request):
            audit.event = "redirect"
            return responses.redirect(SIGN_IN_PATH)
        audit.event = "portal"
        person = self._person(request, audit)
        known = self.settings.environments
        granted = self._granted(person, known, audit)
        names = sorted(granted, key=lambda name: (name.casefold(), name))
        shown = [name for name in names if pages.matches(known[name], request.search)]
        found = self._descriptions.many(shown)
        now = time.time()
        html = pages.portal(
            [pages.card(known[name], found.get(name), granted[name], now) for name in shown],
            total=len(names),
            search=request.search,
            region=self.settings.region,
            person=person,
            reference=audit.reference,
        )
        return responses.page(200, html, has_form=pages.has_filter(len(names), request.search))

    def _sign_in(self, request: Request, audit: Audit) -> Response:
        audit.event = "sign-in"
        person = self._person(request, audit)
        request.require_navigation()
        if request.brings_token:
            # It belongs to the web server; another token from here would go round for ever.
            raise RefusedError(INCOMPLETE_LINK, "login=true came here")
        if self.settings.fixed_role:
            (audit.environment,) = self.settings.environments
            audit.role, audit.configured = self.settings.fixed_role, True
            return self._open(person, audit.environment, audit.role, audit, relative=True)
        if self._served(request) and not {"mwaa_env", "rbac_role"} & request.parameters.keys():
            audit.event = "redirect"
            return responses.redirect(f"https://{self.settings.portal_host}/")
        environment, role = self._asked(request, audit)
        served, portal = self._served(request), self.settings.portal_host or ""
        if served and served.name != environment:
            # A web server sees its host's sessions: they are good for its own environment alone.
            return self._hand_over(portal, request, environment, role, audit)
        if role not in self._granted(person, [environment], audit).get(environment, ()):
            raise RefusedError(NO_GRANT, "no grant")
        ui_host = self.settings.environments[environment].ui_host
        if ui_host and request.host_name != ui_host:
            return self._hand_over(ui_host, request, environment, role, audit)
        return self._open(person, environment, role, audit, relative=ui_host is not None)

    def _hand_over(
        self, host: str, request: Request, environment: str, role: str, audit: Audit
    ) -> Response:
        """Send a link on to the configured host at which it is decided."""
        audit.event = "redirect"
        link = urlencode({"mwaa_env": environment, "rbac_role": role})
        return responses.redirect(f"https://{host}{request.path}?{link}")

    def _asked(self, request: Request, audit: Audit) -> tuple[str, str]:
        """The configured environment and the role that a link names."""
        environment = request.parameter("mwaa_env")
        role = request.parameter("rbac_role")
        if role not in ROLES:
            raise RefusedError(INCOMPLETE_LINK, "unknown role")
        audit.role = role
        audit.environment = environment if _ENVIRONMENT_NAME.fullmatch(environment) else None
        if environment not in self.settings.environments:
            raise RefusedError(NO_GRANT, "unknown environment")
        audit.configured = True
        return environment, role

    def _granted(
        self, person: Person, environments: Collection[str], audit: Audit
    ) -> EffectiveRoles:
        items = look_up_items(self._aws, self.settings.grants_table, person.principals)
        grants = list(read_grants(items, time.time()))
        ignored = [
            f"{grant.principal}, {grant.source}, {grant.environment}: {grant.problem}"
            for grant in grants
            if grant.problem
        ]
        if len(person.principals) > MAX_PRINCIPALS:
            ignored.append(f"all but {MAX_PRINCIPALS} of {len(person.principals)} principals")
        audit.ignored = ignored[:MAX_IGNORED] or None
        return effective_roles(grants, environments)

    def _open(
        self, person: Person, environment: str, role: str, audit: Audit, *, relative: bool
    ) -> Response:
        """Mint the token for a person who may have it.

        `relative` says that the environment is served under the host that was asked.
        """
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
        return responses.redirect(
            login.path(airflow_major) if relative else login.url(airflow_major)
        )

    def _airflow_major(self, environment: str) -> int:
        version = self.settings.environments[environment].airflow_version
        return (
            int(version.split(".")[0]) if version else self._descriptions.airflow_major(environment)
        )

    def _sign_out(self, request: Request, audit: Audit) -> Response:
        audit.event = "sign-out"
        settings, cookies = self.settings, request.headers.get("cookie", [])
        served = self._served(request)
        expired = logout.expired_cookies(
            (served and served.ui_session_cookie) or settings.session_cookie_name,
            cookies,
            airflow=served is not None or settings.fixed_role is not None,
        )
        if served:
            return responses.redirect(f"https://{settings.portal_host}/logout", expired)
        # The port is the browser's: a load balancer behind another port does not know of it.
        ours = settings.portal_host in {None, request.host_name}
        host = request.host if ours else settings.portal_host
        landing = logout.landing(settings.end_session_endpoint, settings.client_id, host)
        return responses.redirect(landing, expired)

    def _signed_out(self, request: Request, audit: Audit) -> Response:
        html = pages.message(SIGNED_OUT, audit.reference, self.start(request))
        return responses.page(SIGNED_OUT.status, html)

    def _stylesheet(self, _: Request, __: Audit) -> Response:
        return responses.stylesheet(pages.stylesheet())

    def _served(self, request: Request) -> Environment | None:
        """The environment under whose own host this was asked."""
        return self.settings.ui_environments.get(request.host_name or "")

    def _person(self, request: Request, audit: Audit) -> Person:
        key = partial(public_key, self.settings.public_key_endpoint)
        claims = verify_sign_in(request, self.settings, key)
        person = read_person(claims, self.settings.groups_claim)
        audit.who = person.email
        return person
