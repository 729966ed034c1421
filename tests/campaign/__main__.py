"""`python -m tests.campaign`: runs parts of the campaign for as long as wanted, and counts.

What was reached is kept in `.local/campaign`, the counts in `tests/campaign/results.json`, from
which the tables of docs/reliability.md are made.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from boundary import errors_shown
from tests.campaign import results
from tests.campaign.fuzz import broken_inputs, fuzz
from tests.campaign.inputs import names
from tests.campaign.kills import SUBJECTS


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what is asked for; returns the exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    fuzzing = parts.add_parser("fuzz", help="fuzz targets, guided by coverage")
    fuzzing.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(names()))
    fuzzing.add_argument("--seconds", type=int, default=60, help="for each target")
    killing = parts.add_parser("kill", help="kill at random points, and run again")
    killing.add_argument("subject", choices=SUBJECTS)
    killing.add_argument("--times", type=int, default=6)
    options = parser.parse_args(arguments)
    if options.part == "kill":
        return _kill(options.subject, options.times)
    if unknown := set(options.targets) - {*names()}:
        parser.error(f"no target {', '.join(sorted(unknown))}")
    return max(_fuzz(name, options.seconds) for name in options.targets or names())


def _kill(subject: str, times: int) -> int:
    chance = random.Random()  # noqa: S311 - another choice in each run
    lost = 0
    with SUBJECTS[subject]() as trial:
        for number in range(1, times + 1):
            started, state = time.monotonic(), chance.getstate()
            survived = trial(chance)
            took = time.monotonic() - started
            results.add("kills", subject, tried=1, lost=int(not survived), seconds=took)
            lost += not survived
            if not survived:
                print(f"{subject}: lost in trial {number}, with {state}", flush=True)
    print(f"{subject}: {times} times killed, {lost} lost", flush=True)
    return int(bool(lost))


def _fuzz(name: str, seconds: int) -> int:
    fuzzed = fuzz(name, seconds)
    lost = int(fuzzed.broken is not None)
    results.add("fuzz", name, tried=fuzzed.inputs, lost=lost, seconds=fuzzed.seconds)
    print(f"{name}: {fuzzed.inputs:,} inputs in {fuzzed.seconds:.0f} s", flush=True)
    if fuzzed.broken:
        print(fuzzed.broken, *broken_inputs(name), sep="\n", flush=True)
    return lost


if __name__ == "__main__":
    with errors_shown():
        sys.exit(main())
