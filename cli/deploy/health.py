"""Whether the environments of a wave are healthy after their deployment, as `doctor` finds it.

How many import errors an environment had before is kept in Systems Manager until its wave has
passed: a deployment that is run again would else take what it has broken for what was there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter, ValidationError

import console
from cli.airflow_health import AirflowHealth, airflow_health
from cli.deployed import DeployedPlatform
from cli.doctor.checks import AT_A_TIME, findings_of
from cli.doctor.environments import check_environment
from cli.doctor.web_servers import check_web_servers
from cli.report import start_report
from config.model import AnyEnvironment
from config.stack_names import parameter_folder
from errors import Finding, PlatformError

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

POLL_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Health:
    """The health of environments before a deployment and after it."""

    platform: DeployedPlatform

    def before(self, names: Collection[str], *, remember: bool) -> Mapping[str, AirflowHealth]:
        """The health before the wave began first; nothing of what does not answer.

        `remember` keeps it until the wave has passed.
        """
        remembered = self._remembered()
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            found = dict(zip(names, pool.map(self._now, names), strict=True))
        found |= {name: _with(count) for name, count in remembered.items() if name in found}
        known = {name: each for name, each in found.items() if each}
        if remember:
            counts = {name: each.import_error_count for name, each in known.items()}
            self._remember({**remembered, **counts})
        return known

    def passes(
        self,
        title: str,
        names: Collection[str],
        *,
        before: Mapping[str, AirflowHealth],
        made: Collection[str],
        seconds: float,
    ) -> bool:
        """Checks environments until all are healthy, for as many seconds, and shows the findings.

        Where nothing else is wrong, those that were `made` only now pass without lineage: their
        tokens could not be filled before.
        """
        end = time.monotonic() + seconds
        with console.waiting(f"Checking {', '.join(names)}"):
            while True:
                findings = self._findings(names, before)
                wrong = [each for each in findings if each[1].is_wrong]
                stops = [each for name, each in wrong if not (each.catalogue and name in made)]
                if not stops or time.monotonic() >= end:
                    break
                time.sleep(min(POLL_SECONDS, max(0.0, end - time.monotonic())))
        console.gap()
        report = start_report(title, self.platform.place, as_json=False)
        for _, finding in findings:
            report.add(finding)
        report.conclude()
        return not stops

    def forget(self, names: Collection[str]) -> None:
        """Forgets what was before, of waves that have passed and of what is removed."""
        left = self._remembered()
        kept = {name: count for name, count in left.items() if name not in names}
        if kept != left:
            self._remember(kept)

    def _findings(
        self, names: Collection[str], before: Mapping[str, AirflowHealth]
    ) -> Sequence[tuple[str, Finding]]:
        def checked(environment: AnyEnvironment) -> list[tuple[str, Finding]]:
            def check(platform: DeployedPlatform) -> Iterator[Finding]:
                yield from check_environment(
                    platform,
                    environment,
                    before=before.get(environment.name),
                    looks_back=False,
                    is_settled=True,
                )
                yield from check_web_servers(platform.narrowed(environment))

            found = findings_of(self.platform, f"Environment {environment.name}", check)
            return [(environment.name, each) for each in found]

        environments = self.platform.configuration.environments
        chosen = [each for each in environments if each.name in names]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return [each for found in pool.map(checked, chosen) for each in found]

    def _now(self, name: str) -> AirflowHealth | None:
        session = self.platform.session
        try:
            described = session.client("mwaa").get_environment(Name=name)["Environment"]
            return airflow_health(session, name, described.get("AirflowVersion", ""))
        except (PlatformError, ClientError, BotoCoreError):
            return None

    @property
    def _ssm(self) -> SSMClient:
        return self.platform.session.client("ssm")

    @property
    def _parameter(self) -> str:
        return f"{parameter_folder(self.platform.outline.app_name)}/import-errors-before"

    def _remembered(self) -> Mapping[str, int]:
        try:
            found = self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        except self._ssm.exceptions.ParameterNotFound:
            return {}
        try:
            return TypeAdapter(dict[str, int]).validate_json(found)
        except ValidationError:
            raise PlatformError(
                "The parameter does not say how many import errors there were before.",
                place=self._parameter,
                remedy="To take the errors as they are, delete it: aws ssm delete-parameter --name "
                f"{self._parameter}",
            ) from None

    def _remember(self, counts: Mapping[str, int]) -> None:
        if counts:
            self._ssm.put_parameter(
                Name=self._parameter,
                Value=json.dumps(counts),
                Type="String",
                Overwrite=True,
                Description="Import errors of environments before a deployment that is going on.",
            )
        elif self._remembered():
            self._ssm.delete_parameter(Name=self._parameter)


def _with(count: int) -> AirflowHealth:
    return AirflowHealth(
        unhealthy=(), heartbeat=None, import_errors=(), import_error_count=count, running_tasks=0
    )
