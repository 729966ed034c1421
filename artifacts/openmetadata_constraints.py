"""The constraints of an environment that has OpenMetadata's client: MWAA's, less what gives way.

No release of the client can be installed under the constraints of MWAA's images, and without any
in requirements.txt MWAA applies its own. So they travel in plugins.zip, which MWAA unpacks before
it runs pip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from mwaa.constraints import constraints_file
from mwaa.versions import AirflowVersion

PACKAGE = "openmetadata-ingestion"
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

HELD_BESIDE_PROTOBUF_4 = MappingProxyType(
    {
        "dbt-adapters": SpecifierSet("<1.4"),
        "dbt-common": SpecifierSet("<1.4"),
        "dbt-core": SpecifierSet("<1.9"),
    }
)
"""Later ones want protobuf 5, which Airflow before 2.11 does not take: pip tries them all in vain,
for many minutes."""


def held(pins: Mapping[str, str]) -> Mapping[str, SpecifierSet]:
    """What is held without a pin, beside these pins of an image."""
    beside_protobuf_4 = Version(pins.get("protobuf", "5")) < Version("5")
    return {**HELD, **(HELD_BESIDE_PROTOBUF_4 if beside_protobuf_4 else {})}


def relaxed(lines: Iterable[str]) -> str:
    """The content of a constraints file, from the lines of one that has pins alone."""
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions: dict[str, str] = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins
    }
    kept = [str(pin) for pin in pins if canonicalize_name(pin.name) not in GIVE_WAY]
    bounds = [f"{name}{specifier}" for name, specifier in held(versions).items()]
    return "\n".join([*kept, *bounds]) + "\n"


def relaxed_constraints(version: AirflowVersion) -> str:
    """What pip may install beside the client on MWAA; of an unknown image Airflow alone is held."""
    file = constraints_file(version.version)
    pins = file.read_text().splitlines() if file.exists() else []
    return relaxed([f"apache-airflow=={version.version}", *pins])
