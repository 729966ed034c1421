"""Process of a team's decision: loads its module, and answers questions over a socket.

`python -m authenticator.decision_worker <file descriptor> <path of the module>`. Each question and
each answer is a line of JSON, with the number of the question in both; the first line says whether
the module is loaded. The text of an error stays here, because it may contain a secret.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from authenticator.decision import Question, RoleAccess

Reply = dict[str, Any]

MODULE = "team_decision"
"""Name under which the team's file is loaded."""


def main(descriptor: int, path: str) -> None:
    """Answers until the other end of the socket is closed."""
    with (
        socket.socket(fileno=descriptor) as connection,
        connection.makefile("rw", encoding="utf-8") as stream,
    ):
        decide, reply = _loaded(path)
        _send(stream, reply)
        own = os.getpid()
        for line in stream if decide else ():
            number, question = json.loads(line)
            reply = _answered(decide, path, question)
            if os.getpid() != own:
                os._exit(1)  # a fork of the module's that returned, and would answer as well
            _send(stream, reply | {"number": number})


def _loaded(path: str) -> tuple[Any, Reply]:
    try:
        spec = spec_from_file_location(MODULE, path)
        module = module_from_spec(spec)  # type: ignore[arg-type]  # None is an error like others
        sys.modules[MODULE] = module  # where dataclasses look for it
        spec.loader.exec_module(module)  # type: ignore[union-attr]
        decide = module.decide
    except BaseException as error:  # noqa: BLE001
        return None, _raised(error, path)
    return decide, {"loaded": True}


def _answered(decide: Callable[[Question], Any], path: str, question: Any) -> Reply:
    try:
        answer = decide(_question(*question))
    except BaseException as error:  # noqa: BLE001 (SystemExit, too, is no answer)
        return _raised(error, path)
    try:
        plain = {environment: dict(roles) for environment, roles in answer.items()}
        json.dumps(plain, allow_nan=False)
    except BaseException as error:  # noqa: BLE001
        return {"unreadable": type(error).__name__}
    return {"answer": plain}


def _question(
    address: str, subject: str, groups: list[str], environments: list[str], granted: Any
) -> Question:
    access = {
        environment: {role: RoleAccess(*each) for role, each in roles.items()}
        for environment, roles in granted.items()
    }
    return Question(address, subject, tuple(groups), tuple(environments), access)


def _raised(error: BaseException, path: str) -> Reply:
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == path
    ]
    return {"raised": type(error).__name__, "line": lines[-1] if lines else None}


def _send(stream: Any, reply: Reply) -> None:
    stream.write(json.dumps(reply) + "\n")
    stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
