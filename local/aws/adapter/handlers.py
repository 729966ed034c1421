"""What a handler of MiniStack 1.5.33 gives back."""

from __future__ import annotations

from ministack.core import responses

HandlerResponse = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def error_response(code: str, message: str, status: int) -> HandlerResponse:
    """AWS's error, as its JSON protocols have it."""
    answer: HandlerResponse = responses.error_response_json(code, message, status)
    return answer
