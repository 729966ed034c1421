"""`secrets check`: what AWS has of an environment's secrets, and whether its Airflow reads them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from botocore.exceptions import ClientError

import console
from cli.aws_errors import aws_errors_translated
from cli.deploy_command import deploy_command
from cli.deployed import DeployedPlatform, deployed_platform
from cli.lookup import option_error
from cli.report import Report, start_report
from cli.rerun import rerun_options
from cli.secrets.airflow_answers import DAG, DAG_FILE, Answer, ask_airflow
from cli.secrets.commands import CheckSecrets
from cli.secrets.listing import stored_secrets
from cli.secrets.secrets_environment import (
    Secret,
    SecretsEnvironment,
    find_secrets_environment,
)
from cli.secrets.stores import NOT_THERE, Store, Stored, is_encrypted_with, store_of
from config.new_environment import NewEnvironment
from config.stack_names import Kind as StackKind
from config.stack_names import stack_id
from errors import Finding, Level, PlatformError
from local.layout import ROOT

if TYPE_CHECKING:
    from types_boto3_mwaa.type_defs import EnvironmentTypeDef

IN_AWS, INSIDE = "In AWS", "From inside Airflow"
SETTINGS = "Secrets backend"
OPTIONS = ("secrets.backend", "secrets.backend_kwargs")
PUT_IN = "Put it in:"

WRONG: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "missing": ("Airflow finds no {name} there.", PUT_IN),
        "refused": (
            "AWS does not let the environment's role read {name} ({note}).",
            "{refused}",
        ),
        "unreadable": ("What {name} holds is no connection to Airflow ({note}).", PUT_IN),
        "untyped": ("The connection in {name} has no type.", PUT_IN),
        "failed": (
            "Airflow could not ask for {name} ({note}).",
            "Look whether the environment reaches the service: a network without a way to the "
            "internet needs its interface endpoint.",
        ),
        "none": (
            "The Airflow that runs has no secrets backend.",
            "{none}",
        ),
    }
)
"""Message and remedy for each result of Airflow's that is not "read"."""


class Remedies(NamedTuple):
    """What to do where an environment is missing, differs, or does not read its secrets."""

    missing: str
    differs: str
    refused: str
    none: str
    other_key: str


OF_ITS_OWNER = Remedies(
    missing="Correct its Name, or the account and Region, then run this again.",
    differs="Correct Existing.SecretsBackend, or have its owner change its options secrets.backend "
    "and secrets.backend_kwargs.",
    refused="Have its owner let its role read the secret, and decrypt with its KMS key.",
    none="Have its owner set its options secrets.backend and secrets.backend_kwargs.",
    other_key="Name that key in Existing.SecretsBackend.KmsKeyArn and have its owner let its role "
    "decrypt with it, or put the value in again.",
)
"""Of an existing environment, which the platform does not deploy."""


def check_secrets(options: CheckSecrets) -> None:
    """Makes every check and shows its findings; exits with 1 when something is wrong."""
    if (options.kind is None) != (options.name is None):
        raise option_error("NAME", "Missing: which one.", "For example: connection warehouse")
    with deployed_platform(options) as platform:
        environment = find_secrets_environment(platform.configuration, options.environment)
        store = store_of(platform, environment.backend)
        secrets = _secrets(environment, store, options)
        deployed = _deployed(platform, environment)
        report = start_report(
            f"Secrets of {options.environment}", platform.place, as_json=options.as_json
        )
        report.heading(IN_AWS)
        report.add(_settings(environment, deployed))
        for secret, stored in secrets:
            report.add(_in_aws(environment, secret, stored, options))
        _report_from_inside(report, platform, environment, [each for each, _ in secrets], options)
        is_well = report.conclude()
    if not secrets and not options.as_json:
        console.say(f"There is nothing to read: {store.service} has none of its secrets yet.")
    if not is_well:
        raise typer.Exit(1)


def _secrets(
    environment: SecretsEnvironment, store: Store, options: CheckSecrets
) -> Sequence[tuple[Secret, Stored | None]]:
    if options.kind and options.name:
        secret = environment.secret(options.kind, options.name)
        return [(secret, store.find(secret.aws_name))]
    return stored_secrets(environment, store)


