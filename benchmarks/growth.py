"""Growth of the loops over what a platform has many of: members, DAGs, grants, environments, lines.

    .venv/bin/python -m benchmarks.growth

Each loop is run at 1, 4 and 16 times its size, and its work counted: calls of functions, in Python
and in C, which are the same on every machine, and seconds of CPU, which see what one call does.
Prints a Markdown table. A loop that is linear does 16 times the work, one that is quadratic 256
times.
"""

from __future__ import annotations

import argparse
import gc
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from artifacts.airflowignore import merge_rules
from artifacts.archive import generated_members, merge_members, team_members, write_archive
from artifacts.dags import build_dags
from artifacts.requirements import merged_requirements
from benchmarks.machine import describe_machine
from cli.grants.csv_import import read_grants_file
from config.checks import rules
from config.checks.partial import PartialFile
from config.loader import parse_configuration
from config.model import Configuration
from config.stack_names import stacks
from config.watched_alarms import alarms_by_topic, alarms_of, has_dashboard
from config.waves import environments_by_wave, ranks
from dag_sync.folder import DagFolder
from errors import Finding
from grants_reconciler.handler import declared_items
from local.layout import ROOT
from mwaa.versions import AIRFLOW_VERSIONS, DEFAULT_AIRFLOW_VERSION

SIZES = (1, 4, 16)
Work = Callable[[], object]


class Cost(NamedTuple):
    """Calls of functions, and seconds of CPU."""

    calls: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Loop:
    """Work over `base` things and its multiples, which `prepare` makes ready in a folder."""

    of: str
    base: int
    prepare: Callable[[int, Path], Work]

    def costs(self, folder: Path, sizes: Sequence[int] = SIZES) -> list[Cost]:
        """What the work costs at each size; what is read or imported once does not count."""
        self._work(0, folder)()
        works = [self._work(size, folder) for size in sizes]
        return [Cost(_calls(work), _seconds(work)) for work in works]

    def _work(self, size: int, folder: Path) -> Work:
        own = folder / str(size)
        own.mkdir(parents=True)
        return self.prepare(self.base * (size or 1), own)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.parse_args()
    print(f"{describe_machine()}:\n")
    print("| Loop | Items | Calls | Growth of calls | CPU | Growth of CPU |")
    print("|---|---|---|---|---|---|")
    for loop in (*LOOPS, *RULES):
        with tempfile.TemporaryDirectory() as folder:
            first, _, last = loop.costs(Path(folder))
        calls = f"{first.calls:,} | {last.calls / first.calls:.1f}"
        cpu = f"{first.seconds * 1000:.1f} ms | {last.seconds / first.seconds:.1f}"
        print(f"| {loop.of} | {loop.base} | {calls} | {cpu} |")


def _calls(work: Work) -> int:
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def _seconds(work: Work) -> float:
    gc.collect()
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


FILE: Mapping[str, Any] = {
    "Oidc": {
        "Issuer": "https://idp.example.com",
        "ClientId": "platform",
        "ClientSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:oidc-AbCdEf",
        "AuthorizationEndpoint": "https://idp.example.com/authorize",
        "TokenEndpoint": "https://idp.example.com/token",
        "UserInfoEndpoint": "https://idp.example.com/userinfo",
    },
    "Alb": {
        "CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1111-2222",
        "DomainName": "airflow.example.com",
    },
    # AWS peers no more than 125 VPCs with one.
    "Connectivity": {"Way": "TransitGateway", "TransitGatewayId": "tgw-0123456789abcdef0"},
}


def new(number: int) -> dict[str, Any]:
    """An entry of a new, private environment with a range of its own."""
    return {
        "Name": f"new-{number}",
        "AirflowVersion": DEFAULT_AIRFLOW_VERSION,
        "VpcCIDR": f"10.{number // 16}.{number % 16 * 16}.0/20",
        "PublicSubnetMask": 24,
        "PrivateSubnetMask": 24,
        "SourceBucketArn": "arn:aws:s3:::example-dags",
        "DagsS3Path": f"dags/{number}",
        "SecretsBackend": {
            "ConnectionsPrefix": f"team-{number}/connections",
            "VariablesPrefix": f"team-{number}/variables",
        },
    }


