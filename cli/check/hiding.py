"""What may be a secret in texts that a report shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cli.check.bounds import shortened

HIDDEN, LONGEST = "***", 200
WORDS = r"SECRET|TOKEN|PASSW|PASSPHRASE|PWD|KEY|CREDENTIAL|AUTH|PRIVATE|SIGNATURE|COOKIE|SESSION"
SECRET_NAME = re.compile(rf"{WORDS}|AIRFLOW_CONN_|SQL_ALCHEMY_CONN|DSN", re.IGNORECASE)
UNMISTAKABLE = (
    re.compile(r"(?<=://)[^/\s@:]{0,200}:[^/\s@]{1,500}(?=@)"),  # a user's password in an address
    re.compile(r"(?<=\bBearer )\s*[\w.~+/=-]{16,}", re.IGNORECASE),
    re.compile(r"\beyJ[\w-]{8,2000}\.[\w-]{8,}(\.[\w-]*)?"),  # a JSON Web Token
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"),
)
ASSIGNED = re.compile(
    r"""(?:password|secret|token|api_?key)["']?\s{0,9}[=:]\s{0,9}["']?(?!None\b)[^\s"']{8,}""",
    re.IGNORECASE,
)
LIKELY = re.compile(
    # KeyError and the like are followed by what is wrong.
    rf"""(\b(?!\w{{0,80}}(?-i:Error|Exception|Warning):)\w{{0,40}}(?:{WORDS})\w{{0,40}}["']?\s{{0,9}}[=:]\s{{0,9}})["']?[^\s,;"']+""",
    re.IGNORECASE,
)
MOST_LOOKED_AT = 1 << 14
SHORTEST = 4
"""Shorter values, such as 1 and yes, are parts of other words."""


def shown_value(name: str, value: str) -> str:
    """The value of a variable, hidden where its name looks like that of a secret."""
    if SECRET_NAME.search(name):
        return HIDDEN
    shown = without_secrets(value)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, and without what looks like one."""
    for secret in sorted(filter(_is_long, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern in UNMISTAKABLE:
        text = pattern.sub(HIDDEN, text)
    return LIKELY.sub(rf"\1{HIDDEN}", text)


def shown_words(text: str, variables: Mapping[str, str]) -> str:
    """What a program says, as a report shows it: not all, and without secrets."""
    return shortened(without_secrets(text[:MOST_LOOKED_AT], secrets_of(variables)))


def prints_secrets(text: str, secrets: Iterable[str]) -> bool:
    """Whether one of these secrets is in the text, or what can hardly be anything else."""
    is_known = any(secret in text for secret in filter(_is_long, secrets))
    return is_known or any(pattern.search(text) for pattern in (*UNMISTAKABLE, ASSIGNED))


def secrets_of(variables: Mapping[str, str]) -> frozenset[str]:
    """The values of those variables whose names look like that of a secret."""
    return frozenset(value for name, value in variables.items() if SECRET_NAME.search(name))


def _is_long(secret: str) -> bool:
    return len(secret) >= SHORTEST
