"""`github aws`: the steps of a workflow's job act as an IAM role.

AWS SDKs, that of the CDK CLI too, run the program that `credential_process` of a profile names
whenever they need credentials. A token in a file would be of no use after five minutes, and a
deployment takes hours.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

import console
from cli.aws_errors import aws_errors_translated
from cli.github.api import variable
from cli.github.commands import Aws, AwsCredentials
from cli.github.oidc_token import request_token, subject_of
from cli.lookup import option_error
from errors import PlatformError
from local.layout import ROOT

if TYPE_CHECKING:
    from types_boto3_sts.type_defs import CredentialsTypeDef

PROFILE = "mwaa-platform-aws-profile"
ROLE = r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+"
REGION = r"[a-z]{2,}(-[a-z]+)+-\d"
REFUSALS = {"AccessDenied", "InvalidIdentityToken"}
LONGEST_SESSION_NAME = 64
SECONDS = 3600
"""A role lets nobody act for longer unless it says so."""


def aws(options: Aws) -> None:
    """Makes the default profile of the further steps, after it has tried to act as the role.

    Raises InputError for options that are none, PlatformError where that fails.
    """
    credentials = _credentials(options.role, options.region)
    folder = Path(variable("RUNNER_TEMP", "a folder of the job"))
    profile = folder / PROFILE
    program = f'"{ROOT / "mwaa-platform"}" github aws-credentials'
    lines = {
        "credential_process": f"{program} --role {options.role} --region {options.region}",
        "region": options.region,
    }
    profile.write_text("[default]\n" + "".join(f"{key} = {each}\n" for key, each in lines.items()))
    with Path(variable("GITHUB_ENV", "the file of the job's variables")).open("a") as file:
        file.write(f"AWS_CONFIG_FILE={profile}\n")
    until = f"{credentials['Expiration']:%H:%M} UTC"
    console.say(f"The job acts as {options.role}, with credentials until {until} at first.")


def aws_credentials(options: AwsCredentials) -> None:
    """Prints the credentials; raises as `aws` does."""
    made = _credentials(options.role, options.region)
    console.data(
        {
            "Version": 1,
            "AccessKeyId": made["AccessKeyId"],
            "SecretAccessKey": made["SecretAccessKey"],
            "SessionToken": made["SessionToken"],
            "Expiration": made["Expiration"].isoformat(),
        }
    )


def _credentials(role: str, region: str) -> CredentialsTypeDef:
    _check("--role", role, ROLE, "This is no ARN of an IAM role.")
    _check("--region", region, REGION, "This is no AWS Region.")
    token = request_token()
    # Nothing is signed, and what the environment has must not be asked: it may ask this program.
    sts = boto3.Session(region_name=region).client("sts", config=Config(signature_version=UNSIGNED))
    with aws_errors_translated(f"STS in {region}"):
        try:
            return sts.assume_role_with_web_identity(
                RoleArn=role,
                RoleSessionName=_session_name(),
                WebIdentityToken=token,
                DurationSeconds=SECONDS,
            )["Credentials"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in REFUSALS:
                raise
            said = console.printable(error.response["Error"].get("Message", ""))
    raise PlatformError(
        f"AWS does not let this job act as the role: {said.replace(token, '***')}",
        place=role,
        remedy=f"The role must trust this subject: {subject_of(token) or 'unknown'}. The account "
        "must have GitHub's OIDC provider. docs/github.md says how.",
    )


def _session_name() -> str:
    """The repository and the run, by which CloudTrail shows who acted."""
    name = f"{os.environ.get('GITHUB_REPOSITORY', '')}-{os.environ.get('GITHUB_RUN_ID', '')}"
    return re.sub(r"[^\w+=,.@-]", "-", name, flags=re.ASCII)[-LONGEST_SESSION_NAME:]


def _check(option: str, value: str, form: str, message: str) -> None:
    if not re.fullmatch(form, value, re.ASCII):
        raise option_error(option, message, "In a workflow, set the repository's variable.")
