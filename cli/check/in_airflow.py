"""Program of an Airflow: imports the plugins and each DAG file in a process of its own.

It reads its job, JSON, from the file that its argument names, and writes lines of JSON: one that
names all files, before it imports any, and one for each import, in that order. What is imported
cannot write there, unless Airflow has loaded it into this process: the plugins where
core.lazy_load_plugins is False, and an airflow_local_settings.py. It imports nothing of ours, and
Airflow late: only there is one.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

MOST_PROCESSES, LARGEST_FILE, LONGEST_ANSWER = 128, 1 << 30, 1 << 20
LARGEST_SOURCE = 1 << 20
GRACE_SECONDS = 5
MOST_PRINTED = 1 << 16
NETWORK = {"socket.connect": 1, "socket.getaddrinfo": 0}
"""Events of Python's, each with the position of the address."""
FORKS = {"os.fork", "os.forkpty"}
MOST_NOTED = 10
PLUGINS = "plugins"
SET_DUMPABLE = 4
"""Of Linux: what is not dumpable shows its memory and its files to no other process of the user.

https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
"""


def watch(calls: list[str], forks: list[str], home: str) -> None:
    """Notes whom the code of this process calls, and the lines below `home` that fork it."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK and len(calls) < MOST_NOTED:
            address = arguments[NETWORK[event]]
            calls.append(str(address[0] if isinstance(address, tuple) else address))
        elif event in FORKS and len(forks) < MOST_NOTED:
            forks.extend(_own_line(home))

    sys.addaudithook(hook)


def _own_line(home: str) -> Iterator[str]:
    """The innermost line of a team's that runs; none where only packages do."""
    frame: FrameType | None = sys._getframe(1)
    while frame:
        if frame.f_code.co_filename.startswith(home):
            yield f"{frame.f_code.co_filename}:{frame.f_lineno}"
            return
        frame = frame.f_back


def limit(job: dict[str, Any], seconds: float) -> None:
    """Limits what this process and those that it starts take."""
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if job["contained"]:
        resource.setrlimit(resource.RLIMIT_NPROC, (MOST_PROCESSES, MOST_PROCESSES))


def imported(work: Callable[[], dict[str, Any]], home: str) -> dict[str, Any]:
    """What an import gives and prints, or how it ended the process."""
    calls: list[str] = []
    forks: list[str] = []
    watch(calls, forks, home)
    printed = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
    for descriptor in (1, 2):
        os.dup2(printed.fileno(), descriptor)
    started = time.monotonic()
    try:
        answer = work()
    except SystemExit as end:
        answer = {"errors": [f"It ends the process: SystemExit({end.code!r})"]}
    except BaseException as error:  # noqa: BLE001 - whatever a DAG raises
        answer = {"errors": [f"{type(error).__name__}: {error}"]}
    seconds = time.monotonic() - started
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    text = os.pread(printed.fileno(), MOST_PRINTED, 0).decode(errors="replace")
    return {"seconds": seconds, "calls": calls, "forks": forks, "printed": text, **answer}


