"""Addresses of the platform: those that the file or a local run knows, and those that AWS knows.

In AWS the file has the hosts of the portal and of environments, so that AWS is asked for the names
of web servers alone, and for that of a load balancer whose host is in no key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from config.stack_names import Kind
from errors import Finding, PlatformError

AT_A_TIME = 8
HTTPS = 443
PORTAL = "portal"
SIGN_IN_PATH = "aws_mwaa/aws-console-sso"
"""Of the links that AWS's published sample has, without its role: the portal then offers those
that the person has."""
YOUR_HOST = "https://<your host>/"
"""In the place of a host that the file does not name."""


class What(StrEnum):
    """What an address leads to."""

    PORTAL = "portal"
    SIGN_OUT = "sign out"
    BALANCER = "load balancer, for your DNS record"
    SIGN_IN = "sign in"
    HOST = "Airflow, by the load balancer"
    WEB_SERVER = "Airflow's web server"
    LINEAGE = "lineage"


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where something is opened; `url` is None where it is not known, and `finding` says why.

    `of` is an environment, or what else of the platform the address belongs to.
    """

    of: str
    what: What
    url: str | None = None
    finding: Finding | None = None

    @property
    def port(self) -> int | None:
        """The port, also where it is HTTPS's own."""
        return (urlsplit(self.url).port or HTTPS) if self.url else None

    def as_json(self) -> Mapping[str, Any]:
        """The address for other programs."""
        return {
            "of": self.of,
            "what": self.what.name.lower().replace("_", "-"),
            "url": self.url,
            "host": urlsplit(self.url).hostname if self.url else None,
            "port": self.port,
            "finding": self.finding and self.finding.as_json(),
        }


Asked = tuple[Address, Callable[[], str] | None]
"""An address, and where AWS must be asked for its URL what does so."""


def addresses(platform: DeployedPlatform) -> Iterator[Address]:
    """Yields every address of the platform, of which AWS is asked for eight at a time."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        begun = [
            (known, ask and pool.submit(_answered, platform, known, ask))
            for known, ask in _all(platform)
        ]
        yield from (answer.result() if answer else known for known, answer in begun)


def portal_url(platform: DeployedPlatform) -> str:
    """The portal's URL. Raises PlatformError where there is none, or the file does not name it."""
    if not platform.configuration.has_portal:
        raise PlatformError(
            "There is no portal: QuickStart's environment is the only one.",
            place=platform.place,
            remedy=f"Open it: ./mwaa-platform open {_quick_start_name(platform)}",
        )
    if platform.run:
        return str(platform.run.portal)
    host = platform.configuration.alb.domain_name
    if host is None:
        raise _no_host_error(Kind.SSO)
    return f"https://{host}/"


def environment_url(platform: DeployedPlatform, name: str, role: str | None) -> str:
    """The URL that opens an environment: QuickStart's host, or a link of the portal's.

    Raises PlatformError where the file does not name the host.
    """
    if name != _quick_start_name(platform):
        return sign_in_link(portal_url(platform), name, role)
    if platform.run:
        return platform.run.ui_hosts[name]
    host = platform.configuration.alb.domain_name
    if host is None or platform.configuration.has_portal:
        raise _no_host_error(Kind.QUICK_START)
    return f"https://{host}/"


def sign_in_link(portal: str, environment: str, role: str | None = None) -> str:
    """The portal's link that opens an environment under a role, or offers the person's own."""
    chosen = {"rbac_role": role} if role else {}
    return f"{portal}{SIGN_IN_PATH}?{urlencode({'mwaa_env': environment, **chosen})}"


def environment_names(platform: DeployedPlatform) -> Sequence[str]:
    """The names of the environments in the portal, and of QuickStart's."""
    quick_start = _quick_start_name(platform)
    return [*platform.environments, *([quick_start] if quick_start else [])]


def _all(platform: DeployedPlatform) -> Iterator[Asked]:
    if platform.configuration.has_portal:
        yield from _of_portal(platform)
    for environment in platform.configuration.environments:
        yield from _of_environment(platform, environment.name, environment.ui_host)
    if name := _quick_start_name(platform):
        yield from _of_quick_start(platform, name)
    if platform.run:
        yield Address(of="lineage", what=What.LINEAGE, url=platform.run.lineage), None


def _of_portal(platform: DeployedPlatform) -> Iterator[Asked]:
    url = _portal_or_placeholder(platform)
    yield Address(of=PORTAL, what=What.PORTAL, url=url), None
    yield Address(of=PORTAL, what=What.SIGN_OUT, url=f"{url}logout"), None
    if url == YOUR_HOST:
        yield _balancer(platform, PORTAL, Kind.SSO)


def _of_environment(platform: DeployedPlatform, name: str, ui_host: str | None) -> Iterator[Asked]:
    link = sign_in_link(_portal_or_placeholder(platform), name)
    yield Address(of=name, what=What.SIGN_IN, url=link), None
    if ui_host:
        url = platform.run.ui_hosts[name] if platform.run else f"https://{ui_host}/"
        yield Address(of=name, what=What.HOST, url=url), None
    yield _web_server(platform, name)


def _of_quick_start(platform: DeployedPlatform, name: str) -> Iterator[Asked]:
    try:
        url = environment_url(platform, name, role=None)
    except PlatformError:
        yield Address(of=name, what=What.HOST, url=YOUR_HOST), None
        yield _balancer(platform, name, Kind.QUICK_START)
    else:
        yield Address(of=name, what=What.HOST, url=url), None
    yield _web_server(platform, name)


def _web_server(platform: DeployedPlatform, name: str) -> Asked:
    address = Address(of=name, what=What.WEB_SERVER)
    if platform.run:
        return replace(address, url=platform.run.environments[name]), None
    return address, partial(_web_server_url, platform, name)


def _web_server_url(platform: DeployedPlatform, name: str) -> str:
    found = platform.session.client("mwaa").get_environment(Name=name)["Environment"]
    host = found.get("WebserverUrl")
    if not host:
        raise PlatformError(
            f"{name} has no web server yet: it is in the state {found.get('Status')}.",
            place=platform.place,
            remedy="Ask again when it is made (./mwaa-platform status).",
        )
    return f"https://{host}/"


def _balancer(platform: DeployedPlatform, of: str, stack: Kind) -> Asked:
    address = Address(of=of, what=What.BALANCER)
    return address, lambda: f"https://{platform.output(stack, 'LoadBalancerDnsName')}/"


def _answered(platform: DeployedPlatform, address: Address, ask: Callable[[], str]) -> Address:
    try:
        with aws_errors_translated(platform.place):
            return replace(address, url=ask())
    except PlatformError as error:
        subject = f"{address.of}, {address.what}"
        return replace(address, finding=Finding.from_error(subject, error))


def _portal_or_placeholder(platform: DeployedPlatform) -> str:
    try:
        return portal_url(platform)
    except PlatformError:
        return YOUR_HOST


def _quick_start_name(platform: DeployedPlatform) -> str | None:
    settings = platform.configuration.quick_start
    return settings.mwaa_environment_name if settings else None


def _no_host_error(stack: Kind) -> PlatformError:
    return PlatformError(
        "The file does not name the host that people open.",
        place="Alb.DomainName in the configuration"
        if stack is Kind.SSO
        else "QuickStart in the configuration, whose host is in no key beside a portal's",
        remedy="Open the name that your DNS record gives the load balancer; ./mwaa-platform urls "
        "shows the load balancer's own.",
    )
