"""Findings about roles, boundaries, keys and buckets that existed, on the stand-in of AWS."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from errors import Finding
from local.layout import ACCOUNT
from tests.unit.cli.given_account import Account, Json, Statements, document

MISSING_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11112222-3333-4444-5555-666677778888"


MakeRole = Callable[..., str]


@pytest.fixture
def role(account: Account) -> Iterator[MakeRole]:
    """What makes a role of these statements, with this trust and boundary; it returns its ARN."""
    iam = account.client("iam")
    name = f"own-{uuid.uuid4().hex[:12]}"
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    yield lambda statements, trust=None, **more: _made(
        account,
        name,
        statements,
        trust or account.printed("trust", ExecutionRole={"Arn": arn}),
        more,
    )
    iam.delete_role_policy(RoleName=name, PolicyName="printed")
    iam.delete_role(RoleName=name)


def _made(
    account: Account, name: str, statements: Statements, trust: Statements, more: Json
) -> str:
    iam = account.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)
    iam.put_role_policy(RoleName=name, PolicyName="printed", PolicyDocument=document(statements))
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="module")
def bucket(account: Account) -> str:
    """A bucket with all that MWAA wants."""
    return well(account, f"given-{uuid.uuid4().hex[:12]}")


def well(account: Account, name: str) -> str:
    s3 = account.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    block = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    return f"arn:aws:s3:::{name}"


EVERYTHING: Json = {"KmsKeyArn": MISSING_KEY, "SecretsBackend": {}}
SIDS = (
    *("PublishMetrics", "PutMetrics", "ReadFiles", "ReadAccountPublicAccess", "WriteLogs"),
    *("FindLogGroups", "UseQueue", "UseKey", "ReadSecrets"),
)


def needed(account: Account, bucket: str) -> tuple[Json, Statements]:
    """The entry of an environment that names everything, and what its role needs."""
    entry = {**EVERYTHING, "SourceBucketArn": bucket}
    own = {"Arn": f"arn:aws:iam::{ACCOUNT}:role/own"}
    return entry, account.printed("role", **entry, ExecutionRole=own)


def test_a_role_with_what_is_printed_lacks_nothing(
    account: Account, role: MakeRole, bucket: str
) -> None:
    entry, statements = needed(account, bucket)

    assert {each["Sid"] for each in statements} == {*SIDS, "ListNoBuckets"}
    (found,) = account.roles(**entry, ExecutionRole={"Arn": role(statements)})
    assert not found.is_wrong, found


@pytest.mark.parametrize("sid", SIDS)
def test_each_statement_that_a_role_lacks_is_named(
    sid: str, account: Account, role: MakeRole, bucket: str
) -> None:
    entry, statements = needed(account, bucket)
    arn = role([each for each in statements if each["Sid"] != sid])

    (found,) = account.roles(**entry, ExecutionRole={"Arn": arn})

    assert found.is_wrong
    assert found.subject == "Execution role of orders"
    assert found.code == "role-lacks"
    assert f"the statement {sid} of" in str(found.remedy)
    assert found.commands == ("./mwaa-platform policies --environment orders",)


def test_a_condition_that_is_too_narrow_is_a_lack(
    account: Account, role: MakeRole, bucket: str
) -> None:
    entry, statements = needed(account, bucket)
    for each in statements:
        if each["Sid"] == "UseKey":
            each["Condition"]["StringEquals"]["kms:ViaService"].pop()

    (found,) = account.roles(**entry, ExecutionRole={"Arn": role(statements)})

    assert "kms:Decrypt" in found.message


def test_what_a_policy_denies_is_told_from_what_none_allows(
    account: Account, role: MakeRole, bucket: str
) -> None:
    entry, statements = needed(account, bucket)
    denial = {"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}

    (found,) = account.roles(**entry, ExecutionRole={"Arn": role([*statements, denial])})

    assert "sqs:SendMessage on" in found.message
    assert "A policy of the role denies it." in found.message


def test_a_boundary_of_ones_own_role_is_told(account: Account, role: MakeRole, bucket: str) -> None:
    entry, statements = needed(account, bucket)
    boundary = made_policy(account, [each for each in statements if each["Sid"] != "UseQueue"])
    arn = role(statements, PermissionsBoundary=boundary)

    (found,) = account.roles(**entry, ExecutionRole={"Arn": arn})

    assert "sqs:ReceiveMessage" in found.message
    assert "Its permissions boundary does not allow it." in found.message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Principal": {"Service": "airflow.amazonaws.com"}}, "airflow-env.amazonaws.com"),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, "airflow.amazonaws.com and airflow-env"),
        ({"Action": "sts:TagSession"}, "airflow.amazonaws.com and airflow-env"),
        (
            {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:airflow:*:*:environment/other"}}},
            "airflow.amazonaws.com and airflow-env",
        ),
    ],
    ids=["one service", "another service", "another action", "another environment"],
)
def test_a_role_that_mwaa_cannot_assume(
    change: Json, named: str, account: Account, role: MakeRole, bucket: str
) -> None:
    entry, statements = needed(account, bucket)
    own = {"Arn": f"arn:aws:iam::{ACCOUNT}:role/own"}
    (trust,) = account.printed("trust", ExecutionRole=own)
    arn = role(statements, [{**trust, **change}])

    (found,) = account.roles(**entry, ExecutionRole={"Arn": arn})

    assert found.code == "role-not-trusted"
    assert "MWAA cannot assume it" in found.message
    assert named in found.message


def test_a_role_or_boundary_that_is_not_there(account: Account) -> None:
    for key, what, code in (
        ("Arn", "role", "role-missing"),
        ("PermissionsBoundaryArn", "policy", "boundary-missing"),
    ):
        arn = f"arn:aws:iam::{ACCOUNT}:{what}/nowhere"
        (found,) = account.roles(ExecutionRole={key: arn})
        assert f"There is no {what} {arn}" in found.message
        assert found.code == code


def made_policy(account: Account, statements: Statements) -> str:
    arn: str = account.client("iam").create_policy(
        PolicyName=f"boundary-{uuid.uuid4().hex[:12]}", PolicyDocument=document(statements)
    )["Policy"]["Arn"]
    return arn


def test_each_action_that_a_boundary_forbids_is_named(account: Account) -> None:
    some = {"PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/some"}
    statements = account.printed("boundary", ExecutionRole=some)

    boundary = made_policy(account, statements)
    (found,) = account.roles(ExecutionRole={"PermissionsBoundaryArn": boundary})
    assert not found.is_wrong, found

    kept = [each for each in statements if each["Sid"] != "UseQueue"]
    boundary = made_policy(account, kept)
    (found,) = account.roles(ExecutionRole={"PermissionsBoundaryArn": boundary})
    assert found.code == "boundary-forbids"
    for action in ("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage", "SendMessage"):
        assert f"sqs:{action}" in found.message


def test_a_key_with_the_printed_policy_is_well(account: Account) -> None:
    assert [each.is_wrong for each in account.things(KmsKeyArn=key(account))] == [False]


def key(account: Account, *, without: str = "") -> str:
    statements = account.printed("key", KmsKeyArn=MISSING_KEY)
    policy = document([each for each in statements if each["Sid"] != without])
    arn: str = account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    return arn


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("PoliciesOfTheAccount", "IAM policies of the account grant kms:Decrypt"),
        ("LogsOfTheEnvironmentOfOrders", "CloudWatch Logs use it for airflow-orders-DAGProcessing"),
    ],
)
def test_what_a_keys_policy_lacks_is_named(without: str, named: str, account: Account) -> None:
    (found,) = account.things(KmsKeyArn=key(account, without=without))

    assert found.code == "key-closed"
    assert named in found.message
    assert f"the statement {without}" in str(found.remedy)
    assert found.commands == ("./mwaa-platform policies --environment orders",)


def test_a_key_for_the_logs_of_another_environment(account: Account) -> None:
    (environment,) = account.platform(KmsKeyArn=key(account)).configuration.new_environments
    (found,) = account.things(KmsKeyArn=environment.kms_key_arn, Name="another")

    assert "airflow-another-Task" in found.message


def test_a_key_that_cannot_be_used(account: Account) -> None:
    (found,) = account.things(KmsKeyArn=MISSING_KEY)
    assert "There is no key" in found.message
    assert found.code == "key-missing"

    arn = key(account)
    account.client("kms").disable_key(KeyId=arn)
    (found,) = account.things(KmsKeyArn=arn)
    assert (found.code, found.message) == ("key-unusable", "It is Disabled.")


def test_a_bucket_with_all_that_mwaa_wants_is_well(account: Account, bucket: str) -> None:
    assert [each.is_wrong for each in account.things(SourceBucketArn=bucket)] == [False]


def test_what_is_wrong_with_a_bucket_is_named(account: Account) -> None:
    (found,) = account.things(SourceBucketArn="arn:aws:s3:::nowhere-at-all")
    assert "There is no bucket" in found.message
    assert found.code == "bucket-missing"

    name = f"bare-{uuid.uuid4().hex[:12]}"
    account.client("s3").create_bucket(Bucket=name)
    account.client("s3").delete_public_access_block(Bucket=name)
    messages = {
        each.code: each.message for each in account.things(SourceBucketArn=f"arn:aws:s3:::{name}")
    }
    assert "versioning is off" in messages["bucket-without-versions"]
    assert "does not block public access" in messages["bucket-public"]


def encrypted(account: Account, key_arn: str) -> str:
    arn = well(account, f"encrypted-{uuid.uuid4().hex[:12]}")
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    account.client("s3").put_bucket_encryption(
        Bucket=arn.rpartition(":")[2],
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
    )
    return arn


def test_a_bucket_and_its_environment_have_one_key(account: Account) -> None:
    own = key(account)
    arn = encrypted(account, own)

    assert not any(each.is_wrong for each in account.things(SourceBucketArn=arn, KmsKeyArn=own))
    (found,) = account.things(SourceBucketArn=arn)
    assert "which the environment's role may not use" in found.message
    assert found.code == "bucket-of-another-key"


def test_a_bucket_that_denies_the_role_is_told(account: Account) -> None:
    arn = well(account, f"denying-{uuid.uuid4().hex[:12]}")
    ours = f"arn:aws:iam::{ACCOUNT}:role/own"

    def things(excepted: str) -> list[Finding]:
        denial = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"{arn}/*",
            "Condition": {"StringNotEquals": {"aws:PrincipalArn": excepted}},
        }
        account.client("s3").put_bucket_policy(
            Bucket=arn.rpartition(":")[2], Policy=document([denial])
        )
        return account.things(SourceBucketArn=arn, ExecutionRole={"Arn": ours})

    assert not any(each.is_wrong for each in things(ours))
    denied = things(f"arn:aws:iam::{ACCOUNT}:role/other")
    assert f"denies {ours} to read dags/*" in denied[0].message
    assert denied[0].code == "bucket-denies-role"