def in_child(
    job: dict[str, Any], seconds: float, work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of a process, which gets so many seconds; nothing that it started outlives it."""
    started = time.monotonic()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        os.close(reading)
        show_to_others(shown=True)
        mine = os.getpid()
        limit(job, seconds)
        answer = imported(work, job["home"])
        if os.getpid() == mine:
            with os.fdopen(writing, "w") as pipe:
                pipe.write(json.dumps(answer))
        os._exit(0)
    os.close(writing)
    text, status = _answer(child, reading, started + seconds)
    os.close(reading)
    _kill(child, contained=job["contained"])
    passed = {"seconds": time.monotonic() - started}
    if status is None:
        return {**passed, "errors": [f"It did not end within {seconds:.0f} seconds."]}
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return {**passed, "errors": [_ended(status)]}
    return answer if isinstance(answer, dict) else {**passed, "errors": [_ended(status)]}


def _answer(child: int, reading: int, deadline: float) -> tuple[bytes, int | None]:
    """What it wrote, and how it ended; None where it had to be stopped."""
    text = b""
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        # What it has started may keep the pipe open.
        while select.select([reading], [], [], 0 if ended else 0.02)[0]:
            part = os.read(reading, 65536)
            text += part
            if not part or len(text) > LONGEST_ANSWER:
                if not ended:
                    time.sleep(0.005)
                break
        if ended:
            return text, status
    return text, None


def _kill(child: int, *, contained: bool) -> None:
    """Ends a process and what it started: as the first of a namespace, all others in that."""
    with contextlib.suppress(ProcessLookupError):
        if contained:
            os.kill(-1, signal.SIGKILL)
        else:
            os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0 if contained else os.WNOHANG) != (0, 0):
            pass


def _ended(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return "It was stopped: it took more time or memory than it may."
    if code < 0:
        return f"It ended the process by the signal {signal.Signals(-code).name}."
    return f"It ended the process with the status {code}."


def load_plugins() -> dict[str, Any]:
    """Loads the plugins folder as each of Airflow's programs does."""
    from airflow import plugins_manager  # noqa: PLC0415

    plugins_manager.ensure_plugins_loaded()
    found = getattr(plugins_manager, "get_import_errors", lambda: plugins_manager.import_errors)()
    return {"errors": [f"{name}: {error}" for name, error in found.items()]}


def parse(file: str) -> dict[str, Any]:
    """Parses a file as the DAG processor does."""
    bag = dag_bag()(dag_folder=file)
    return {"dags": sorted(bag.dags), "errors": [*bag.import_errors.values()]}


def import_from_airflow(file: str) -> None:
    """Imports Airflow's modules that a file asks for before its process starts.

    The DAG processor does so too, and forks the faster for each further file.
    https://github.com/apache/airflow/blob/main/airflow-core/src/airflow/dag_processing/processor.py
    """
    from airflow.utils.file import iter_airflow_imports  # noqa: PLC0415

    if Path(file).stat().st_size > LARGEST_SOURCE:
        return
    for module in iter_airflow_imports(file):
        # What is wrong with it is found where the file is imported.
        with contextlib.suppress(Exception):
            importlib.import_module(module)


def shadows_airflow(job: dict[str, Any]) -> bool:
    """Whether a folder of the team's has an `airflow` that this process must not import."""
    own = (Path(each) for each in sys.path if each.startswith(job["home"]))
    return any((each / "airflow").exists() or (each / "airflow.py").exists() for each in own)


def dag_bag() -> Any:
    """The class, which has moved."""
    try:
        from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415
    except ImportError:
        from airflow.models.dagbag import DagBag  # noqa: PLC0415
    return DagBag


def show_to_others(*, shown: bool) -> None:
    """Whether other processes of the user may look into this one; does nothing but on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_DUMPABLE, int(shown), 0, 0, 0)


def own_output() -> TextIO:
    """The standard output, which processes that are forked do not have, and this one as none."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.register_at_fork(after_in_child=answers.close)
    show_to_others(shown=False)
    # What is imported may print what nobody is to read.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    return answers


def main() -> None:
    """Does the job."""
    job = json.loads(Path(sys.argv[1]).read_text())
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.utils.file import find_dag_file_paths  # noqa: PLC0415

    dag_bag()
    limit_of_one = conf.getfloat("core", "dagbag_import_timeout")
    safe = conf.getboolean("core", "dag_discovery_safe_mode")
    lazy = conf.getboolean("core", "lazy_load_plugins")
    answers = own_output()
    files = sorted(find_dag_file_paths(job["dags"], safe))
    answers.write(json.dumps({"files": files}) + "\n")
    seconds = (limit_of_one or job["seconds"]) + GRACE_SECONDS
    plugins = in_child(job, seconds, load_plugins)
    answers.write(json.dumps({**plugins, "file": PLUGINS, "limit": limit_of_one}) + "\n")
    if not lazy and not plugins.get("errors"):
        load_plugins()
    section = "dag_processor" if conf.has_section("dag_processor") else "scheduler"
    early = conf.getboolean(section, "parsing_pre_import_modules", fallback=True)
    early = early and not shadows_airflow(job)
    for file in files:
        if early:
            import_from_airflow(file)
        found = in_child(job, seconds, lambda: parse(file))  # noqa: B023 - done before the next
        answers.write(json.dumps({**found, "file": file, "limit": limit_of_one}) + "\n")


if __name__ == "__main__":
    main()
