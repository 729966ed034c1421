"""`urls` and `open`: where everything is, and one of it in the browser."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence

import typer

import console
from authenticator.settings import ROLES
from cli.addresses.addresses import (
    PORTAL,
    Address,
    What,
    addresses,
    environment_names,
    environment_url,
    portal_url,
)
from cli.addresses.options import Open, Urls
from cli.deployed import DeployedPlatform, deployed_platform
from cli.lookup import COMMAND_LINE, option_error, unknown_environment
from errors import InputError

HEADERS = ("", "what", "address", "port")
ROLES_OF_LINKS = "A link that opens one role ends in &rbac_role= and {roles}."


def urls(options: Urls) -> None:
    """Shows every address; ends with 1 where one could not be read."""
    with deployed_platform(options) as platform:
        with console.waiting("Asking AWS"):
            found = list(addresses(platform))
        if options.as_json:
            console.data([each.as_json() for each in found])
        else:
            _show(platform, found)
    if any(each.finding for each in found):
        raise typer.Exit(1)


def _show(platform: DeployedPlatform, found: Sequence[Address]) -> None:
    console.say(f"{platform.configuration.app_name} {platform.place}")
    console.gap()
    console.table(HEADERS, [_cells(each) for each in found])
    if any(each.what is What.SIGN_IN for each in found):
        console.gap()
        *others, last = ROLES
        console.say(ROLES_OF_LINKS.format(roles=f"{', '.join(others)} or {last}"))
    findings = [each.finding for each in found if each.finding]
    for text in dict.fromkeys(f"{each.message} {each.remedy}" for each in findings):
        console.warn(text)


def _cells(address: Address) -> Sequence[str]:
    unknown = f"? {address.finding.message}" if address.finding else "-"
    return (
        address.of,
        address.what,
        address.url or unknown,
        str(address.port) if address.port and address.what is What.WEB_SERVER else "",
    )


def open_one(options: Open) -> None:
    """Shows the address of the portal or an environment, and opens it in the browser.

    Raises InputError for an unknown environment or a role that cannot be chosen there,
    PlatformError where the file does not name the host.
    """
    with deployed_platform(options) as platform:
        url = _url(platform, options)
    console.line(url)
    if not options.no_browser and not webbrowser.open(url):
        console.remark("No browser was found here.")


def _url(platform: DeployedPlatform, options: Open) -> str:
    names = environment_names(platform)
    if options.role and options.role not in ROLES:
        raise option_error("--role", "There is no such role.", f"It is one of {', '.join(ROLES)}.")
    if options.name == PORTAL:
        if options.role:
            raise option_error("--role", "A role is of an environment.", "Name the environment.")
        return portal_url(platform)
    if options.name not in names:
        others = [PORTAL] if platform.configuration.has_portal else []
        finding = unknown_environment(options.name, "NAME", names, others=others)
        raise InputError(COMMAND_LINE, [finding])
    if options.role and options.name not in platform.environments:
        raise option_error(
            "--role", "QuickStart opens its environment under one role.", "Leave --role out."
        )
    return environment_url(platform, options.name, options.role)
