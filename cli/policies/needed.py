"""The policies that an environment needs of a role, key and bucket that exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from config.model import Configuration
from config.new_environment import NewEnvironment
from config.role_access import (
    bounded_access,
    location_of,
    own_folder,
    own_role_access,
    readable_keys,
)
from config.stack_names import Kind, stack_id, stack_name
from mwaa.bucket import OWN_FOLDER
from mwaa.permissions.execution_role import (
    ASSUME,
    SERVICES,
    BucketAccess,
    read_bucket,
    trust_condition,
)
from mwaa.permissions.key import account_uses_key, logs_service, logs_use_key
from mwaa.permissions.statement import Json, Location, Statement, document, plain

BOUNDARY = "boundary"
NAMED_BY_STACK = 24
"""Characters of a stack's name with which CloudFormation begins the names of its roles, at least:
it shortens long ones. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
"""


@dataclass(frozen=True, kw_only=True)
class NeededPolicy:
    """What a policy must say: `title` in words, `of` the ARN of what it belongs to."""

    kind: str
    title: str
    of: str
    advice: str
    content: Json


def needed_policies(
    configuration: Configuration, settings: NewEnvironment
) -> Iterator[NeededPolicy]:
    """Yields those that the configuration needs; none where everything is made here."""
    location = location_of(configuration, settings)
    yield from _of_role(configuration, settings, location)
    yield from _of_boundary(configuration, settings, location)
    yield from _of_keys(settings, location)
    if settings.source_bucket_arn:
        yield _of_bucket(configuration, settings, location, settings.source_bucket_arn)


def needed_by_all(configuration: Configuration) -> Iterator[NeededPolicy]:
    """Yields those of all environments; where several need one thing, its policy once.

    Boundaries are left out, which bound other roles too.
    """
    found: dict[object, NeededPolicy] = {}
    for settings in configuration.new_environments:
        for each in needed_policies(configuration, settings):
            # An environment's permissions can be a policy of their own beside others.
            name = settings.name if each.kind == "role" else None
            key = (each.kind, each.of, name)
            earlier = found.get(key, each).content["Statement"]
            added = [one for one in each.content["Statement"] if one not in earlier]
            found[key] = replace(each, content=document([*earlier, *added]))
    return (each for each in found.values() if each.kind != BOUNDARY)


def _of_role(
    configuration: Configuration, settings: NewEnvironment, location: Location
) -> Iterator[NeededPolicy]:
    if not (role := settings.execution_role.arn):
        return
    sharing = [
        each.name for each in configuration.new_environments if each.execution_role.arn == role
    ]
    statements = own_role_access(settings, location).statements
    yield NeededPolicy(
        kind="role",
        title="Permissions of the execution role",
        of=role,
        advice=f"Add this as a policy of the role, for {settings.name}. What its DAGs do beyond it "
        "is yours to add. What the environment's stack makes (bucket, key, tokens) lets the role "
        "in by itself.",
        content=document(each.as_json() for each in statements),
    )
    yield NeededPolicy(
        kind="trust",
        title="Trust policy of the execution role",
        of=role,
        advice="Put this in as the role's trust policy, beside what is there.",
        content=document(
            [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": [*SERVICES]},
                    "Action": ASSUME,
                    "Condition": plain(trust_condition(location, *sharing)),
                }
            ]
        ),
    )


def _of_boundary(
    configuration: Configuration, settings: NewEnvironment, location: Location
) -> Iterator[NeededPolicy]:
    role = settings.execution_role
    boundary = role.permissions_boundary_arn or configuration.roles.permissions_boundary_arn
    if boundary and not role.arn:
        statements = bounded_access(settings, location).statements
        yield NeededPolicy(
            kind=BOUNDARY,
            title="Permissions boundary of the execution role",
            of=boundary,
            advice="The boundary must allow this at least, and what the team's policies give: it "
            "is the part of this role alone. Of what the stack makes the names are not known yet, "
            "so every name stands here.",
            content=document(each.as_json() for each in statements if each.effect == "Allow"),
        )


def _of_keys(settings: NewEnvironment, location: Location) -> Iterator[NeededPolicy]:
    account = {"AWS": location.iam_arn("root")}
    by_account = account_uses_key().as_json(account)
    if settings.kms_key_arn:
        logs = logs_use_key(settings.name, location).named_for(settings.name)
        yield NeededPolicy(
            kind="key",
            title="Policy of the environment's key",
            of=settings.kms_key_arn,
            advice="Add these to the key's policy. The first is in the policy that KMS gives a key "
            "by default.",
            content=document([by_account, logs.as_json({"Service": logs_service(location)})]),
        )
    backend = settings.secrets_backend
    if backend and backend.kms_key_arn and backend.kms_key_arn != settings.kms_key_arn:
        yield NeededPolicy(
            kind="key",
            title="Policy of the key of connections and variables",
            of=backend.kms_key_arn,
            advice="Add this to the key's policy. It is in the policy that KMS gives a key by "
            "default.",
            content=document([by_account]),
        )


def _of_bucket(
    configuration: Configuration, settings: NewEnvironment, location: Location, bucket: str
) -> NeededPolicy:
    own = settings.execution_role.arn
    deployers = {
        "ArnLike": {"aws:PrincipalArn": _roles_of_stack(configuration, settings, location)}
    }
    account = {"AWS": location.iam_arn("root")}
    reader = {"AWS": own} if own else account
    access = BucketAccess(arn=bucket, keys=readable_keys(settings))
    read = read_bucket(access).named_for(settings.name).as_json(reader)
    return NeededPolicy(
        kind="bucket",
        title="Policy of the bucket",
        of=bucket,
        advice="A bucket of this account needs this only where its policy denies what it does not "
        "name; one of another account always.",
        content=document(
            [
                read if own else {**read, "Condition": deployers},
                *(
                    {**each.named_for(settings.name).as_json(account), "Condition": deployers}
                    for each in _deployments(settings, bucket)
                ),
            ]
        ),
    )


def _deployments(settings: NewEnvironment, bucket: str) -> Iterator[Statement]:
    """What the functions of a deployment do in the bucket."""
    folder = own_folder(settings)
    dags = settings.dags_s3_path.rstrip("/")
    manifest = f"{bucket}/{OWN_FOLDER}{dags}.json"
    yield Statement(
        sid="ShipFiles",
        purpose="deployments write plugins, requirements and archives of DAGs",
        actions=("s3:GetObject", "s3:PutObject"),
        resources=(f"{bucket}/{folder}*", manifest),
    )
    yield Statement(
        sid="ShipDags",
        purpose="deployments keep the DAGs that they ship",
        actions=("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        resources=(f"{bucket}/{dags}/*",),
    )
    yield Statement(
        sid="ListDags",
        purpose="deployments list the DAGs",
        actions=("s3:ListBucket",),
        resources=(bucket,),
    )


def _roles_of_stack(
    configuration: Configuration, settings: NewEnvironment, location: Location
) -> str:
    """A pattern of the ARNs of the roles in the environment's stack, whose names end at random."""
    name = stack_name(configuration.app_name, stack_id(Kind.ENVIRONMENT, settings))
    path, prefix = configuration.roles.path or "/", configuration.roles.name_prefix or ""
    return location.iam_arn(f"role{path}{prefix}{name[:NAMED_BY_STACK]}*")
