"""Routes: what the authenticator does at each path."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

from authenticator import links, logout, pages, responses
from authenticator.audit import AuditRecord
from authenticator.aws import AwsClients
from authenticator.blocks import block_keys, refuse_blocked
from authenticator.decision import Answer, Question, RoleAccess, decide
from authenticator.environment_states import EnvironmentStates
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
    grant_keys,
    look_up_items,
    question_about,
    read_grants,
)
from authenticator.person import Person, claimed_identity, read_person
from authenticator.public_keys import public_key
from authenticator.request import AlbRequest
from authenticator.responses import Response
from authenticator.settings import ROLES, Settings
from authenticator.sign_in_token import verify_sign_in_token
from authenticator.web_login import (
    FIRST_MAJOR_WITH_NEW_PATHS,
    create_web_login,
    web_login_path,
)

WEB_LOGIN_PATHS = (web_login_path(2), web_login_path(FIRST_MAJOR_WITH_NEW_PATHS))
"""Paths of deep links, to which web servers redirect people without a session."""
WEB_LOGIN_PATH = WEB_LOGIN_PATHS[0]
METHODS = ("GET", "HEAD")
HARMLESS_ROLES = ("Public", "Viewer")
"""Roles under which nothing changes: a link to them needs no confirmation."""
MAX_IGNORED = 10
_ENVIRONMENT_NAME = re.compile(r"[a-zA-Z][0-9a-zA-Z_-]{0,79}")


class TeamDecision(Protocol):
    """Decision of a team's module."""

    def load(self) -> None:
        """Waits a while until the module is loaded."""

    def decide(self, question: Question) -> Answer:
        """Returns the team's answer; raises `UnavailableError`."""


