"""docs/deployment-permissions.md: what CloudFormation's role needs to deploy the samples.

With it, the file of the actions by which CloudFormation compares their stacks. Written by
`python -m tests.documents.deployment_permissions`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

from local.layout import ROOT
from mwaa.permissions.drift import FILE
from tests.templates.update import schema
from tests.updates.failures_table import SNAPSHOTS

DOCUMENT = ROOT / "docs" / "deployment-permissions.md"
COMMAND = "python -m tests.documents.deployment_permissions"
CUSTOM = "Custom::"
INVOKE = "lambda:InvokeFunction"
"""CloudFormation calls the functions of custom resources itself."""
UNLISTED = {
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html
    "AWS::CodeBuild::Project": (
        "codebuild:BatchGetProjects",
        "codebuild:CreateProject",
        "codebuild:DeleteProject",
        "codebuild:UpdateProject",
        "iam:PassRole",
    ),
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": (
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:RemoveListenerCertificates",
    ),
    "AWS::SecretsManager::ResourcePolicy": (),
}
"""Types whose schema says nothing of permissions, or that no sample has yet."""

NOT_TO_COMPARE = {
    "iam:PassRole",
    "kms:Decrypt",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    # IAM does not know it.
    "vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation",
}
"""What schemas list for reading that gives access to more than settings, or that is no action."""
_DRIFT = """
## Drift

`./mwaa-platform doctor --drift` has CloudFormation compare stacks with their templates. \
CloudFormation reads each resource as whoever asks. These are the actions that the same schemas \
list for reading, but for those that would show secrets or give other access \
(%(left_out)s). [Deployers](github.md#the-two-roles) gives them to its roles.

| service | actions |
|---|---|
"""
_HEAD = f"""# Permissions of a deployment

A deployment has two identities, which [a company's bootstrap](permissions.md#bootstrap) \
makes and names:

| who | what it does | what it needs |
|---|---|---|
| the person or pipeline | calls the CDK's command line | `sts:AssumeRole` on the roles \
`cdk-<qualifier>-deploy-role-*` and `cdk-<qualifier>-file-publishing-role-*` of the account; \
for the commands of `./mwaa-platform` also what they read |
| CloudFormation, by the execution role of the bootstrap | makes and changes resources | the \
actions below |

The actions are those that the schemas of CloudFormation's resource types list for making, \
reading, changing and deleting, for every type in the templates of [the samples](../samples). They \
hold for all properties that a type can have, so some, of other services in particular, are not \
used here: take them out, and a deployment that needs one fails with its name. Written by

```
{COMMAND}
```

| service | actions |
|---|---|
"""


def actions() -> Mapping[str, set[str]]:
    """The actions by service."""
    found: dict[str, set[str]] = defaultdict(set)
    for type_ in _types():
        for action in _actions_of(type_):
            found[action.partition(":")[0].lower()].add(action.partition(":")[2])
    return found


def render() -> str:
    """The document."""
    rows = (f"| {service} | {_listed(names)} |\n" for service, names in sorted(actions().items()))
    return _HEAD + "".join(rows) + _DRIFT % {"left_out": _listed(NOT_TO_COMPARE)} + _drift_rows()


def reads() -> Mapping[str, set[str]]:
    """The actions by which CloudFormation compares a stack, by service."""
    found: dict[str, set[str]] = defaultdict(set)
    for type_ in _types():
        if type_.startswith(CUSTOM):
            continue
        read = schema(type_).get("handlers", {}).get("read", {}).get("permissions", ())
        for action in {*read} - NOT_TO_COMPARE:
            found[action.partition(":")[0].lower()].add(action.partition(":")[2])
    return found


def drift_text() -> str:
    """The content of the product's own file of them."""
    actions = sorted(f"{service}:{name}" for service, names in reads().items() for name in names)
    return f"# Written by {COMMAND}.\n" + "".join(f"{each}\n" for each in actions)


def _drift_rows() -> str:
    return "".join(
        f"| {service} | {_listed(names)} |\n" for service, names in sorted(reads().items())
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in sorted(names))


def _types() -> set[str]:
    templates = [
        template
        for path in SNAPSHOTS.glob("*.json")
        for template in json.loads(path.read_text()).values()
    ]
    there = {each["Type"] for template in templates for each in template["Resources"].values()}
    return there | UNLISTED.keys()


def _actions_of(type_: str) -> set[str]:
    if type_.startswith(CUSTOM):
        return {INVOKE}
    handlers = schema(type_).get("handlers", {})
    listed = {each for handler in handlers.values() for each in handler.get("permissions", ())}
    return listed or {*UNLISTED[type_]}


if __name__ == "__main__":
    DOCUMENT.write_text(render())
    FILE.write_text(drift_text())
