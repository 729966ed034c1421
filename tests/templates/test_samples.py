"""Templates of each sample, held to snapshots, cdk-nag and cfn-lint."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from app import platform
from config.alb import Alb
from config.loader import load_configuration
from config.network import CustomerVpc
from config.quick_start import QuickStart
from config.section import Section
from tests.templates.changes import CHANGES
from tests.templates.synthesis import (
    SAMPLES,
    WITHOUT_BUNDLING,
    Json,
    Synthesis,
    sample,
    synthesise,
)
from tests.templates.test_left_out import FULL
from tests.templates.variants import one_environment

CONTENT_HASH = re.compile(r"\b[0-9a-f]{64}\b|(?<=plugins-)[0-9a-f]{16}|(?<=dags-)[0-9a-f]{16}")

# The CDK itself makes functions depend on their roles, and whoever depends on a VPC on all of it.
REDUNDANT_DEPENDENCY = "W3005"
# It reports a matter of style under the rule about roles of a pipeline's actions, whose ARNs the
# CDK joins. That actions find their templates is held by test_pipeline.py.
STYLE_OF_A_PIPELINES_ROLE = "E3703"

STATEFUL = {
    ("Grants", "AWS::DynamoDB::Table"): ["GrantsTable3EFD9DAF"],
    ("Sso", "AWS::S3::Bucket"): ["AccessLogs8B620ECA"],
    ("Env-ingest", "AWS::S3::Bucket"): ["Bucket83908E77"],
    ("Env-ingest", "AWS::KMS::Key"): ["Key961B73FD"],
    ("Env-ingest", "AWS::MWAA::Environment"): ["AirflowEnvironmentD4869977"],
    ("Env-ingest", "AWS::SecretsManager::Secret"): ["LineageTokenAtlan8b99d193"],
    ("Env-ingest", "AWS::EC2::Subnet"): [
        "VpcPrivateSubnet1Subnet536B997A",
        "VpcPrivateSubnet2Subnet3788AAA1",
        "VpcPublicSubnet1Subnet5C2D37C4",
        "VpcPublicSubnet2Subnet691E08A3",
    ],
    ("Env-ingest", "AWS::EC2::VPC"): ["Vpc8378EB38"],
    ("Network", "AWS::EC2::VPC"): ["Vpc8378EB38"],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_templates(name: str, snapshot: SnapshotAssertion) -> None:
    templates = json.dumps(sample(name).templates)
    masked = json.loads(CONTENT_HASH.sub("<hash>", templates), object_hook=_in_steady_order)

    assert masked == snapshot.use_extension(JSONSnapshotExtension)


def _in_steady_order(value: Json) -> Json:
    """The CDK sorts a statement's resources by what is masked here."""
    if isinstance(resources := value.get("Resource"), list):
        return {**value, "Resource": sorted(resources, key=json.dumps)}
    return value


@pytest.mark.parametrize(("place", "logical_ids"), STATEFUL.items())
def test_what_holds_data_keeps_its_logical_id(
    place: tuple[str, str], logical_ids: list[str]
) -> None:
    assert sorted(sample("many-with-lineage").resources(*place)) == logical_ids


def test_a_catalogues_token_keeps_its_logical_id() -> None:
    secrets = sample("catalogues").resources("Env-forecasting", "AWS::SecretsManager::Secret")

    assert sorted(secrets) == [
        "LineageTokenDataHub6b259790",
        "LineageTokenOpenLineagedb15f95a",
        "LineageTokenOpenMetadata2abdb9dd",
    ]


def test_quick_starts_logs_keep_their_logical_id() -> None:
    assert list(sample("quick-start").resources("QuickStart", "AWS::S3::Bucket")) == [
        "AccessLogs8B620ECA"
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_cdk_nag_finds_nothing(name: str) -> None:
    assert _reports(sample(name)) == []


def test_cdk_nag_finds_nothing_in_an_entry_with_every_key() -> None:
    assert _reports(synthesise(one_environment(**FULL), checked=True)) == []


@pytest.mark.parametrize("section", [Alb, CustomerVpc, QuickStart])
def test_cdk_nag_finds_nothing_in_a_section_with_every_key(section: type[Section]) -> None:
    base = next(each.base for each in CHANGES if each.section is section)

    assert _reports(synthesise(base, checked=True)) == []


def _reports(synthesis: Synthesis) -> list[Json]:
    reports: list[Json] = json.loads(synthesis.files["validation-report.json"])["pluginReports"]
    return reports


def test_cdk_nag_stops_the_synthesis(tmp_path: Path) -> None:
    configuration = load_configuration(SAMPLES["existing"])
    app = platform(configuration, outdir=str(tmp_path), context=WITHOUT_BUNDLING)
    s3.Bucket(cdk.Stack(app, "Careless"), "Open")

    with pytest.raises(RuntimeError, match=r"(?i)validation"):
        app.synth()

    report = (tmp_path / "validation-report.json").read_text()
    assert "AwsSolutions-S10" in report


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    files = [file for name in SAMPLES for file in _written(sample(name), tmp_path / name)]

    lint = subprocess.run(
        [
            *("cfn-lint", "--ignore-checks", REDUNDANT_DEPENDENCY, STYLE_OF_A_PIPELINES_ROLE),
            *("--", *files),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (lint.returncode, lint.stdout) == (0, ""), lint.stdout + lint.stderr


def _written(synthesis: Synthesis, folder: Path) -> list[str]:
    folder.mkdir()
    for name, template in synthesis.templates.items():
        (folder / f"{name}.json").write_text(json.dumps(template))
    return [str(path) for path in folder.iterdir()]
