"""Environment markers, as the Python of MWAA's images judges them.

https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName

from mwaa.versions import AirflowVersion

PLATFORM: Mapping[str, str] = MappingProxyType(
    {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "sys_platform": "linux",
    }
)
OF_THE_HOST = ("platform_release", "platform_version")
"""Of the kernel below the container, which is not known."""
OF_PATCH_RELEASE = ("implementation_version", "python_full_version")


class MarkerError(ValueError):
    """A marker that pip cannot evaluate, with the reason in words."""


def applies(marker: Marker | None, version: AirflowVersion) -> bool:
    """Whether a line with this marker counts on MWAA; also where that is not known.

    Raises MarkerError.
    """
    if marker is None:
        return True
    full = version.full_python
    known = {
        **PLATFORM,
        "python_version": version.python,
        # The values of this machine's Python must never stand in for those that are not known.
        **dict.fromkeys(OF_PATCH_RELEASE, full or f"{version.python}.0"),
        **dict.fromkeys(OF_THE_HOST, ""),
    }
    try:
        result = marker.evaluate({**known, "extra": ""})
    except UndefinedEnvironmentName as error:
        raise MarkerError(f"pip knows no {error}") from None
    except UndefinedComparison:
        raise MarkerError("pip cannot compare these") from None
    except RecursionError:
        raise MarkerError("it is nested too deep") from None
    return result or _names(marker, (*OF_THE_HOST, *(() if full else OF_PATCH_RELEASE)))


def _names(marker: Marker, variables: tuple[str, ...]) -> bool:
    words = {*re.findall(r"\w+", re.sub(r"'[^']*'|\"[^\"]*\"", "", str(marker)))}
    return not words.isdisjoint(variables)
