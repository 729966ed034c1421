"""Rotation of a client secret, from the command to people who sign in before, during and after.

The provider has former secrets for a while, as a company's has. The local load balancer reads its
rules again every few seconds.
"""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.layout import ROOT
from local.local_configuration import CLIENT_ID
from tests.conftest import Platform
from tests.integration.visitor import sign_in_links
from tests.waits import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

PERSON = "viewer@example.com"


def rotate(platform: Platform, typed: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "mwaa-platform"), "secrets", "rotate-client", *options]
    where = ["--local", "--state", str(platform.state)]
    return subprocess.run(
        [*command, *where], input=typed, capture_output=True, text=True, check=False
    )


def sign_in(platform: Platform) -> str:
    """What somebody without any session gets at the portal; "" for the environments."""
    with platform.visitor() as visitor:
        page = visitor.sign_in(platform.portal, email=PERSON)
        return "" if sign_in_links(page) else f"{page.status_code} {page.url}\n{page.text}"


@pytest.fixture
def at_provider(platform: Platform) -> Iterator[Path]:
    """The client's secrets at the provider, which has the stored one when the test ends."""
    path = platform.state / "secrets" / f"client-{CLIENT_ID}"
    try:
        yield path
    finally:
        path.write_text(stored(platform))
        wait_until("the load balancer has it", lambda: not sign_in(platform))


def stored(platform: Platform) -> str:
    client: Any = platform.cloud.session.client("secretsmanager")
    return str(client.get_secret_value(SecretId=secret_arn(platform))["SecretString"])


def secret_arn(platform: Platform) -> str:
    deployed = json.loads((platform.state / "cdk" / "cdk.context.json").read_text())
    return str(deployed["Oidc"]["ClientSecretArn"])


def used(platform: Platform) -> set[str]:
    """The client secrets of the portal's load balancer, which AWS would not tell."""
    elb: Any = platform.cloud.session.client("elbv2")
    arn = platform.outputs("Sso")["LoadBalancerArn"]
    listeners = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    configs = [
        action["AuthenticateOidcConfig"]
        for each in listeners
        for rule in elb.describe_rules(ListenerArn=each["ListenerArn"])["Rules"]
        for action in rule["Actions"]
        if "AuthenticateOidcConfig" in action
    ]
    return {each["ClientSecret"] for each in configs}


def test_people_sign_in_before_during_and_after(platform: Platform, at_provider: Path) -> None:
    known = [stored(platform)]
    with platform.visitor() as early:
        early.sign_in(platform.portal, email=PERSON)
        for _ in range(2):  # what works once must work again
            known.append(secrets.token_urlsafe(24))
            at_provider.write_text("\n".join(known))
            assert not sign_in(platform)
            said = rotate(platform, known[-1])
            assert said.returncode == 0, said.stdout + said.stderr
            assert not any(each in said.stdout + said.stderr for each in known)
            assert stored(platform) == known[-1]
            assert used(platform) == {known[-1]}
            assert not sign_in(platform)
        at_provider.write_text(known[-1])
        wait_until("the former secrets are used no more", lambda: not sign_in(platform))
        assert sign_in_links(early.open(platform.portal)), "the session has ended"
    for log in platform.state.glob("logs/*"):
        assert not any(each in log.read_text() for each in known), log


def test_a_wrong_secret_locks_nobody_out(platform: Platform) -> None:
    before = stored(platform)
    said = rotate(platform, "mistyped-4c2d")
    assert said.returncode == 1
    assert "does not take this secret" in " ".join(said.stderr.split())
    assert stored(platform) == before
    assert used(platform) == {before}
    assert not sign_in(platform)


def test_another_value_alone_never_arrives_and_the_command_brings_it(
    platform: Platform, at_provider: Path
) -> None:
    """CloudFormation reads it again only where the template of a listener or rule has changed."""
    before, new = stored(platform), secrets.token_urlsafe(24)
    at_provider.write_text(f"{before}\n{new}")
    client: Any = platform.cloud.session.client("secretsmanager")
    client.put_secret_value(SecretId=secret_arn(platform), SecretString=new)
    with updated_elsewhere(platform):
        assert used(platform) == {before}
    said = rotate(platform, "", "--stored")
    assert said.returncode == 0, said.stdout + said.stderr
    assert used(platform) == {new}
    with updated_elsewhere(platform):
        assert used(platform) == {new}


@contextmanager
def updated_elsewhere(platform: Platform) -> Iterator[None]:
    """The stack while it has another output, as after a deployment of something else."""
    cloudformation: Any = platform.cloud.session.client("cloudformation")
    arn = platform.outputs("Sso")["LoadBalancerArn"]
    names = {each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]}
    [stack] = {each for each in names if each.endswith("-Sso")}
    former = cloudformation.get_template(StackName=stack)["TemplateBody"]
    template = former if isinstance(former, dict) else json.loads(former)
    changed = {**template, "Outputs": {**template["Outputs"], "Another": {"Value": arn}}}
    for body in (changed, template):
        cloudformation.update_stack(
            StackName=stack,
            TemplateBody=json.dumps(body),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        cloudformation.get_waiter("stack_update_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        if body is changed:
            yield
