"""What DAGs may do: the policy file that a team gives, as IAM takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.iam_policy import MAX_CHARACTERS, read_policy
from errors import InputError
from mwaa.regions import Target
from tests.unit.config.configurations import (
    draft,
    mistakes_in,
    parse,
    warnings_of,
    with_environment,
)

PLACE = "MwaaEnvironments[0].ExecutionRole.Policy"
STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::example-orders/*",
}


def written(folder: Path, *statements: Any, **keys: Any) -> dict[str, Any]:
    """A configuration whose environment has a policy of these statements."""
    path = folder / "policy.json"
    policy = {"Version": "2012-10-17", "Statement": list(statements), **keys}
    path.write_text(json.dumps(policy, indent=1))
    return with_environment(ExecutionRole={"Policy": str(path)})


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({**STATEMENT, "Action": "GetObject"}, "Action[0]: This must be an action of IAM"),
        ({**STATEMENT, "Resource": "example-orders"}, "Resource[0]: This must be the ARN"),
        ({**STATEMENT, "Resource": "arn:awz:s3:::a/*"}, "Resource[0]: This must be the ARN"),
        ({**STATEMENT, "Resource": "arn:aws:*:::a"}, "Resource[0]: This must be the ARN"),
        ({**STATEMENT, "NotResource": "arn:aws:iam::11:role/a"}, "NotResource[0]: This must be"),
        ({**STATEMENT, "Sid": "Orders"}, "Sid: Statement[0] has the same"),
        ({**STATEMENT, "Principal": "*"}, "Principal: The principal is the role"),
        ({**STATEMENT, "Effect": "allow"}, "Effect: This must be Allow or Deny"),
        ({**STATEMENT, "NotAction": "s3:*"}, "A statement has either Action or NotAction"),
        ({"Effect": "Allow", "Action": "s3:GetObject"}, "either Resource or NotResource"),
        ({**STATEMENT, "Actions": []}, "Actions: IAM knows no such key here"),
        ({**STATEMENT, "Action": []}, "IAM takes no such value"),
        ({**STATEMENT, "Sid": "read orders"}, "Sid: This must be letters and digits"),
        (
            {**STATEMENT, "Condition": {"StringEqual": {"aws:x": "y"}}},
            "This must be a condition operator",
        ),
        ({**STATEMENT, "Condition": {"StringEquals": "y"}}, "IAM takes no such value"),
        ("s3:GetObject", "IAM takes no such value"),
    ],
)
def test_what_iam_refuses_is_a_mistake_with_its_line(
    tmp_path: Path, statement: Any, words: str
) -> None:
    found = mistakes_in(written(tmp_path, {**STATEMENT, "Sid": "Orders"}, statement))

    assert list(found) == [PLACE]
    message = found[PLACE].message
    assert message.startswith("policy.json, line ")
    assert "Statement[1]" in message
    assert words in message


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-iso-b", "*"])
@pytest.mark.parametrize("account", ["", "*", "aws", "111122223333"])
def test_arns_of_every_partition_and_account_are_taken(
    tmp_path: Path, partition: str, account: str
) -> None:
    resource = f"arn:{partition}:iam:us-east-1:{account}:policy/some"

    assert not mistakes_in(written(tmp_path, {**STATEMENT, "Resource": resource}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "This is not JSON"),
        ("[]", "It must hold one JSON object"),
        ('{"Version": "2012-10-17"}', "Statement: Missing"),
        ('{"Version": "2012-10-17", "Statement": []}', "Statement: IAM takes no such value"),
        (f'{{"Version": "2008-10-17", "Statement": {json.dumps(STATEMENT)}}}', "be 2012-10-17"),
    ],
)
def test_a_file_that_is_no_policy_is_a_mistake(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "policy.json").write_text(text)

    found = mistakes_in(with_environment(ExecutionRole={"Policy": str(tmp_path / "policy.json")}))

    assert words in found[PLACE].message


def test_a_policy_is_as_long_as_iam_takes_it(tmp_path: Path) -> None:
    arn = "arn:aws:s3:::example-orders/"

    def size(length: int) -> int:
        raw = written(tmp_path, {**STATEMENT, "Resource": arn + "x" * length})
        return read_policy(Path(raw["MwaaEnvironments"][0]["ExecutionRole"]["Policy"])).size

    room = MAX_CHARACTERS - size(0)
    assert size(room) == MAX_CHARACTERS
    found = mistakes_in(written(tmp_path, {**STATEMENT, "Resource": arn + "x" * (room + 1)}))
    assert f"{MAX_CHARACTERS + 1} characters" in found[PLACE].message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"Action": "s3:*"}, "s3:*"),
        ({"Action": "s3:**"}, "s3:**"),
        ({"Action": "s3:?*"}, "s3:?*"),
        ({"Action": "*"}, "allows *"),
        ({"Resource": "*"}, "allows *"),
        ({"Action": None, "NotAction": "iam:*"}, "NotAction"),
        ({"Resource": None, "NotResource": "arn:aws:s3:::example-orders/*"}, "NotResource"),
        *(
            ({"Resource": arn}, arn)
            for arn in (
                "arn:aws:s3:::*",
                "arn:aws:s3:::*/*",
                "arn:aws:sns:us-east-1:111122223333:*",
                "arn:aws:iam::*:role/*",
                "arn:aws:iam::*:role/airflow",
                "arn:aws:iam::111122223333:role/*",
                "arn:aws:secretsmanager:us-east-1:111122223333:secret:*",
                "arn:aws:secretsmanager:*:*:secret:?*",
                "arn:aws:logs:us-east-1:111122223333:log-group:*:*",
                "arn:aws:dynamodb:us-east-1:111122223333:table/*/*",
            )
        ),
    ],
)
def test_a_broad_policy_is_warned_of(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    statement = {key: value for key, value in (STATEMENT | changes).items() if value is not None}

    warned = warnings_of(written(tmp_path, statement))

    assert "statement 1 of policy.json" in warned
    assert named in warned


def test_a_narrow_policy_and_a_denial_are_not_warned_of(tmp_path: Path) -> None:
    narrow = [
        "arn:aws:s3:::example-orders*",
        "arn:aws:iam::111122223333:role/airflow-*",
        "arn:aws:iam::111122223333:role/airflow/*",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:secretsmanager:*:111122223333:secret:orders/*",
        "arn:aws:dynamodb:us-east-1:111122223333:table/orders/*",
        "arn:aws:logs:us-east-1:111122223333:log-group:/orders:*",
        "arn:aws:sqs:us-east-1:111122223333:orders-*",
        "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*",
    ]
    denials = (
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::*"},
    )
    statement = {**STATEMENT, "Action": ["s3:Get*", "sqs:*Message"], "Resource": narrow}

    assert "policy.json" not in warnings_of(written(tmp_path, STATEMENT, statement, *denials))


@pytest.mark.parametrize(
    ("arn", "is_broad"),
    [
        ("aws:policy/AdministratorAccess", True),
        ("aws:policy/PowerUserAccess", True),
        ("aws:policy/IAMFullAccess", True),
        ("aws:policy/AmazonDynamoDBFullAccess_v2", True),
        ("aws:policy/job-function/DatabaseAdministrator", True),
        ("aws:policy/AmazonS3ReadOnlyAccess", False),
        ("111122223333:policy/OrdersFullAccess", False),
    ],
)
def test_a_broad_policy_of_aws_is_warned_of(arn: str, is_broad: bool) -> None:
    role = {"ManagedPolicyArns": [f"arn:aws:iam::{arn}"]}

    warned = warnings_of(with_environment(ExecutionRole=role))

    assert ("ManagedPolicyArns gives its role" in warned) == is_broad
    assert (arn.rpartition("/")[2] in warned) == is_broad


def test_no_value_of_the_file_is_shown(tmp_path: Path) -> None:
    canary = "canary-of-a-secret"
    statement = {**STATEMENT, "Action": canary, "Resource": canary, "Token": canary}
    raw = written(tmp_path, statement, {**STATEMENT, "Effect": canary}, Version=canary)

    with pytest.raises(InputError) as caught:
        parse(raw)

    assert len(caught.value.findings) == 5
    assert canary not in str(caught.value)


def test_a_path_starts_from_the_configurations_folder() -> None:
    configuration = parse(with_environment(ExecutionRole={"Policy": "team/policy.json"}))

    (environment,) = configuration.new_environments
    assert environment.execution_role.policy
    assert read_policy(environment.execution_role.policy).size < MAX_CHARACTERS


OWN = "arn:aws:iam::111122223333:role/team/airflow"


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("airflow", "This must be the ARN of a role"),
        ("arn:aws:sts::111122223333:assumed-role/airflow/me", "name the role itself"),
        ("arn:aws:iam::111122223333:policy/airflow", "belongs in ManagedPolicyArns"),
        ("arn:aws:iam::111122223333:instance-profile/airflow", "name the role in it"),
    ],
)
def test_what_is_no_role_is_a_mistake(arn: str, words: str) -> None:
    found = mistakes_in(with_environment(ExecutionRole={"Arn": arn}))

    assert words in str(found["MwaaEnvironments[0].ExecutionRole.Arn"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ManagedPolicyArns", ["arn:aws:iam::111122223333:policy/read"]),
        ("Policy", "team/policy.json"),
        ("PermissionsBoundaryArn", "arn:aws:iam::111122223333:policy/boundary"),
    ],
)
def test_nothing_is_added_to_a_role_of_ones_own(key: str, value: Any) -> None:
    found = mistakes_in(with_environment(ExecutionRole={"Arn": OWN, key: value}))

    assert list(found) == [f"MwaaEnvironments[0].ExecutionRole.{key}"]
    assert "Nothing is added" in str(*found.values())


def test_a_role_of_another_account_is_a_mistake_where_the_account_is_known() -> None:
    raw = with_environment(ExecutionRole={"Arn": OWN})

    assert not mistakes_in(raw, Target(account="111122223333", region="us-east-1"))
    found = mistakes_in(raw, Target(account="999999999999", region="us-east-1"))
    assert "within its own account" in found["MwaaEnvironments[0].ExecutionRole.Arn"].message


@pytest.mark.parametrize("section", ["ExecutionRole", "Roles"])
@pytest.mark.parametrize(
    ("arn", "is_there"),
    [
        ("aws:iam::111122223333:policy/team", True),
        ("aws:iam::aws:policy/AmazonAthenaFullAccess", True),
        ("aws:iam::999999999999:policy/team", False),
        ("aws-cn:iam::aws:policy/AmazonAthenaFullAccess", False),
        ("aws-cn:iam::111122223333:policy/team", False),
    ],
)
def test_a_policy_is_of_the_account_itself_or_of_aws(
    section: str, arn: str, is_there: bool
) -> None:
    keys: dict[str, Any] = {"PermissionsBoundaryArn": f"arn:{arn}"}
    raw = draft(Roles=keys)
    if section == "ExecutionRole":
        raw = with_environment(ExecutionRole={**keys, "ManagedPolicyArns": [f"arn:{arn}"]})

    found = mistakes_in(raw, Target(account="111122223333", region="us-east-1"))

    # Without a target the client's secret tells the partition, and nothing the account.
    assert bool(mistakes_in(raw)) is arn.startswith("aws-cn")
    assert len(found) == (0 if is_there else 1 if section == "Roles" else 2)
    assert all("own account, or of AWS" in str(each) for each in found.values())


@pytest.mark.parametrize(
    ("named", "policy", "warned", "refused"),
    [
        (10, None, "", False),
        (9, "team/policy.json", "", False),
        (10, "team/policy.json", "gets 11 managed policies", False),
        (20, None, "gets 20 managed policies", False),
        (19, "team/policy.json", "gets 20 managed policies", False),
        (21, None, "", True),
        (20, "team/policy.json", "", True),
    ],
)
def test_a_role_has_as_many_policies_as_iam_gives_it(
    named: int, policy: str | None, warned: str, *, refused: bool
) -> None:
    arns = [f"arn:aws:iam::111122223333:policy/{number}" for number in range(named)]
    raw = with_environment(ExecutionRole={"ManagedPolicyArns": arns, "Policy": policy})

    assert bool(mistakes_in(raw)) == refused
    if not refused:
        words = warnings_of(raw)
        assert warned in words
        assert ("managed policies" in words) == bool(warned)
