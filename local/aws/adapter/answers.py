"""What a handler of MiniStack 1.5.33 gives back."""

from __future__ import annotations

from ministack.core import responses

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def error(code: str, message: str, status: int) -> Answer:
    """AWS's error, as its JSON protocols have it."""
    answer: Answer = responses.error_response_json(code, message, status)
    return answer
