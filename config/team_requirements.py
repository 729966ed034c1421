"""The local requirements.txt that an environment's entry names."""

from __future__ import annotations

from pathlib import Path

from config.fields import reject
from mwaa_platform.airflow_versions import airflow_version
from mwaa_platform.requirements_file import RequirementsClash, merged_requirements


def check_requirements(file: Path, *, version: str | None, lineage: bool) -> None:
    """Refuse a file that cannot be read, or whose lines would fail on MWAA.

    Without a version, because that is a mistake itself, the lines are not compared with it.
    """
    try:
        if not file.is_file():
            reject("There is no such file.", "Paths start from the configuration's folder.")
        file.read_text(encoding="utf-8")
        if version:
            known = airflow_version(version)
            ours = [known.lineage_package] if lineage and known.lineage_package else []
            merged_requirements(version=known, ours=ours, team=file)
    except RequirementsClash as clash:
        reject(str(clash), clash.remedy)
    except UnicodeDecodeError:
        reject("The file holds what is not text in UTF-8.")
    except OSError as error:
        reject(f"The file cannot be read: {error.strerror}.")