def _deployed(platform: DeployedPlatform, environment: SecretsEnvironment) -> EnvironmentTypeDef:
    """Returns the environment as it is deployed; raises PlatformError where it is not."""
    try:
        response = platform.session.client("mwaa").get_environment(Name=environment.entry.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_THERE:
            raise
        raise PlatformError(
            f"{environment.entry.name} is not deployed, so no Airflow can be asked.",
            place=platform.place,
            remedy=_remedies(environment).missing,
        ) from None
    return response["Environment"]


def _remedies(environment: SecretsEnvironment) -> Remedies:
    if not isinstance(environment.entry, NewEnvironment):
        return OF_ITS_OWNER
    deploy = deploy_command(stack_id(StackKind.ENVIRONMENT, environment.entry))
    return Remedies(
        missing=f"Deploy it ({deploy}), then run this again.",
        differs=f"Deploy it ({deploy}), or take the change back.",
        refused=f"Run {deploy}. If it has a KMS key of its own, name that in "
        "SecretsBackend.KmsKeyArn, and let the key's policy allow the role to decrypt.",
        none=f"Run {deploy}; on this machine run `up` again.",
        other_key="Name that key as KmsKeyArn and deploy, or put the value in again.",
    )


def _settings(environment: SecretsEnvironment, deployed: EnvironmentTypeDef) -> Finding:
    """Whether the environment is deployed with the backend of the configuration."""
    backend, kwargs = (deployed.get("AirflowConfigurationOptions", {}).get(x) for x in OPTIONS)
    wanted = environment.backend
    if backend == wanted.backend and _parsed(kwargs) == wanted.backend_kwargs:
        return Finding(
            level=Level.OK,
            subject=SETTINGS,
            message=f"deployed as configured: {', '.join(environment.prefixes.values())}",
        )
    return Finding(
        subject=SETTINGS,
        message="The environment is deployed with another backend, or other prefixes, than the "
        "configuration says.",
        remedy=_remedies(environment).differs,
    )


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None


def _in_aws(
    environment: SecretsEnvironment, secret: Secret, stored: Stored | None, options: CheckSecrets
) -> Finding:
    if stored is None:
        return replace(_wrong(secret, "There is none.", PUT_IN, options), detail=secret.aws_name)
    if stored.is_being_deleted:
        restore = f"aws secretsmanager restore-secret --secret-id {secret.aws_name}"
        found = _wrong(secret, "Its secret is being deleted.", "Take it back:", options)
        return replace(found, commands=(restore,))
    if not environment.is_looked_up(secret.kind, secret.name):
        remedy = "Airflow keeps it for its own calls to AWS. Give it another id."
        return _wrong(secret, "Airflow does not look it up in AWS.", remedy, options)
    if stored.key and not is_encrypted_with(stored, environment.backend.kms_key_arn):
        return _wrong(
            secret,
            f"It is encrypted with the key {stored.key}, which SecretsBackend does not name: the "
            "platform does not allow the role to decrypt with it.",
            _remedies(environment).other_key,
            options,
        )
    changed = f", last changed {stored.changed:%Y-%m-%d}" if stored.changed else ""
    return Finding(level=Level.OK, subject=secret.subject, message=f"{secret.aws_name}{changed}")


def _wrong(secret: Secret, message: str, remedy: str, options: CheckSecrets) -> Finding:
    put = f"./mwaa-platform secrets put {secret.kind} {shlex.quote(secret.name)}"
    commands = (f"{put} {rerun_options(options)}",) if remedy == PUT_IN else ()
    return Finding(subject=secret.subject, message=message, remedy=remedy, commands=commands)


def _report_from_inside(
    report: Report,
    platform: DeployedPlatform,
    environment: SecretsEnvironment,
    secrets: Sequence[Secret],
    options: CheckSecrets,
) -> None:
    asked = [each for each in secrets if environment.is_looked_up(each.kind, each.name)]
    if not asked:
        return
    report.heading(INSIDE)
    with console.waiting("Airflow reads them"):
        findings = list(_from_inside(platform, environment, asked, options))
    for finding in findings:
        report.add(finding)


def _from_inside(
    platform: DeployedPlatform,
    environment: SecretsEnvironment,
    secrets: Sequence[Secret],
    options: CheckSecrets,
) -> Iterator[Finding]:
    try:
        with aws_errors_translated(platform.place):
            answers = ask_airflow(platform, environment, secrets, options)
    except PlatformError as error:
        finding = Finding.from_error(f"Airflow of {environment.entry.name}", error)
        is_missing = error.remedy == DAG.missing_remedy
        yield replace(finding, commands=(_copy(platform, environment),) if is_missing else ())
        return
    for secret, answer in zip(secrets, answers, strict=True):
        yield _answered(environment, secret, answer, options)


def _copy(platform: DeployedPlatform, environment: SecretsEnvironment) -> str:
    """The command that copies the DAG into the environment's folder."""
    deployed = _deployed(platform, environment)
    bucket = deployed["SourceBucketArn"].rpartition(":")[2]
    folder = f"s3://{bucket}/{deployed['DagS3Path'].strip('/')}/"
    return f"aws s3 cp {DAG_FILE.relative_to(ROOT)} {folder}"


def _answered(
    environment: SecretsEnvironment, secret: Secret, answer: Answer, options: CheckSecrets
) -> Finding:
    if answer.result == "read":
        of_type = f", of type {answer.note}" if answer.note else ""
        message = f"Airflow reads it{of_type}"
        return Finding(level=Level.OK, subject=secret.subject, message=message)
    message, remedy = WRONG.get(answer.result, WRONG["failed"])
    texts = {"name": secret.aws_name, "note": answer.note, **_remedies(environment)._asdict()}
    return _wrong(secret, message.format(**texts), remedy.format(**texts), options)
