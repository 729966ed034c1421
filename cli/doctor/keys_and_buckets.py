"""Check of keys and buckets that existed before their environments.

https://docs.aws.amazon.com/mwaa/latest/userguide/custom-keys-certs.html
https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code, Fault
from cli.role_check import policies_command
from config.new_environment import NewEnvironment
from config.role_access import location_of, readable_keys
from errors import Finding, Level, PlatformError
from mwaa.permissions.evaluation import Request, Verdict, judge
from mwaa.permissions.execution_role import log_group_arns
from mwaa.permissions.key import LOGS_CONTEXT, logs_service, logs_use_key
from mwaa.permissions.statement import Location

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MISSING_BUCKET = {"404", "NoSuchBucket"}
NO_BLOCK, NO_POLICY = "NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy"
NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"
BY_ACCOUNT = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
BY_LOGS = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")
"""What CloudWatch Logs does for a log group, by which it is judged."""


def check_keys_and_buckets(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields the findings about each key and bucket that an environment's entry names."""
    for settings in platform.configuration.new_environments:
        location = location_of(platform.configuration, settings)
        if key := settings.kms_key_arn:
            subject = f"Key of {settings.name}"
            found = _key(platform.session.client("kms"), settings, location, key)
            yield from _shown(platform, settings, subject, found)
        if bucket := settings.source_bucket_arn:
            subject = f"Bucket of {settings.name}"
            found = _bucket(
                platform.session.client("s3"), settings, location, bucket.rpartition(":")[2]
            )
            yield from _shown(platform, settings, subject, found)


def _shown(
    platform: DeployedPlatform,
    settings: NewEnvironment,
    subject: str,
    found: Iterator[Fault],
) -> Iterator[Finding]:
    """The findings of faults; one that is well where there are none."""
    is_well = True
    try:
        with aws_errors_translated(platform.place):
            for code, message, remedy in found:
                is_well = False
                commands = (policies_command(settings),) if remedy.endswith(":") else ()
                yield Finding(
                    subject=subject, message=message, remedy=remedy, commands=commands, code=code
                )
    except PlatformError as error:
        is_well = False
        yield Finding.from_error(subject, error)
    if is_well:
        yield Finding(level=Level.OK, subject=subject)


def _key(kms: Any, settings: NewEnvironment, location: Location, arn: str) -> Iterator[Fault]:
    try:
        key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        yield Fault(Code.KEY_MISSING, f"There is no key {arn}.", "Correct KmsKeyArn.")
        return
    if key.get("KeyState", "Enabled") != "Enabled":
        yield Fault(
            Code.KEY_UNUSABLE, f"It is {key['KeyState']}.", "Enable it, or take another key."
        )
    if key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT" or key.get("MultiRegion"):
        yield Fault(
            Code.KEY_UNUSABLE,
            "MWAA takes symmetric keys of a single Region alone.",
            "Name another key. The key cannot be changed once the environment is made.",
        )
    policy = json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    account = {"AWS": frozenset([location.iam_arn("root"), location.account])}
    if refused := [each for each in BY_ACCOUNT if not _allows(policy, each, account)]:
        yield Fault(
            Code.KEY_CLOSED,
            f"Its policy does not let IAM policies of the account grant {', '.join(refused)}, so "
            "neither the role nor the deployment can use it.",
            "Add the statement PoliciesOfTheAccount to the key's policy, as this prints it:",
        )
    logs = {"Service": frozenset([logs_service(location)])}
    groups = [
        arn.rpartition(":")[2]
        for arn in log_group_arns(settings.name, location)
        if not all(_allows(policy, each, logs, {LOGS_CONTEXT: arn}) for each in BY_LOGS)
    ]
    if groups:
        statement = logs_use_key(settings.name, location).named_for(settings.name)
        yield Fault(
            Code.KEY_CLOSED,
            f"Its policy does not let CloudWatch Logs use it for {', '.join(groups)}.",
            f"Add the statement {statement.sid} to the key's policy, as this prints it:",
        )


def _bucket(
    s3: S3Client, settings: NewEnvironment, location: Location, name: str
) -> Iterator[Fault]:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING_BUCKET:
            raise
        yield Fault(
            Code.BUCKET_MISSING,
            f"There is no bucket {name}.",
            "Make it, or correct SourceBucketArn.",
        )
        return
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        yield Fault(
            Code.BUCKET_WITHOUT_VERSIONS,
            "Its versioning is off, and MWAA needs versions of files.",
            "Turn versioning on.",
        )
    if not _blocks_public_access(s3, name):
        yield Fault(
            Code.BUCKET_PUBLIC,
            "The bucket itself does not block public access.",
            "Block all of it, there or for the whole account: MWAA refuses a bucket without.",
        )
    yield from _encryption(s3, settings, name)
    yield from _denials(s3, settings, location, name)


def _blocks_public_access(s3: S3Client, name: str) -> bool:
    try:
        block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] != NO_BLOCK:
            raise
        return False
    return bool(block) and all(block.values())


def _encryption(s3: S3Client, settings: NewEnvironment, name: str) -> Iterator[Fault]:
    """MWAA takes one key for the environment and its bucket."""
    try:
        rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != NO_ENCRYPTION:
            raise
        return
    defaults: list[Mapping[str, Any]] = [
        each.get("ApplyServerSideEncryptionByDefault") or {} for each in rules
    ]
    keys = [str(each["KMSMasterKeyID"]) for each in defaults if each.get("KMSMasterKeyID")]
    own = settings.kms_key_arn or ""
    for key in keys:
        if key != own and key != own.rpartition("/")[2]:
            yield Fault(
                Code.BUCKET_OF_ANOTHER_KEY,
                f"It is encrypted by {key}, which the environment's role may not use.",
                "Name that key as KmsKeyArn, or let the bucket use the environment's. A key "
                "cannot be changed later.",
            )


def _denials(
    s3: S3Client, settings: NewEnvironment, location: Location, name: str
) -> Iterator[Fault]:
    """What the bucket's policy denies a role of the team's own; that of others has no name yet."""
    if not (role := settings.execution_role.arn):
        return
    try:
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != NO_POLICY:
            raise
        return
    caller = {"AWS": frozenset([role, location.iam_arn("root"), location.account])}
    context = {
        "aws:PrincipalArn": role,
        "aws:PrincipalAccount": location.account,
        "aws:SecureTransport": "true",
    }
    for key in readable_keys(settings):
        request = Request(
            action="s3:GetObject",
            resource=f"{settings.source_bucket_arn}/{key}",
            principals=caller,
            context=context,
        )
        if judge(policy, request) is Verdict.DENIED:
            yield Fault(
                Code.BUCKET_DENIES_ROLE,
                f"Its policy denies {role} to read {key}.",
                "Let the policy except the role; this prints what the bucket must allow:",
            )


def _allows(
    policy: Mapping[str, Any],
    action: str,
    principals: Mapping[str, frozenset[str]],
    context: Mapping[str, str] | None = None,
) -> bool:
    """Whether a policy may allow it: what cannot be judged is taken for allowed."""
    request = Request(action=action, principals=principals, context=context or {})
    return judge(policy, request) in {Verdict.ALLOWED, Verdict.UNKNOWN}
