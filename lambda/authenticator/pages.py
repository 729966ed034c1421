"""What people see: the portal, and one page for everything else there is to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from authenticator.environments import Description
from authenticator.errors import SIGNED_OUT, Message
from authenticator.settings import Environment

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Card:
    """One environment of the portal. `state` is MWAA's word for it, None when it did not say."""

    name: str
    description: str | None
    airflow_version: str | None
    state: str | None
    access_mode: str | None
    roles: Sequence[str]

    @property
    def state_text(self) -> str:
        return (self.state or "state unknown").replace("_", " ").capitalize()

    @property
    def state_kind(self) -> str:
        """How much to worry: "good", "busy", "bad" or "unknown"."""
        if self.state is None:
            return "unknown"
        if self.state == "AVAILABLE":
            return "good"
        return (
            "bad" if self.state in {"UNAVAILABLE", "DELETED"} or "FAILED" in self.state else "busy"
        )


def card(environment: Environment, found: Description, roles: Sequence[str]) -> Card:
    """What MWAA says goes before what the configuration says."""
    return Card(
        name=environment.name,
        description=environment.description,
        airflow_version=found.airflow_version or environment.airflow_version,
        state=found.status,
        access_mode=found.access_mode or environment.access_mode,
        roles=roles,
    )


def portal(cards: Sequence[Card], who: str, reference: str) -> str:
    return _render("portal.html", {"cards": cards, "who": who, "reference": reference})


def message(content: Message, reference: str) -> str:
    return _render(
        "message.html",
        {"message": content, "reference": reference, "signed_out": content is SIGNED_OUT},
    )


def stylesheet() -> str:
    return (FOLDER / "style.css").read_text("utf-8")


def _render(template: str, values: Mapping[str, object]) -> str:
    return _templates().get_template(template).render(values)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 (a sign-in shows no page and need not wait for it)

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
