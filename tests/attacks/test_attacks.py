"""Every attack of the table, then a search for secrets in all that the platform has written."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from authenticator import links
from tests.attacks.attack import MARK, SHORT, Attack, check
from tests.attacks.conftest import Results
from tests.attacks.links import ADMINISTRATOR, FETCH
from tests.attacks.table import ATTACKS, COMMAND, DOCUMENT, row
from tests.attacks.target import (
    ADMIN,
    LINK_SECRET,
    PORTAL_COOKIE,
    SIGN_IN,
    STRANGER,
    Target,
)
from tests.attacks.ui_hosts import PORTAL, UI, quick_start, served

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("attacks")]

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_the_right_way_is_open(target: Target) -> None:
    """Each attack is one step from here: were this refused as well, it would show nothing."""
    assert target.open_as(ADMIN, "analytics", "Admin").status == 302
    cookie = ("Cookie", f"{target.cookie(ADMINISTRATOR)}; {PORTAL_COOKIE}")
    link = links.link("analytics", "Admin", LINK_SECRET)
    assert "login=true#" in target.get(link, *FETCH, cookie).location
    signed_in = target.token(ADMIN)
    to_its_host = served(target)(target.link("reporting", sign_in=signed_in, host=PORTAL))
    assert to_its_host.location.startswith(f"https://{UI}{SIGN_IN}?login=true#")
    fixed = quick_start(target)(target.event(sign_in=target.token(STRANGER)))
    assert fixed.location.startswith(f"{SIGN_IN}?login=true#")
    assert target.get("/", *FETCH, as_=ADMINISTRATOR).status == 200


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(attack: Attack, target: Target, results: Results, writes: bool) -> None:
    answers = list(attack.run(target))
    found = [check(target, attack, answer) for answer in answers]
    assert found, "the attack has done nothing"
    results[attack.name] = found
    if not writes:
        assert row(attack, found) in DOCUMENT.read_text().splitlines(), f"run {COMMAND}"


def test_only_key_ids_reached_the_key_endpoint(target: Target) -> None:
    assert target.asked_for_keys
    assert not [path for path in target.asked_for_keys if not re.fullmatch(f"/keys/{UUID}", path)]


def test_nothing_secret_was_written_anywhere(target: Target) -> None:
    """Canaries: every token, cookie and secret of this run, in logs, templates and assets."""
    secrets = {secret for secret in target.secrets if len(secret) > SHORT}
    stored = target.platform.state / "secrets"
    secrets |= {path.read_text().strip() for path in stored.iterdir()}
    assert len(secrets) > 20
    texts = [*_written(target), *target.log]
    assert any('"who": "admin@example.com"' in text for text in texts)
    for text in texts:
        assert not [secret for secret in secrets if secret in text]


def test_the_functions_log_repeats_only_who_signed_in(target: Target) -> None:
    """That is the provider's word, of verified people; nothing else is a visitor's own text."""
    for text in target.log:
        for line in map(json.loads, text.splitlines()):
            for name in ("who", "subject"):
                line.pop(name, None)
            assert MARK not in json.dumps(line).lower()


def test_the_table_lists_every_attack_in_order(writes: bool) -> None:
    if not writes:
        lines = DOCUMENT.read_text().splitlines()
        names = [line.split(" | ")[0].removeprefix("| ") for line in lines if line[:2] == "| "][1:]
        assert names == [attack.name for attack in ATTACKS]


def _written(target: Target) -> Iterator[str]:
    folders = [target.platform.state / name for name in ("logs", "cdk", "airflow")]
    for folder in folders:
        for path in _files(folder):
            with suppress(FileNotFoundError):  # Airflow has removed it meanwhile
                if path.suffix in {".log", ".json", ".cfg", ".yaml", ".py", ".txt"}:
                    yield _text(path)
                elif zipfile.is_zipfile(path):
                    yield from _zipped(path)


def _files(folder: Path) -> Iterator[Path]:
    """All below it; `rglob` fails at a folder that is removed while it looks."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _zipped(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(".so"):
                yield archive.read(name).decode("utf-8", "replace")


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace")
