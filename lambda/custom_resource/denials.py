"""Denials of permission, in the responses of AWS's services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Of S3, load balancing, DynamoDB, MWAA and EC2; a response to HEAD has the status alone.
CODES = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")


def is_denial(response: Mapping[str, Any]) -> bool:
    """Whether a service denied the call that has this response."""
    return response.get("Error", {}).get("Code") in CODES
