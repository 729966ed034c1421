"""Cost of the authenticator, compared to a function equivalent to the published sample.

    .venv/bin/python -m benchmarks.authenticator

Both are built as they are deployed and run on Python 3.13 with their bundle and the runtime's boto3
only, against the same stand-ins for AWS and for the load balancer's public keys, which this process
serves. Neither bundle contains bytecode and Lambda cannot store any, so both are compiled at each
import; boto3 and Python's own modules are compiled beforehand for both.

A round runs each function in a fresh process: import, a first sign-in, then warm sign-ins. The
order of the functions alternates between rounds, so that other load on the machine affects both
alike. CPU is the time of the function's process in user and system mode. Prints a Markdown table:
medians over the rounds, minimum and maximum.
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
    portal,
    sign_in,
    start_harness,
)
from benchmarks.lambda_process import Cost
from benchmarks.machine import describe_machine
from boundary import errors_shown

WARM_UP, SIGN_INS, PORTALS = 20, 200, 20
EVERY_SIGN_IN = 1 + WARM_UP + SIGN_INS


def main() -> None:
    """Measures and prints."""
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
        with start_harness(folder, arguments.python, tls=not arguments.plain) as harness:
            ours, sample = _measure_rounds(harness, functions, arguments.rounds)
            members = [_measure_member(harness, functions[0]) for _ in range(arguments.rounds)]
        sizes = [(each.zipped_bytes, each.unpacked_bytes) for each in functions]
    scheme = "HTTP" if arguments.plain else "HTTPS"
    print(f"{describe_machine()}; {arguments.rounds} rounds, {scheme}\n")
    _print_comparison(ours, sample, sizes)
    _print_members(members)


@dataclass(frozen=True)
class Round:
    """The costs of one function in a round: with connections kept alive, and closed each time."""

    kept_alive: ProcessCost
    closed: ProcessCost


def _measure_rounds(
    harness: Harness, functions: tuple[LambdaBundle, LambdaBundle], rounds: int
) -> tuple[list[Round], list[Round]]:
    costs: dict[LambdaBundle, list[Round]] = {function: [] for function in functions}
    for number in range(rounds):
        for function in functions[:: 1 if number % 2 else -1]:
            costs[function].append(_measure_round(harness, function))
    ours, sample = (costs[function] for function in functions)
    return ours, sample


def _measure_round(harness: Harness, function: LambdaBundle) -> Round:
    kept_alive = harness.run(
        function, sign_in(USER, times=1), sign_in(USER, times=SIGN_INS, warm_up=WARM_UP)
    )
    closed = harness.run(function, sign_in(USER, times=WARM_UP, warm_up=1), keep_alive=False)
    return Round(kept_alive, closed)


def _measure_member(harness: Harness, ours: LambdaBundle) -> ProcessCost:
    """The cost of a fresh process for a user with many groups and environments."""
    return harness.run(
        ours,
        portal(MEMBER, times=1),
        portal(MEMBER, times=PORTALS),
        sign_in(MEMBER, times=SIGN_INS, warm_up=WARM_UP),
    )


def _print_comparison(
    ours: Sequence[Round], sample: Sequence[Round], sizes: Sequence[tuple[int, int]]
) -> None:
    print("| | authenticator | comparison | of it |\n|---|---|---|---|")
    milliseconds: dict[str, Callable[[Round], float]] = {
        "cold import, CPU": lambda each: each.kept_alive.imported[0],
        "cold import, wall": lambda each: each.kept_alive.imported[1],
        "first sign-in, CPU": lambda each: each.kept_alive.workloads[0][0][0],
        "first sign-in, wall": lambda each: each.kept_alive.workloads[0][0][1],
        "warm sign-in, CPU": lambda each: _median_cpu(each.kept_alive.workloads[1]),
        "warm sign-in, wall, half of them within": lambda each: _percentile(each, 50),
        "warm sign-in, wall, 99 of 100 within": lambda each: _percentile(each, 99),
        "warm sign-in, connections closed meanwhile, CPU": (
            lambda each: _median_cpu(each.closed.workloads[0])
        ),
    }
    for name, figure in milliseconds.items():
        figures = [[figure(each) * 1000 for each in rounds] for rounds in (ours, sample)]
        _print_row(f"{name} (ms)", *figures)
    counts: dict[str, Callable[[ProcessCost], float]] = {
        "AWS calls a sign-in": lambda cost: cost.aws_calls / EVERY_SIGN_IN,
        f"key fetches in {EVERY_SIGN_IN} sign-ins": lambda cost: cost.key_fetches,
        "resident memory, peak (MB)": lambda cost: cost.peak_bytes / 1e6,
    }
    for name, count in counts.items():
        figures = [[count(each.kept_alive) for each in rounds] for rounds in (ours, sample)]
        _print_row(name, *figures)
    for name, column in (("bundle, zipped (MB)", 0), ("bundle, unpacked (MB)", 1)):
        _print_row(name, *([size[column] / 1e6] for size in sizes))
    print()


def _print_row(name: str, ours: Sequence[float], sample: Sequence[float]) -> None:
    ratio = median(ours) / median(sample)
    print(f"| {name} | {_format(ours)} | {_format(sample)} | {ratio:.2f} |")


def _print_members(costs: Sequence[ProcessCost]) -> None:
    print("| 200 environments, 20 groups | authenticator |\n|---|---|")
    rows = {
        "first portal after a cold start, CPU (ms)": [
            each.workloads[0][0][0] * 1e3 for each in costs
        ],
        "portal, CPU (ms)": [_median_cpu(each.workloads[1]) * 1e3 for each in costs],
        "portal, CPU of the dearest (ms)": [max(_cpu(each.workloads[1])) * 1e3 for each in costs],
        "warm sign-in, CPU (ms)": [_median_cpu(each.workloads[2]) * 1e3 for each in costs],
        "resident memory, peak (MB)": [each.peak_bytes / 1e6 for each in costs],
    }
    for name, figures in rows.items():
        print(f"| {name} | {_format(figures)} |")


def _format(figures: Sequence[float]) -> str:
    middle, least, most = median(figures), min(figures), max(figures)
    return f"{middle:.3g}" if least == most else f"{middle:.3g} ({least:.3g} to {most:.3g})"


def _cpu(costs: Iterable[Cost]) -> list[float]:
    return [cpu for cpu, _ in costs]


def _median_cpu(costs: Iterable[Cost]) -> float:
    return median(_cpu(costs))


def _percentile(each: Round, percent: int) -> float:
    return quantiles((wall for _, wall in each.kept_alive.workloads[1]), n=100)[percent - 1]


if __name__ == "__main__":
    with errors_shown():
        main()
