"""The host's cache of tokens, shared by real processes and attacked by others."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.loopback import serving
from tests.unit.airflow_files.lineage.servers import SecretsManager
from tests.waits import DEADLINE_SECONDS

CANARY = "canary-41b9c0de"
PLANTED = "canary-planted-by-another"

Run = Callable[..., subprocess.CompletedProcess[str]]

FOLDER = f"mwaa-platform-{os.geteuid()}"

# Each line of a program's output is the token that one of its processes got, or why it got none.
PROGRAM = """
import logging, os, sys, tempfile, threading, time
logging.basicConfig(stream=sys.stderr)
import mwaa_platform_secret
from mwaa_platform_token import token

for name in ("CONNECT", "READ", "ATTEMPT", "PATIENCE"):  # for a busy machine
    setattr(mwaa_platform_secret, f"{name}_SECONDS", 30)

def say():
    try:
        text = token("atlan")
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
    os.write(1, f"{text}\\n".encode())

def fork(work):
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    return child

def wait(*children):
    for child in children:
        os.waitpid(child, 0)
"""


@pytest.fixture
def secrets() -> Iterator[SecretsManager]:
    with serving(SecretsManager(CANARY)) as server:
        yield server


@pytest.fixture
def line(secrets: SecretsManager) -> Iterator[socket.socket]:
    """A program's standard input on which Secrets Manager says that it was asked; it answers when
    the program says something. It ends with the test, and with it who still listens."""
    here, there = socket.socketpair()

    def wait_for_program() -> None:
        here.sendall(b".")
        here.recv(1)

    secrets.before_answer = wait_for_program
    with here, there:
        yield there
        here.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def run(secrets: SecretsManager, tmp_path: Path) -> Run:
    """Run a program whose temporary folder is this test's; it says a token unless told else.

    It ends when all of its processes have that keep its output.
    """

    def run(
        program: str = "say()", *, line: socket.socket | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-c", PROGRAM + program],
            env={
                "PYTHONPATH": str(ROOT / "airflow_files" / "lineage"),
                "TMPDIR": str(tmp_path),
                **secrets.environment,
                **environment,
            },
            stdin=line.fileno() if line else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
        assert result.returncode == 0, result.stderr
        return result

    return run


def said(result: subprocess.CompletedProcess[str]) -> list[str]:
    return result.stdout.splitlines()


def cached(folder: Path) -> Path:
    """The file with the answer."""
    (file,) = (each for each in (folder / FOLDER).iterdir() if not each.suffix)
    return file


def cached_lock(folder: Path) -> Path:
    """The file that is locked by who reads."""
    (file,) = (folder / FOLDER).glob("*.lock")
    return file


# Processes.


def test_many_processes_at_once_ask_secrets_manager_once(run: Run, secrets: SecretsManager) -> None:
    secrets.before_answer = partial(time.sleep, 0.3)
    result = run("wait(*[fork(lambda: fork(say) and say()) for _ in range(40)])")
    assert said(result) == [CANARY] * 80
    assert len(secrets.reads) == 1
    assert said(run()) == [CANARY]
    assert len(secrets.reads) == 1


def test_many_processes_at_once_ask_a_secrets_manager_that_is_down_once(
    run: Run, secrets: SecretsManager
) -> None:
    secrets.down = True
    result = run("wait(*[fork(say) for _ in range(20)])")
    assert len(said(result)) == 20
    assert all(line.startswith("TokenUnavailableError") for line in said(result))
    assert len(secrets.reads) == 1


def test_children_forked_while_another_thread_reads_get_what_it_reads(
    run: Run, secrets: SecretsManager, line: socket.socket
) -> None:
    result = run(
        """
thread = threading.Thread(target=say)
thread.start()
os.read(0, 1)
children = [fork(say) for _ in range(10)]
os.write(0, b".")
wait(*children)
thread.join()
""",
        line=line,
    )
    assert said(result) == [CANARY] * 11
    assert len(secrets.reads) == 1


def test_a_reader_killed_midway_leaves_no_lock_in_the_children_that_it_forked(
    run: Run, secrets: SecretsManager, line: socket.socket
) -> None:
    run(
        """
def reader():
    threading.Thread(target=say).start()
    os.read(0, 1)
    fork(lambda: os.read(0, 1))
    os.kill(os.getpid(), 9)