def old(number: int) -> dict[str, Any]:
    """An entry of an existing, private environment in a VPC of its own."""
    return {
        "Name": f"old-{number}",
        "Existing": {
            "VpcId": f"vpc-{number:017x}",
            "VpcCIDR": f"100.{64 + number // 16}.{number % 16 * 16}.0/20",
            "RouteTableIds": [f"rtb-{number:017x}"],
            "SecurityGroupId": f"sg-{number:017x}",
        },
        "Alarms": {"Enabled": True},
    }


def a_file(environments: int, *, grants: int = 0, hosts: bool = False) -> dict[str, Any]:
    """A file with so many environments, half of them new, and grants."""
    entries = [entry(number) for number in range(environments // 2) for entry in (new, old)]
    if hosts:
        for number, each in enumerate(entries):
            each.update(UiHost=f"h{number}.example.com", UiPriority=number)
    declared = [
        {
            "Group": f"team-{number}",
            "Environments": [entries[number % len(entries)]["Name"]],
            "Roles": ["Viewer"],
        }
        for number in range(grants)
    ]
    return {**FILE, "MwaaEnvironments": entries, "Grants": declared}


def configuration(raw: dict[str, Any]) -> Configuration:
    """The configuration of a file beside which there are no others."""
    return parse_configuration(raw, source=ROOT / "samples" / "draft.json")


class _Bucket:
    """An S3 client of a bucket whose objects no deployment wrote."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = list(keys)

    def get_paginator(self, _operation: str) -> _Bucket:
        return self

    def paginate(self, **_: object) -> Iterator[Mapping[str, Any]]:
        for at in range(0, len(self._keys), 1000):
            yield {"Contents": [{"Key": key} for key in self._keys[at : at + 1000]]}

    def head_object(self, **_: object) -> Mapping[str, Any]:
        return {"ETag": "e", "Metadata": {}}


def _names(count: int) -> Iterator[str]:
    return (f"team_{number % 20}/module_{number}.py" for number in range(count))


def _folder(count: int, folder: Path) -> Path:
    source = folder / "source"
    for name in _names(count):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(f"NAME = {name!r}\n")
    return source


def _zip(count: int, folder: Path) -> Path:
    path = folder / "source.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in _names(count):
            archive.writestr(name, f"NAME = {name!r}\n")
    return path


def _plugins(source: Callable[[int, Path], Path]) -> Callable[[int, Path], Work]:
    def prepare(count: int, folder: Path) -> Work:
        path = source(count, folder)
        return lambda: write_archive(merge_members([], team_members(path)), folder, "p-{}.zip")

    return prepare


def _dags(count: int, folder: Path) -> Work:
    team = _folder(count, folder)
    return lambda: build_dags(team=team, preflight=True, directory=folder)


def _rolled_back(count: int, _folder: Path) -> Work:
    """A deployment that rolls back, where somebody else put a file at each path."""
    dags = DagFolder(_Bucket(f"dags/{name}" for name in _names(count)), "bucket", "dags/")  # type: ignore[arg-type]
    target = dict.fromkeys(_names(count), "0123")
    return lambda: dags.plan(target, {}, rolls_back=True)


def _ignored(count: int, _folder: Path) -> Work:
    rules_ = "\n".join(f"folder_{number}/" for number in range(count))
    theirs = generated_members({".airflowignore": rules_.encode()}, origin="the team")
    ours = generated_members({".airflowignore": b"a\n"}, origin="lineage")

    def work() -> object:
        re.purge()  # it would keep some hundred patterns
        return merge_rules(ours, theirs, plugin="mwaa_platform.py")

    return work


def _requirements(count: int, folder: Path) -> Work:
    path = folder / "requirements.txt"
    path.write_text("".join(f"package-{number}==1.{number}\n" for number in range(count)))
    version = AIRFLOW_VERSIONS[DEFAULT_AIRFLOW_VERSION]
    return lambda: merged_requirements(version=version, team=path)


def _parsed(
    raw: Callable[[int], dict[str, Any]], then: Callable[[Configuration], object] | None = None
) -> Callable[[int, Path], Work]:
    """The reading of a file; or what is done then, with one that is read."""

    def prepare(count: int, _folder: Path) -> Work:
        file = raw(count)
        if then is None:
            return lambda: configuration(file)
        read, does = configuration(file), then
        return lambda: does(read)

    return prepare


def _grants(count: int) -> dict[str, Any]:
    return a_file(10, grants=count)


def _hosts(count: int) -> dict[str, Any]:
    return a_file(count, hosts=True)


def _warned(read: Configuration) -> object:
    return list(rules.warnings(read))


def _watched(read: Configuration) -> object:
    on = [(alarms_of(read, each), has_dashboard(read, each)) for each in stacks(read)]
    return on, alarms_by_topic(read, made_topic="arn")


def _in_waves(read: Configuration) -> object:
    shared = ["Sso"]
    needs = {each.id: [] if each.id in shared else shared for each in stacks(read)}
    return environments_by_wave(ranks(read, needs), read)


def _spreadsheet(count: int, _folder: Path) -> Work:
    rows = ("group,environments,roles", *(f"team-{n},env-{n},Viewer" for n in range(count)))
    environments = tuple(f"env-{number}" for number in range(count))
    content = "\n".join(rows).encode()
    return lambda: read_grants_file(content, source="a.csv", environments=environments)


def _declared(count: int, _folder: Path) -> Work:
    grants: list[Mapping[str, Any]] = [
        {"Principal": f"group:{number}", "Environments": {"env": {"Roles": ["Viewer"]}}}
        for number in range(count)
    ]
    return lambda: declared_items(grants)


@cache
def _partial_file(count: int) -> PartialFile:
    raw = a_file(count, grants=count)
    return PartialFile.of(raw, own=raw, folder=ROOT / "samples", with_wheels=True)


@cache
def _read(count: int) -> Configuration:
    return configuration(a_file(count, grants=count))


def _rule(rule: Callable[[Any], Iterable[Finding]], of: Callable[[int], Any]) -> Loop:
    """One rule over environments and as many grants."""

    def prepare(count: int, _folder: Path) -> Work:
        subject = of(count)
        return lambda: list(rule(subject))

    return Loop(of=f"environments, {rule.__name__}", base=10, prepare=prepare)


RULES: tuple[Loop, ...] = (
    *(_rule(each, _partial_file) for each in rules.ERRORS),
    *(_rule(each, _read) for each in rules.WARNINGS),
)
LOOPS: tuple[Loop, ...] = (
    Loop(of="members of a folder of plugins", base=30, prepare=_plugins(_folder)),
    Loop(of="members of a zip of plugins", base=50, prepare=_plugins(_zip)),
    Loop(of="DAGs", base=30, prepare=_dags),
    Loop(of="DAGs that others overwrote", base=400, prepare=_rolled_back),
    Loop(of="rules of .airflowignore", base=40, prepare=_ignored),
    Loop(of="lines of requirements", base=30, prepare=_requirements),
    Loop(of="grants", base=30, prepare=_parsed(_grants)),
    Loop(of="grants, what is warned of", base=30, prepare=_parsed(_grants, _warned)),
    Loop(of="grants of a spreadsheet", base=50, prepare=_spreadsheet),
    Loop(of="grants that are declared", base=100, prepare=_declared),
    Loop(of="environments", base=10, prepare=_parsed(a_file)),
    Loop(of="environments, what is warned of", base=10, prepare=_parsed(a_file, _warned)),
    Loop(of="environments, their alarms", base=10, prepare=_parsed(a_file, _watched)),
    Loop(of="environments, their waves", base=10, prepare=_parsed(a_file, _in_waves)),
    Loop(of="hosts", base=6, prepare=_parsed(_hosts)),
    Loop(of="hosts, what is warned of", base=6, prepare=_parsed(_hosts, _warned)),
)


if __name__ == "__main__":
    main()
