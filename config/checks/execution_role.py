"""Rules about what DAGs may do in AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.checks.finding import warning
from config.checks.partial import PartialFile, partial
from config.execution_role import (
    MAX_MANAGED_POLICIES,
    USUAL_MANAGED_POLICIES,
    ExecutionRole,
)
from config.iam_policy import read_policy
from config.model import Configuration
from config.new_environment import NewEnvironment
from errors import Finding, InputError

BROAD = re.compile(r"FullAccess|Administrator|^PowerUserAccess")
"""In names of AWS's policies that allow a whole service, or everything.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""


def valid_policies(file: PartialFile) -> Iterator[Finding]:
    """The policy of a role is one that IAM takes."""
    for index, environment in file.new.items():
        role = partial(ExecutionRole, environment.raw.get("ExecutionRole"), folder=file.folder)
        path = role.get(lambda each: each.policy)
        if path is None:
            continue
        try:
            read_policy(path)
        except InputError as error:
            for mistake in error.findings:
                line = f"line {mistake.position.line}, " if mistake.position else ""
                yield Finding(
                    place=("MwaaEnvironments", index, "ExecutionRole", "Policy"),
                    message=f"{path.name}, {line}{mistake.name}: {mistake.message}",
                    remedy=mistake.remedy,
                )


def shared_roles(configuration: Configuration) -> Iterator[Finding]:
    """Environments that run under one role of the team's own."""
    first: dict[str, str] = {}
    for index, environment in enumerate(configuration.environments):
        if not isinstance(environment, NewEnvironment):
            continue
        role = environment.execution_role.arn
        if role and (earlier := first.setdefault(role, environment.name)) != environment.name:
            yield warning(
                ("MwaaEnvironments", index),
                f"{earlier} runs under {role} too, so each DAG of one has the rights of the "
                "other's; give each a role of its own unless they are shared on purpose.",
                subject=environment.name,
            )


def policies_quota(environment: NewEnvironment) -> Iterator[str]:
    """More managed policies than IAM gives a role without a quota raised."""
    count = environment.execution_role.managed_policies
    if count > USUAL_MANAGED_POLICIES:
        yield (
            f"its role gets {count} managed policies, Policy included; IAM's quota is "
            f"{USUAL_MANAGED_POLICIES} unless raised (managed policies attached to a role, "
            f"{MAX_MANAGED_POLICIES} at most)."
        )


def broad_policies(environment: NewEnvironment) -> Iterator[str]:
    """A policy that allows DAGs a whole service, or an action on everything."""
    for arn in environment.execution_role.managed_policy_arns:
        name = arn.rpartition("/")[2]
        if ":iam::aws:" in arn and BROAD.search(name):
            yield (
                f"ManagedPolicyArns gives its role {name}, and so every DAG; take a policy that "
                "names what they need."
            )
    if path := environment.execution_role.policy:
        for number, statement in enumerate(read_policy(path).Statement, start=1):
            if wide := statement.too_much:
                yield (
                    f"statement {statement.Sid or number} of {path.name} allows "
                    f"{', '.join(wide)}, and so does every DAG; name what they need."
                )
