"""An account of its own in the AWS stand-in, into which a platform is deployed with failures."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jmespath  # type: ignore[import-untyped]
import pytest
from botocore.exceptions import ClientError

from app import platform
from config.loader import parse_configuration
from config.model import Configuration
from config.stack_names import stack_name
from errors import PlatformError
from local.aws import trouble
from local.aws.trouble import Failure, Operation, Trouble
from local.aws_stand_in import AwsStandIn
from local.deployment import Deployment
from local.layout import ACCOUNT, REGION, ROOT, Layout
from local.local_configuration import CLIENT_ID, local_configuration
from local.ports import choose
from local.prerequisites import Prerequisites, create_prerequisites
from local.processes import Processes
from tests.running_stand_in import running_stand_in
from tests.waits import wait_until

Json = dict[str, Any]

APP, ENVIRONMENT = "failing", "analytics"
UI = f"Ui-{ENVIRONMENT}"
ENV = f"Env-{ENVIRONMENT}"
STACKS = ("Network", "Grants", ENV, "Sso", UI)
"""In an order of deployment."""
GONE = ("", "DELETE_COMPLETE")
PROTECTED = ("Grants", ENV, "Sso")
PREFERRED_PORTS = {
    "aws": 14586,
    "alb": 14587,
    "idp": 14588,
    "lineage": 14589,
    f"airflow {ENVIRONMENT}": 14590,
}

IAM_DELAY_SECONDS = 2.0
"""In every deployment: the custom resources, and the environment, wait for their permissions."""

SAMPLES_FOLDER = ROOT / "samples"

KEPT = {"bucket", "key", "table"}
"""In the inventory, what a failed creation may leave, under generated names."""
RETAINED = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket")
"""The types of that."""


def configuration() -> Json:
    """A small whole: a portal, and one environment of every kind of file, with a host."""
    raw: Json = json.loads((ROOT / "samples" / "one-new.json").read_text())
    raw |= {
        "AppName": APP,
        "Lineage": {"Provider": "Atlan", "Url": "https://company.atlan.com"},
    }
    raw["MwaaEnvironments"][0] |= {
        "WebServerAccessMode": "PRIVATE_ONLY",
        "UiHost": "analytics.example.com",
        "Dags": "team/dags",
    }
    return raw


def changed(raw: Json) -> Json:
    """The same after an edit that reaches each of its stacks."""
    raw = copy.deepcopy(raw)
    raw["Grants"].append({"User": "ada@example.com", "Environments": ["*"], "Roles": ["Viewer"]})
    raw["Alb"] |= {"SessionTimeoutHours": 2, "AllowedCidrs": ["10.0.0.0/8"]}
    raw["MwaaEnvironments"][0] |= {
        "Description": "Renamed",
        "AirflowVersion": "3.2.1",
        "EnvironmentClass": "mw1.medium",
        "SchedulerLogsLevel": "WARNING",
        "Tags": {"team": "models"},
    }
    return raw


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account: what is deployed there, and the platform as two assemblies."""

    cloud: AwsStandIn
    trouble_file: Path
    deployment: Deployment
    first: Path
    second: Path
    """The assembly of `changed`."""

    def deploy(self, *stacks: str, assembly: Path | None = None) -> bool:
        """Deploy as a person does; whether that succeeded."""
        try:
            replace(self.deployment, assembly=assembly or self.first).deploy(*stacks)
        except PlatformError:
            return False
        finally:
            for each in STACKS:
                wait_until(f"the end for {each}", lambda: self._settled(each))  # noqa: B023
        return True

    def fail(self, *failures: Failure, assembly: Path | None = None) -> None:
        """Deploy until each has happened.

        The CDK begins with no further stack once one has failed; which had begun is chance.
        """
        self._make_trouble(*failures)
        pending = list(failures)
        while pending:
            stacks = [id_of(each.stack) for each in pending]
            assert not self.deploy(*stacks, assembly=assembly)
            left = [each for each in pending if not self.has_failed(each)]
            assert len(left) < len(pending), f"Nothing of this came to pass: {left}"
            pending = left
        self._make_trouble()

    def fail_in_all(self, asked: Failure) -> None:
        """Deploy every stack, of which one fails."""
        self._make_trouble(asked)
        assert not self.deploy()
        assert self.has_failed(asked)
        self._make_trouble()

    def has_failed(self, failure: Failure) -> bool:
        """Whether a failure that was asked for has come to pass."""
        return any(
            each["LogicalResourceId"] == failure.logical_id
            and each.get("ResourceStatusReason") == failure.reason
            for each in self.events(id_of(failure.stack))
        )

    def status(self, stack: str) -> str:
        """The status of a stack; empty where there is none."""
        found = self._stack(stack)
        return str(found["StackStatus"]) if found else ""

    def events(self, stack: str) -> list[Json]:
        """What happened to a stack since its creation, the first first."""
        found = self._stack(stack)
        if not found:
            return []
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(
            StackName=found["StackId"]
        )
        return [each for page in pages for each in page["StackEvents"]][::-1]

    def unlock(self, stack: str) -> None:
        """What `deploy` does before it replaces what failed."""
        self._cloudformation.update_termination_protection(
            StackName=stack_name(APP, stack), EnableTerminationProtection=False
        )

    def remove(self, stack: str) -> None:
        """Delete a stack if it is there, and the log groups that are in the way of the next one.

        All else that is retained has a generated name.
        """
        if self.status(stack) in GONE:
            return
        self.unlock(stack)
        self._cloudformation.delete_stack(StackName=stack_name(APP, stack))
        wait_until(f"the end of {stack}", lambda: self.status(stack) in GONE)
        if stack == ENV:
            logs = self.cloud.session.client("logs")
            prefix = f"airflow-{ENVIRONMENT}-"
            for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
                logs.delete_log_group(logGroupName=group["logGroupName"])

    def resources(self, stack: str, assembly: Path | None = None) -> Json:
        """The resources of a template, by logical id; of the first assembly by default."""
        template = (assembly or self.first) / f"{stack}.template.json"
        found: Json = json.loads(template.read_text())["Resources"]
        return found

    def physical_id(self, stack: str, logical_id: str) -> str:
        """The id that a service gave a resource."""
        return str(
            self._cloudformation.describe_stack_resource(
                StackName=stack_name(APP, stack), LogicalResourceId=logical_id
            )["StackResourceDetail"]["PhysicalResourceId"]
        )

    def inventory(self) -> set[tuple[str, str]]:
        """What there is in the account: kinds and names."""
        return {
            (kind, str(name)) for kind, names in _INVENTORY.items() for name in names(self.cloud)
        }

    def _make_trouble(self, *failures: Failure) -> None:
        made = Trouble(failures=failures, iam_delay_seconds=IAM_DELAY_SECONDS)
        trouble.write(self.trouble_file, made)

    @cached_property
    def _cloudformation(self) -> Any:
        return self.cloud.session.client("cloudformation")

    def _stack(self, stack: str) -> Json | None:
        try:
            found = self._cloudformation.describe_stacks(StackName=stack_name(APP, stack))
        except ClientError:
            return None
        described: Json = found["Stacks"][0]
        return described

    def _settled(self, stack: str) -> bool:
        return not self.status(stack).endswith("_IN_PROGRESS")


