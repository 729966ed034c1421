"""The deployed platform, in AWS or on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, Self, TypeVar

import boto3
import botocore.session
import certifi
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import console
from cli.aws_errors import aws_errors_translated, no_region_error
from cli.deploy_command import DEPLOY, deploy_command
from cli.options import PlatformOptions
from config.loader import load_configuration
from config.model import AnyEnvironment, Configuration
from config.outline import Outline, load_outline, outline_of
from config.stack_names import stack_name
from errors import PlatformError
from local.aws_stand_in import AwsStandIn
from local.shared_session import SharedSession
from local.summary import FILE, Summary, read_summary
from mwaa.regions import Target

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# Short, for a person waits at a terminal.
CLIENT_SETTINGS = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard"})


class Load(Protocol[T_co]):
    """What reads a configuration for where it is deployed to, as far as that is known."""

    def __call__(self, path: Path, /, *, target: Target | None) -> T_co: ...


@dataclass(frozen=True, kw_only=True)
class DeployedStacks:
    """The stacks that are deployed, the place where, and clients of their AWS account.

    `variables` are the environment of a program that is to call the same AWS, `ca_file` the
    certificate authorities (PEM) whose certificates catalogues there have. `run` is the summary of
    the platform on this machine; None in AWS.
    """

    outline: Outline
    place: str
    session: boto3.Session
    variables: Mapping[str, str]
    ca_file: str
    run: Summary | None = None

    def output(self, stack: str, name: str) -> str:
        """Returns an output of a stack, whose name is without the application's before it.

        Raises PlatformError where the stack or its output is not there.
        """
        description = self._description(stack)
        outputs = _outputs(description)
        if name not in outputs:
            raise PlatformError(
                f"The stack {description['StackName']} has no {name}: it is in the state "
                f"{description['StackStatus']}.",
                place=self.place,
                remedy=f"Deploy it with this version: {deploy_command(stack)}",
            )
        return outputs[name]

    def has(self, stack: str) -> bool:
        """Whether a stack is there."""
        try:
            self._description(stack)
        except PlatformError:
            return False
        return True

    def outputs(self, stack: str) -> Mapping[str, str]:
        """Returns all outputs of a stack; raises PlatformError where it is not there."""
        return _outputs(self._description(stack))

    def _description(self, stack: str) -> StackTypeDef:
        full_name = stack_name(self.outline.app_name, stack)
        try:
            response = self.session.client("cloudformation").describe_stacks(StackName=full_name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise self._not_deployed_error(full_name) from None
        [description] = response["Stacks"]
        return description

    def _not_deployed_error(self, stack: str) -> PlatformError:
        return PlatformError(
            f"The stack {stack} is not deployed there.",
            place=self.place,
            remedy=f"Deploy the platform ({DEPLOY}), or name the account and Region "
            "that it is in (AWS_PROFILE, AWS_REGION). For the one on this machine add --local.",
        )


@dataclass(frozen=True, kw_only=True)
class DeployedPlatform(DeployedStacks):
    """The deployed stacks, and the configuration that they are of."""

    configuration: Configuration

    def narrowed(self, *environments: AnyEnvironment, quick_start: bool = False) -> Self:
        """The platform as if its configuration had these environments alone."""
        own = self.configuration
        kept = {
            "environments": environments,
            "quick_start": own.quick_start if quick_start else None,
        }
        return replace(self, configuration=own.model_copy(update=kept))

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of the configuration's environments, in its order."""
        return tuple(each.name for each in self.configuration.environments)


def _outputs(description: StackTypeDef) -> Mapping[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in description.get("Outputs", ())}


@contextmanager
def deployed_platform(options: PlatformOptions) -> Iterator[DeployedPlatform]:
    """The platform that a command works on.

    Raises InputError for a wrong configuration, PlatformError where the platform cannot be
    reached, and for AWS's errors inside the block.
    """
    reached = _reached(options, load_configuration)
    with aws_errors_translated(reached.place):
        yield DeployedPlatform(
            configuration=reached.loaded,
            outline=outline_of(reached.loaded),
            place=reached.place,
            session=reached.session,
            variables=reached.variables,
            ca_file=reached.ca_file,
            run=reached.run,
        )


