"""Options of Airflow whose value MWAA forces; `python -m mwaa.forced_options` renews the list.

`forced_options.toml` beside this module has them. A value of MWAA's that only stands in for
Airflow's default is none of them: a user's wins.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from packaging.version import Version

from mwaa.versions import AIRFLOW_VERSIONS

FILE = Path(__file__).with_suffix(".toml")

FORCED_SECTION = "metrics"
HEEDED = frozenset(
    {"metrics.metrics_allow_list", "metrics.metrics_block_list", "metrics.statsd_on"}
)
"""Those of the section that MWAA passes on to what publishes the metrics."""
MERGED = frozenset({"celery.extra_celery_config"})
"""Those that keep a user's keys beside MWAA's."""
COMPUTED: Mapping[str, str] = MappingProxyType(
    {"api_auth.jwt_algorithm": "3.0.6", "api_auth.jwt_secret": "3.0.6"}
)
"""Those that the image's modules set by a computed name, each with its first version."""

HEADER = """\
# Options that MWAA forces, so that another value has no effect: `from` the first version that does,
# `until` the first that does no more. Of the images of 2.9.2 and newer; older ones are not known,
# and taken to be as 2.9.2. The modules python/mwaa/config/airflow.py of
# https://github.com/aws/amazon-mwaa-docker-images. Made with: python -m mwaa.forced_options

"""


def forced_options(version: str) -> frozenset[str]:
    """Options whose value MWAA forces in a version, without those of FORCED_SECTION; one newer than
    is known is as the newest."""
    running = Version(version)
    return frozenset(
        option
        for option, span in forced_spans().items()
        if Version(span.get("from", "0")) <= running
        and ("until" not in span or running < Version(span["until"]))
    )


def is_forced(option: str, version: str) -> bool:
    """Whether MWAA forces an option's value in a version."""
    in_section = option.partition(".")[0] == FORCED_SECTION
    return option in forced_options(version) or (in_section and option not in HEEDED)


def written(by_version: Mapping[str, set[str]]) -> str:
    """The file's content, from what each image forces, the oldest version first."""
    versions = sorted(by_version, key=Version)
    lines = []
    for option in sorted(set().union(*by_version.values()) - MERGED):
        has = [version for version in versions if option in by_version[version]]
        first, last = versions.index(has[0]), versions.index(has[-1])
        span = {} if first == 0 else {"from": versions[first]}
        if last + 1 < len(versions):
            span["until"] = versions[last + 1]
        values = ", ".join(f'{key} = "{value}"' for key, value in span.items())
        lines.append(f'"{option}" = ' + (f"{{ {values} }}" if values else "{}") + "\n")
    return HEADER + "".join(lines)


def copied(folder: Path) -> Mapping[str, set[str]]:
    """What each image forces, from copies: `<version>/options.json` with a table `forced`."""
    known = [each for each in AIRFLOW_VERSIONS.values() if each.openlineage_provider]
    found: dict[str, set[str]] = {}
    for version in known:
        options = json.loads((folder / version.version / "options.json").read_text("utf-8"))
        computed = {
            option
            for option, first in COMPUTED.items()
            if Version(first) <= Version(version.version)
        }
        found[version.version] = {*options["forced"], *computed}
    return found


@cache
def forced_spans() -> Mapping[str, Mapping[str, str]]:
    """For each option the first version that forces it (`from`) and that does no more (`until`)."""
    return tomllib.loads(FILE.read_text("utf-8"))


def main() -> None:
    """Takes the options from a folder of copies."""
    parser = argparse.ArgumentParser(prog="mwaa.forced_options")
    parser.add_argument(
        "--copies",
        type=Path,
        metavar="DIR",
        required=True,
        help="a folder with <version>/options.json: the options that the image's essential "
        "functions set, in a table `forced`",
    )
    try:
        FILE.write_text(written(copied(parser.parse_args().copies)))
    except (OSError, ValueError, KeyError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
