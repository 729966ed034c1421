"""Two checkers of templates and policies that the project is not written by find nothing new.

checkov reads the templates, parliament the policies in them. What they find is mended, or accepted
with a reason in `tests/checkers/accepted.toml`.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.layout import CACHE, ROOT
from local.toolchain import locked_environment
from locks import CHECKERS
from tests.templates.synthesis import SAMPLES, Json, Synthesis, sample
from tests.waits import DEADLINE_SECONDS

SCAN = ROOT / "tests" / "checkers" / "scan.py"
ACCEPTED = tomllib.loads((ROOT / "tests" / "checkers" / "accepted.toml").read_text())["accepted"]
PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
HOME = "us-east-1:111122223333"
ARNS = {
    "AWS::CodeBuild::Project": f"arn:aws:codebuild:{HOME}:project/example",
    "AWS::S3::Bucket": "arn:aws:s3:::example",
    "AWS::KMS::Key": f"arn:aws:kms:{HOME}:key/11112222-3333-4444-5555-666677778888",
    "AWS::IAM::Role": "arn:aws:iam::111122223333:role/example",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HOME}:table/example",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{HOME}:log-group:example:*",
    "AWS::Lambda::Function": f"arn:aws:lambda:{HOME}:function:example",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{HOME}:secret:example-AbCdEf",
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        f"arn:aws:elasticloadbalancing:{HOME}:targetgroup/example/0123456789abcdef"
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        f"arn:aws:elasticloadbalancing:{HOME}:loadbalancer/app/example/0123456789abcdef"
    ),
}
"""What an ARN of each type looks like; a reference to another type is a plain name."""
REFERENCES = {type_: ARNS[type_] for type_ in ARNS if "Secret" in type_ or "Load" in type_}
"""Types whose `Ref` is their ARN."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """What the checkers find in all samples."""
    folder = tmp_path_factory.mktemp("templates")
    policies = [policy for name in SAMPLES for policy in _written(sample(name), folder / name)]
    (tmp_path_factory.getbasetemp() / "policies.json").write_text(json.dumps(policies))
    python = locked_environment(CACHE / "checkers", CHECKERS.file, installs="The checkers")
    scan = subprocess.run(
        [python, SCAN, folder, tmp_path_factory.getbasetemp() / "policies.json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert scan.returncode == 0, scan.stderr
    result = json.loads(scan.stdout[scan.stdout.index('{"resources"') :])
    assert result["errors"] == []
    assert result["resources"] > 100
    findings: list[Json] = result["found"]
    return [{**each, "place": each["place"].lstrip("/")} for each in findings]


def test_each_finding_is_accepted_with_a_reason(found: list[Json]) -> None:
    new = [each for each in found if not any(_accepts(entry, each) for entry in ACCEPTED)]
    assert new == []


def test_each_acceptance_is_still_needed(found: list[Json]) -> None:
    idle = [entry for entry in ACCEPTED if not any(_accepts(entry, each) for each in found)]
    assert idle == []


def _accepts(entry: Json, finding: Json) -> bool:
    of_check = entry["check"] == finding["check"] and entry.get("says", "") in finding["says"]
    return of_check and re.fullmatch(entry["at"], finding["place"]) is not None


def _written(synthesis: Synthesis, folder: Path) -> Iterator[Json]:
    """Writes the templates of a sample, and yields the policies in them."""
    folder.mkdir()
    exports = {
        output["Export"]["Name"]: (template, output["Value"])
        for template in synthesis.templates.values()
        for output in template.get("Outputs", {}).values()
        if "Export" in output
    }
    for stack, template in synthesis.templates.items():
        (folder / f"{stack}.json").write_text(json.dumps(template))
        for id_, resource in template["Resources"].items():
            for document in _policies(resource):
                resolved = _resolved(document, template, exports)
                yield {"place": f"{folder.name}/{stack}/{id_}", "document": resolved}


def _policies(resource: Json) -> Iterator[Json]:
    properties = resource.get("Properties", {})
    if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
        yield properties["PolicyDocument"]
    if resource["Type"] == "AWS::IAM::Role":
        yield from (each["PolicyDocument"] for each in properties.get("Policies", ()))


def _resolved(value: Any, template: Json, exports: Json) -> Any:  # noqa: PLR0911 - one a form
    """A value as CloudFormation would resolve it, with ARNs that look like those of their types."""

    def again(each: Any) -> Any:
        return _resolved(each, template, exports)

    match value:
        case {"Ref": name}:
            type_ = template["Resources"].get(name, {}).get("Type")
            return PSEUDO.get(name) or REFERENCES.get(type_, name)
        case {"Fn::GetAtt": [name, "Arn"]}:
            return ARNS.get(template["Resources"][name]["Type"], name)
        case {"Fn::GetAtt": [name, _]}:
            return name
        case {"Fn::ImportValue": name}:
            exporter, exported = exports[name]
            return _resolved(exported, exporter, exports)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(str(again(each)) for each in parts)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda match: str(again({"Ref": match[1]})), text)
        case dict():
            return {key: again(each) for key, each in value.items()}
        case list():
            return [again(each) for each in value]
    return value
