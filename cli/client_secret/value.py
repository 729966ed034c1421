"""What can be a client secret: the whole text of a secret in Secrets Manager."""

from __future__ import annotations

import json

from config.section import is_placeholder


def mistake_in(value: str) -> str | None:
    """Why a value cannot be a client secret; the value is no part of it."""
    if not value.strip() or is_placeholder(value):
        return "Its value is not filled in."
    if value != value.strip():
        return "Its value begins or ends with white space, a line end perhaps."
    try:
        is_object = isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        is_object = False
    return "Its value is a JSON object, and the whole of it would be sent." if is_object else None
