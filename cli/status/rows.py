"""What is known of each environment at a moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from cli.airflow_health import airflow_health
from cli.authenticator_log import log_groups, records
from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from config.artifacts import artifact_sources
from config.model import AnyEnvironment
from errors import Finding, PlatformError
from mwaa.versions import AIRFLOW_VERSIONS

if TYPE_CHECKING:
    from types_boto3_mwaa.type_defs import EnvironmentTypeDef

AT_A_TIME = 8
RUNS = {"AVAILABLE", "UPDATE_FAILED"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One environment; None stands for what is not known, and `findings` say why.

    - `workers`: the least and the most.
    - `last_update`: MWAA's word for how the last one ended, and when it began.
    - `import_errors`, `running_tasks`: as Airflow counts them.
    - `sign_ins`: into it since midnight, UTC.
    """

    name: str
    state: str | None = None
    version: str | None = None
    newest: str | None = None
    environment_class: str | None = None
    workers: tuple[int, int] | None = None
    last_update: str | None = None
    import_errors: int | None = None
    running_tasks: int | None = None
    lineage: tuple[str, ...] = ()
    sign_ins: int | None = None
    findings: tuple[Finding, ...] = ()

    def as_json(self) -> Mapping[str, Any]:
        """The row for other programs."""
        return {**asdict(self), "findings": [each.as_json() for each in self.findings]}


def rows(platform: DeployedPlatform) -> Iterator[Row]:
    """Yields a row for each environment of the configuration, read eight at a time."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        signed_in = pool.submit(_sign_ins, platform)
        made = [
            pool.submit(_row, platform, each, signed_in)
            for each in platform.configuration.environments
        ]
        yield from (each.result() for each in made)


def _row(
    platform: DeployedPlatform,
    environment: AnyEnvironment,
    signed_in: Future[Mapping[str, int] | Finding],
) -> Row:
    name = environment.name
    lineage = artifact_sources(environment).lineage if environment.lineage else None
    known: dict[str, Any] = {
        "name": name,
        "lineage": tuple(each.id for each in lineage.catalogues) if lineage else (),
        "newest": str(max(Version(each) for each in AIRFLOW_VERSIONS)),
    }
    findings = []
    for subject, look in (("Environment", _described), ("Airflow of", _healthy)):
        try:
            with aws_errors_translated(platform.place):
                known |= look(platform, name, known)
        except PlatformError as error:
            findings.append(Finding.from_error(f"{subject} {name}", error))
    match signed_in.result():
        case Finding() as finding:
            findings.append(finding)
        case counted:
            known["sign_ins"] = counted.get(name, 0)
    return Row(**known, findings=tuple(findings))


def _described(
    platform: DeployedPlatform, name: str, _known: Mapping[str, Any]
) -> Mapping[str, Any]:
    found: EnvironmentTypeDef = platform.session.client("mwaa").get_environment(Name=name)[
        "Environment"
    ]
    last = found.get("LastUpdate", {})
    when = last.get("CreatedAt")
    return {
        "state": found.get("Status"),
        "version": found.get("AirflowVersion"),
        "environment_class": found.get("EnvironmentClass"),
        "workers": (found.get("MinWorkers", 1), found.get("MaxWorkers", 1)),
        "last_update": f"{last.get('Status')} {when.astimezone(UTC):%Y-%m-%d %H:%M}"
        if when
        else None,
    }


def _healthy(platform: DeployedPlatform, name: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
    if known.get("state") not in RUNS or not known.get("version"):
        return {}
    health = airflow_health(platform.session, name, known["version"])
    return {"import_errors": health.import_error_count, "running_tasks": health.running_tasks}


def _sign_ins(platform: DeployedPlatform) -> Mapping[str, int] | Finding:
    """Counts today's sign-ins by environment."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        with aws_errors_translated(platform.place):
            return Counter(
                str(record.get("environment"))
                for group in log_groups(platform)
                for record in records(platform, group, containing="sign-in", since=midnight)
                if (record.get("event"), record.get("decision")) == ("sign-in", "allow")
            )
    except PlatformError as error:
        return Finding.from_error("Sign-ins", error)
