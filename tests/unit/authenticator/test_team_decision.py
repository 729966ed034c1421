"""A team's own decision in the deployed function: what it is told, and all that it may do wrong."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from authenticator import decision_process, handler
from authenticator.decision_process import MAX_ANSWER_BYTES, DecisionProcess
from authenticator.settings import SettingsError, load_settings
from tests.unit.authenticator.alb_events import ADA, deep_link, event, token
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import FakeAws
from tests.waits import wait_until

SECRET = "canary-error-text"  # which no response and no line of the log may hold
Decide = Callable[[str], Path]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[DecisionProcess]]:
    """The processes of decisions, which end with the test."""
    made: list[DecisionProcess] = []
    build = DecisionProcess.__init__

    def remember(self: DecisionProcess, module: Path) -> None:
        build(self, module)
        made.append(self)

    monkeypatch.setattr(DecisionProcess, "__init__", remember)
    yield made
    for each in made:
        each.stop()


@pytest.fixture
def decide(
    processes: list[DecisionProcess],  # noqa: ARG001
    variables: dict[str, str],  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Decide:
    """Deploys a module beside the list of environments."""

    def deploy(code: str) -> Path:
        monkeypatch.setenv("DECISION", "team")
        path = tmp_path / "team_decision.py"
        path.write_text("from authenticator.decision import Question, RoleAccess\n" + dedent(code))
        handler._router.cache_clear()
        return path

    return deploy


def _answers(expression: str) -> str:
    return f"def decide(question):\n    return {expression}\n"


def test_it_decides_in_place_of_the_grants(
    decide: Decide, function: Function, fake_aws: FakeAws
) -> None:
    decide("""
        def decide(question):
            on_call = {"Billing": {"Op": RoleAccess(None, "on call")}}
            return {name: on_call[name] for name in question.environments if name in on_call}
    """)
    fake_aws.grant("user:ada@example.com", "Billing", "Viewer")

    opened = function(event("/", sign_in=token()))
    assert opened.status == 200
    assert "rbac_role=Op" in opened.body
    assert "rbac_role=Viewer" not in opened.body

    signed_in = function(deep_link("Billing", "Op"))
    assert (signed_in.status, signed_in.line["because"]) == (302, "on call")
    assert function(deep_link("Billing", "Viewer")).line["reason"] == "no grant"


@pytest.mark.parametrize("principal", ["user:ada@example.com", f"subject:{ADA['sub']}"])
def test_it_is_not_asked_about_a_blocked_person(
    principal: str, decide: Decide, function: Function, fake_aws: FakeAws, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    decide(f"""
        def decide(question):
            open({str(asked)!r}, "w").close()
            return {{"Billing": {{"Op": RoleAccess(None, "always")}}}}
    """)
    assert function(deep_link("Billing", "Op")).status == 302
    asked.unlink()
    fake_aws.block(principal)

    for sign_in in (event("/", sign_in=token()), deep_link("Billing", "Op")):
        refused = function(sign_in)
        assert (refused.status, refused.line["reason"]) == (403, "blocked")
    assert not asked.exists()


def test_it_is_told_who_asks_about_what_and_what_grants_give_once_a_request(
    decide: Decide, function: Function, fake_aws: FakeAws, tmp_path: Path
) -> None:
    fake_aws.grant("group:data", "*", "Op", expires=4_102_444_800)
    told = tmp_path / "told"
    decide(f"""
        import json
        def decide(question):
            with open({str(told)!r}, "a") as file:
                file.write(json.dumps(question._asdict()) + "\\n")
            assert isinstance(question.granted["Billing"]["Op"], RoleAccess)
            assert isinstance(question.groups, tuple)
            return question.granted
    """)

    assert function(event("/", sign_in=token())).status == 200
    assert function(deep_link("Billing", "Op")).status == 302

    portal, sign_in = map(json.loads, told.read_text().splitlines())
    assert sign_in == {
        "address": "ada@example.com",
        "subject": ADA["sub"],
        "groups": ["data"],
        "environments": ["Billing"],
        "granted": {"Billing": {"Op": [4_102_444_800, "group:data, configuration, *"]}},
    }
    assert portal["environments"] == ["analytics", "Billing", "legacy"]


def test_it_may_hold_what_modules_hold(decide: Decide, function: Function) -> None:
    decide("""
        from dataclasses import dataclass, field
        from enum import StrEnum
        import typing as t

        class Shift(StrEnum):
            DAY = "day"

        @dataclass
        class Duty:
            kind: "t.ClassVar[str]" = "x"
            shift: "Shift" = Shift.DAY

        def decide(question):
            return {"analytics": {"Viewer": RoleAccess(None, Duty().shift)}}
    """)

    assert function(deep_link("analytics", "Viewer")).line["because"] == "day"


def test_its_own_grants_come_in_the_order_of_power_and_end(
    decide: Decide, function: Function
) -> None:
    soon = time.time() + 600
    decide(
        _answers(
            f'{{"Billing": {{"Admin": RoleAccess(None, "a"), "Viewer": RoleAccess({soon}, "b")}},'
            ' "legacy": {}}'
        )
    )

    portal = function(event("/", sign_in=token()))
    assert portal.body.index("rbac_role=Viewer") < portal.body.index("rbac_role=Admin")
    assert "until <time" in portal.body
    assert "legacy" not in portal.body


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (f'raise ValueError("{SECRET}")', "raised ValueError at its line 3"),
        (f'raise SystemExit("{SECRET}")', "raised SystemExit at its line 3"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt at its line 3"),
        ('raise type("a b" * 99, (Exception,), {})', "raised an error at its line 3"),
        ("return decide(question)", "raised RecursionError at its line 3"),
        ("import os; os._exit(0)", "ended its process"),
        ("import os; os.kill(os.getpid(), 11)", "ended its process"),
        ("return None", "answered what cannot be read (AttributeError)"),
        ("return True", "answered what cannot be read (AttributeError)"),
        ('return ["analytics"]', "answered what cannot be read (AttributeError)"),
        ('return {"analytics": "Viewer"}', "answered what cannot be read (ValueError)"),
        ('return {"analytics": None}', "answered what cannot be read (TypeError)"),
        ('return {"analytics": {"Viewer": object()}}', "answered what cannot be read (TypeError)"),
        ('return {"analytics": {"Viewer": True}}', "without a RoleAccess"),
        ('return {"analytics": {"Viewer": None}}', "without a RoleAccess"),
        ('return {"analytics": {"Viewer": RoleAccess(None, "")}}', "without a RoleAccess"),
        ('return {"analytics": {"Viewer": RoleAccess(None, None)}}', "without a RoleAccess"),
        ('return {"analytics": {"Viewer": RoleAccess(None, "x" * 257)}}', "without a RoleAccess"),
        ('return {"analytics": {"Viewer": RoleAccess("never", "x")}}', "not a moment to come"),
        ('return {"analytics": {"Viewer": RoleAccess(True, "x")}}', "not a moment to come"),
        ('return {"analytics": {"Viewer": RoleAccess(1, "x")}}', "not a moment to come"),
        ('return {"analytics": {"Viewer": RoleAccess(10**12, "x")}}', "not a moment to come"),
        ('return {"analytics": {"Viewer": RoleAccess(float("inf"), "x")}}', "(ValueError)"),
        ('return {"analytics": {"Viewer": RoleAccess(float("nan"), "x")}}', "(ValueError)"),
        ('return {"analytics": {"Viewer": RoleAccess(10**5000, "x")}}', "(ValueError)"),
        ('return {"analytics": {"DataOp": RoleAccess(None, "x")}}', "role that Airflow does not"),
        ('return {"analytics": {"viewer": RoleAccess(None, "x")}}', "role that Airflow does not"),
        ('return {"*": {"Viewer": RoleAccess(None, "x")}}', "that it was not asked about"),
        ('return {"legacy": {"Viewer": RoleAccess(None, "x")}}', "that it was not asked about"),
        ('return {None: {"Viewer": RoleAccess(None, "x")}}', "that it was not asked about"),
        (
            f'return {{"analytics": {{"Viewer": RoleAccess(None, "x" * {MAX_ANSWER_BYTES})}}}}',
            f"answered more than {MAX_ANSWER_BYTES} bytes",
        ),
    ],
)
def test_what_is_wrong_with_it_denies_all_and_is_logged_without_its_words(
    code: str, reason: str, decide: Decide, function: Function, fake_aws: FakeAws
) -> None:
    decide(f"def decide(question):\n    {code}\n")

    refused = function(deep_link("analytics", "Viewer"))

    assert refused.status == 503
    assert "Try again" in refused.body
    assert refused.line["decision"] == "fail"
    assert refused.line["reason"].startswith("decision: the team's module ")
    assert reason in refused.line["reason"]
    assert "because" not in refused.line
    assert fake_aws.asked("AssumeRole") == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (f'raise ValueError("{SECRET}")', "raised ValueError at its line 2, when it was loaded"),
        ("import no_such_module", "raised ModuleNotFoundError at its line 2, when it was loaded"),
        ("def decide(question:", "raised SyntaxError, when it was loaded"),
        ("def decides(question): ...", "raised AttributeError, when it was loaded"),
        ("exit()", "raised SystemExit at its line 2, when it was loaded"),
        ("import os; os._exit(1)", "ended its process"),
    ],
)
def test_a_module_that_cannot_be_loaded_denies(
    code: str, reason: str, decide: Decide, function: Function
) -> None:
    path = decide(code)
    assert reason in function(deep_link("analytics", "Viewer")).line["reason"]

    path.unlink()
    assert "FileNotFoundError" in function(deep_link("analytics", "Viewer")).line["reason"]


HANGS = {
    "sleeps": "import time; time.sleep(600)",
    "ignores interruption": (
        "import time\n"
        "        while True:\n"
        "            try:\n"
        "                time.sleep(600)\n"
        "            except BaseException:\n"
        "                pass"
    ),
    "holds the interpreter's lock": 'import re; re.match("(a|aa)+$", "a" * 100 + "b")',
    "starts another process": 'import subprocess; subprocess.run(["sleep", "600"])',
}


@pytest.mark.parametrize("code", HANGS.values(), ids=HANGS)
def test_one_that_hangs_is_ended_and_the_next_person_gets_an_answer(  # noqa: PLR0917 (fixtures)
    code: str,
    decide: Decide,
    function: Function,
    processes: list[DecisionProcess],
    fake_aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide(
        "def decide(question):\n"
        '    if question.address == "hang@example.com":\n'
        f"        {code}\n"
        '    return {"analytics": {"Viewer": RoleAccess(None, "x")}}\n'
    )
    assert function(deep_link("analytics", "Viewer")).status == 302
    fake_aws.calls.clear()
    (process,) = processes
    assert process._process
    group = process._process.pid

    with monkeypatch.context() as patch:
        patch.setattr(decision_process, "TIMEOUT_SECONDS", 0.3)
        link = deep_link("analytics", "Viewer", sign_in=token(ADA | {"email": "hang@example.com"}))
        refused = function(link)

    assert refused.status == 503
    assert "did not answer within 0.3 seconds" in refused.line["reason"]
    assert fake_aws.asked("AssumeRole") == []
    wait_until("the processes end", lambda: not _lives(group))
    assert function(deep_link("analytics", "Viewer")).status == 302


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_module_that_loads_slowly_is_waited_for_over_several_requests(
    decide: Decide, function: Function, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = tmp_path / "gate"
    decide(f"""
        import os, time
        while not os.path.exists({str(gate)!r}):
            time.sleep(0.01)
        def decide(question):
            return {{"analytics": {{"Viewer": RoleAccess(None, str(os.getpid()))}}}}
    """)
    with monkeypatch.context() as patch:
        patch.setattr(decision_process, "TIMEOUT_SECONDS", 0.2)
        patch.setattr(decision_process, "LOAD_TIMEOUT_SECONDS", 600)
        refused = function(deep_link("analytics", "Viewer"))
        assert "is not loaded within 0.2 seconds" in refused.line["reason"]
        loading = _pid()
    gate.touch()

    assert function(deep_link("analytics", "Viewer")).line["because"] == str(loading)


@pytest.mark.parametrize(
    ("code", "is_loaded"),
    [
        ("def decide(question): return {}", True),
        ("import time; time.sleep(600)", False),
        ("import no_such_module", False),
    ],
)
def test_the_initialization_loads_it_and_survives_one_that_cannot_be_loaded(
    code: str, is_loaded: bool, decide: Decide, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(code)
    wait = 60 if is_loaded else 0.2
    monkeypatch.setattr(decision_process, "WARM_UP_SECONDS", wait)
    monkeypatch.setattr("gc.freeze", lambda: None)
    handler._warm_up()

    decision: Any = handler._router()._team_decision
    assert decision._is_loaded is is_loaded
    monkeypatch.setattr(decision_process, "TIMEOUT_SECONDS", 60 if is_loaded else 0.2)
    assert function(deep_link("analytics", "Viewer")).status == (403 if is_loaded else 503)


def test_a_module_that_never_loads_is_loaded_anew(
    decide: Decide, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide("import time; time.sleep(600)")
    monkeypatch.setattr(decision_process, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(decision_process, "LOAD_TIMEOUT_SECONDS", 0)

    for _ in range(2):
        assert function(deep_link("analytics", "Viewer")).status == 503
        assert _pid() is None


def _pid() -> int | None:
    decision: Any = handler._router()._team_decision
    process = decision._process
    return process.pid if process else None


def test_nothing_of_one_persons_answer_reaches_the_next(decide: Decide, function: Function) -> None:
    decide("""
        def decide(question):
            if question.address == "long@example.com":
                return {"analytics": {"Admin": RoleAccess(None, "x" * 2_000_000)}}
            return {}
    """)
    long = token(ADA | {"email": "long@example.com"})

    assert function(deep_link("analytics", "Admin", sign_in=long)).status == 503
    assert function(deep_link("analytics", "Admin")).line["reason"] == "no grant"


def test_it_is_not_asked_after_the_requests_time(
    decide: Decide, function: Function, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    decide(f"def decide(question):\n    open({str(asked)!r}, 'w')\n    return {{}}\n")
    router = handler._router()

    def look_up_for_too_long(*_: object) -> list[Any]:
        router._aws._deadline = 0
        return []

    monkeypatch.setattr("authenticator.routes.look_up_items", look_up_for_too_long)

    assert function(deep_link("analytics", "Viewer")).line["reason"] == "decision: no time left"
    assert not asked.exists()


def test_what_it_prints_is_no_line_of_the_log(
    decide: Decide, variables: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert variables
    decide("""
        def decide(question):
            print('{"event": "sign-in", "decision": "allow"}', flush=True)
            return question.granted
    """)
    handler.handle(deep_link("analytics", "Viewer"), None)

    handler._router.cache_clear()  # ends the process, and with it what it prints

    lines: list[dict[str, Any]] = []

    def both_are_there() -> bool:
        lines.extend(map(json.loads, capfd.readouterr().out.splitlines()))
        return len(lines) == 2

    wait_until("the line of the log and what it prints", both_are_there)
    audit, printed = sorted(lines, key=lambda line: "text" in line)
    assert audit["because"] == "user:ada@example.com, configuration, analytics"
    assert printed["event"] == "decision-output"
    assert json.loads(printed["text"]) == {"event": "sign-in", "decision": "allow"}


def test_an_answer_is_never_about_the_person_before(decide: Decide, function: Function) -> None:
    """A module may send a second line for one question, as after a fork that returns."""
    decide("""
        import json, socket, sys, time
        asked = []

        def decide(question):
            asked.append(question)
            if len(asked) == 1:
                later = {"number": "0" * 32, "answer": {"Billing": {"Admin": [None, "late"]}}}
                line = json.dumps(later).encode() + b"\\n"
                send = socket.socket(fileno=int(sys.argv[1])).send
                import threading
                threading.Timer(0.2, send, [line]).start()
                return {"Billing": {"Admin": RoleAccess(None, "on call")}}
            time.sleep(0.5)
            return {}
    """)
    assert function(deep_link("Billing", "Admin")).status == 302
    bo = token(ADA | {"email": "bo@example.com", "sub": "bo"})
    refused = function(deep_link("Billing", "Admin", sign_in=bo))
    assert refused.status in {403, 503}
    assert "Location" not in refused.headers


def test_a_fork_of_the_modules_that_returns_answers_nothing(
    decide: Decide, function: Function
) -> None:
    decide("""
        import os, time

        def decide(question):
            if question.address.startswith("ada") and os.fork() == 0:
                time.sleep(0.2)
                return {"Billing": {"Admin": RoleAccess(None, "forked")}}
            if question.address.startswith("ada"):
                return {"Billing": {"Admin": RoleAccess(None, "on call")}}
            time.sleep(0.5)
            return {}
    """)
    assert function(deep_link("Billing", "Admin")).line["because"] == "on call"
    bo = token(ADA | {"email": "bo@example.com", "sub": "bo"})
    assert function(deep_link("Billing", "Admin", sign_in=bo)).line["reason"] == "no grant"


def test_the_grants_are_read_without_it(function: Function, variables: dict[str, str]) -> None:
    assert "DECISION" not in variables
    assert function(deep_link()).status == 302
    assert handler._router()._team_decision is None


@pytest.mark.parametrize(
    "changes",
    [{"DECISION": "own"}, {"DECISION": ""}, {"DECISION": "team", "GRANTS_TABLE": ""}],
)
def test_settings_that_say_something_else_are_refused(
    changes: dict[str, str], variables: dict[str, str], tmp_path: Path
) -> None:
    fixed = {} if changes.get("GRANTS_TABLE", "x") else {"FIXED_ROLE": "Viewer"}
    with pytest.raises(SettingsError, match="DECISION"):
        load_settings(variables | fixed | changes, tmp_path / "environments.json")
