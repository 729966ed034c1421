"""The web ACL of a load balancer, and China's names."""

from __future__ import annotations

import pytest

from mwaa_platform.sign_in.authenticator import public_key_endpoint
from tests.templates.synthesis import raw_sample, rendered, sample, statements, synthesise
from tests.templates.update import LOAD_BALANCER, Deployed, update
from tests.templates.variants import ENVIRONMENT, one_environment

OTHER = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/other/1111-2222"
ASSOCIATION = "Custom::WebAcl"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1111-2222"


@pytest.mark.parametrize("stack", ["Sso", "Gate"])
def test_another_web_acl_is_an_update_of_the_association(stack: str) -> None:
    raw = raw_sample("gated-hosts")
    raw["Alb"]["WebAclArn"] = OTHER
    seen = update(Deployed(sample("gated-hosts")), Deployed(synthesise(raw)), only=f"gated-{stack}")

    assert not seen.replaced
    assert not seen.removed
    [changed] = seen.of_type(set(seen.updated), ASSOCIATION)
    assert seen.updated[changed] == {("WebAclArn",)}


def test_the_function_may_associate_the_configured_web_acl_alone() -> None:
    """On the load balancer: AWS lists it beside the web ACL for these actions."""
    policies = sample("gated-hosts").resources("Sso", "AWS::IAM::Policy")
    [load_balancer] = sample("gated-hosts").resources("Sso", LOAD_BALANCER)
    [allowed] = [
        statement
        for policy in policies.values()
        for statement in statements(policy)
        if "wafv2:AssociateWebACL" in statement["Action"]
    ]
    web_acl = raw_sample("gated-hosts")["Alb"]["WebAclArn"]
    assert allowed["Resource"] == [web_acl, {"Ref": load_balancer}]


@pytest.mark.parametrize(
    ("region", "suffix", "endpoint"),
    [
        ("eu-west-1", "amazonaws.com", "https://public-keys.auth.elb.eu-west-1.amazonaws.com"),
        (
            "cn-north-1",
            "amazonaws.com.cn",
            "https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn",
        ),
        (
            "us-gov-west-1",
            "amazonaws.com",
            "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1",
        ),
    ],
)
def test_keys_are_where_the_partition_has_them(region: str, suffix: str, endpoint: str) -> None:
    assert public_key_endpoint(region, suffix) == endpoint


def test_a_template_takes_the_suffix_of_where_it_is_deployed() -> None:
    functions = sample("existing").resources("Sso", "AWS::Lambda::Function").values()
    variables = [
        each["Properties"].get("Environment", {}).get("Variables", {}) for each in functions
    ]
    [endpoint] = [
        each["PUBLIC_KEY_ENDPOINT"] for each in variables if "PUBLIC_KEY_ENDPOINT" in each
    ]
    china = {"AWS_Region": "cn-north-1", "AWS_URLSuffix": "amazonaws.com.cn"}

    assert rendered(endpoint, **china) == "https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn"


def test_a_domains_key_is_used_for_that_domain_alone() -> None:
    catalogue = {"Provider": "DataZone", "DomainId": "dzd-0123456789abc", "KmsKeyArn": KEY}
    templates = synthesise(one_environment(Lineage=catalogue))
    roles = templates.resources(ENVIRONMENT, "AWS::IAM::Role")
    [allowed] = [
        statement
        for role in roles.values()
        for statement in statements(role)
        if statement["Resource"] == KEY
    ]
    assert allowed["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert allowed["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:aws:datazone:domainId": "dzd-0123456789abc"}
    }
