"""Files that a deployment copies into an environment's bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct, IDependable

from artifacts.build import ArtifactSources, build_artifacts
from artifacts.dags import dag_members
from config.new_environment import NewEnvironment
from config.role_access import own_folder
from mwaa_platform.environment.dag_sync import DagSync
from mwaa_platform.environment.file_copies import FileCopies
from mwaa_platform.environment.mwaa_environment import Files

PLUGINS, REQUIREMENTS = "Plugins", "Requirements"
STARTUP_SCRIPT, DAGS = "StartupScript", "Dags"


@dataclass(frozen=True, kw_only=True)
class ShippedFiles:
    """The paths that the environment names, and the constructs that it depends on."""

    files: Files
    dependencies: Sequence[Construct]


def ship_files(
    scope: Construct,
    settings: NewEnvironment,
    sources: ArtifactSources,
    *,
    bucket: s3.IBucket,
    key: kms.IKey,
    after: IDependable,
) -> ShippedFiles:
    """Copies an environment's files into its bucket.

    The environment depends on the DAGs, because a conflict among them must not cost the half hour
    of its creation. It comes `after` what its role needs, and copies that wait until IAM knows
    that: MWAA tries a new role once, and refuses the environment where it lacks a permission yet.
    https://github.com/hashicorp/terraform-provider-aws/issues/26429
    """
    given = settings.requirements_s3_path
    version = settings.requirements_s3_object_version
    existing = {REQUIREMENTS: given} if given and not version else {}
    copies = _copies(
        scope, sources, bucket, key, folder=own_folder(settings), existing=existing, after=after
    )
    dependencies: list[Construct] = [copies]
    if DAGS in copies.keys:
        sync = DagSync(
            scope,
            "DagSync",
            environment_name=settings.name,
            bucket=bucket,
            key=key,
            folder=settings.dags_s3_path,
            archive=copies.keys[DAGS],
            generated=[each.name for each in dag_members(team=None, preflight=sources.preflight)],
        )
        sync.node.add_dependency(copies)
        dependencies.append(sync)
    files = Files(
        dag_s3_path=settings.dags_s3_path,
        plugins_s3_path=copies.keys[PLUGINS],
        plugins_s3_object_version=copies.versions[PLUGINS],
        requirements_s3_path=given or copies.keys[REQUIREMENTS],
        requirements_s3_object_version=version or copies.versions[REQUIREMENTS],
        startup_script_s3_path=copies.keys[STARTUP_SCRIPT],
        startup_script_s3_object_version=copies.versions[STARTUP_SCRIPT],
    )
    return ShippedFiles(files=files, dependencies=dependencies)


def _copies(
    scope: Construct,
    sources: ArtifactSources,
    bucket: s3.IBucket,
    key: kms.IKey,
    *,
    folder: str,
    existing: Mapping[str, str],
    after: IDependable,
) -> FileCopies:
    with TemporaryDirectory() as directory:
        made = build_artifacts(sources, Path(directory))
        files = {
            PLUGINS: made.plugins,
            REQUIREMENTS: made.requirements,
            STARTUP_SCRIPT: made.startup_script,
            DAGS: made.dags,
        }
        return FileCopies(
            scope,
            "Files",
            bucket=bucket,
            key=key,
            folder=folder,
            files={name: file for name, file in files.items() if file},
            existing=existing,
            after=after,
        )
