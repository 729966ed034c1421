"""The one list of what is fuzzed: a name and a function that reads bytes, whatever they are.

A target returns where every promise is kept. It raises for one that is broken: an error that is
not ours, a token without a grant, more than a second of a processor's time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.campaign import files, sign_in
from tests.campaign.promise import promise

LONGEST_SECONDS = 1.0

Target = Callable[[bytes], None]

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "token": sign_in.read_token,
        "event": sign_in.read_event,
        "claims": sign_in.read_claims,
        "host-and-path": sign_in.read_host_and_path,
        "configuration": files.read_configuration,
        "options": files.read_options,
        "requirements": files.read_requirements,
        "archive": files.read_archive,
        "manifest": files.read_manifest,
        "spreadsheet": files.read_spreadsheet,
        "secret": files.read_secret,
    }
)


def check(name: str, data: bytes) -> None:
    """Has a target read an input. Raises what it raises, and BrokenPromiseError if it is slow."""
    started = time.process_time()
    TARGETS[name](data)
    took = time.process_time() - started
    promise(took < LONGEST_SECONDS, f"{took:.1f} s for {len(data)} bytes")
