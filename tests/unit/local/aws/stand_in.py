"""Operations of tests on the stand-in: deploying templates, assuming roles, running functions."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from types_boto3_sts.type_defs import CredentialsTypeDef

from local.aws import trouble
from local.aws.trouble import Failure, Trouble
from local.aws_stand_in import AwsStandIn
from local.layout import ACCOUNT, REGION
from tests.waits import DEADLINE_SECONDS

TOKEN_KEY = b"a key that only this test and its stand-in know"
WEBSERVERS = {"blue": "blue.localhost:8446", "gold": "gold.localhost:8447"}

Json = Mapping[str, Any]


class DeployFailedError(Exception):
    """The stack did not come up; the text is CloudFormation's reason."""


@dataclass(frozen=True, kw_only=True)
class StandIn(AwsStandIn):
    """A running stand-in, the certificates that its functions trust, the file of its trouble."""

    ca_bundle: Path
    pid: int
    trouble_file: Path

    @contextmanager
    def trouble(self, *failures: Failure, **settings: Any) -> Iterator[None]:
        """Trouble until the block ends."""
        trouble.write(self.trouble_file, Trouble(failures=failures, **settings))
        try:
            yield
        finally:
            trouble.write(self.trouble_file, Trouble())

    def deploy(
        self, resources: Json, outputs: Json | None = None, *, stack: str | None = None
    ) -> tuple[str, dict[str, str]]:
        """Create a stack, or update `stack`; returns its name and outputs.

        Asks once only: the answer must come when the stack has settled.
        """
        template = {
            "Resources": resources,
            "Outputs": {name: {"Value": value} for name, value in (outputs or {}).items()},
        }
        cloudformation = self.session.client("cloudformation")
        name = stack or new_stack()
        make = cloudformation.update_stack if stack else cloudformation.create_stack
        make(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        [deployed] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        if deployed["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            reasons = [event.get("ResourceStatusReason", "") for event in events]
            raise DeployFailedError("\n".join(reasons))
        return name, {
            output["OutputKey"]: output["OutputValue"] for output in deployed.get("Outputs", ())
        }

    def destroy(self, stack: str) -> None:
        cloudformation = self.session.client("cloudformation")
        cloudformation.delete_stack(StackName=stack)
        waiter: Any = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(
            StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 10 * DEADLINE_SECONDS}
        )

    def client_of(self, credentials: Json, service: str) -> Any:
        """A client with the temporary credentials of an AssumeRole answer."""
        client: Any = boto3.client
        return client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(inject_host_prefix=False, retries={"max_attempts": 1}),
        )

    def assume(self, role: str, **request: Any) -> CredentialsTypeDef:
        """Credentials of a role that trusts the account."""
        return self.session.client("sts").assume_role(
            RoleArn=role, RoleSessionName="ada@example.com", **request
        )["Credentials"]

    def create_role(self, *statements: Json, trust: Json | None = None) -> str:
        """A role with these permissions, trusted by the account or as `trust` says; its ARN."""
        trusted = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        }
        iam = self.session.client("iam")
        name = f"role-{uuid.uuid4().hex[:12]}"
        role = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=policy(trust if trust else trusted)
        )
        if statements:
            iam.put_role_policy(
                RoleName=name, PolicyName="permissions", PolicyDocument=policy(*statements)
            )
        return str(role["Role"]["Arn"])

    def run_function(self, role: str, files: Mapping[str, str], event: Json) -> Any:
        """Deploy a function whose handler is `index.handle`, run it once, give its answer."""
        return self.made_function(role, files)(event)

    def made_function(self, role: str, files: Mapping[str, str]) -> Callable[[Json], Any]:
        """Deploy a function whose handler is `index.handle`; what runs it gives its answer."""
        bundle = io.BytesIO()
        with zipfile.ZipFile(bundle, "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        functions = self.session.client("lambda")
        name = f"function-{uuid.uuid4().hex[:12]}"
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handle",
            Role=role,
            Code={"ZipFile": bundle.getvalue()},
            Timeout=60,
        )

        def run(event: Json) -> Any:
            answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
            payload = json.loads(answer["Payload"].read())
            assert "FunctionError" not in answer, payload
            return payload

        return run


def new_stack() -> str:
    """The name of a stack that is not there."""
    return f"test-{uuid.uuid4().hex[:12]}"


def policy(*statements: Json) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, *resources: str) -> dict[str, Any]:
    """A statement that allows one action."""
    return {"Effect": "Allow", "Action": action, "Resource": list(resources)}
