"""Airflow versions of Amazon MWAA, and the packages in AWS's images of them.

The numbers are those of the constraint files and Dockerfiles of AWS's own container images
(https://github.com/aws/amazon-mwaa-docker-images). The CDK's and the API's enumerations lag behind
MWAA, hence this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from packaging.version import Version

OPENLINEAGE_PROVIDER = "apache-airflow-providers-openlineage"
OPENLINEAGE_AIRFLOW = "openlineage-airflow"
AMAZON_PROVIDER = "apache-airflow-providers-amazon"
PREINSTALLED = frozenset({"apache-airflow", AMAZON_PROVIDER})
"""Packages that every image of MWAA has."""
OLDEST_WITH_LINEAGE = (2, 5)
OLDEST_WITH_PROVIDER = (2, 7)
"""The first Airflow with the provider; older ones use the client's own package."""


@dataclass(frozen=True, kw_only=True)
class AirflowVersion:
    """One Airflow version on MWAA.

    `full_python` is the image's Python with its patch release. `amazon_provider` is preinstalled.
    `openlineage_provider` and `openlineage_python` are what MWAA's constraints pin; nothing
    installs them. None where the image is not known.
    `creatable` is False once AWS has ended it: existing environments run on, new ones are rejected.
    """

    version: str
    python: str
    full_python: str | None = None
    amazon_provider: str | None = None
    openlineage_provider: str | None = None
    openlineage_python: str | None = None
    creatable: bool = True

    @property
    def major(self) -> int:
        """Airflow's major version: 2 of 2.11.2."""
        return major_version(self.version)

    @property
    def lineage_package(self) -> str | None:
        """The package that sends OpenLineage events from this Airflow; None where none does."""
        release = Version(self.version).release[:2]
        if release < OLDEST_WITH_LINEAGE:
            return None
        return OPENLINEAGE_PROVIDER if release >= OLDEST_WITH_PROVIDER else OPENLINEAGE_AIRFLOW

    @property
    def constraints_url(self) -> str:
        """URL of the constraints that Apache publishes, which AWS's guide has a file name first."""
        return (
            "https://raw.githubusercontent.com/apache/airflow/"
            f"constraints-{self.version}/constraints-{self.python}.txt"
        )


def _supported(
    version: str, full_python: str, amazon: str, openlineage: str, client: str
) -> AirflowVersion:
    return AirflowVersion(
        version=version,
        python=full_python.rpartition(".")[0],
        full_python=full_python,
        amazon_provider=amazon,
        openlineage_provider=openlineage,
        openlineage_python=client,
    )


def _ended(version: str, python: str) -> AirflowVersion:
    return AirflowVersion(version=version, python=python, creatable=False)


AIRFLOW_VERSIONS: Mapping[str, AirflowVersion] = MappingProxyType(
    {
        entry.version: entry
        for entry in (
            _supported("3.3.1", "3.12.13", "9.34.0", "2.20.0", "1.52.0"),
            _supported("3.2.1", "3.12.13", "9.25.0", "2.16.0", "1.46.0"),
            _supported("3.0.6", "3.12.10", "9.12.0", "2.6.1", "1.37.0"),
            _supported("2.11.2", "3.12.10", "9.22.0", "2.11.0", "1.44.1"),
            _supported("2.11.0", "3.12.10", "9.8.0", "2.3.0", "1.33.0"),
            _supported("2.10.3", "3.11.9", "9.0.0", "1.13.0", "1.23.0"),
            _supported("2.10.1", "3.11.9", "8.28.0", "1.11.0", "1.21.1"),
            _supported("2.9.2", "3.11.9", "8.24.0", "1.8.0", "1.16.0"),
            AirflowVersion(version="2.8.1", python="3.11"),
            AirflowVersion(version="2.7.2", python="3.11"),
            _ended("2.6.3", "3.10"),
            _ended("2.5.1", "3.10"),
            _ended("2.4.3", "3.10"),
            _ended("2.2.2", "3.7"),
            _ended("2.0.2", "3.7"),
            _ended("1.10.12", "3.7"),
        )
    }
)

FIRST_MAJOR_WITH_NEW_PATHS = 3
DEFAULT_AIRFLOW_VERSION = "3.3.1"
NEWEST = max(AIRFLOW_VERSIONS.values(), key=lambda entry: Version(entry.version))


def major_version(version: str) -> int:
    """Airflow's major version: 2 of 2.11.2."""
    return Version(version).major


def is_newer_than_known(version: str) -> bool:
    """Whether MWAA may have brought out this version after the table was written."""
    return Version(version) > Version(NEWEST.version)


def airflow_version(version: str) -> AirflowVersion:
    """The entry of a version; one newer than the table is assumed to have the newest's Python.

    Raises KeyError for any other version that is not in the table.
    """
    if version not in AIRFLOW_VERSIONS and is_newer_than_known(version):
        return AirflowVersion(version=version, python=NEWEST.python)
    return AIRFLOW_VERSIONS[version]


def web_login_path(major: int) -> str:
    """The path on an environment's host that accepts a web login token, by Airflow's major."""
    prefix = "/pluginsv2" if major >= FIRST_MAJOR_WITH_NEW_PATHS else ""
    return f"{prefix}/aws_mwaa/aws-console-sso"
