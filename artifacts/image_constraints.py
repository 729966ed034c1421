"""Constraints that a requirements.txt names, and the file of MWAA's image in plugins.zip.

pip on MWAA sees three kinds: those that the file names; the image's own where no line of the file,
comments included, has `-c ` or `--constraint `; and always those of what MWAA builds on. The
image's own are not always those that Apache publishes.
https://github.com/aws/amazon-mwaa-docker-images, python/mwaa/utils/user_requirements.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mwaa.constraints import constraints, constraints_file, differs_from_apache, essential
from mwaa.versions import AirflowVersion

IMAGE_FILE = "mwaa_platform_image_constraints.txt"
INSTALLED_IMAGE_FILE = f"/usr/local/airflow/plugins/{IMAGE_FILE}"

SEEN_BY_MWAA = re.compile(r"-c |--constraint ")
"""What makes MWAA apply no constraints of its own to a file, wherever it stands in a line."""


def image_constraints(version: AirflowVersion) -> str:
    """Where pip on MWAA finds the constraints of the image: a URL, or a path in plugins.zip."""
    differs = differs_from_apache(version.version)
    return INSTALLED_IMAGE_FILE if differs else version.constraints_url


def image_pins(version: AirflowVersion) -> Mapping[str, str]:
    """All versions that pip is held to under the image's constraints."""
    return {**constraints(version.version), **essential_pins(version)}


def essential_pins(version: AirflowVersion) -> Mapping[str, str]:
    """The versions that pip is held to whatever a file names."""
    return {**essential(version.version), "apache-airflow": version.version}


def shipped_constraints(version: AirflowVersion, requirements: str) -> Mapping[str, bytes]:
    """The image's file for plugins.zip where a requirements.txt names it, by name.

    Without what MWAA holds to its own versions itself: where AWS raises one of these, two files
    would contradict each other, and nothing would be installed.
    """
    if INSTALLED_IMAGE_FILE not in requirements:
        return {}
    held = essential_pins(version)
    # An image that is not known has no file here: then only Airflow is held.
    file = constraints_file(version.version)
    pins = file.read_text("utf-8").splitlines() if file.exists() else []
    kept = (
        f"{pin}\n"
        for pin in pins
        if not pin.startswith("#") and canonicalize_name(Requirement(pin).name) not in held
    )
    return {IMAGE_FILE: "".join(kept).encode()}
