"""Inputs that are kept, a folder a target: what each run replays, and what others grow from."""

from __future__ import annotations

from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")
LARGEST_BYTES = 16_384


def kept(name: str) -> list[Path]:
    """The files of a target, sorted."""
    return sorted((CORPUS / name).iterdir())


def names() -> list[str]:
    """The targets that have a folder, which all have."""
    return sorted(each.name for each in CORPUS.iterdir())
