"""Summaries of local runs that only seem to have been."""

from __future__ import annotations

from typing import Any

from local.summary import Summary


def summary_of(**given: Any) -> Summary:
    """A summary with these members, and of the others what a run without them has."""
    empty: dict[str, Any] = {
        "portal": None,
        "lineage": "https://localhost:8445/",
        "aws": "http://127.0.0.1:1",
        "ca": "ca.pem",
        **{each: {} for each in ("environments", "ui_hosts", "people", "outputs")},
    }
    return Summary(**{**empty, **given})
