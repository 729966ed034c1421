"""Claims with unusual addresses and groups, as if a provider described somebody oddly.

The load balancer has signed the claims, as it signs whatever the provider sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.attacks.attack import AS_TEXT, MARK, REFUSED, Attack, Place
from tests.attacks.target import ADMIN, STRANGER, Response, Target

KIRK = "kirk.ross@example.com"
"""An address with the letters that case folding makes of the Kelvin sign and the long s."""

LOOK_ALIKES = (
    "adm\u0131n@example.com",  # dotless i
    "ADM\u0130N@example.com",  # dotted I
    "\uff41dmin@example.com",  # fullwidth
    "\u0430dmin@example.com",  # Cyrillic
    "admin@ex\u0430mple.com",  # Cyrillic, in the domain
    "admin@example\u3002com",  # another full stop
    "admin\uff20example.com",  # fullwidth at sign
    "admi\u0301n@example.com",  # combining
    "admin\u0307@example.com",
    "ad\u200bmin@example.com",  # no width
    "ad\u00admin@example.com",  # soft hyphen
    "\u202eadmin@example.com",  # right to left
    "\ufeffadmin@example.com",
    "admin@example.com\u0000",
    "admin@xn--exmple-4nf.com",  # IDN
    "admin@example\u2024com",
)
NOT_QUITE = (
    "admin+x@example.com",
    "a.dmin@example.com",
    "admin@example.com.",
    "admin@sub.example.com",
    "admin@example.com ",
    " admin@example.com",
    "admin@example.com\n",
    "admin@example.com\nviewer@example.com",
    "admin@example.com\x00.evil.example",
    "admin@example.com,stranger@example.com",
    "stranger@example.com,admin@example.com",
    '"admin"@example.com',
    "Admin <admin@example.com>",
    "mailto:admin@example.com",
    "admin%40example.com",
    "admin@example.com@evil.example",
    "evil@admin@example.com",
    "admin",
    "user:admin@example.com",
    "@example.com",
    "*",
    "%",
    "",
    f"{'a' * 60}admin@example.com",
    "admin@" + "example.com" * 30,
)
NO_TEXT: tuple[Any, ...] = (
    ["admin@example.com"],
    {"S": "admin@example.com"},
    None,
    True,
    0,
    [ADMIN],
)
OTHER_CLAIMS = (
    "preferred_username",
    "upn",
    "username",
    "sub",
    "name",
    "nickname",
    "emails",
    "Email",
    "email ",
    "cognito:username",
    "https://example.com/email",
)
GROUPS: tuple[Any, ...] = (
    ["user:admin@example.com"],
    ["admin@example.com"],
    ["group:data-engineers"],
    ["Data-Engineers"],
    ["DATA-ENGINEERS"],
    [" data-engineers"],
    ["data-engineers "],
    ["data-engineers\0"],
    ["data-engineers\u200b"],
    ["d\u0430ta-engineers"],  # Cyrillic
    ["x,data-engineers"],
    ["[data-engineers]"],
    ["/data-engineers"],
    ["//data-engineers"],
    ["/x/data-engineers"],
    ["data-engineers/"],
    ["data"],
    ["data-engineers2"],
    ["*"],
    ["%"],
    [["data-engineers"]],
    [{"name": "data-engineers"}],
    {"data-engineers": True},
    {"values": ["data-engineers"]},
    "data-engineers",
    "x,data-engineers",
    "[data-engineers]",
    '["data-engineers"]',
    "user:admin@example.com",
)
SUBJECTS: tuple[Any, ...] = (None, "", " 1", "1 ", "\u0661", 1, ["1"], {"S": "1"}, True, "1" * 256)


def _as_admin(*emails: Any) -> Callable[[Target], Iterator[Response]]:
    def run(target: Target) -> Iterator[Response]:
        for email in emails:
            yield target.open_as({**ADMIN, "email": email})

    return run


def _folding(target: Target) -> Iterator[Response]:
    with target.granted(f"user:{KIRK}", "*", "Admin"):
        assert target.open_as({**ADMIN, "email": KIRK.upper()}).status == 302
        for look_alike in ("\u212airk.ross@example.com", "kirk.ro\u017fs@example.com"):
            yield target.open_as({**ADMIN, "email": look_alike})


def _unverified(target: Target) -> Iterator[Response]:
    values: tuple[Any, ...] = (False, "false", "False", None, 0, "", [], {}, "no", 2, ["true"])
    for value in (*values, 1, "TRUE "):
        yield target.open_as({**ADMIN, "email_verified": value})
    yield target.open_as({name: value for name, value in ADMIN.items() if name != "email_verified"})


def _elsewhere(target: Target) -> Iterator[Response]:
    nobody = {"sub": "9", "email_verified": True}
    for name in OTHER_CLAIMS:
        yield target.open_as({**nobody, name: "admin@example.com"})
        yield target.open_as({**STRANGER, name: "admin@example.com"})


def _subjects(target: Target) -> Iterator[Response]:
    """Somebody without a usable subject, and somebody whose other claims name a granted one."""
    for subject in SUBJECTS:
        yield target.open_as({**ADMIN, "sub": subject})
    yield target.open_as({name: value for name, value in ADMIN.items() if name != "sub"})
    with target.granted("subject:00uAbC", "*", "Admin"):
        assert target.open_as({**STRANGER, "sub": "00uAbC"}).status == 302
        for claims in (
            {"sub": "00uabc"},
            {"sub": "subject:00uAbC"},
            {"groups": ["00uAbC", "subject:00uAbC"]},
            {"email": "00uAbC@example.com"},
            {"oid": "00uAbC"},
        ):
            yield target.open_as({**STRANGER, **claims})


def _group_names(target: Target) -> Iterator[Response]:
    for groups in GROUPS:
        for role in ("User", "Admin"):
            yield target.open_as({**STRANGER, "groups": groups}, "analytics", role)


def _other_group_claims(target: Target) -> Iterator[Response]:
    for name in ("group", "Groups", "roles", "cognito:groups", "groups ", "memberOf"):
        yield target.open_as({**STRANGER, name: ["data-engineers"]}, "analytics", "User")


def _blocked(target: Target) -> Iterator[Response]:
    """By every name of the person, spelt as the provider may, through grants of every kind."""
    odd: tuple[dict[str, Any], ...] = ({}, {"since": {"S": "?"}}, {"grants": {"M": {}}})
    for principal in ("user:admin@example.com", "subject:1"):
        for item in odd:
            with target.blocked(principal, item):
                yield target.open_as({**ADMIN, "email": "Admin@Example.com"})
                yield target.open_as({**ADMIN, "groups": ["data-engineers"]}, "analytics", "User")
                yield target.function(target.event("/", sign_in=target.token(ADMIN)))
    assert target.open_as(ADMIN).status == 302


def _claims_of_a_grant(target: Target) -> Iterator[Response]:
    for name in ("roles", "rbac_role", "role", "environments", "grants", "mwaa_env"):
        for value in ("Admin", ["Admin"], {"*": ["Admin"]}):
            yield target.open_as({**STRANGER, name: value})


def _markup(target: Target) -> Iterator[Response]:
    for attack in (
        f"<script>{MARK}()</script>",
        f'"><svg/onload={MARK}()>',
        f"'><img src=x onerror={MARK}()>",
        f"</p></main><h1>{MARK}</h1><script src=//evil.example></script>",
        f"javascript:{MARK}()//<script>",
        f"\u202e{MARK}<svg onload=x>",
    ):
        for claims in (
            {"name": attack},
            {"given_name": attack, "family_name": attack},
            {"email": f"{attack.replace(' ', '/').replace('@', '')[:60]}@example.com"},
            {"groups": [attack], "name": attack},
            {"sub": attack, "picture": attack},
        ):
            person: dict[str, Any] = {**STRANGER, **claims}
            if not f"{person['email']}{person['sub']}".isascii():
                continue
            answer = target.function(target.event("/", sign_in=target.token(person)))
            yield Response(answer.status, answer.headers, answer.body.replace("javascript:", ""))


def _row(
    name: str, does: str, run: Callable[[Target], Iterator[Response]], must: Any = REFUSED
) -> Attack:
    return Attack(f"person: {name}", does, Place.FUNCTION, must, run)


ATTACKS = (
    _row("unverified address", "has an admin's address that nobody has verified", _unverified),
    _row(
        "look-alikes",
        "has an address that looks like an admin's in Unicode: dotless i, fullwidth, Cyrillic, "
        "combining, invisible",
        _as_admin(*LOOK_ALIKES),
    ),
    _row(
        "case folding",
        "has an address that folding turns into an admin's: Kelvin sign, long s",
        _folding,
    ),
    _row(
        "nearly an address",
        "adds to an admin's address: a tag, dots, blanks, a second address, quotes, a domain",
        _as_admin(*NOT_QUITE),
    ),
    _row("address that is no text", "sends a list, an object or nothing", _as_admin(*NO_TEXT)),
    _row("address in another claim", "has an admin's address elsewhere", _elsewhere),
    _row(
        "group named like a person",
        "is in a group with a person's or another group's name in it, or nearly that of a granted "
        "group, such as one with a first slash, or in a text",
        _group_names,
    ),
    _row(
        "subject of another",
        "has no usable subject, or names a granted one in another claim or another case",
        _subjects,
    ),
    _row("groups in another claim", "has a granted group elsewhere", _other_group_claims),
    _row(
        "blocked",
        "is blocked, by the address or the subject, in an item of any form, and has grants",
        _blocked,
    ),
    _row("claimed grant", "claims roles and environments of their own", _claims_of_a_grant),
    _row("markup", "has HTML and script in every claim", _markup, AS_TEXT),
)
