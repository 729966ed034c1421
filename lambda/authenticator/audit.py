"""The log: one JSON object a line, which never holds a token, a cookie, a key or raw claims."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass


def write_line(**fields: object) -> None:
    """Write the fields that have a value."""
    line = json.dumps({name: value for name, value in fields.items() if value is not None})
    sys.stdout.write(f"{line}\n")


@dataclass(slots=True)
class Audit:
    """What one request came to; its fields are filled as they are proven.

    `decision` is "allow", "deny" or "fail"; `who` is a verified e-mail address; `reference` is on
    the page that the person sees; the two identities are what MWAA says it made of the session;
    `ignored` is what the decision left out of account: malformed grants, groups beyond a limit.
    """

    reference: str
    request_id: str | None = None
    event: str = "request"
    decision: str = "allow"
    reason: str | None = None
    who: str | None = None
    environment: str | None = None
    role: str | None = None
    iam_identity: str | None = None
    airflow_identity: str | None = None
    ignored: list[str] | None = None

    def write(self) -> None:
        write_line(**asdict(self))
