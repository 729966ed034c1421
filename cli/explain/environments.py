"""States of environments in words, with MWAA's last error and what to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cli.deployed import DeployedStacks
from cli.explain.redaction import redacted
from errors import Finding, Level
from mwaa.environment_states import LOOKS, OTHER_ERROR, STATES, Look, State

if TYPE_CHECKING:
    from types_boto3_mwaa.type_defs import EnvironmentTypeDef

NOT_THERE = "ResourceNotFoundException"
FAILED = "FAILED"
ARN_OF_CUSTOMER_KEY = ":key/"


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What to look at, numbered in one text, and the commands that show it."""

    text: str = ""
    commands: tuple[str, ...] = ()


def looks_of(reason: str, environment: str | None) -> Looks:
    """What to look at for an error that CloudFormation repeats of MWAA; nothing for others."""
    code = next((each for each in LOOKS if each in reason), None)
    if code is None or environment is None:
        return Looks()
    return _looks(LOOKS[code], {"name": environment})


def explain_environment(deployed: DeployedStacks, name: str, *, is_deployed: bool) -> Finding:
    """Returns what is to be said of an environment, by its state in MWAA.

    `is_deployed`: it should be there, because it exists already or its stack is complete.
    """
    try:
        environment = deployed.session.client("mwaa").get_environment(Name=name)["Environment"]
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_THERE:
            raise
        if is_deployed:
            return missing_environment(name)
        return Finding(
            level=Level.OK, subject=f"Environment {name}", message="It is not there yet."
        )
    return explain_answer(environment, now=datetime.now(UTC))


def missing_environment(name: str) -> Finding:
    """Returns the finding of an environment that should be in MWAA, and is not."""
    return Finding(
        subject=f"Environment {name}",
        message="MWAA has none of this name in this account and Region.",
        remedy="Name the account and Region that it is in (AWS_PROFILE, AWS_REGION). If somebody "
        "deleted it, take its entry out of the file, or give the entry another Name.",
    )


def explain_answer(environment: EnvironmentTypeDef, *, now: datetime) -> Finding:
    """Returns what is to be said of an environment that MWAA describes."""
    status = environment.get("Status", "")
    state = STATES.get(status) or State(meaning="Its status is not known here.", is_wrong=True)
    last = environment.get("LastUpdate", {})
    failed = last.get("Status") == FAILED
    since = last.get("CreatedAt") or environment.get("CreatedAt")
    is_late = bool(state.minutes and since and now - since > timedelta(minutes=state.minutes))
    subject = f"Environment {environment.get('Name', '')}"
    if not (state.is_wrong or failed or is_late):
        return Finding(level=Level.OK, subject=subject, message=f"{status}: {state.meaning}")
    reason = last.get("Error", {})
    code, text = reason.get("ErrorCode", ""), redacted(reason.get("ErrorMessage", ""))
    looks = _looks(LOOKS.get(code, OTHER_ERROR), _fields(environment)) if code or text else Looks()
    command = state.command.format(name=environment.get("Name", ""))
    parts = (
        f"{status}: {state.meaning}",
        f"Since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC." if since else "",
        "Its last update failed." if failed and not state.is_wrong else "",
        f"MWAA says: {': '.join(filter(None, (code, text)))}" if code or text else "",
    )
    return Finding(
        level=Level.ERROR if state.is_wrong or failed else Level.WARNING,
        subject=subject,
        message=" ".join(filter(None, parts)),
        remedy=" ".join(filter(None, (looks.text, state.next_step))),
        commands=(*looks.commands, *filter(None, [command])),
    )


def _looks(looks: Sequence[Look], fields: Mapping[str, str]) -> Looks:
    numbered = [f"({number}) {each.at}" for number, each in enumerate(looks, start=1)]
    commands = (each.command for each in looks)
    return Looks(
        text=f"Look in this order, and fix the first that is wrong: {'; '.join(numbered)}.",
        commands=tuple(
            each.format(**fields) for each in commands if each and _asks_for(each) <= fields.keys()
        ),
    )


def _fields(environment: EnvironmentTypeDef) -> Mapping[str, str]:
    """The values that commands show, as far as the environment has them."""
    network = environment.get("NetworkConfiguration", {})
    key = environment.get("KmsKey", "")
    fields = {
        "name": environment.get("Name", ""),
        "role": environment.get("ExecutionRoleArn", "").rpartition("/")[2],
        "bucket": environment.get("SourceBucketArn", "").rpartition(":")[2],
        "key": key if ARN_OF_CUSTOMER_KEY in key else "",
        "subnets": ",".join(network.get("SubnetIds", ())),
        "groups": " ".join(network.get("SecurityGroupIds", ())),
    }
    return {name: value for name, value in fields.items() if value}


def _asks_for(command: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(command) if field}
