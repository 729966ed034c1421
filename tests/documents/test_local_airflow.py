"""Commands and output in docs/local-airflow.md."""

from __future__ import annotations

import re
import shlex

from local.layout import ROOT
from tests.unit.cli.local_airflow.developer import Developer, read_yaml

DOCUMENT = (ROOT / "docs" / "local-airflow.md").read_text()
OURS = "$ ./mwaa-platform "


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


def test_every_command_says_what_the_document_shows(developer: Developer) -> None:
    plugins = developer.home / "plugins"
    plugins.mkdir()
    (plugins / "operators.py").touch()
    (developer.home / "startup.sh").write_text("export STAGE=test\n")
    (developer.home / "requirements.txt").write_text("humanize\n")
    developer.has_environment(
        "3.3.1",
        Plugins="plugins",
        Requirements="requirements.txt",
        StartupScript="startup.sh",
    )
    folder = developer.home / "images/airflow/3.3.1/requirements"
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text("# Add your requirements here")
    developer.terminal.monkeypatch.chdir(developer.home)

    examples = [block for block in blocks("console") if block.startswith(OURS)]
    assert len(examples) == 3
    for example in examples:
        line, _, said = example.removeprefix(OURS).partition("\n")
        arguments = (*shlex.split(line), "-c", str(developer.configuration))
        done = developer.terminal.type(*arguments)
        assert done.status == 0, done.said
        assert done.out == said
        for sentence in re.findall(r"beside which stands `(.*?)`", DOCUMENT):
            assert (sentence in done.said) == ("--profile other" in line)

    [env] = blocks("ini")
    assert developer.read(".env") == env
    [compose] = map(read_yaml, blocks("yaml"))
    assert compose["services"]["scheduler"] == developer.compose["services"]["scheduler"]
