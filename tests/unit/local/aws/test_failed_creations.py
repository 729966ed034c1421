"""What a failed operation leaves, as AWS leaves it, and failures that a test asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.trouble import Failure
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn, new_stack, policy
from tests.unit.local.aws.test_taken_names import TRUST, Resources, attribute, resource

ANSWERS = """
import json, urllib.request

def handle(event, context):
    kept = event["ResourceProperties"]
    print(event["RequestType"], event.get("PhysicalResourceId"))
    failed = event["RequestType"] == kept.get("Fails")
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {
        "Status": "FAILED" if failed else "SUCCESS",
        "Reason": "It did not work.",
        "PhysicalResourceId": "made-by-the-function",
    }
    request = urllib.request.Request(
        event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT"
    )
    urllib.request.urlopen(request)
"""


def log_group(name: str, **more: Any) -> dict[str, Any]:
    return resource("Logs::LogGroup", LogGroupName=name) | more


def names_of_log_groups(stand_in: StandIn, prefix: str) -> list[str]:
    logs = stand_in.session.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [each["logGroupName"] for each in groups]


def status(stand_in: StandIn, stack: str) -> str:
    [found] = stand_in.session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return found["StackStatus"]


def create(stand_in: StandIn, stack: str, resources: Resources, **settings: Any) -> str:
    """The status of a stack after its creation."""
    stand_in.session.client("cloudformation").create_stack(
        StackName=stack,
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_IAM"],
        **settings,
    )
    return status(stand_in, stack)


def events(stand_in: StandIn, stack: str, logical_id: str) -> list[tuple[str, str]]:
    """Statuses and reasons of a resource, the first first."""
    cloudformation = stand_in.session.client("cloudformation")
    found = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        (each["ResourceStatus"], each.get("ResourceStatusReason", ""))
        for each in reversed(found)
        if each["LogicalResourceId"] == logical_id
    ]


@pytest.mark.parametrize("done", [False, True], ids=["before it", "after it"])
def test_what_a_failed_creation_made_is_deleted_with_all_else(
    stand_in: StandIn, done: bool
) -> None:
    stack = new_stack()
    resources = {"First": log_group(f"{stack}-a"), "Second": log_group(f"{stack}-b")}
    failure = Failure(stack=stack, logical_id="Sec", operation="create", done=done, reason="No.")

    with stand_in.trouble(failure):
        assert create(stand_in, stack, resources) == "ROLLBACK_COMPLETE"

    assert names_of_log_groups(stand_in, stack) == []
    assert ("CREATE_FAILED", "No.") in events(stand_in, stack, "Second")
    assert (
        "ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [Second]. Rollback requested by user.",
    ) in events(stand_in, stack, stack)
    assert ("DELETE_COMPLETE", "") in events(stand_in, stack, "First")
    stand_in.destroy(stack)


def test_what_is_retained_of_a_failed_creation_is_in_nobodys_way(stand_in: StandIn) -> None:
    stack = new_stack()
    table: dict[str, Any] = resource(
        "DynamoDB::Table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    resources = {
        "Table": table | {"DeletionPolicy": "Retain"},
        "Log": log_group(f"{stack}-log", DependsOn="Table", DeletionPolicy="RetainExceptOnCreate"),
        "Last": log_group(f"{stack}-last", DependsOn="Log"),
    }
    with stand_in.trouble(Failure(stack=stack, logical_id="Last", operation="create")):
        create(stand_in, stack, resources)
    dynamodb = stand_in.session.client("dynamodb")
    [left] = [each for each in dynamodb.list_tables()["TableNames"] if each.startswith(stack)]
    dynamodb.put_item(TableName=left, Item={"id": {"S": "a grant"}})
    assert names_of_log_groups(stand_in, stack) == []

    stand_in.destroy(stack)
    assert create(stand_in, stack, resources) == "CREATE_COMPLETE"

    assert dynamodb.scan(TableName=left)["Count"] == 1
    assert len([each for each in dynamodb.list_tables()["TableNames"] if stack in each]) == 2
    stand_in.destroy(stack)


def test_a_log_group_that_a_stack_left_is_not_that_of_the_next_one(stand_in: StandIn) -> None:
    stack = new_stack()
    resources = {"Log": resource("Logs::LogGroup") | {"DeletionPolicy": "RetainExceptOnCreate"}}
    assert create(stand_in, stack, resources) == "CREATE_COMPLETE"
    [first] = names_of_log_groups(stand_in, stack)
    logs = stand_in.session.client("logs")
    logs.create_log_stream(logGroupName=first, logStreamName="kept")
    changed = {"Log": resources["Log"] | {"Properties": {"RetentionInDays": 7}}}
    stand_in.deploy(changed, stack=stack)
    assert names_of_log_groups(stand_in, stack) == [first]
    stand_in.destroy(stack)

    with stand_in.trouble(Failure(stack=stack, logical_id="Log", operation="create", done=True)):
        create(stand_in, stack, resources)

    assert names_of_log_groups(stand_in, stack) == [first]
    [stream] = logs.describe_log_streams(logGroupName=first)["logStreams"]
    assert stream["logStreamName"] == "kept"
    stand_in.destroy(stack)


def test_what_was_rolled_back_must_be_deleted_before_it_is_created_again(
    stand_in: StandIn,
) -> None:
    stack = new_stack()
    resources = {"Only": log_group(stack)}
    with stand_in.trouble(Failure(stack=stack, logical_id="Only", operation="create")):
        create(stand_in, stack, resources, EnableTerminationProtection=True)
    cloudformation = stand_in.session.client("cloudformation")
    template = json.dumps({"Resources": resources})

    with pytest.raises(ClientError, match="already exists"):
        cloudformation.create_stack(StackName=stack, TemplateBody=template)
    with pytest.raises(ClientError, match="already exists"):
        cloudformation.create_change_set(
            StackName=stack, ChangeSetName="again", ChangeSetType="CREATE", TemplateBody=template
        )
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE"):
        cloudformation.update_stack(StackName=stack, TemplateBody=template)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName=stack)

    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
    stand_in.destroy(stack)
    assert create(stand_in, stack, resources) == "CREATE_COMPLETE"
    stand_in.destroy(stack)


def by_a_function(**properties: Any) -> Resources:
    """A custom resource, and the function behind it, whose log has the name of the stack."""
    logs = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    permissions = [{"PolicyName": "Logs", "PolicyDocument": json.loads(policy(logs))}]
    return {
        "Role": resource("IAM::Role", AssumeRolePolicyDocument=TRUST, Policies=permissions),
        "Function": resource(
            "Lambda::Function",
            FunctionName={"Ref": "AWS::StackName"},
            Runtime="python3.13",
            Handler="index.handle",
            Role=attribute("Role", "Arn"),
            Code={"ZipFile": ANSWERS},
        ),
        "Thing": {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": attribute("Function", "Arn"), **properties},
        },
    }


def calls(stand_in: StandIn, function: str) -> list[str]:
    """The types of the events that the function has had, each with its physical id."""
    found = stand_in.session.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{function}"
    )["events"]
    lines = [line for each in found for line in each["message"].splitlines()]
    return [line for line in lines if line.split()[:1] in (["Create"], ["Update"], ["Delete"])]


def test_a_custom_resource_whose_creation_failed_is_told_to_delete(stand_in: StandIn) -> None:
    stack = new_stack()

    assert create(stand_in, stack, by_a_function(Fails="Create")) == "ROLLBACK_COMPLETE"

    assert calls(stand_in, stack) == ["Create None", "Delete made-by-the-function"]
    stand_in.destroy(stack)


def test_a_failed_update_leaves_what_was_there(stand_in: StandIn) -> None:
    stack = new_stack()
    assert create(stand_in, stack, {"Log": log_group(f"{stack}-a")}) == "CREATE_COMPLETE"
    changed = {
        "Log": resource("Logs::LogGroup", LogGroupName=f"{stack}-a", RetentionInDays=7),
        "New": log_group(f"{stack}-new"),
    }

    for failure in (
        Failure(stack=stack, logical_id="Log", operation="update", done=True),
        Failure(stack=stack, logical_id="New", operation="create", done=True),
    ):
        with stand_in.trouble(failure), pytest.raises(DeployFailedError):
            stand_in.deploy(changed, stack=stack)
        logs = stand_in.session.client("logs")
        [group] = logs.describe_log_groups(logGroupNamePrefix=f"{stack}-")["logGroups"]
        assert status(stand_in, stack) == "UPDATE_ROLLBACK_COMPLETE"
        assert (group["logGroupName"], group.get("retentionInDays")) == (f"{stack}-a", None)

    stand_in.deploy(changed, stack=stack)
    assert names_of_log_groups(stand_in, stack) == [f"{stack}-a", f"{stack}-new"]
    stand_in.destroy(stack)


def test_an_environment_that_fails_while_it_is_made_is_there_until_the_rollback(
    stand_in: StandIn,
) -> None:
    stand_in.session.client("s3").create_bucket(Bucket="of-a-failing-one")
    stack = new_stack()
    resources = {
        "Airflow": resource(
            "MWAA::Environment", Name=stack, SourceBucketArn="arn:aws:s3:::of-a-failing-one"
        )
    }
    mwaa = stand_in.session.client("mwaa")

    with stand_in.trouble(
        Failure(stack=stack, logical_id="Airflow", operation="create", done=True)
    ):
        assert create(stand_in, stack, resources, DisableRollback=True) == "CREATE_FAILED"
    assert mwaa.get_environment(Name=stack)["Environment"]["Status"] == "CREATE_FAILED"
    with pytest.raises(DeployFailedError, match="already exists"):
        stand_in.deploy(resources)

    stand_in.session.client("cloudformation").rollback_stack(StackName=stack)
    assert status(stand_in, stack) == "ROLLBACK_COMPLETE"
    assert stack not in mwaa.list_environments()["Environments"]
    stand_in.destroy(stack)


def test_a_failed_deletion_is_repeated(stand_in: StandIn) -> None:
    stack, _ = stand_in.deploy({"Log": log_group(f"{new_stack()}-log")})
    cloudformation = stand_in.session.client("cloudformation")

    with stand_in.trouble(Failure(stack=stack, logical_id="Log", operation="delete", times=2)):
        for _ in range(2):
            cloudformation.delete_stack(StackName=stack)
            assert status(stand_in, stack) == "DELETE_FAILED"
        stand_in.destroy(stack)
