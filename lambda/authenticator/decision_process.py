"""A team's decision, asked in a process of its own.

It shares no memory with the authenticator, and no way of hanging outlasts its process. That holds
against its mistakes; against its author nothing does, because it has the authenticator's
credentials. Whatever is wrong with an answer is an `UnavailableError`, and gives no access.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import IO, Any

from authenticator import decision_worker
from authenticator.decision import Answer, Question, RoleAccess
from authenticator.errors import UnavailableError
from authenticator.grants import LATEST_EXPIRY
from authenticator.settings import ROLES

TIMEOUT_SECONDS = 2.0
"""Time for an answer."""
LOAD_TIMEOUT_SECONDS = 10.0
"""Time after which the process of a module that is still loading is replaced. A request waits for
TIMEOUT_SECONDS only: with Lambda's fraction of a CPU, loading may take longer than one request."""
WARM_UP_SECONDS = 5.0
"""Time that the initialization waits for the module: it has a whole CPU, and 10 seconds."""
MAX_ANSWER_BYTES = 1_000_000
MAX_OUTPUT_LINE_BYTES = 10_000
MAX_REASON_LENGTH = 256
_TYPE_NAME = re.compile(r"\w{1,64}", re.ASCII)


class DecisionProcess:
    """Process of a team's module, started at first use and again after it has failed."""

    def __init__(self, module: Path) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = socket.socket()
        self._started = 0.0
        self._is_loaded = False

    def start(self) -> None:
        """Starts the process, which loads the module."""
        self.stop()
        self._socket, other = socket.socketpair()
        with other:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", decision_worker.__name__),
                    *(str(other.fileno()), str(self._module)),
                ],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # ended with the processes that it starts
            )
        Thread(target=_log_output, args=[self._process.stdout], daemon=True).start()
        self._started = time.monotonic()
        self._is_loaded = False

    def load(self) -> None:
        """Waits a while until the module is loaded."""
        try:
            self._load(time.monotonic() + WARM_UP_SECONDS)
        except TimeoutError:
            pass  # requests wait for the rest
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the process."""
        self._socket.close()
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def decide(self, question: Question) -> Answer:
        """Returns the team's answer, checked."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        try:
            self._load(deadline)
            reply = self._asked(question, deadline)
        except BaseException as error:  # noqa: BLE001 (of any kind, an interruption too)
            failure = self._failure(error)
            if not self._may_still_load(error):
                # A late answer would be taken for one about the next person.
                self.stop()
            raise failure from None
        if "answer" not in reply:
            raise _unavailable(_explained(reply))
        return _checked(reply["answer"], question.environments)

    def _load(self, deadline: float) -> None:
        """Waits until the module is loaded."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        reply = {"loaded": True} if self._is_loaded else self._read(deadline)
        self._is_loaded = "loaded" in reply
        if not self._is_loaded:
            raise _unavailable(f"{_explained(reply)}, when it was loaded")

    def _asked(self, question: Question, deadline: float) -> dict[str, Any]:
        number = secrets.token_hex(16)
        self._write(json.dumps([number, question]).encode() + b"\n", deadline)
        reply = self._read(deadline)
        if reply.get("number") != number:
            # Such as one about the person before.
            raise _unavailable("gave an answer that was not asked for")
        return reply

    def _may_still_load(self, error: BaseException) -> bool:
        is_young = time.monotonic() <= self._started + LOAD_TIMEOUT_SECONDS
        return isinstance(error, TimeoutError) and not self._is_loaded and is_young

    def _failure(self, error: BaseException) -> BaseException:
        match error:
            case TimeoutError():
                what = "did not answer" if self._is_loaded else "is not loaded"
                return _unavailable(f"{what} within {TIMEOUT_SECONDS:g} seconds")
            case OSError() | EOFError():
                return _unavailable("ended its process")
            case ValueError() | RecursionError():
                return _unavailable("answered what cannot be read")
        return error

    def _write(self, line: bytes, deadline: float) -> None:
        self._socket.settimeout(_time_left(deadline))
        self._socket.sendall(line)

    def _read(self, deadline: float) -> dict[str, Any]:
        received = bytearray()
        while not received.endswith(b"\n"):
            self._socket.settimeout(_time_left(deadline))
            part = self._socket.recv(65536)
            if not part:
                raise EOFError
            received += part
            if len(received) > MAX_ANSWER_BYTES:
                raise _unavailable(f"answered more than {MAX_ANSWER_BYTES} bytes")
        reply = json.loads(received)
        if not isinstance(reply, dict):
            raise ValueError("no object")  # noqa: TRY004 (as unreadable as no JSON)
        return reply


def _log_output(output: IO[bytes]) -> None:
    """Logs what a process prints: as a text, since it may look like a line of the audit log."""
    with output:
        for line in iter(partial(output.readline, MAX_OUTPUT_LINE_BYTES), b""):
            text = line.decode(errors="replace").rstrip()
            sys.stdout.write(f"{json.dumps({'event': 'decision-output', 'text': text})}\n")


def _time_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _explained(reply: dict[str, Any]) -> str:
    if "raised" in reply:
        line = f" at its line {reply['line']}" if reply["line"] else ""
        return f"raised {_type_name(reply['raised'])}{line}"
    return f"answered what cannot be read ({_type_name(reply['unreadable'])})"


def _type_name(name: str) -> str:
    return name if _TYPE_NAME.fullmatch(name) else "an error"


def _checked(answer: dict[str, Any], environments: Collection[str]) -> Answer:
    """The answer, with roles in the order of their power and without empty environments."""
    now = time.time()
    if not answer.keys() <= set(environments):
        raise _unavailable("answered an environment that it was not asked about")
    checked = {}
    for environment, given in answer.items():
        if not given.keys() <= set(ROLES):
            raise _unavailable("answered a role that Airflow does not have")
        accesses = {role: _access(given[role], now) for role in ROLES if role in given}
        if accesses:
            checked[environment] = accesses
    return checked


def _access(access: Any, now: float) -> RoleAccess:
    match access:
        case [expires, str(reason)] if 0 < len(reason) <= MAX_REASON_LENGTH:
            pass
        case _:
            raise _unavailable("answered a role without a RoleAccess(expires, reason)")
    if expires is None:
        return RoleAccess(None, reason)
    is_number = isinstance(expires, int | float) and not isinstance(expires, bool)
    if not is_number or not now < expires <= LATEST_EXPIRY:
        raise _unavailable("answered an expiry that is not a moment to come")
    return RoleAccess(expires, reason)


def _unavailable(what: str) -> UnavailableError:
    return UnavailableError(f"decision: the team's module {what}")
