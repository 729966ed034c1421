"""Commands typed in a terminal, and the grants table that they change."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main

TOMORROW_AND_LATER = "2999-12-31"


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All of its words, whatever its lines."""
        return " ".join((self.out + self.err).split())


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Runs commands in this process."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def type(self, *arguments: str) -> Result:
        """Run a command and return what it did."""
        self.monkeypatch.setattr(sys, "argv", ["mwaa-platform", *arguments])
        self.capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        said = self.capsys.readouterr()
        return Result(status, said.out, said.err)


@dataclass(frozen=True, kw_only=True)
class Commands(Terminal):
    """The commands of somebody with a deployed table of grants, and that table."""

    configuration: Path
    dynamodb: Any
    table: str

    def grants(self, command: str, *arguments: str) -> Result:
        """Run a command of `grants` for this platform."""
        return self.type("grants", command, *arguments, "-c", str(self.configuration))

    def check(self, email: str, *arguments: str) -> int:
        """The exit status of `grants check`: 0 for yes, 1 for no."""
        return self.grants("check", email, *arguments).status

    def put(self, principal: str, source: str, **entries: Mapping[str, Any]) -> None:
        """Have an item in the table; a keyword `every` stands for "*"."""
        grants = {"*" if name == "every" else name: value for name, value in entries.items()}
        self.dynamodb.put_item(
            TableName=self.table,
            Item={
                "principal": {"S": principal},
                "source": {"S": source},
                "grants": {"M": grants},
            },
        )

    def item(self, principal: str, source: str = "manual") -> dict[str, Any] | None:
        """The grants of an item by environment, in DynamoDB's notation; None if it is not there."""
        key = {"principal": {"S": principal}, "source": {"S": source}}
        found = self.dynamodb.get_item(TableName=self.table, Key=key).get("Item")
        return found["grants"]["M"] if found else None

    def roles(self, principal: str, environment: str = "analytics") -> set[str]:
        """The roles granted by hand."""
        entry = (self.item(principal) or {}).get(environment)
        return set(entry["M"]["roles"]["SS"]) if entry else set()


def piped(content: str | bytes) -> io.TextIOWrapper:
    """Standard input with this in it, as Python has it in the locale C."""
    raw = content.encode() if isinstance(content, str) else content
    return io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8", errors="surrogateescape")


def entry(*roles: str, expires: int | None = None) -> dict[str, Any]:
    """A grant in DynamoDB's notation."""
    end = {} if expires is None else {"expires": {"N": str(expires)}}
    return {"M": {"roles": {"SS": list(roles)}, **end}}