def failure(stack: str, logical_id: str, operation: Operation = "create") -> Failure:
    """One failure of a resource, after the service has done its part."""
    return Failure(
        stack=stack_name(APP, stack),
        logical_id=logical_id,
        operation=operation,
        done=True,
        reason=f"A test lets {operation} fail.",
    )


def one(account: Account, stack: str, kind: str, begins: str = "") -> str:
    """The logical id of the first resource of a type, among those that begin with something."""
    return next(
        logical_id
        for logical_id, resource in account.resources(stack).items()
        if resource["Type"] == kind and logical_id.startswith(begins)
    )


def fail_creations(account: Account, *asked: Failure) -> set[str]:
    """Let creations fail, one of each stack, and look at what they leave: nothing in the way.

    Returns the kinds of what they leave. The stacks can be replaced then.
    """
    before = account.inventory()
    account.fail(*asked)
    after = account.inventory()
    left = {kind for kind, _ in after - before}
    assert left <= KEPT
    assert before <= after
    for each in asked:
        leave_failed_creation(account, each)
    return left


def leave_failed_creation(account: Account, asked: Failure) -> None:
    """Look at a stack whose creation failed, and unlock it as `deploy` does."""
    stack = id_of(asked.stack)
    assert account.status(stack) == "ROLLBACK_COMPLETE"
    events = account.events(stack)
    assert _left_of(events) == []
    assert any(
        each["ResourceStatus"] == "CREATE_FAILED"
        and each["LogicalResourceId"] == asked.logical_id
        and each["ResourceStatusReason"] == asked.reason
        for each in events
    )
    if stack in PROTECTED:
        with pytest.raises(ClientError, match="TerminationProtection is enabled"):
            account.cloud.session.client("cloudformation").delete_stack(StackName=asked.stack)
        account.unlock(stack)