# Not waited for by this program's own end: its output is nobody's.
wait(fork(lambda: (os.dup2(os.open(os.devnull, os.O_WRONLY), 1), os.dup2(1, 2), reader())))
""",
        line=line,
    )
    secrets.before_answer = lambda: None
    started = time.monotonic()
    assert said(run("mwaa_platform_secret.PATIENCE_SECONDS = 120; say()")) == [CANARY]
    assert time.monotonic() - started < 100


def test_a_reader_that_stands_still_holds_nobody_back_for_long(
    run: Run, secrets: SecretsManager, tmp_path: Path
) -> None:
    run()
    old = json.loads(cached(tmp_path).read_bytes())
    brief = "mwaa_platform_secret.PATIENCE_SECONDS = 0.2; say()"
    with (cached(tmp_path).with_suffix(".lock")).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert said(run(brief)) == [CANARY], "an answer that is not due needs no lock"
        cached(tmp_path).write_text(json.dumps({**old, "tried_at": [0, 0]}))
        stale = run(brief)
        assert said(stale) == [CANARY]
        assert "another process is reading it" in stale.stderr
        cached(tmp_path).write_text(json.dumps({**old, "tried_at": [0, 0], "read_at": [0, 0]}))
        (refusal,) = said(run(brief))
        assert "another process is reading it" in refusal
    assert len(secrets.reads) == 1


def test_waiting_for_another_and_reading_take_no_longer_together_than_either_may(
    run: Run, secrets: SecretsManager, tmp_path: Path
) -> None:
    """The other is killed late, and then Secrets Manager does not answer."""
    run()
    cached(tmp_path).unlink()
    late = "PATIENCE_SECONDS = 8; start = time.monotonic(); say(); print(time.monotonic() - start)"
    with cached_lock(tmp_path).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        release = threading.Timer(6, fcntl.flock, (lock, fcntl.LOCK_UN))
        secrets.before_answer = partial(time.sleep, 60)
        release.start()
        refusal, seconds = said(run(f"mwaa_platform_secret.{late}"))
        release.join()
    assert refusal.startswith("TokenUnavailableError")
    assert float(seconds) < 20
    secrets.before_answer = lambda: None
    assert said(run()) == [CANARY], "a failure for want of time counts for nobody else"


def test_credentials_that_change_leave_no_file_behind_for_long(
    run: Run, secrets: SecretsManager, tmp_path: Path
) -> None:
    for key in ("first", "second"):
        assert said(run(AWS_ACCESS_KEY_ID=key)) == [CANARY]
    left = {*(tmp_path / FOLDER).iterdir()}
    assert len(left) == 4
    for each in left:
        os.utime(each, (time.time() - 3700,) * 2)
    assert said(run()) == [CANARY]
    assert len({*(tmp_path / FOLDER).iterdir()}) == 2
    assert not left & {*(tmp_path / FOLDER).iterdir()}
    assert len(secrets.reads) == 3


# What stands in the folder.


def test_cache_is_this_users_alone_whatever_the_umask(run: Run, tmp_path: Path) -> None:
    run("os.umask(0); say()")
    folder = tmp_path / FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}


def planted() -> bytes:
    """An answer that would be believed, were it in the right place."""
    now = [time.monotonic(), time.time()]
    answer = {"value": PLANTED, "read_at": now, "tried_at": now, "problem": None}
    return json.dumps(answer).encode()


def linked_folder(folder: Path) -> None:
    (folder / FOLDER).rename(folder / "elsewhere")
    cached_in = next(each for each in (folder / "elsewhere").iterdir() if not each.suffix)
    cached_in.write_bytes(planted())
    (folder / FOLDER).symlink_to("elsewhere")


def open_folder(folder: Path) -> None:
    cached(folder).write_bytes(planted())
    (folder / FOLDER).chmod(0o777)


def readable_folder(folder: Path) -> None:
    cached(folder).write_bytes(planted())
    (folder / FOLDER).chmod(0o750)


def file_in_place_of_folder(folder: Path) -> None:
    shutil.rmtree(folder / FOLDER)
    (folder / FOLDER).touch()


def linked_file(folder: Path) -> None:
    (folder / "planted").write_bytes(planted())
    (folder / "planted").chmod(0o600)
    file = cached(folder)
    file.unlink()
    file.symlink_to(folder / "planted")


def readable_file(folder: Path) -> None:
    cached(folder).write_bytes(planted())
    cached(folder).chmod(0o644)


def pipe_in_place_of_file(folder: Path) -> None:
    file = cached(folder)
    file.unlink()
    os.mkfifo(file, 0o600)


def folder_in_place_of_file(folder: Path) -> None:
    file = cached(folder)
    file.unlink()
    file.mkdir(mode=0o700)


def linked_lock(folder: Path) -> None:
    file = cached(folder)
    file.unlink()
    lock = file.with_suffix(".lock")
    lock.unlink()
    lock.symlink_to(folder / "made-through-a-link")


ATTACKS = [
    linked_folder,
    open_folder,
    readable_folder,
    file_in_place_of_folder,
    linked_file,
    readable_file,
    pipe_in_place_of_file,
    folder_in_place_of_file,
    linked_lock,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_another_user_could_have_made_is_neither_believed_nor_written_to(
    run: Run, secrets: SecretsManager, tmp_path: Path, attack: Callable[[Path], None]
) -> None:
    run()
    attack(tmp_path)
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    result = run()
    assert said(result) == [CANARY]
    assert "cannot be used" in result.stderr
    assert CANARY not in result.stderr
    assert len(secrets.reads) == 2
    assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before


def test_folder_of_another_user_is_left_alone(run: Run, tmp_path: Path) -> None:
    other = os.geteuid() + 1
    (tmp_path / f"mwaa-platform-{other}").mkdir(mode=0o700)
    result = run(f"os.geteuid = lambda: {other}; say()")
    assert said(result) == [CANARY]
    assert "this user's alone" in result.stderr
    assert list((tmp_path / f"mwaa-platform-{other}").iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b" " * 3_000_000,
        b'{"value": 5, "read_at": [0, 0], "tried_at": [0, 0], "problem": null}',
        b'{"value": "x", "read_at": [0], "tried_at": [0, 0], "problem": null}',
        b'{"value": "x", "read_at": [0, 0], "tried_at": ["a", 0], "problem": null}',
        b'{"value": "x", "read_at": [0, 0], "tried_at": [NaN, NaN], "problem": null}',
        b'{"value": "x", "read_at": [0, 0], "tried_at": [1e999, 1e999], "problem": null}',
        b'{"value": "x", "read_at": [0, 0], "tried_at": [0, 0], "problem": 5}',
        b'{"value": null, "read_at": [0, 0], "tried_at": [0, 0], "problem": null}',
    ],
)
def test_file_that_is_not_what_was_written_is_replaced(
    run: Run, secrets: SecretsManager, tmp_path: Path, content: bytes
) -> None:
    run()
    cached(tmp_path).write_bytes(content)
    result = run()
    assert said(result) == [CANARY]
    assert result.stderr == ""
    assert said(run()) == [CANARY]
    assert len(secrets.reads) == 2


def test_a_writer_that_was_killed_leaves_nothing_that_is_in_the_way(
    run: Run, secrets: SecretsManager, tmp_path: Path
) -> None:
    run()
    file = cached(tmp_path)
    file.with_suffix(".new").write_bytes(file.read_bytes()[:10])
    file.unlink()
    assert said(run()) == [CANARY]
    assert said(run()) == [CANARY]
    assert len(secrets.reads) == 2


# Where nothing can be written.

NO_ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)); "


def test_on_a_full_disk_each_process_reads_for_itself(
    run: Run, secrets: SecretsManager, tmp_path: Path
) -> None:
    result = run(f"{NO_ROOM} say(); say()")
    assert said(result) == [CANARY] * 2
    assert result.stderr.count("cannot be used") == 1
    assert len(secrets.reads) == 1
    assert [each.suffix for each in (tmp_path / FOLDER).iterdir()] == [".lock"]
    assert said(run()) == [CANARY]
    assert len(secrets.reads) == 2


def test_on_a_full_disk_an_older_answer_stays_whole(
    run: Run, secrets: SecretsManager, tmp_path: Path
) -> None:
    run()
    before = cached(tmp_path).read_bytes()
    secrets.value = "canary-rotated"
    assert said(run(f"{NO_ROOM} print(token('atlan', cache_seconds=0))")) == ["canary-rotated"]
    assert cached(tmp_path).read_bytes() == before


@pytest.mark.parametrize("nowhere", ["/proc", "/nonexistent"])
def test_without_a_folder_that_can_be_written_each_process_reads_for_itself(
    run: Run, secrets: SecretsManager, nowhere: str
) -> None:
    result = run(f"tempfile.tempdir = {nowhere!r}; say(); say()")
    assert said(result) == [CANARY] * 2
    assert result.stderr.count("cannot be used") == 1
    assert len(secrets.reads) == 1
