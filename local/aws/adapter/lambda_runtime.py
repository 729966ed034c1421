"""Deployed functions on a platform other than Lambda's.

MiniStack 1.5.33 runs functions with its own Python. The bundle's cryptography is built for Python
3.13 on x86-64 Linux; on other platforms the stand-in's own, of the same version, replaces it.
"""

from __future__ import annotations

import platform
import sys
import sysconfig

from ministack.core import lambda_runtime

_PREAMBLE = """
import importlib.abc as _abc, importlib.machinery as _machinery, sys as _sys
class _StandIn(_abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "cryptography":
            return _machinery.PathFinder.find_spec(name, [{folder!r}])
_sys.meta_path.insert(0, _StandIn())
"""


def install() -> None:
    """Makes functions import the stand-in's cryptography where the bundle's cannot run."""
    if not _is_lambda_platform():
        preamble = _PREAMBLE.format(folder=sysconfig.get_path("platlib"))
        lambda_runtime._PYTHON_WORKER_SCRIPT = preamble + lambda_runtime._PYTHON_WORKER_SCRIPT


def _is_lambda_platform() -> bool:
    return (
        sys.version_info[:2] == (3, 13)
        and platform.machine() == "x86_64"
        and platform.libc_ver()[0] == "glibc"
    )
