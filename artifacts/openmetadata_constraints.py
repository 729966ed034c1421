"""Constraints of an environment that has OpenMetadata's client: MWAA's, some without their pins.

No release of the client can be installed under the constraints of MWAA's images, and without any
in requirements.txt MWAA applies its own. So they are shipped in plugins.zip, which MWAA unpacks
before it runs pip.
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

UNPINNED = frozenset(
    {
        # Those that the client itself requires in other versions.
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
        # Those that depend on one of these, or on a package that the client installs.
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
"""Packages of which any version may be installed that is compatible with the others. pip keeps an
installed version that is."""

BOUNDS = MappingProxyType({"dbt-core": SpecifierSet("<1.10"), "urllib3": SpecifierSet(">=2")})
"""Bounds without a pin. The client allows other versions too: a dbt that fetches programs from
elsewhere while it is installed, and a urllib3 of years ago."""

BOUNDS_WITH_PROTOBUF_4 = MappingProxyType(
    {
        "dbt-adapters": SpecifierSet("<1.4"),
        "dbt-common": SpecifierSet("<1.4"),
        "dbt-core": SpecifierSet("<1.9"),
    }
)
"""Later ones require protobuf 5, with which Airflow before 2.11 is incompatible: pip would try each
of them, for many minutes."""


def bounds(pins: Mapping[str, str]) -> Mapping[str, SpecifierSet]:
    """The bounds of packages without a pin, for an image with these pins."""
    with_protobuf_4 = Version(pins.get("protobuf", "5")) < Version("5")
    return {**BOUNDS, **(BOUNDS_WITH_PROTOBUF_4 if with_protobuf_4 else {})}


def relax(lines: Iterable[str]) -> str:
    """Returns the content of a relaxed constraints file, from the lines of one of pins."""
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions: dict[str, str] = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins
    }
    kept = [str(pin) for pin in pins if canonicalize_name(pin.name) not in UNPINNED]
    bounded = [f"{name}{specifier}" for name, specifier in bounds(versions).items()]
    return "\n".join([*kept, *bounded]) + "\n"


def relaxed_constraints(version: AirflowVersion) -> str:
    """The constraints for the client on MWAA; for an unknown image only Airflow is pinned."""
    file = constraints_file(version.version)
    pins = file.read_text().splitlines() if file.exists() else []
    return relax([f"apache-airflow=={version.version}", *pins])
