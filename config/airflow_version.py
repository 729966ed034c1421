"""Types of Airflow versions: any of MWAA's, and those that new environments can have."""

from __future__ import annotations

from typing import Annotated

from packaging.version import Version
from pydantic import AfterValidator

from config.section import Matches, reject
from mwaa.versions import AIRFLOW_VERSIONS, airflow_version, is_newer_than_known

CREATABLE = [entry.version for entry in AIRFLOW_VERSIONS.values() if entry.creatable]
MWAA_OFFERS = f"MWAA offers {', '.join(CREATABLE)}."


def _check_known(version: str) -> str:
    if version not in AIRFLOW_VERSIONS and not is_newer_than_known(version):
        reject(
            f"MWAA has no Airflow {version}.", f"The nearest is {_nearest(version)}. {MWAA_OFFERS}"
        )
    return version


def _nearest(version: str) -> str:
    def distance(offered: str) -> list[int]:
        pairs = zip(Version(offered).release, Version(version).release, strict=True)
        return [abs(one - other) for one, other in pairs]

    return min(CREATABLE, key=distance)


def _check_creatable(version: str) -> str:
    if not airflow_version(_check_known(version)).creatable:
        reject(f"MWAA has ended Airflow {version}: nothing new is created on it.", MWAA_OFFERS)
    return version


VersionNumber = Matches(r"\d{1,3}\.\d{1,3}\.\d{1,3}", "a version of three numbers, such as 3.3.1")
KnownVersion = Annotated[str, VersionNumber, AfterValidator(_check_known)]
CreatableVersion = Annotated[str, VersionNumber, AfterValidator(_check_creatable)]
