"""Rules about the entries of `MwaaEnvironments`: names, stacks, DAG folders, versions, workers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from config.checks.finding import repeats, warning
from config.checks.nesting import nested
from config.checks.partial import Partial, PartialFile, known_version
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.stack_names import suffix
from errors import Finding
from mwaa.forced_options import is_forced
from mwaa.option_changes import option_changes, renamed_to
from mwaa.quotas import ENVIRONMENTS, WORKERS
from mwaa.versions import AIRFLOW_VERSIONS, NEWEST


class _DagFolder(NamedTuple):
    """A folder of DAGs, with its bucket, and whether deployments put DAGs there."""

    path: str
    is_shipped_to: bool


def unique_names(file: PartialFile) -> Iterator[Finding]:
    """Each environment has a name of its own."""
    for index, earlier in repeats(file.environments, lambda each: [_name(each)]):
        yield Finding(
            place=("MwaaEnvironments", index, "Name"),
            message=f"MwaaEnvironments[{earlier}] has this name already.",
        )


def unique_stacks(file: PartialFile) -> Iterator[Finding]:
    """Each stack of a kind has a name of its own; a pair that collides in two is reported once."""
    hosts = {i: each for i, each in file.environments.items() if each.gives("UiHost")}
    collisions = {
        index: earlier
        for environments in (file.new, hosts)
        for index, earlier in repeats(environments, _stack_suffix)
        if _name(environments[index]) != _name(environments[earlier])
    }
    for index, earlier in collisions.items():
        yield Finding(
            place=("MwaaEnvironments", index, "Name"),
            message=f"Its stack would have the name of that of MwaaEnvironments[{earlier}]: names "
            "must differ in more than case.",
        )


def unique_dag_folders(file: PartialFile) -> Iterator[Finding]:
    """Each environment has a folder for its DAGs, and none are shipped into one in another's."""
    folders = [(index, found) for index, each in file.new.items() if (found := _dag_folder(each))]
    for before, after in nested([each.path for _, each in folders]):
        (earlier, one), (index, other) = folders[before], folders[after]
        name = f"MwaaEnvironments[{earlier}]"
        both_shipped = one.is_shipped_to and other.is_shipped_to
        if one.path == other.path:
            message = f"{name} has the same folder in the same bucket, and so the same DAGs."
        elif both_shipped and one.path.startswith(other.path):
            message = f"DAGs of {name} are shipped to a folder in this one, in the same bucket."
        elif both_shipped and other.path.startswith(one.path):
            message = f"DAGs of {name} are shipped to a folder around this one, in the same bucket."
        else:
            continue
        yield Finding(
            place=("MwaaEnvironments", index, "DagsS3Path"),
            message=message,
            remedy="Give each environment a folder of its own.",
        )


def nested_dag_folders(configuration: Configuration) -> Iterator[Finding]:
    """Environments that run another's DAGs too, because its folder is in theirs."""
    folders = [
        (index, each.name, _path(each.source_bucket_arn, each.dags_s3_path))
        for index, each in enumerate(configuration.environments)
        if isinstance(each, NewEnvironment) and each.source_bucket_arn
    ]
    pairs = nested([path for _, _, path in folders])
    for outside, inside in sorted([*pairs, *((after, before) for before, after in pairs)]):
        (index, outer, around), (_, inner, path) = folders[outside], folders[inside]
        if path.startswith(around):
            yield warning(
                ("MwaaEnvironments", index, "DagsS3Path"),
                f"the DAGs of {inner} are in a folder in this one, so {outer} runs them too; give "
                "each a folder that is not in the other's.",
                subject=f"{outer}: DagsS3Path",
            )


def unknown_version(environment: AnyEnvironment) -> Iterator[str]:
    """An Airflow version that came after this release of the platform."""
    version = environment.airflow_version
    if version and version not in AIRFLOW_VERSIONS:
        yield (
            f"Airflow {version} is newer than what this platform knows ({NEWEST.version}); it goes "
            f"on with Python {NEWEST.python}."
        )


def environment_quota(configuration: Configuration) -> Iterator[Finding]:
    """More environments than a Region of an account begins with."""
    new, all_ = len(configuration.new_environments), len(configuration.environments)
    if new and all_ > ENVIRONMENTS:
        yield warning(
            ("MwaaEnvironments",),
            f"{new} new environments and {all_ - new} that exist are more than the quota of "
            f"{ENVIRONMENTS} that a Region of an account begins with.",
        )


def default_version(environment: NewEnvironment) -> Iterator[str]:
    """An Airflow version that is the platform's default, which moves with its releases."""
    if "airflow_version" not in environment.model_fields_set:
        yield (
            f"AirflowVersion is not given. It is {environment.airflow_version} today, and a later "
            "release of the platform, with another default, would upgrade the environment: write "
            "it down."
        )


def forced_options(file: PartialFile) -> Iterator[Finding]:
    """Options that MWAA forces in the environment's version."""
    for index, environment in file.new.items():
        options = environment.get(lambda each: each.configuration_options) or {}
        version = known_version(environment)
        for option in options if version else ():
            if is_forced(renamed_to(option, str(version)), str(version)):
                yield Finding(
                    place=("MwaaEnvironments", index, "ConfigurationOptions", option),
                    message=f"MWAA forces another value in Airflow {version}, and ignores this.",
                    remedy="Take it out.",
                )


def options_without_effect(environment: NewEnvironment) -> Iterator[str]:
    """Options that Airflow 3 has no more, or under another name."""
    version = environment.airflow_version
    changes = option_changes(None, version, environment.configuration_options)
    for option in changes.removed:
        yield f"{option} has no effect: Airflow 3 has no such option."
    for option, name in changes.renamed:
        yield f"{option} is {name} in Airflow 3: write that."


def doubled_percent_signs(environment: NewEnvironment) -> Iterator[str]:
    """Options written as in airflow.cfg, where a percent sign stands twice.

    https://airflow.apache.org/docs/apache-airflow/stable/howto/set-config.html
    """
    for option, value in environment.configuration_options.items():
        if "%%" in value:
            yield (
                f"{option} has %%: MWAA hands options over as environment variables, in which both "
                "signs stay; write one."
            )


def worker_quota(environment: NewEnvironment) -> Iterator[str]:
    """More workers than an account begins with."""
    if environment.max_workers > WORKERS:
        yield (
            f"{environment.max_workers} workers are more than the quota of {WORKERS} that an "
            "account begins with."
        )


def _name(environment: Partial[AnyEnvironment]) -> str | None:
    return environment.get(lambda each: each.name)


def _stack_suffix(environment: Partial[AnyEnvironment]) -> Iterator[Hashable]:
    if name := _name(environment):
        yield suffix(name).casefold()


def _dag_folder(environment: Partial[NewEnvironment]) -> _DagFolder | None:
    """The folder in the bucket that an entry names; None where it names none."""
    bucket = environment.get(lambda each: each.source_bucket_arn)
    path = environment.get(lambda each: each.dags_s3_path)
    has_preflight = environment.get(lambda each: each.lineage and each.lineage.preflight)
    if not (bucket and path):
        return None
    is_shipped_to = environment.gives("Dags") or bool(has_preflight)
    return _DagFolder(path=_path(bucket, path), is_shipped_to=is_shipped_to)


def _path(bucket: str, folder: str) -> str:
    """Bucket and folder, with a slash at the end."""
    return f"{bucket}/{folder.rstrip('/')}/"
