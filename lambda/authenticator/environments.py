"""What MWAA says about environments, remembered for a short while."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from authenticator.aws import Aws
from authenticator.errors import UnavailableError

VERSION_SECONDS = 300
STATE_SECONDS = 15
THREADS = 8
PORTAL_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Description:
    """GetEnvironment's answer; None where it does not say."""

    status: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None


class Descriptions:
    """GetEnvironment, with a memory of the last answer for each environment."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._remembered: dict[str, tuple[float, Description]] = {}

    def one(self, name: str, max_age: float) -> Description:
        """An answer that is at most `max_age` seconds old."""
        learnt, description = self._remembered.get(name, (float("-inf"), None))
        if description is None or time.monotonic() - learnt > max_age:
            description = self._ask(name)
            self._remembered[name] = time.monotonic(), description
        return description

    def many(self, names: Collection[str]) -> dict[str, Description]:
        """Recent answers, empty ones for environments about which none came within seconds."""
        from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415 (portal only)

        pool = ThreadPoolExecutor(THREADS)
        futures = {name: pool.submit(self.one, name, STATE_SECONDS) for name in names}
        done, _ = wait(futures.values(), timeout=PORTAL_SECONDS)
        pool.shutdown(wait=False, cancel_futures=True)
        return {
            name: future.result() if future in done and not future.exception() else Description()
            for name, future in futures.items()
        }

    def airflow_major(self, name: str) -> int:
        """The first number of the environment's Airflow version."""
        version = self.one(name, VERSION_SECONDS).airflow_version or ""
        major, _, _ = version.partition(".")
        if not (major.isascii() and major.isdigit()):
            raise UnavailableError("get_environment: no Airflow version")
        return int(major)

    def _ask(self, name: str) -> Description:
        response = self._aws.call(self._aws.mwaa.get_environment, Name=name)
        try:
            environment = response["Environment"]
            return Description(
                *(
                    value if isinstance(value := environment.get(key), str) else None
                    for key in ("Status", "AirflowVersion", "WebserverAccessMode")
                )
            )
        except (AttributeError, KeyError) as error:
            raise UnavailableError("get_environment: no environment in the response") from error
