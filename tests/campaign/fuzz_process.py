"""Program that fuzzes one target, guided by coverage, until its time is up or a promise is broken.

Arguments: the target, and options and folders for libFuzzer. Atheris comes from the folder in
`FUZZER_PACKAGES`, for it is installed apart from the product's packages.
"""

from __future__ import annotations

import os
import sys

sys.path.append(os.environ["FUZZER_PACKAGES"])

import atheris

# Before anything of the product is imported: what was imported already has no instruments.
INSTRUMENTED = ["artifacts", "authenticator", "cli", "config", "dag_sync", "mwaa_platform_token"]


def main(name: str, *arguments: str) -> None:
    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.campaign import targets  # noqa: PLC0415

    atheris.Setup([sys.argv[0], *arguments], lambda data: targets.check(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
