"""The constraints of an environment that has OpenMetadata's client: MWAA's, less what gives way.

No release of the client can be installed under the constraints of MWAA's images, and without any
in requirements.txt MWAA applies its own. So they travel in plugins.zip, which MWAA unpacks before
it runs pip.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from mwaa_platform.airflow_versions import AirflowVersion
from mwaa_platform.constraints import constraints_file

CONSTRAINTS_FILE = "mwaa_platform_constraints.txt"
INSTALLED_CONSTRAINTS = f"/usr/local/airflow/plugins/{CONSTRAINTS_FILE}"

GIVE_WAY = frozenset(
    {
        # Those that the client itself wants in other versions.
        "boto3",
        "chardet",
        "cryptography",
        "google-cloud-secret-manager",
        "httpx",
        "jaraco-context",
        "jaraco-functools",
        "mysql-connector-python",
        "pydantic",
        "setuptools",
        "snowflake-connector-python",
        "tabulate",
        # Those that go with one of these, or with what the client brings.
        "botocore",
        "cffi",
        "click",
        "grpc-google-iam-v1",
        "grpcio",
        "grpcio-status",
        "h11",
        "httpcore",
        "isodate",
        "msal",
        "pathspec",
        "protobuf",
        "pydantic-core",
        "pygments",
        "python-dotenv",
        "redshift-connector",
        "s3transfer",
        "sqlparse",
        "urllib3",
    }
)
"""Packages of which any version may be installed that suits the others. What is installed and
suits stays: pip changes nothing without need."""

HELD = MappingProxyType({"dbt-core": SpecifierSet("<1.10"), "urllib3": SpecifierSet(">=2")})
"""The client takes others too: a dbt that fetches programs from elsewhere while it is installed,
and a urllib3 of years ago."""


def relaxed(pins: Iterable[str]) -> str:
    """The content of a constraints file, from the lines of one with pins alone."""
    kept = (line for line in pins if line and not line.startswith("#"))
    lines = [line for line in kept if canonicalize_name(Requirement(line).name) not in GIVE_WAY]
    return "\n".join([*lines, *(f"{name}{held}" for name, held in HELD.items())]) + "\n"


def relaxed_constraints(version: AirflowVersion) -> str:
    """What pip may install beside the client on MWAA; of an unknown image Airflow alone is held."""
    file = constraints_file(version.version)
    pins = file.read_text().splitlines() if file.exists() else []
    return relaxed([f"apache-airflow=={version.version}", *pins])
