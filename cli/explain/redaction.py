"""Removal of what may be a secret from texts of other systems.

A reason of CloudFormation repeats what a service said, and that may repeat what it was given. Too
much is taken out rather than too little; names, ARNs and logical ids stay.
"""

from __future__ import annotations

import re
from itertools import pairwise

REMOVED = "<removed>"

_NAMES = (
    r"pass(?:word|wd|phrase)?|secret|token|api[-_ ]?key|access[-_ ]?key|credentials?|authorization"
)
_STATES = (
    "already|an?|being|denied|expired|in|invalid|malformed|marked|missing|no|not|of|required|"
    "scheduled|the|too|used"
)
"""What a sentence says of a secret, which is no value of it."""

_WHOLE = (
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.S
    ),
    # JSON Web Tokens, and AWS's ids of access keys.
    re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)*"),
    re.compile(r"\bA(?:KIA|SIA|IDA|ROA)[A-Z0-9]{12,}\b"),
)
_AFTER = (
    re.compile(r"(?i)(\bbearer\s+|\bbasic\s+)[\w.~+/=-]{8,}"),
    # user:password@ of an address, or a token in the place of both.
    re.compile(r"(\w://[^\s:/@]*:)[^\s/@]+(?=@)"),
    re.compile(r"(\w://)[^\s:/@]+(?=@)"),
    # Options of a command line.
    re.compile(rf"(?i)((?<![\w-])--(?:[\w-]*-)?(?:{_NAMES})\s+[\"']?)[^\s\"']+"),
    # Not an action of Secrets Manager, such as secretsmanager:GetSecretValue.
    re.compile(
        rf"(?i)(\b(?!secretsmanager:)[\w.-]*(?:{_NAMES})[\w.-]*[\"']?\s*(?:=|:(?![:/]))\s*[\"']?)"
        r"[^\s\"',;)}\]]+"
    ),
    re.compile(rf"(?i)(\b\w*(?:{_NAMES})\w*\s+is\s+[\"']?)(?!(?:{_STATES})\b)[^\s\"',;)}}\]]+"),
    re.compile(rf"(?i)(\b\w*(?:{_NAMES})\w*\s+[\"'])[^\"'\s]+(?=[\"'])"),
)
_WORD = re.compile(r"[A-Za-z0-9+/=_]{20,}")
_ARN = re.compile(r"(\barn:aws[\w-]*:[^\s\"',;)}\]]+)")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]*[A-Za-z][0-9A-Fa-f]{8}")
LEAST_CHANGES = 8
"""Changes between kinds of letters from which a word is no name but chance."""


def redacted(text: str) -> str:
    """The text without what may be a secret."""
    for pattern in _WHOLE:
        text = pattern.sub(REMOVED, text)
    parts = _ARN.split(text)  # ARNs at the odd places
    return "".join(part if place % 2 else _outside_arns(part) for place, part in enumerate(parts))


def _outside_arns(text: str) -> str:
    for pattern in _AFTER:
        text = pattern.sub(rf"\g<1>{REMOVED}", text)
    return _WORD.sub(lambda word: REMOVED if _is_by_chance(word[0]) else word[0], text)


def _is_by_chance(word: str) -> bool:
    """Whether a word looks made by chance: capitals, small letters and digits in no order."""
    if _LOGICAL_ID.fullmatch(word):
        return False
    kinds = [_kind(each) for each in word]
    changes = sum(one != other for one, other in pairwise(kinds))
    return {"capital", "small", "digit"} <= set(kinds) and changes >= LEAST_CHANGES


def _kind(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    return "capital" if letter.isupper() else "small" if letter.islower() else "sign"
