"""Error of a team's file that cannot be shipped."""

from __future__ import annotations

from errors import PlatformError


class ConflictError(PlatformError):
    """A team's file cannot be shipped as it is.

    The message names the file and the conflict.
    """
