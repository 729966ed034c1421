"""What may be a secret in texts that a report shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

HIDDEN = "***"
WORDS = r"SECRET|TOKEN|PASSW|PASSPHRASE|PWD\b|KEY|CREDENTIAL|AUTH|PRIVATE|SIGNATURE|COOKIE|SESSION"
SECRET_NAME = re.compile(rf"{WORDS}|AIRFLOW_CONN_|SQL_ALCHEMY_CONN|_DSN\b", re.IGNORECASE)
IN_TEXT = (
    # A user and a password in an address.
    (re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*(?=@)"), HIDDEN),
    (re.compile(r"\b(?:Bearer|Basic)\s+[^\s'\",;]+", re.IGNORECASE), HIDDEN),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?"), HIDDEN),  # a JSON Web Token
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), HIDDEN),
    (
        re.compile(rf"""(\w*(?:{WORDS})\w*["']?\s*[=:]\s*)["']?[^\s,;"']+""", re.IGNORECASE),
        r"\1***",
    ),
)
SHORTEST = 4
"""Shorter values, such as 1 and yes, are parts of other words."""


def shown_value(name: str, value: str) -> str:
    """The value of a variable, hidden where its name looks like that of a secret."""
    return HIDDEN if SECRET_NAME.search(name) else without_secrets(value)


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, and without what looks like one."""
    for secret in sorted(
        {each for each in secrets if len(each) >= SHORTEST}, key=len, reverse=True
    ):
        text = text.replace(secret, HIDDEN)
    for pattern, instead in IN_TEXT:
        text = pattern.sub(instead, text)
    return text


def secrets_of(variables: Mapping[str, str]) -> frozenset[str]:
    """The values of those variables whose names look like that of a secret."""
    return frozenset(value for name, value in variables.items() if SECRET_NAME.search(name))
