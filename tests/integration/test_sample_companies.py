"""The networks that companies have, as samples, each run whole by `up`.

Their templates are held by snapshots, cdk-nag, cfn-lint and the policy checkers like those of every
sample.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.layout import ROOT
from tests.conftest import platform_of
from tests.integration.visitor import sign_in_links

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("platform")]

COMPANIES = ("many-new", "everything-given", "mix-with-existing-environments")
"""Everything made by the platform; everything given; existing environments beside a new one."""


@pytest.mark.parametrize("sample", COMPANIES)
def test_people_enter_every_environment(sample: str, tmp_path: Path) -> None:
    configuration: dict[str, Any] = json.loads((ROOT / "samples" / f"{sample}.json").read_text())
    names = {each["Name"] for each in configuration["MwaaEnvironments"]}
    grant = {"User": "everywhere@example.com", "Environments": ["*"], "Roles": ["Admin"]}
    configuration["Grants"] = [*configuration.get("Grants", []), grant]
    with platform_of(configuration, tmp_path) as platform:
        with platform.visitor() as visitor:
            portal = visitor.sign_in(platform.portal, email="everywhere@example.com")
            offered = sign_in_links(portal)
            assert {name for name, _ in offered} == names
            for link in offered.values():
                assert visitor.enter(link).status_code == 200
        said = subprocess.run(
            [ROOT / "mwaa-platform", "doctor", "--local", "--state", platform.state, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        # The stand-in does not read the names in a certificate that is imported.
        wrong = {
            each["subject"]: each["wrong"] for each in json.loads(said.stdout) if each["wrong"]
        }
        assert {name: each for name, each in wrong.items() if "Certificate " not in name} == {}
