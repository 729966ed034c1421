"""Values of every kind in every place of a file: mistakes are reported, and nothing else is raised.

What the file's own checks accept, `up` can plan.
"""

from __future__ import annotations

import copy
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from config.loader import load_configuration
from errors import Place, PlatformError
from local.layout import ROOT
from local.platform import LocalPlatform

ODD: tuple[Any, ...] = (
    *("", "\0", "\ud800", "[", "%%", "${x}", "..", "../" * 10, "a" * 70_000),
    *("https://[::1", "https://\u2100.com", "http://a:99999", "https://a:b", "::"),
    *("arn:::::", "10.0.0.0/99", "1.10.12", "4.0.0"),
    *(None, [], {}, 0, -1, True, math.inf, [None], [[]], {"a": None}),
)
SAMPLES = sorted((ROOT / "samples").glob("*.json"))


def places(value: Any, so_far: Place = ()) -> Iterator[Place]:
    if so_far:
        yield so_far
    steps: dict[Any, Any] | range = {}
    if isinstance(value, dict):
        steps = value
    elif isinstance(value, list):
        steps = range(len(value))
    for step in steps:
        yield from places(value[step], (*so_far, step))


def put(content: Any, place: Place, value: Any) -> Any:
    """The content with the value in the place."""
    changed = copy.deepcopy(content)
    *above, last = place
    target = changed
    for step in above:
        target = target[step]
    target[last] = value
    return changed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration beside the files that the samples name."""
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    return tmp_path / "samples" / "cdk.context.json"


def check_and_plan(file: Path) -> None:
    """What `cdk synth` and `up` do first. Anything but PlatformError is raised."""
    with suppress(PlatformError):
        load_configuration(file)
    with suppress(PlatformError):
        LocalPlatform.plan(configuration=file, state=file.parent / "state")


@pytest.mark.parametrize("sample", SAMPLES, ids=[each.stem for each in SAMPLES])
def test_no_value_ends_in_anything_but_our_errors(sample: Path, file: Path) -> None:
    content = json.loads(sample.read_text())
    for place, odd in zip(places(content), cycle(ODD), strict=False):
        file.write_text(json.dumps(put(content, place, odd)))
        check_and_plan(file)


@pytest.mark.parametrize(
    ("sample", "place", "value"),
    [
        ("catalogues", ("Lineage", "Url"), "https://[::1"),
        ("catalogues", ("MwaaEnvironments", 3, "Plugins"), "\0"),
        ("existing", ("MwaaEnvironments", 0, "AirflowVersion"), "1.10.12"),
        ("existing", ("MwaaEnvironments", 0, "AirflowVersion"), "4.0.0"),
    ],
)
def test_what_once_ended_in_a_traceback_does_not(
    file: Path, sample: str, place: Place, value: Any
) -> None:
    content = json.loads(file.with_name(f"{sample}.json").read_text())
    file.write_text(json.dumps(put(content, place, value)))
    check_and_plan(file)
