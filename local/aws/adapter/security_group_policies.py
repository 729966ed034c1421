"""Authorisation of changes to security groups' rules, whose conditions MiniStack 1.5.33 lacks.

`ec2:Vpc` is the VPC of the security group. A rule that is tagged when it is made needs the action
on the rule and `ec2:CreateTags` as well, both with the tags in the request.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

RULE_ACTIONS = frozenset(
    f"{verb}SecurityGroup{direction}"
    for verb in ("Authorize", "Revoke")
    for direction in ("Ingress", "Egress")
)
TAG = "TagSpecification.1.Tag.1"


def install() -> None:
    """Adds the conditions and the checks to MiniStack's evaluation of policies."""
    iam_actions.request_tag_context = _with_vpc(iam_actions.request_tag_context)
    ec2.handle_request = _checking_tags(ec2.handle_request)


def _with_vpc(context: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(
        service: str, action: str, body: bytes, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        found = context(service, action, body, parameters)
        if action.removeprefix("ec2:") not in RULE_ACTIONS:
            return found
        group = ec2._security_groups.get(ec2._p(parameters, "GroupId"))
        if group is None:
            return found
        vpc = f"arn:aws:ec2:{get_region()}:{group['OwnerId']}:vpc/{group['VpcId']}"
        # Tags of the request belong to the rule, not to the group.
        return {"ec2:Vpc": vpc}

    return request_tag_context


def _checking_tags(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Any:
        form = parse_qs(body.decode(errors="replace"))
        action = form.get("Action", [""])[0]
        if action in RULE_ACTIONS and f"{TAG}.Key" in form:
            key, value = form[f"{TAG}.Key"][0], form.get(f"{TAG}.Value", [""])[0]
            for checked in (action, "CreateTags"):
                denied = app._enforce_data_plane(
                    "ec2",
                    f"ec2:{checked}",
                    headers,
                    query,
                    "",
                    resource_arn=f"arn:aws:ec2:{get_region()}:{get_account_id()}:security-group-rule/*",
                    service_context={
                        f"aws:RequestTag/{key}": value,
                        "aws:TagKeys": [key],
                        **({"ec2:CreateAction": action} if checked == "CreateTags" else {}),
                    },
                )
                if denied:
                    return denied
        return await handle(method, path, headers, body, query)

    return handle_request
