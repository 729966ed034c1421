"""Locks: equal to what the generator writes, complete, and without a word on where it took them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from errors import PlatformError
from locks import (
    APPLICATION,
    CONSTRAINTS,
    DEVELOPMENT,
    LOCKS,
    ROOT,
    Lock,
    changes,
    constraints,
    direct_requirements,
    unlocked,
    write_lock,
)


def name(lock: Lock) -> str:
    return lock.file.relative_to(ROOT).as_posix()


def pins(path: Path) -> set[str]:
    return {line.removesuffix(" \\") for line in path.read_text().splitlines() if "==" in line}


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_lock_is_what_the_generator_writes(lock: Lock, tmp_path: Path) -> None:
    """Needs the package index. The versions that are locked already are kept where they can be."""
    written = tmp_path / "lock"
    shutil.copy(lock.file, written)
    write_lock(lock, written)
    assert written.read_text() == lock.file.read_text()


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_each_package_has_a_hash_and_none_has_an_address(lock: Lock) -> None:
    text = lock.file.read_text()
    assert pins(lock.file)
    for package in re.split(r"\n(?=\S)", text)[1:]:
        assert re.fullmatch(r"\S+==[^\\]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n?", package)
    assert "://" not in text


def test_pip_takes_the_versions_of_the_lock() -> None:
    assert CONSTRAINTS.read_text() == constraints(DEVELOPMENT.file)
    assert pins(APPLICATION.file) < pins(CONSTRAINTS)
    assert {"-c constraints.txt", "-e ."} <= {*APPLICATION.sources[0].read_text().splitlines()}


def test_what_cannot_be_locked_is_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locks.ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["none"]\n')
    source = tmp_path / "requirements.txt"
    source.write_text("# What there is.\nabsent @ file:///nowhere/absent.whl\n-e .\n")
    lock = Lock(sources=(source,))
    assert direct_requirements(lock) == ["absent @ file:///nowhere/absent.whl"]
    with pytest.raises(PlatformError, match=r"requirements.txt could not be locked") as caught:
        write_lock(lock, tmp_path / "lock")
    assert "absent" in caught.value.remedy


def test_a_line_that_the_lock_does_not_have_is_found(tmp_path: Path) -> None:
    source = tmp_path / "requirements.txt"
    lock = Lock(sources=(source,))
    lock.file.write_text("some-thing==2.0 \\\n    --hash=sha256:0\nother==1 ; os == 'x' \\\n")
    source.write_text("# Packages.\nSome_Thing[extra]==2.0  # why\nother==1; os == 'x'\n")
    assert unlocked(lock) == []
    source.write_text("some.thing==2.1\nother>=1\nother==1\n-e .\n")
    assert unlocked(lock) == ["some.thing==2.1", "other>=1"]


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_no_line_of_ours_is_unlocked(lock: Lock) -> None:
    assert unlocked(lock) == []


def test_it_says_what_changed() -> None:
    before = "# Made.\none==1 \\\n    --hash=sha256:0\ntwo==1 \\\n    --hash=sha256:0\n"
    assert changes("a.lock", before, before) == "a.lock: nothing changed"
    assert (
        changes("a.lock", before, before.replace("two==1", "two==2")) == "a.lock: +two==2 -two==1"
    )
    written_anew = changes("a.lock", before, before.replace("sha256:0", "sha256:1"))
    assert written_anew == "a.lock: the same packages, rewritten"
