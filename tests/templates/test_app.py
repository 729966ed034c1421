"""app.py as a program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks

import app
from errors import PlatformError
from mwaa.regions import WITHOUT_ENVIRONMENTS
from tests.templates.synthesis import ROOT, SAMPLES, existing, raw_sample, synthesise
from tests.waits import DEADLINE_SECONDS

CANARY = "canary-3f9d1c77"


def _run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_"))}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        cwd=folder,
        env={**kept, "COLUMNS": "200", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cdk.context.json").write_bytes(SAMPLES["many-with-lineage"].read_bytes())
    (tmp_path / "team-requirements.txt").write_bytes(
        (ROOT / "samples" / "team-requirements.txt").read_bytes()
    )
    return tmp_path


def test_it_runs_without_cli_account_or_region_and_ships_no_secret(folder: Path) -> None:
    run = _run(folder, AWS_SECRET_ACCESS_KEY=CANARY, AWS_SESSION_TOKEN=CANARY, ATLAN_API_KEY=CANARY)

    assert run.returncode == 0, run.stderr
    written = [path for path in (folder / "cdk.out").rglob("*") if path.is_file()]
    assert {"Network.template.json", "Sso.template.json"} <= {path.name for path in written}
    assert not [path for path in written if CANARY.encode() in path.read_bytes()]


def test_mistakes_in_the_configuration_end_it_before_anything_is_made(folder: Path) -> None:
    (folder / "cdk.context.json").write_text(json.dumps({"Oidc": {"Isuer": "..."}}))

    run = _run(folder)

    assert run.returncode == 2
    assert "Issuer" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (folder / "cdk.out").exists()


def test_packages_that_cannot_be_had_are_one_plain_message(folder: Path) -> None:
    run = _run(folder, UV_OFFLINE="1", UV_CACHE_DIR=str(folder / "empty"))

    assert run.returncode == 1
    assert "could not be installed" in run.stderr
    assert "Check the network" in run.stderr
    assert "Traceback" not in run.stderr


def test_what_the_checks_of_templates_refuse_is_one_plain_message(
    tmp_path: Path,
) -> None:
    cdk_app = cdk.App(outdir=str(tmp_path))
    cdk.Validations.of(cdk_app).add_plugins(AwsSolutionsChecks(cdk_app))
    sns.Topic(cdk.Stack(cdk_app, "One"), "Topic")

    with pytest.raises(PlatformError) as refused:
        app.synthesise(cdk_app)

    assert refused.value.place == str(tmp_path / "validation-report.json")
    assert "AwsSolutions-SNS3" in (tmp_path / "validation-report.json").read_text()


@pytest.mark.parametrize("region", sorted(WITHOUT_ENVIRONMENTS))
def test_environments_that_exist_are_served_where_none_can_be_made(region: str) -> None:
    env = cdk.Environment(account="111122223333", region=region)

    templates = synthesise(existing("finance"), env=env).templates

    assert {"Network", "Grants", "Sso"} <= templates.keys()


@pytest.mark.parametrize("region", ["mx-central-1", "eu-east-9"])
def test_a_region_that_is_not_known_is_not_refused(region: str) -> None:
    """The CDK's own list of what is where is of its release."""
    env = cdk.Environment(account="111122223333", region=region)

    assert "Env-analytics" in synthesise(raw_sample("one-new"), env=env).templates


def test_a_region_without_environments_is_one_plain_message(folder: Path) -> None:
    run = _run(folder, CDK_DEFAULT_ACCOUNT="111122223333", CDK_DEFAULT_REGION="us-gov-west-1")

    assert run.returncode == 2
    assert "CloudFormation cannot make an environment in us-gov-west-1." in run.stderr
    assert "Traceback" not in run.stderr
    assert not (folder / "cdk.out").exists()