def _left_of(events: Sequence[Json]) -> list[str]:
    """Resources that are neither deleted nor retained as they may be."""
    last = {
        each["LogicalResourceId"]: each
        for each in events
        if each["ResourceType"] != "AWS::CloudFormation::Stack"
    }
    return [
        f"{name} ({each['ResourceType']}): {each['ResourceStatus']}"
        for name, each in last.items()
        if each["ResourceStatus"] != "DELETE_COMPLETE"
        and not (each["ResourceStatus"] == "DELETE_SKIPPED" and each["ResourceType"] in RETAINED)
    ]


@contextmanager
def account(state: Path) -> Iterator[Account]:
    """An account that is bootstrapped, with all that the platform presupposes, and no platform."""
    layout = Layout(state=state, ports=choose(PREFERRED_PORTS))
    (ca := state / "ca.pem").touch()
    webservers = {ENVIRONMENT: layout.webserver(ENVIRONMENT)}
    with running_stand_in(layout, webservers=webservers, ca=ca) as processes:
        trouble.write(state / "trouble.json", Trouble(iam_delay_seconds=IAM_DELAY_SECONDS))
        yield _bootstrapped(layout, processes)


def _bootstrapped(layout: Layout, processes: Processes) -> Account:
    cloud = AwsStandIn(endpoint=layout.aws)
    (folder := layout.state / "cdk").mkdir()
    deployment = Deployment(
        folder=folder, stand_in=cloud, processes=processes, log=layout.log("cdk")
    )
    deployment.bootstrap()
    prerequisites = create_prerequisites(
        cloud,
        _parsed(configuration(), layout, Prerequisites()),
        (),
        folder=layout.state / "existing",
        certificate_arn="",
        client_secret_arns={CLIENT_ID: cloud.create_secret("oidc-client", "a secret")},
        lineage_token="",
    )
    assemblies = []
    for name, raw in (("first", configuration()), ("second", changed(configuration()))):
        parsed = _parsed(raw, layout, prerequisites)
        env = cdk.Environment(account=ACCOUNT, region=REGION)
        assemblies.append(layout.state / name)
        platform(parsed, outdir=str(assemblies[-1]), env=env, checked=False).synth()
    return Account(
        cloud=cloud,
        trouble_file=layout.state / "trouble.json",
        deployment=deployment,
        first=assemblies[0],
        second=assemblies[1],
    )


def _parsed(raw: Json, layout: Layout, prerequisites: Prerequisites) -> Configuration:
    local = local_configuration(
        raw, layout=layout, folder=SAMPLES_FOLDER, prerequisites=prerequisites
    )
    return parse_configuration(local, source=SAMPLES_FOLDER / "cdk.context.json")


def id_of(full_name: str) -> str:
    """A stack's construct id from its name."""
    return full_name.removeprefix(f"{APP}-")


def _listed(service_name: str, operation: str, path: str) -> Callable[[AwsStandIn], list[str]]:
    """Lists what an operation describes; `path` is a JMESPath to the names in its response."""

    def names(cloud: AwsStandIn) -> list[str]:
        client: Any = cloud.session.client(service_name)  # type: ignore[call-overload]
        found: list[str] = jmespath.search(path, getattr(client, operation)()) or []
        return found

    return names


_INVENTORY: Mapping[str, Callable[[AwsStandIn], list[str]]] = {
    "address": _listed("ec2", "describe_addresses", "Addresses[].AllocationId"),
    "bucket": _listed("s3", "list_buckets", "Buckets[].Name"),
    "certificate": _listed("acm", "list_certificates", "CertificateSummaryList[].CertificateArn"),
    "environment": _listed("mwaa", "list_environments", "Environments"),
    "flow log": _listed("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId"),
    "function": _listed("lambda", "list_functions", "Functions[].FunctionName"),
    "key": _listed("kms", "list_keys", "Keys[].KeyId"),
    "load balancer": _listed("elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerArn"),
    "log group": _listed("logs", "describe_log_groups", "logGroups[].logGroupName"),
    "NAT gateway": _listed(
        "ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId"
    ),
    "peering": _listed(
        "ec2",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections[?Status.Code!='deleted'].VpcPeeringConnectionId",
    ),
    "policy": _listed("iam", "list_policies", "Policies[].Arn"),
    "role": _listed("iam", "list_roles", "Roles[].RoleName"),
    "route table": _listed("ec2", "describe_route_tables", "RouteTables[].RouteTableId"),
    "schedule": _listed("events", "list_rules", "Rules[].Name"),
    "secret": _listed("secretsmanager", "list_secrets", "SecretList[].Name"),
    "security group": _listed("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
    "table": _listed("dynamodb", "list_tables", "TableNames"),
    "target group": _listed("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupArn"),
    "VPC": _listed("ec2", "describe_vpcs", "Vpcs[].VpcId"),
    "VPC endpoint": _listed("ec2", "describe_vpc_endpoints", "VpcEndpoints[].VpcEndpointId"),
}