@contextmanager
def deployed_stacks(options: PlatformOptions) -> Iterator[DeployedStacks]:
    """The stacks that a command works on, with a warning where the configuration has mistakes.

    Raises InputError where these leave its AppName uncertain, and errors as `deployed_platform`.
    """
    reached = _reached(options, load_outline)
    outline = reached.loaded
    if outline.mistakes:
        count = "1 mistake" if outline.mistakes == 1 else f"{outline.mistakes} mistakes"
        console.warn(
            f"The configuration has {count}. This command reads AppName alone, {outline.app_name}."
        )
    with aws_errors_translated(reached.place):
        yield DeployedStacks(
            outline=outline,
            place=reached.place,
            session=reached.session,
            variables=reached.variables,
            ca_file=reached.ca_file,
            run=reached.run,
        )


class _Reached(NamedTuple, Generic[T]):
    """What was read of the configuration, and how the AWS is called that it is deployed in."""

    loaded: T
    place: str
    session: boto3.Session
    variables: Mapping[str, str]
    ca_file: str
    run: Summary | None = None


def _reached(options: PlatformOptions, load: Load[T]) -> _Reached[T]:
    if options.local:
        return _on_this_machine(options.state, load)
    return _in_aws(options.configuration, load)


def _in_aws(configuration: Path, load: Load[T]) -> _Reached[T]:
    with aws_errors_translated("your AWS settings"):
        # boto3 itself reads AWS_DEFAULT_REGION alone, unlike AWS's command line and the CDK's.
        session = SharedSession(
            region_name=os.environ.get("AWS_REGION"), botocore_session=_configured_session()
        )
    # The account would be a call, which the person's permissions may not include.
    target = Target(region=session.region_name) if session.region_name else None
    loaded = load(configuration, target=target)
    if session.region_name is None:
        raise no_region_error()
    profile = "" if session.profile_name == "default" else f", profile {session.profile_name}"
    return _Reached(
        loaded=loaded,
        place=f"in AWS, Region {session.region_name}{profile}",
        session=session,
        variables={**os.environ, "AWS_REGION": session.region_name},
        ca_file=certifi.where(),
    )


def _configured_session() -> botocore.session.Session:
    """Returns a session whose clients have the timeouts of a command at a terminal."""
    session = botocore.session.get_session()
    session.set_default_client_config(CLIENT_SETTINGS)
    return session


def _on_this_machine(state: Path, load: Load[T]) -> _Reached[T]:
    summary = read_summary(state)
    if summary is None:
        raise _not_running_error(state)
    if summary.foreign_urls:
        raise _foreign_error(state / FILE, summary.foreign_urls[0])
    stand_in = AwsStandIn(endpoint=summary.aws)
    # The configuration as `up` deployed it, which is the user's adapted to this machine.
    deployed_file = state / "cdk" / "cdk.context.json"
    try:
        stand_in.session.client("cloudformation").list_stacks()
    except (BotoCoreError, ClientError):
        raise _not_running_error(state) from None
    return _Reached(
        # `up` compared the file with the place when it deployed it.
        loaded=load(deployed_file, target=None),
        place=f"on this machine ({summary.aws})",
        session=stand_in.session,
        variables=stand_in.process_environment,
        ca_file=summary.ca,
        run=summary,
    )


def _foreign_error(file: Path, url: str) -> PlatformError:
    return PlatformError(
        f"{console.printable(url)} is not an address of this machine.",
        place=str(file),
        remedy="No run writes that. Remove the file, and run ./mwaa-platform up again.",
    )


def _not_running_error(state: Path) -> PlatformError:
    return PlatformError(
        "The platform does not run on this machine.",
        place=str(state),
        remedy="Start it (./mwaa-platform up), or name the folder of its run with --state.",
    )
