"""Descriptions of security groups and rules in every sample: EC2 takes some letters alone."""

from __future__ import annotations

import re

import pytest

from tests.templates.synthesis import SAMPLES, sample

ALLOWED = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"""
TYPES = (
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
)


@pytest.mark.parametrize("name", SAMPLES)
def test_ec2_takes_every_description(name: str) -> None:
    synthesis = sample(name)
    texts = [
        str(each[key])
        for stack in synthesis.templates
        for type_ in TYPES
        for resource in synthesis.resources(stack, type_).values()
        for each in (
            resource["Properties"],
            *resource["Properties"].get("SecurityGroupIngress", ()),
            *resource["Properties"].get("SecurityGroupEgress", ()),
        )
        for key in ("Description", "GroupDescription")
        if key in each
    ]
    assert [each for each in texts if not ALLOWED.fullmatch(each)] == []
