"""The types and responses of MiniStack 1.5.33's handlers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.core import responses

Properties = Mapping[str, Any]
"""The properties of a CloudFormation resource."""

CreatedResource = tuple[str, dict[str, Any]]
"""The physical id of a CloudFormation resource and its attributes."""

HandlerResponse = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def json_response(content: Mapping[str, Any]) -> HandlerResponse:
    """A response of AWS's JSON protocols."""
    response: HandlerResponse = responses.json_response(content)
    return response


def error_response(code: str, message: str, status: int) -> HandlerResponse:
    """An error of AWS's JSON protocols."""
    response: HandlerResponse = responses.error_response_json(code, message, status)
    return response
