"""What the authenticator costs, beside a function that does what the published sample does.

    .venv/bin/python -m benchmarks.authenticator

Both are built as they are deployed and run on Python 3.13 with nothing but their bundle and the
runtime's boto3, against the same stand-ins for AWS and for the load balancer's public keys, which
this process serves. Neither bundle ships bytecode and Lambda cannot keep any beside it, so both are
compiled at each import; boto3 and all that comes with Python is compiled ahead for both.

A round runs each function in a fresh process: import, a first sign-in, then sign-ins while warm.
The rounds begin with one function and the other by turns, so that what else the machine does
meets both alike. CPU is the time of the function's process in user and system mode. Prints a
Markdown table: medians over the rounds, and the least and the greatest.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.harness import (
    MEMBER,
    USER,
    Harness,
    LambdaBundle,
    ProcessCost,
    authenticator,
    comparison,
    harness,
    portal,
    sign_in,
)
from benchmarks.lambda_process import Cost
from benchmarks.machine import describe_machine

WARM_UP, SIGN_INS, PORTALS = 20, 200, 20
EVERY_SIGN_IN = 1 + WARM_UP + SIGN_INS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.authenticator", description="What the authenticator costs."
    )
    parser.add_argument("--python", default="3.13", help="a Python 3.13: a path, or uv finds one")
    parser.add_argument("--rounds", type=int, default=15, help="how often each function runs")
    parser.add_argument("--plain", action="store_true", help="stand-ins without TLS")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        functions = authenticator(folder / "ours"), comparison(folder / "comparison")
        with harness(folder, arguments.python, tls=not arguments.plain) as here:
            ours, sample = _alternate(here, functions, arguments.rounds)
            of_members = [_member(here, functions[0]) for _ in range(arguments.rounds)]
        sizes = [(each.zipped_bytes, each.unpacked_bytes) for each in functions]
    scheme = "HTTP" if arguments.plain else "HTTPS"
    print(f"{describe_machine()}; {arguments.rounds} rounds, {scheme}\n")
    _print_both(ours, sample, sizes)
    _print_members(of_members)


@dataclass(frozen=True)
class Round:
    """One function's processes of a round: the second finds its connections closed each time."""

    kept: ProcessCost
    closed: ProcessCost


def _alternate(
    here: Harness, functions: tuple[LambdaBundle, LambdaBundle], rounds: int
) -> tuple[list[Round], list[Round]]:
    found: dict[LambdaBundle, list[Round]] = {function: [] for function in functions}
    for number in range(rounds):
        for function in functions[:: 1 if number % 2 else -1]:
            found[function].append(_round(here, function))
    ours, sample = (found[function] for function in functions)
    return ours, sample


def _round(here: Harness, function: LambdaBundle) -> Round:
    kept = here.run(
        function, sign_in(USER, times=1), sign_in(USER, times=SIGN_INS, warm_up=WARM_UP)
    )
    closed = here.run(function, sign_in(USER, times=WARM_UP, warm_up=1), keep_alive=False)
    return Round(kept, closed)


def _member(here: Harness, ours: LambdaBundle) -> ProcessCost:
    """A fresh process for somebody with many groups and environments."""
    return here.run(
        ours,
        portal(MEMBER, times=1),
        portal(MEMBER, times=PORTALS),
        sign_in(MEMBER, times=SIGN_INS, warm_up=WARM_UP),
    )


def _print_both(
    ours: Sequence[Round], sample: Sequence[Round], sizes: Sequence[tuple[int, int]]
) -> None:
    print("| | authenticator | comparison | of it |\n|---|---|---|---|")
    milliseconds: dict[str, Callable[[Round], float]] = {
        "cold import, CPU": lambda each: each.kept.imported[0],
        "cold import, wall": lambda each: each.kept.imported[1],
        "first sign-in, CPU": lambda each: each.kept.visits[0][0][0],
        "first sign-in, wall": lambda each: each.kept.visits[0][0][1],
        "warm sign-in, CPU": lambda each: _median_cpu(each.kept.visits[1]),
        "warm sign-in, wall, half of them within": lambda each: _percentile(each, 50),
        "warm sign-in, wall, 99 of 100 within": lambda each: _percentile(each, 99),
        "warm sign-in, connections closed meanwhile, CPU": (
            lambda each: _median_cpu(each.closed.visits[0])
        ),
    }
    for name, figure in milliseconds.items():
        figures = [[figure(each) * 1000 for each in rounds] for rounds in (ours, sample)]
        _print_row(f"{name} (ms)", *figures)
    counts: dict[str, Callable[[ProcessCost], float]] = {
        "AWS calls a sign-in": lambda run: run.aws_calls / EVERY_SIGN_IN,
        f"key fetches in {EVERY_SIGN_IN} sign-ins": lambda run: run.key_fetches,
        "resident memory, peak (MB)": lambda run: run.peak_bytes / 1e6,
    }
    for name, count in counts.items():
        _print_row(name, *([count(each.kept) for each in rounds] for rounds in (ours, sample)))
    for name, column in (("bundle, zipped (MB)", 0), ("bundle, unpacked (MB)", 1)):
        _print_row(name, *([size[column] / 1e6] for size in sizes))
    print()


def _print_row(name: str, ours: Sequence[float], sample: Sequence[float]) -> None:
    print(f"| {name} | {_shown(ours)} | {_shown(sample)} | {median(ours) / median(sample):.2f} |")


def _print_members(runs: Sequence[ProcessCost]) -> None:
    print("| 200 environments, 20 groups | authenticator |\n|---|---|")
    rows = {
        "first portal after a cold start, CPU (ms)": [run.visits[0][0][0] * 1e3 for run in runs],
        "portal, CPU (ms)": [_median_cpu(run.visits[1]) * 1e3 for run in runs],
        "portal, CPU of the dearest (ms)": [max(_cpu(run.visits[1])) * 1e3 for run in runs],
        "warm sign-in, CPU (ms)": [_median_cpu(run.visits[2]) * 1e3 for run in runs],
        "resident memory, peak (MB)": [run.peak_bytes / 1e6 for run in runs],
    }
    for name, figures in rows.items():
        print(f"| {name} | {_shown(figures)} |")


def _shown(figures: Sequence[float]) -> str:
    middle, least, most = median(figures), min(figures), max(figures)
    return f"{middle:.3g}" if least == most else f"{middle:.3g} ({least:.3g} to {most:.3g})"


def _cpu(costs: Iterable[Cost]) -> list[float]:
    return [cpu for cpu, _ in costs]


def _median_cpu(costs: Iterable[Cost]) -> float:
    return median(_cpu(costs))


def _percentile(each: Round, percent: int) -> float:
    return quantiles((wall for _, wall in each.kept.visits[1]), n=100)[percent - 1]


if __name__ == "__main__":
    main()