class Router:
    """Routes of a deployment, with the clients and caches that requests share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._aws = AwsClients(settings.region)
        self._states = EnvironmentStates(self._aws)
        self._team_decision = _team_decision(settings)
        self._routes: dict[str, Callable[[AlbRequest, AuditRecord], Response]] = {
            "/": self._portal,
            **dict.fromkeys(WEB_LOGIN_PATHS, self._sign_in),
            "/logout": self._sign_out,
            logout.SIGNED_OUT_PATH: self._signed_out,
            "/style.css": self._stylesheet,
        }

    def warm_up(self) -> None:
        """Builds what the first sign-in would otherwise build."""
        self._aws.build_web_login_clients()
        if self._team_decision:
            self._team_decision.load()

    def respond(self, request: AlbRequest, audit: AuditRecord) -> Response:
        """Returns the response and completes the record; raises `authenticator.errors`."""
        request.require_host(self.settings.portal_host)
        route = self._routes.get(request.path)
        if route is None:
            raise RefusedError(NOT_FOUND, "unknown path")
        # HEAD comes from a link's preview or a scanner, which must get no token.
        allowed = ("GET",) if request.path in WEB_LOGIN_PATHS else METHODS
        if request.method not in allowed:
            raise RefusedError(METHOD_NOT_ALLOWED, "method not allowed")
        self._aws.start_request()
        return route(request, audit)

    @property
    def start_link(self) -> pages.StartLink:
        """Link of the pages of our host."""
        if self.settings.fixed_role:
            return pages.StartLink(WEB_LOGIN_PATH, "Open Airflow")
        return pages.PORTAL

    @property
    def portal_link(self) -> pages.StartLink:
        """Link to our host from any other."""
        host = self.settings.portal_host
        return pages.PORTAL._replace(url=f"https://{host}/") if host else self.start_link

    def _portal(self, request: AlbRequest, audit: AuditRecord) -> Response:
        if self.settings.fixed_role:
            audit.event = "redirect"
            return responses.redirect(WEB_LOGIN_PATH)
        audit.event = "portal"
        person = self._person(request, audit)
        return self._environments(person, request, audit)

    def _environments(
        self, person: Person, request: AlbRequest, audit: AuditRecord, chosen: str | None = None
    ) -> Response:
        """Page of the environments that a person may open, or of the `chosen` one alone."""
        environments = self.settings.environments
        roles = self._effective_roles(person, [chosen] if chosen else environments, audit)
        if chosen and chosen not in roles:
            raise RefusedError(NO_GRANT, "no grant")
        names = sorted(roles, key=lambda name: (name.casefold(), name))
        search = "" if chosen else request.search
        shown = [name for name in names if pages.matches(environments[name], search)]
        states = self._states.get_many(shown)
        secret, cookies = _link_secret(request)
        now = time.time()
        html = pages.portal(
            [
                pages.card(
                    environments[name], states.get(name), _expiries(roles[name]), now, secret
                )
                for name in shown
            ],
            total=len(names),
            search=search,
            region=self.settings.region,
            person=person,
            reference=audit.reference,
            chosen=chosen,
        )
        has_form = not chosen and pages.has_filter(len(names), search)
        return responses.page(200, html, has_form=has_form, cookies=cookies)

    def _sign_in(self, request: AlbRequest, audit: AuditRecord) -> Response:
        audit.event = "sign-in"
        person = self._person(request, audit)
        request.require_navigation()
        if request.has_web_login_token:
            # The token is for a web server; creating another would redirect endlessly.
            raise RefusedError(INCOMPLETE_LINK, "login=true came here")
        if self.settings.fixed_role:
            (audit.environment,) = self.settings.environments
            audit.role, audit.configured = self.settings.fixed_role, True
            return self._open_airflow(person, audit.environment, audit.role, audit)
        if "rbac_role" not in request.parameters:
            audit.event = "portal"
            environment = self._read_environment(request, audit)
            return self._environments(person, request, audit, environment)
        environment, role = self._read_link(request, audit)
        access = self._effective_roles(person, [environment], audit).get(environment, {}).get(role)
        if access is None:
            raise RefusedError(NO_GRANT, "no grant")
        audit.because = access.reason
        if role not in HARMLESS_ROLES and not links.is_confirmed(request, environment, role):
            audit.event = "confirmation"
            return self._confirmation(person, request, environment, role)
        record = self.settings.environments[environment]
        # Once only: who comes back has passed the gate, or is refused there with the token.
        if record.gated and links.GATE not in request.parameters:
            audit.event = "redirect"
            url = links.gate_url(str(record.ui_host), environment, role)
            return responses.redirect(url, links.gate_cookies(request, environment, role))
        cookies = links.expired_gate_cookies(request, environment, role)
        return self._open_airflow(person, environment, role, audit, cookies)

    def _confirmation(
        self, person: Person, request: AlbRequest, environment: str, role: str
    ) -> Response:
        """Page that asks a granted person, who may have been led here by somebody else."""
        secret, cookies = _link_secret(request)
        html = pages.confirmation(person, environment, role, links.link(environment, role, secret))
        return responses.page(200, html, cookies=cookies)

    def _read_link(self, request: AlbRequest, audit: AuditRecord) -> tuple[str, str]:
        """Reads environment and role of a link; raises `RefusedError` for unknown names."""
        role = request.parameter("rbac_role")
        if role not in ROLES:
            raise RefusedError(INCOMPLETE_LINK, "unknown role")
        audit.role = role
        environment = self._read_environment(request, audit)
        audit.configured = True
        return environment, role

    def _read_environment(self, request: AlbRequest, audit: AuditRecord) -> str:
        """Reads the environment of a link; raises `RefusedError` for an unknown name."""
        environment = request.parameter("mwaa_env")
        audit.environment = environment if _ENVIRONMENT_NAME.fullmatch(environment) else None
        if environment not in self.settings.environments:
            raise RefusedError(NO_GRANT, "unknown environment")
        return environment

    def _effective_roles(
        self, person: Person, environments: Collection[str], audit: AuditRecord
    ) -> Answer:
        """Asks the decision, once a request; raises `RefusedError` before for a blocked person."""
        keys = [*block_keys(person), *grant_keys(person.principals)]
        items = list(look_up_items(self._aws, self.settings.grants_table, keys))
        refuse_blocked(items)
        grants = list(read_grants(items, time.time()))
        ignored = [
            f"{grant.principal}, {grant.source}, {grant.environment}: {grant.problem}"
            for grant in grants
            if grant.problem
        ]
        if person.ignored:
            ignored.append(person.ignored)
        if len(person.principals) > MAX_PRINCIPALS:
            ignored.append(f"all but {MAX_PRINCIPALS} of {len(person.principals)} principals")
        audit.ignored = ignored[:MAX_IGNORED] or None
        question = question_about(person, grants, environments)
        if not self._team_decision:
            return decide(question)
        self._aws.require_time("decision")
        return self._team_decision.decide(question)

    def _open_airflow(
        self,
        person: Person,
        environment: str,
        role: str,
        audit: AuditRecord,
        cookies: Sequence[str] = (),
    ) -> Response:
        """Creates the token of an authorized person, and redirects to the web server with it."""
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
        if self.settings.fixed_role:
            return responses.redirect(login.path(airflow_major))
        ui_host = self.settings.environments[environment].ui_host
        return responses.redirect(login.url(airflow_major, ui_host), cookies)

    def _airflow_major(self, environment: str) -> int:
        version = self.settings.environments[environment].airflow_version
        return int(version.split(".")[0]) if version else self._states.airflow_major(environment)

    def _sign_out(self, request: AlbRequest, audit: AuditRecord) -> Response:
        audit.event = "sign-out"
        request.require_navigation()
        settings = self.settings
        expired = logout.expired_cookies(
            settings.session_cookie_name,
            request.headers.get("cookie", []),
            airflow=settings.fixed_role is not None,
        )
        # With the port of the request: the settings do not contain one.
        url = logout.end_session_url(
            settings.end_session_endpoint, settings.client_id, request.host
        )
        return responses.redirect(url, expired)

    def _signed_out(self, _: AlbRequest, audit: AuditRecord) -> Response:
        html = pages.message(SIGNED_OUT, audit.reference, self.start_link)
        return responses.page(SIGNED_OUT.status, html)

    def _stylesheet(self, _: AlbRequest, __: AuditRecord) -> Response:
        return responses.stylesheet(pages.stylesheet())

    def _person(self, request: AlbRequest, audit: AuditRecord) -> Person:
        key = partial(public_key, self.settings.public_key_endpoint)
        claims = verify_sign_in_token(request, self.settings, key)
        audit.claimed, audit.subject = claimed_identity(claims)
        person = read_person(claims, self.settings.claim_rules)
        audit.who, audit.claimed = person.email, None
        return person


def _team_decision(settings: Settings) -> TeamDecision | None:
    """The decision of the team's module, whose process it starts."""
    if settings.team_decision is None:
        return None
    from authenticator.decision_process import DecisionProcess  # noqa: PLC0415 (only if used)

    process = DecisionProcess(settings.team_decision)
    process.start()
    return process


def _expiries(roles: Mapping[str, RoleAccess]) -> dict[str, float | None]:
    return {role: access.expires for role, access in roles.items()}


def _link_secret(request: AlbRequest) -> tuple[str, list[str]]:
    """Secret for the links of a page, and the cookie that the page sets for it."""
    if secret := links.read_secret(request):
        return secret, []
    secret = links.new_secret()
    return secret, [links.set_cookie(secret)]
