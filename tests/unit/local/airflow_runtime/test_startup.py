"""Variables that a startup script exports, their precedence, and its failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import PlatformError
from local.airflow_runtime import startup
from local.airflow_runtime.startup import startup_variables

BEFORE = {"PATH": "/usr/bin:/bin", "KEPT": "as it was"}


def variables(folder: Path, script: str, component: str = "worker") -> dict[str, str]:
    path = folder / "startup.sh"
    path.write_text(script)
    return startup_variables(path, BEFORE, component=component)


def test_exported_variables_alone_are_kept(tmp_path: Path) -> None:
    script = """
        export OWN="two words
and two lines"
        not_exported=1
        export PATH="$PATH:/opt/bin"
        cd /
        echo "said to nobody"
    """
    assert variables(tmp_path, script) == {
        "OWN": "two words\nand two lines",
        "PATH": "/usr/bin:/bin:/opt/bin",
    }
    assert (tmp_path / "startup.worker.log").read_text() == "said to nobody\n"


def test_it_knows_the_component_that_it_runs_in(tmp_path: Path) -> None:
    script = 'if [ "$MWAA_AIRFLOW_COMPONENT" = webserver ]; then export ONLY_THERE=1; fi'
    assert variables(tmp_path, script, "webserver") == {"ONLY_THERE": "1"}
    assert variables(tmp_path, script, "worker") == {}


def test_an_empty_script_changes_nothing(tmp_path: Path) -> None:
    assert variables(tmp_path, "") == {}


def test_failure_shows_what_the_script_said(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="it ended with 3:\nno such package"):
        variables(tmp_path, "echo no such package; false; return 3")


def test_a_script_that_never_ends_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "TIMEOUT_SECONDS", 1)
    with pytest.raises(PlatformError, match="longer than 1 seconds"):
        variables(tmp_path, "while :; do :; done")
