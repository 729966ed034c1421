"""Examples in docs/openmetadata.md."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from artifacts.lineage import ResolvedCatalogue
from config.artifacts import artifact_sources
from config.loader import parse_configuration
from local.layout import ROOT
from tests.unit.config.configurations import SECRET, draft, with_environment

DOCUMENT = (ROOT / "docs" / "openmetadata.md").read_text()
SHOWN: list[dict[str, Any]] = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCUMENT, re.S)
]
LATER = "2.10.3"
WHOLE, EXISTING_WAY, *LINEAGES = SHOWN
WAYS = dict(zip(re.findall(r"^### (.+)$", DOCUMENT, re.M), LINEAGES, strict=True))


def made(lineage: dict[str, Any], airflow: str) -> ResolvedCatalogue:
    return only_catalogue(with_environment(AirflowVersion=airflow, Lineage=lineage))


def made_for_an_environment_that_exists(lineage: dict[str, Any]) -> ResolvedCatalogue:
    token = {} if lineage.get("Authentication") == "None" else {"TokenSecretArn": SECRET}
    airflow = LATER if "Authentication" not in lineage else "2.6.3"
    entry = {"Name": "legacy", "AirflowVersion": airflow, "Lineage": lineage | token}
    return only_catalogue(draft(MwaaEnvironments=[entry]))


def only_catalogue(raw: dict[str, Any]) -> ResolvedCatalogue:
    configuration = parse_configuration(raw, source=Path("cdk.context.json"))
    lineage = artifact_sources(configuration.environments[0]).lineage
    assert lineage
    (catalogue,) = lineage.catalogues
    return catalogue


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_authenticate_is_right_as_it_stands(way: str) -> None:
    backend = made_for_an_environment_that_exists(WAYS[way])
    assert backend.transport is None
    assert backend.settings["authentication"] == way


def test_a_bots_token_is_right_for_a_new_environment_too() -> None:
    assert made(WAYS["JWT"], LATER).transport is None


def test_airflow_3_and_the_lighter_way_send_to_the_endpoint() -> None:
    endpoint = "api/v1/openlineage/lineage"
    for catalogue in (
        made(WHOLE["Lineage"], "3.3.1"),
        made(EXISTING_WAY["Lineage"], EXISTING_WAY["AirflowVersion"]),
        made({**WHOLE["Lineage"], "Version": "1.13.0"}, "2.11.2"),
    ):
        assert catalogue.transport
        assert catalogue.address == f"https://openmetadata.example.com:8585/{endpoint}"
        assert catalogue.token
