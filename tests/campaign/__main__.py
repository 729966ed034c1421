"""`python -m tests.campaign`: runs parts of the campaign for as long as wanted, and counts.

What was reached is kept in `.local/campaign`, the counts in `tests/campaign/results.json`, from
which the tables of docs/reliability.md are made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.campaign import results
from tests.campaign.fuzz import broken_inputs, fuzz
from tests.campaign.inputs import names


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what is asked for; returns the exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    fuzzing = parts.add_parser("fuzz", help="fuzz targets, guided by coverage")
    fuzzing.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(names()))
    fuzzing.add_argument("--seconds", type=int, default=60, help="for each target")
    options = parser.parse_args(arguments)
    if unknown := set(options.targets) - {*names()}:
        parser.error(f"no target {', '.join(sorted(unknown))}")
    return max(_fuzz(name, options.seconds) for name in options.targets or names())


def _fuzz(name: str, seconds: int) -> int:
    fuzzed = fuzz(name, seconds)
    lost = int(fuzzed.broken is not None)
    results.add("fuzz", name, tried=fuzzed.inputs, lost=lost, seconds=fuzzed.seconds)
    print(f"{name}: {fuzzed.inputs:,} inputs in {fuzzed.seconds:.0f} s", flush=True)
    if fuzzed.broken:
        print(fuzzed.broken, *broken_inputs(name), sep="\n", flush=True)
    return lost


if __name__ == "__main__":
    sys.exit(main())
