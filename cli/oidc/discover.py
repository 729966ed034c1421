"""`oidc discover`: writes an issuer's endpoints into the configuration's file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import console
from cli.oidc.commands import Discover
from cli.oidc.discovery import fetch_document, settings_from
from config.document import read_document
from config.editor import with_values
from config.loader import repeated_keys
from config.oidc import Oidc
from config.section import is_placeholder
from errors import Finding, InputError, PlatformError
from local.atomic_write import write_atomically

SECTION = "Oidc"
VERIFIED_EMAIL = "RequireVerifiedEmail"
BYTE_ORDER_MARK = "\ufeff"
COLORS = {"+": "green", "-": "red"}


def discover(options: Discover) -> None:
    """Writes the issuer's endpoints into the file, or shows what would be written.

    The file's own `RequireVerifiedEmail` is kept: it is somebody's decision.
    Raises PlatformError or InputError; then the file is unchanged.
    """
    configuration = options.configuration
    raw = _content(configuration)
    section = raw.get(SECTION, {})
    fields = Oidc.model_fields
    issuer, document = fetch_document(options.issuer, ca=options.ca)
    found = settings_from(
        issuer,
        document,
        scope=section.get("Scope", fields["scope"].default),
        groups_claim=section.get("GroupsClaim", fields["groups_claim"].default),
        host=raw.get("Alb", {}).get("DomainName"),
    )
    written: dict[str, str | bool] = {**found.settings}
    if VERIFIED_EMAIL not in section:
        written[VERIFIED_EMAIL] = found.verified_email
    before = configuration.read_bytes().decode()
    mark = BYTE_ORDER_MARK if before.startswith(BYTE_ORDER_MARK) else ""
    after = mark + with_values(before.removeprefix(mark), SECTION, written)
    for warning in found.warnings:
        console.warn(warning)
    if "EndSessionEndpoint" in section and "EndSessionEndpoint" not in found.settings:
        console.warn("The file's own EndSessionEndpoint is left as it is.")
    if section.get(VERIFIED_EMAIL, found.verified_email) != found.verified_email:
        console.warn(
            f"The file's own {VERIFIED_EMAIL} is left as it is; for this provider this command "
            f"would write {str(found.verified_email).lower()}."
        )
    if after == before:
        console.say(f"Nothing to change: {configuration.name} says so already.")
        return
    _show_difference(before, after, configuration.name)
    if VERIFIED_EMAIL in written:
        console.say(f"{VERIFIED_EMAIL}: {found.reason}")
    if options.dry_run:
        console.say("Nothing was written: this was a dry run.")
        return
    _write(configuration, after)
    console.say(f"{configuration} is written.", mark="✓", style="bold green")
    for hint in found.hints:
        console.say(hint, indent=2)
    _show_next_steps(section)


def _content(configuration: Path) -> dict[str, Any]:
    """Returns the file's object; raises InputError where it or a section is none."""
    document = read_document(configuration)
    raw = document.content
    wrong = [
        Finding(place=(name,), message="This must be an object { … }.")
        for name in (SECTION, "Alb")
        if not isinstance(raw.get(name, {}), dict)
    ]
    if repeated := [*repeated_keys(document), *wrong]:
        raise InputError(configuration, repeated)
    return raw


def _show_difference(before: str, after: str, name: str) -> None:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), name, name, lineterm="", n=1
    )
    for line in list(lines)[2:]:
        console.line(console.printable(line), style=COLORS.get(line[0], "dim"))


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise PlatformError(
            f"The file cannot be written: {error.strerror}.",
            place=str(path.resolve()),
            remedy="It is as it was. Check its folder's permissions and the disk.",
        ) from None


def _show_next_steps(section: Mapping[str, Any]) -> None:
    unfilled = [
        key for key in ("ClientId", "ClientSecretArn") if is_placeholder(section.get(key, "..."))
    ]
    if unfilled:
        console.say(f"Fill in {' and '.join(unfilled)} as well.", indent=2)
    console.say(
        "Register at the provider: redirect URI https://<host>/oauth2/idpresponse for each host "
        "that people open, post-logout URI https://<host>/signed-out.",
        indent=2,
    )
