"""The platform's load balancers that sign people in, and what stands behind each.

A web server, and so every plugin in it, sees what its load balancer knows of a visitor. A function
that repeats what it is sent stands for the plugin, behind the sign-in of the same listener.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from local.alb.claims import ClaimsSigner
from local.alb.load_balancer import AuthenticateOidcConfig, read_load_balancer
from local.alb.target_groups import CLIENT, MULTI_VALUE_HEADERS
from tests.attacks import keys
from tests.attacks.bundles import zipped
from tests.attacks.links import ADMINISTRATOR
from tests.attacks.target import ADMIN, GATED, QUICK_START, Deployed, Headers, Target
from tests.waits import wait_until

PLUGIN_PATH = "/what-a-plugin-sees"
PLUGIN = """
import json

def handle(event, context):
    headers = {"Content-Type": ["application/json"]}
    body = json.dumps(event["multiValueHeaders"])
    return {"statusCode": 200, "multiValueHeaders": headers, "body": body}
"""


class Stack(StrEnum):
    """Stack of a load balancer that signs people in."""

    PORTAL = "Sso"
    GATE = "Gate"
    QUICK_START = "QuickStart"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a plugin sees of a visitor: the Cookie header, the access token, the signed claims."""

    cookies: str
    access_token: str
    data: str

    def presented(self, cookie_name: str) -> Iterator[Headers]:
        """Each way to show it to another load balancer, whose cookie has this name."""
        renamed = re.sub(r"[^;\s=]*AWSELB[^;=]*-(\d)=", rf"{cookie_name}-\1=", self.cookies)
        headers = (
            ("x-amzn-oidc-data", self.data),
            ("x-amzn-oidc-accesstoken", self.access_token),
            ("Authorization", f"Bearer {self.access_token}"),
        )
        for cookies in (self.cookies, renamed):
            yield (("Cookie", cookies),)
            yield (("Cookie", cookies), *headers)
        yield headers
        for value in (self.access_token, self.data):
            yield (("Cookie", f"{cookie_name}-0={value}"),)


def url(target: Target, stack: Stack) -> str:
    """Where people meet the load balancer."""
    hosts = {Stack.GATE: GATED, Stack.QUICK_START: QUICK_START}
    served = target.platform.summary["ui_hosts"]
    return str(served[hosts[stack]]) if stack in hosts else target.platform.portal


def balancer(target: Target, stack: Stack) -> str:
    """The load balancer's ARN."""
    return target.platform.outputs(stack)["LoadBalancerArn"]


@cache
def authentication(target: Target, stack: Stack) -> AuthenticateOidcConfig:
    """How the load balancer signs people in."""
    rules = read_load_balancer(target.platform.cloud.session, balancer(target, stack)).rules
    configs = [rule.authentication for rule in rules if rule.authentication]
    return next(each for each in configs if each.on_unauthenticated == "authenticate")


def signed(target: Target, signer: Stack, client: Stack) -> str:
    """An admin's claims, signed by one load balancer as of the client of one."""
    arn, config = balancer(target, signer), authentication(target, client)
    token = ClaimsSigner(arn, keys.REGION).sign(ADMIN, config)
    target.secrets.add(token)
    return token


@cache
def function(target: Target, stack: Stack) -> Deployed:
    """The deployed function itself, which asks the load balancer's own address for keys."""
    client = target.platform.cloud.session.client("lambda")
    name = next(
        each["FunctionName"]
        for each in client.list_functions()["Functions"]
        if each["FunctionName"] not in target.variants
        and each.get("Environment", {}).get("Variables", {}).get("ALB_ARN")
        == balancer(target, stack)
    )
    return Deployed(name, client, target.secrets)


@cache
def variables(target: Target, stack: Stack) -> dict[str, str]:
    """The settings of the deployed function, but for the address of the keys."""
    deployed = function(target, stack)
    found = deployed.client.get_function_configuration(FunctionName=deployed.name)
    settings: dict[str, str] = found["Environment"]["Variables"]
    return {name: value for name, value in settings.items() if name != "PUBLIC_KEY_ENDPOINT"}


@cache
def seen(target: Target, stack: Stack) -> Seen:
    """What a plugin behind the load balancer sees of an administrator."""
    _add_plugin(target, stack)
    address = f"{url(target, stack).rstrip('/')}{PLUGIN_PATH}"
    with target.platform.visitor() as visitor:
        visitor.sign_in(address, email=ADMINISTRATOR)
        # The load balancer reads its rules from time to time.
        wait_until("the plugin answers", lambda: "x-amzn" in visitor.open(address).text)
        headers = visitor.open(address).json()
    (access_token,), (data,) = headers["x-amzn-oidc-accesstoken"], headers["x-amzn-oidc-data"]
    cookies = "; ".join(headers["cookie"])
    name = authentication(target, stack).cookie_name
    assert f"{name}-0=" in cookies
    target.secrets |= {access_token, data, *re.findall(rf"{name}-\d=([^;]*)", cookies)}
    return Seen(cookies=cookies, access_token=access_token, data=data)


def _add_plugin(target: Target, stack: Stack) -> None:
    """A rule with the sign-in of the others, and the plugin behind it."""
    elb = target.platform.cloud.session.client("elbv2")
    listeners = elb.describe_listeners(LoadBalancerArn=balancer(target, stack))["Listeners"]
    (listener,) = (each["ListenerArn"] for each in listeners if each["Protocol"] == "HTTPS")
    rules = elb.describe_rules(ListenerArn=listener)["Rules"]
    sign_in: Any = next(
        action
        for rule in rules
        for action in rule["Actions"]
        if action.get("AuthenticateOidcConfig", {}).get("OnUnauthenticatedRequest")
        == "authenticate"
    )
    name = f"plugin-{stack}".lower()
    group = elb.create_target_group(Name=name, TargetType="lambda")["TargetGroups"][0]
    arn = group["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": MULTI_VALUE_HEADERS, "Value": "true"}]
    )
    functions = target.platform.cloud.session.client("lambda")
    plugin = functions.create_function(
        FunctionName=name,
        Runtime=target.deployed["Runtime"],
        Role=target.deployed["Role"],
        Handler="plugin.handle",
        Code={"ZipFile": zipped("plugin.py", PLUGIN)},
    )
    functions.add_permission(
        FunctionName=name,
        StatementId="load-balancer",
        Principal=CLIENT,
        Action="lambda:InvokeFunction",
        SourceArn=arn,
    )
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": plugin["FunctionArn"]}])
    elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": [PLUGIN_PATH]}],
        Actions=[sign_in | {"Order": 1}, {"Type": "forward", "Order": 2, "TargetGroupArn": arn}],
    )
