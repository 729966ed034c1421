"""Variables that a plugin or a script sets for Airflow, and those that it does not."""

from __future__ import annotations

import pytest

from artifacts.environment_changes import set_by_python, set_by_shell


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('os.environ["X"] = "1"', 1),
        ('from os import environ\nenviron["X"]: str = "1"', 2),
        ('from os import environ as env\n\nenv["X"] = "1"', 3),
        ('env = os.environ\nenv["X"] = "1"', 2),
        ('os.environ.setdefault("X", "1")', 1),
        ('os.putenv("X", "1")', 1),
        ('os.environ.update({"A": "1",\n  "X": "2"})', 2),
        ('os.environ.update(A="1", X="2")', 1),
        ('os.environ.update(dict(X="1"))', 1),
        ('SETTINGS = {"X": "1"}\nos.environ.update(SETTINGS)', 1),
        ('os.environ |= {"X": "1"}', 1),
        ('def f():\n    if True:\n        os.environ["X"] = "1"', 3),
    ],
)
def test_what_a_plugin_sets(source: str, line: int) -> None:
    assert ("X", line) in {*set_by_python(source)}


@pytest.mark.parametrize(
    "source",
    [
        '# os.environ["X"] = "1"',
        '"""os.environ["X"] = 1"""',
        'os.environ.get("X", "1")',
        'if os.environ["X"] == "1": pass',
        'subprocess.run(["ls"], env={"X": "1"})',
        'settings["X"] = "1"',
        'settings.update({"X": "1"})',
        'del os.environ["X"]',
    ],
)
def test_what_a_plugin_does_not_set(source: str) -> None:
    assert "X" not in dict(set_by_python(source))


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("export X=1", 1),
        ("export A=1 X=2", 1),
        ("X=1", 1),
        ("A=1; X=2 # why", 1),
        ("if true; then export X=1; fi", 1),
        ("cd /tmp && export X='a b'", 1),
        ("declare -x X=1", 1),
        ("echo one \\\n  two\nexport X=1", 3),
        ('A="one\ntwo"\nexport X=1', 3),
        ("export A=1 \\\n  X=2", 2),
        ("cat <<END\nit's one\nEND\nexport X=1", 4),
        ("export X=$(cat file)", 1),
        ("export X+=1", 1),
        ("f() { export X=1; }", 1),
        ("# it's a comment\nexport X=1", 2),
    ],
)
def test_what_a_script_sets(script: str, line: int) -> None:
    assert ("X", line) in {*set_by_shell(script)}


@pytest.mark.parametrize(
    "script",
    [
        "# export X=1",
        "true # X=1",
        "X=1 pip install own",
        "A=1 X=2 command",
        "env X=1 command",
        'echo "X=1"',
        "echo X=1",
        "cat > file <<'END'\nexport X=1\nEND",
        "cat > file <<-END\n\tX=1\n\tEND\ntrue",
        'echo "one\nexport X=1\n"',
    ],
)
def test_what_a_script_does_not_set(script: str) -> None:
    assert "X" not in dict(set_by_shell(script))
