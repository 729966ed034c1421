"""Environments that the platform creates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from packaging.version import Version
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from artifacts.wheels import WHEELS_REMEDY
from config.airflow_options import (
    HOST_NAME,
    OWNED_BY_SECRETS_BACKEND,
    OptionKey,
    OptionValue,
)
from config.airflow_version import CreatableVersion
from config.alarms import EnvironmentAlarms
from config.connectivity import Connectivity
from config.environments import (
    Environment,
    alarms_setting,
    connectivity_setting,
    host_setting,
    name_setting,
)
from config.execution_role import ExecutionRole
from config.given_vpc import GivenVpc
from config.lineage.settings import LineageSettings
from config.local_files import (
    WITH_WHEELS,
    LocalFile,
    LocalFolder,
    LocalPath,
    LocalPlugins,
    LocalScript,
    is_folder,
)
from config.log_retention import LogRetentionDays
from config.network import VpcSettings, are_all
from config.secrets_backend import SecretsBackend
from config.section import Expects, Matches, reject, setting
from config.types import (
    AccessMode,
    Boolean,
    BucketArn,
    Cidr,
    EnvironmentName,
    HostName,
    Integer,
    KeyArn,
    S3Path,
    TagKey,
    TagValue,
    Text,
    check_unique,
)
from config.update_policy import BY_KEY, FREE, RESTARTS, UpdatePolicy
from mwaa.bucket import OWN_FOLDER
from mwaa.environment_updates import DEFAULT_MAINTENANCE_START, DEFAULT_REPLACEMENT_STRATEGY
from mwaa.versions import DEFAULT_AIRFLOW_VERSION

MICRO = "mw1.micro"
AIRFLOW_3 = 3
OLDEST_WITH_BOTH_ACCESS_MODES = Version("3.2.1")

EnvironmentClass = Literal[
    "mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"
]
LogLevel = Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]
AllowedCidrs = Annotated[tuple[Cidr, ...], Field(min_length=1), AfterValidator(check_unique)]

Workers = Annotated[Integer, Field(ge=1, le=50)]
Containers = Annotated[Integer, Field(ge=1, le=5)]
MaintenanceStart = Annotated[
    str,
    Matches(
        r"(?:MON|TUE|WED|THU|FRI|SAT|SUN):(?:[01]\d|2[0-3]):(?:00|30)",
        "DAY:HH:MM in UTC, on the hour or half past, such as SUN:03:30",
    ),
]


def _minimum(valid: dict[str, Any]) -> int:
    return 1 if valid["environment_class"] == MICRO else 2


def _most_workers(valid: dict[str, Any]) -> int:
    return 1 if valid["environment_class"] == MICRO else max(10, valid["min_workers"])


def _most_webservers(valid: dict[str, Any]) -> int:
    return int(valid["min_webservers"])


_WITH_INTERNET = {
    "NatGateways 0": "NatGateways 1",
    "Vpc.InternetAccess false": "subnets with a route to the internet",
}


def _key_without_internet(valid: dict[str, Any]) -> str | None:
    if vpc := valid.get("vpc"):
        return None if vpc.internet_access else "Vpc.InternetAccess false"
    return "NatGateways 0" if valid.get("nat_gateways") == 0 else None


def _log_level(of: str) -> Any:
    return setting(f"Log level of {of}.", update=RESTARTS, default="INFO")


class NewEnvironment(VpcSettings, Environment):
    """An environment that the platform creates, in a stack of its own.

    Its VPC is made there, or given as `Vpc`.
    """

    name: EnvironmentName = name_setting(UpdatePolicy.ANOTHER_ENVIRONMENT)
    vpc: GivenVpc | None = setting(
        "An existing VPC for it. The keys of a new VPC, from `VpcCIDR` to `PrivateSubnetMask`, "
        "are then an error.",
        update=BY_KEY,
        default=None,
        otherwise="its stack makes a VPC of `VpcCIDR`",
    )
    ui_host: HostName | None = host_setting(UpdatePolicy.MOVES_HOST_OF_AIRFLOW)
    environment_class: EnvironmentClass = setting(
        "Its MWAA environment class.", update=RESTARTS, default="mw1.small"
    )
    airflow_version: CreatableVersion = setting(
        "Its Airflow version. Set it: the default changes with releases of the platform. An "
        "upgrade from 2 to 3 goes through 2.11.",
        update=UpdatePolicy.UPGRADES,
        default=DEFAULT_AIRFLOW_VERSION,
    )
    source_bucket_arn: BucketArn | None = setting(
        "ARN of an existing bucket for the DAGs, with versioning on and public access blocked. "
        "Its policy must allow what `./mwaa-platform policies` prints: deployments write to "
        "`mwaa-platform/<Name>/`. Airflow reads only this folder, `DagsS3Path` and "
        "`RequirementsS3Path`.",
        update=UpdatePolicy.MOVES_DAGS,
        default=None,
        otherwise="a bucket is created in its stack",
    )
    dags_s3_path: S3Path = setting(
        "Folder of the DAGs in the bucket.", update=UpdatePolicy.MOVES_DAGS, default="dags"
    )
    requirements_s3_path: S3Path | None = setting(
        "Path of a requirements.txt in the bucket of `SourceBucketArn`.",
        update=RESTARTS,
        default=None,
        otherwise="`Requirements` is deployed, with what lineage needs",
    )
    requirements_s3_object_version: Text | None = setting(
        "S3 object version of that file.",
        update=RESTARTS,
        default=None,
        otherwise="the version that is there when the path is first deployed",
    )
    lineage: LineageSettings | None = setting(
        "Overrides the file's `Lineage` key by key; `false` turns lineage off.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
        default=None,
        otherwise="the file's `Lineage`",
    )
    requirements: LocalFile | None = setting(
        "A local requirements.txt to deploy, merged with what lineage needs.",
        update=RESTARTS,
        default=None,
        otherwise="only what lineage needs, if anything",
    )
    plugins: LocalPlugins | None = setting(
        "Local plugins to deploy, merged with the lineage plugin.",
        update=RESTARTS,
        default=None,
        otherwise="only the lineage plugin, if any",
    )
    dags: LocalFolder | None = setting(
        "Local DAGs to deploy to `DagsS3Path`. Other files there do not change.",
        update=FREE,
        default=None,
        otherwise="no DAGs are deployed",
    )
    startup_script: LocalScript | None = setting(
        "A local shell script that each container runs before it installs requirements.",
        update=RESTARTS,
        default=None,
        otherwise="a script that does nothing",
    )
    wheels: Annotated[LocalPath, Expects("path of a local folder")] | None = setting(
        "Local wheels to deploy. Requirements are then installed only from them, without the "
        "internet.",
        update=RESTARTS,
        default=None,
        otherwise="pip installs from PyPI, where it can reach it",
    )
    secrets_backend: SecretsBackend | None = setting(
        "Airflow reads connections and variables from Secrets Manager or Parameter Store; `{}` "
        "uses the defaults.",
        update=UpdatePolicy.MOVES_SECRETS,
        default=None,
        otherwise="Airflow uses its own database",
    )
    execution_role: ExecutionRole = setting(
        "What its DAGs may do in AWS.",
        update=BY_KEY,
        default_factory=ExecutionRole,
        otherwise="they reach the environment's own bucket and secrets alone",
    )
    min_workers: Workers = setting("Minimum number of workers.", update=RESTARTS, default=1)
    max_workers: Workers = setting(
        "Maximum number of workers; above 25 the account's quota must be raised.",
        update=RESTARTS,
        default_factory=_most_workers,
        otherwise="10, or `MinWorkers` if that is more; mw1.micro 1",
    )
    schedulers: Containers = setting(
        "Number of schedulers: 1 on mw1.micro, otherwise 2 to 5.",
        update=RESTARTS,
        default_factory=_minimum,
        otherwise="2; mw1.micro 1",
    )
    min_webservers: Containers = setting(
        "Minimum number of web servers: 1 on mw1.micro, otherwise 2 to 5.",
        update=RESTARTS,
        default_factory=_minimum,
        otherwise="2; mw1.micro 1",
    )
    max_webservers: Containers = setting(
        "Maximum number of web servers: 1 on mw1.micro, otherwise 2 to 5.",
        update=RESTARTS,
        default_factory=_most_webservers,
        otherwise="`MinWebservers`",
    )
    dag_processing_logs_level: LogLevel = _log_level("the DAG processor")
    scheduler_logs_level: LogLevel = _log_level("the schedulers")
    task_logs_level: LogLevel = _log_level("tasks")
    webserver_logs_level: LogLevel = _log_level("the web servers")
    worker_logs_level: LogLevel = _log_level("the workers")
    log_retention_days: LogRetentionDays = setting(
        "How long its logs are kept.",
        update=BY_KEY,
        default_factory=LogRetentionDays,
        otherwise="three months",
    )
    web_server_access_mode: AccessMode = setting(
        "Where the web server is reachable from: the VPC (PRIVATE_ONLY), the internet "
        "(PUBLIC_ONLY) or both (PUBLIC_AND_PRIVATE, from Airflow 3.2.1).",
        update=RESTARTS,
        default="PRIVATE_ONLY",
    )
    allowed_cidrs: AllowedCidrs | None = setting(
        "IP ranges that may connect to its private web server, in addition to the load balancer's "
        "VPC: office networks behind Direct Connect or a VPN, which have a route to its VPC.",
        update=FREE,
        default=None,
        otherwise="the load balancer's VPC alone",
    )
    connectivity: Connectivity | None = connectivity_setting()
    alarms: EnvironmentAlarms | None = alarms_setting()
    kms_key_arn: KeyArn | None = setting(
        "ARN of an existing KMS key. Its policy must let IAM policies of the account grant its "
        "use, and let CloudWatch Logs use it for the log groups `airflow-<Name>-DAGProcessing`, "
        "`-Scheduler`, `-Task`, `-WebServer` and `-Worker`. With `SourceBucketArn`, the key of "
        "that bucket.",
        update=UpdatePolicy.REFUSED_ENVIRONMENT,
        default=None,
        otherwise="a key is created in its stack",
    )
    weekly_maintenance_window_start: MaintenanceStart = setting(
        "Start of MWAA's weekly maintenance window.",
        update=RESTARTS,
        default=DEFAULT_MAINTENANCE_START,
    )
    worker_replacement_strategy: Literal["FORCED", "GRACEFUL"] = setting(
        "Whether an update ends running tasks (FORCED, 20 to 30 minutes) or waits for them "
        "(GRACEFUL, up to 12 hours; not in ca-west-1 and ap-southeast-5).",
        update=RESTARTS,
        default=DEFAULT_REPLACEMENT_STRATEGY,
    )
    configuration_options: dict[OptionKey, OptionValue] = setting(
        "Airflow configuration options, as section.option. Everybody who can read the environment "
        "can read them, so never put a secret here.",
        update=RESTARTS,
        default_factory=dict,
        otherwise="only the options that the platform sets",
    )
    termination_protection: Boolean | None = setting(
        "Whether its stack cannot be deleted.",
        update=FREE,
        default=None,
        otherwise="the file's `TerminationProtection`",
    )
    tags: dict[TagKey, TagValue] = setting(
        "Tags for every resource in its stack that CloudFormation can tag, in addition to the "
        "file's `Tags`.",
        update=RESTARTS,
        default_factory=dict,
        otherwise="no tags",
    )

    @property
    def has_internet_access(self) -> bool:
        """Whether its subnets have a route to the internet."""
        return self.key_without_internet is None

    @property
    def key_without_internet(self) -> str | None:
        """The key, with its value, by which its subnets have no route to the internet."""
        return _key_without_internet({"vpc": self.vpc, "nat_gateways": self.nat_gateways})

    @property
    def access_mode(self) -> AccessMode:
        """Where its web server is reachable from, as existing environments have it too."""
        return self.web_server_access_mode

    @property
    def is_private(self) -> bool:
        """Whether its web server is reached from the VPC, and so joined to the load balancer's."""
        return self.web_server_access_mode != "PUBLIC_ONLY"

    @field_validator("min_workers", "max_workers", "schedulers", "min_webservers", "max_webservers")
    @classmethod
    def _check_class(cls, count: int, info: ValidationInfo) -> int:
        size = info.data.get("environment_class")
        workers = info.field_name in {"min_workers", "max_workers"}
        if size == MICRO and count != 1:
            reject(f"{MICRO} has exactly 1 of these.", "Take the key out, or a larger class.")
        if size not in {MICRO, None} and count == 1 and not workers:
            reject(f"{size} has 2 to 5 of these; only {MICRO} has 1.")
        return count

    @field_validator("max_workers", "max_webservers")
    @classmethod
    def _check_minimum(cls, most: int, info: ValidationInfo) -> int:
        what = "workers" if info.field_name == "max_workers" else "webservers"
        least = info.data.get(f"min_{what}", most)
        if most < least:
            reject(f"{most} is below Min{what.capitalize()}, {least}.")
        return most

    @field_validator("dags_s3_path")
    @classmethod
    def _check_dag_folder(cls, path: str) -> str:
        if f"{path.rstrip('/')}/".startswith(OWN_FOLDER):
            reject(
                f"The platform's own files are below {OWN_FOLDER} in the bucket, and Airflow would "
                "read them as DAGs.",
                "Take another folder.",
            )
        return path

    @field_validator("requirements_s3_path")
    @classmethod
    def _check_requirements_path(cls, path: str | None, info: ValidationInfo) -> str | None:
        if path and info.data.get("source_bucket_arn", path) is None:
            reject(
                "The bucket that the stack makes is empty, so this file cannot be in it.",
                "Name the bucket as SourceBucketArn, or a local file as Requirements.",
            )
        return path

    @field_validator("requirements_s3_object_version")
    @classmethod
    def _check_object_version(cls, version: str | None, info: ValidationInfo) -> str | None:
        if version and info.data.get("requirements_s3_path", version) is None:
            reject("A version of which file?", "Give RequirementsS3Path too.")
        return version

    @field_validator("requirements")
    @classmethod
    def _check_one_requirements_file(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path and info.data.get("requirements_s3_path"):
            reject("Requirements and RequirementsS3Path name two files.", "Keep one of them.")
        return path

    @field_validator("wheels")
    @classmethod
    def _check_wheels(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        context = info.context or {}
        if folder and context.get(WITH_WHEELS, True) and not is_folder(folder):
            reject("There is no such folder.", WHEELS_REMEDY)
        return folder

    @field_validator("web_server_access_mode")
    @classmethod
    def _check_access_mode(cls, mode: str, info: ValidationInfo) -> str:
        if "airflow_version" not in info.data:
            return mode
        version = Version(info.data["airflow_version"])
        if mode == "PUBLIC_AND_PRIVATE" and version < OLDEST_WITH_BOTH_ACCESS_MODES:
            reject(f"PUBLIC_AND_PRIVATE needs Airflow {OLDEST_WITH_BOTH_ACCESS_MODES} or newer.")
        calls_over_internet = mode == "PUBLIC_ONLY" and version.major >= AIRFLOW_3
        if calls_over_internet and (key := _key_without_internet(info.data)):
            reject(
                "With Airflow 3 and PUBLIC_ONLY the workers call the web server over the internet, "
                f"and {key} gives them no way there.",
                f"Take {_WITH_INTERNET[key]}, or PRIVATE_ONLY.",
            )
        return mode

    @field_validator("allowed_cidrs")
    @classmethod
    def _check_ranges(
        cls, ranges: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        if ranges and info.data.get("web_server_access_mode") == "PUBLIC_ONLY":
            reject(
                "A web server that is PUBLIC_ONLY has no private address, so this is not used.",
                "Take it out, or another WebServerAccessMode.",
            )
        if ranges and are_all(ranges):
            reject(
                "These are all addresses; the web server of a private environment is for known "
                "networks.",
                "Name the networks that people come from.",
            )
        return ranges

    @field_validator("lineage")
    @classmethod
    def _check_lineage(
        cls, lineage: LineageSettings | None, info: ValidationInfo
    ) -> LineageSettings | None:
        if lineage and info.data.get("requirements_s3_path"):
            reject(
                "Lineage needs its provider in the requirements, and the file that "
                "RequirementsS3Path names is not changed.",
                "Name the file locally as Requirements, so that the provider can be merged in.",
            )
        return lineage

    @field_validator("configuration_options")
    @classmethod
    def _check_options(cls, options: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        valid = info.data
        secrets = sorted(OWNED_BY_SECRETS_BACKEND & options.keys())
        if secrets and valid.get("secrets_backend"):
            reject(f"SecretsBackend sets {' and '.join(secrets)}.", "Keep one of the two.")
        airflow_2 = valid.get("airflow_version", "2").startswith("2.")
        private = valid.get("web_server_access_mode", "PRIVATE_ONLY") == "PRIVATE_ONLY"
        if HOST_NAME in options and not (airflow_2 and private):
            reject(f"{HOST_NAME} is for a private web server of Airflow 2.", "Take it out.")
        return options
