"""Takes the pictures in docs/pictures: `python -m tests.unit.authenticator.pictures [folder]`.

The real function renders each page, and a real Chromium shows it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, sync_playwright

from authenticator import handler
from authenticator.settings import load_settings
from tests.loopback import Request, Response, Server, serving
from tests.unit.authenticator import alb_events
from tests.unit.authenticator.conftest import certify, deployed_variables
from tests.unit.authenticator.fake_aws import FakeAws, KeyEndpoint

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
DAY = 24 * 3600
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")

TEAMS = ("claims", "credit", "finance", "logistics", "marketing", "pricing", "risk", "sales")
ENVIRONMENTS: list[dict[str, str | None]] = [
    {
        "name": "analytics",
        "description": "Reports and dashboards of the whole company",
        "airflow_version": "3.3.1",
        "access_mode": "PUBLIC_ONLY",
    },
    {
        "name": "billing",
        "description": "Invoices, month-end closing and what finance reconciles",
        "airflow_version": "2.11.2",
        "access_mode": "PRIVATE_ONLY",
    },
    {
        "name": "forecasting",
        "description": "Demand models, trained every night",
        "airflow_version": "3.3.1",
        "access_mode": "PRIVATE_ONLY",
        "ui_host": "forecasting.example.com",
    },
    {
        "name": "legacy-imports",
        "description": None,
        "airflow_version": "2.10.3",
        "access_mode": "PUBLIC_ONLY",
    },
]
ENVIRONMENTS += [
    {
        "name": f"{team}-{stage}",
        "description": f"What {team} runs in {stage}",
        "airflow_version": "3.3.1",
        "access_mode": "PRIVATE_ONLY",
    }
    for team in TEAMS
    for stage in ("development", "production")
]
STATES = {"billing": "UPDATING", "legacy-imports": "UPDATE_FAILED"}
PEOPLE: dict[str, dict[str, Any]] = {
    "engineer": {
        "sub": "engineer",
        "email_verified": True,
        "email": "engineer@example.com",
        "name": "Data Engineer",
    },
    "admin": {
        "sub": "admin",
        "email_verified": True,
        "email": "admin@example.com",
        "name": "Platform Admin",
    },
    "newcomer": {"sub": "newcomer", "email_verified": True, "email": "newcomer@example.com"},
}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What to take a picture of: a page as a person sees it."""

    name: str
    person: str = "engineer"
    path: str = "/"
    width: int = 1280
    scheme: Any = "light"
    height: int = 480
    whole: bool = True


BILLING = f"{alb_events.SIGN_IN}?mwaa_env=billing"
FROM_ELSEWHERE = f"{BILLING}&rbac_role=Op"
PICTURES = (
    Picture(name="portal-360", width=360),
    Picture(name="portal-768", width=768),
    Picture(name="portal-1280"),
    Picture(name="portal-dark", scheme="dark"),
    Picture(name="portal-dark-360", width=360, scheme="dark"),
    Picture(name="many", person="admin", height=760, whole=False),
    Picture(name="filter", person="admin", path="/?q=risk"),
    Picture(name="filter-nothing", person="admin", path="/?q=warehouse", width=768),
    Picture(name="no-grants", person="newcomer", width=768),
    Picture(
        name="not-authorised",
        path=f"{BILLING}&rbac_role=Admin",
        width=768,
    ),
    Picture(name="one-environment-360", path=BILLING, width=360),
    Picture(name="one-environment-1280", path=BILLING),
    Picture(name="one-environment-dark", path=BILLING, scheme="dark"),
    Picture(name="one-environment-dark-360", path=BILLING, width=360, scheme="dark"),
    Picture(name="confirmation-360", path=FROM_ELSEWHERE, width=360),
    Picture(name="confirmation-1280", path=FROM_ELSEWHERE),
    Picture(name="confirmation-dark", path=FROM_ELSEWHERE, scheme="dark"),
    Picture(name="confirmation-dark-360", path=FROM_ELSEWHERE, width=360, scheme="dark"),
    Picture(name="signed-out", path="/signed-out", width=768),
)


def main(folder: Path = FOLDER) -> None:
    """Write each picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _site() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(QUIET)
        )
        for picture in PICTURES:
            _take(browser, url, picture, folder)
        browser.close()


def _take(browser: Browser, url: str, picture: Picture, folder: Path) -> None:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        java_script_enabled=False,
        extra_http_headers={"x-person": picture.person},
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(f"{url}{picture.path}")
    page.screenshot(path=folder / f"{picture.name}.png", full_page=picture.whole)
    context.close()


def _fake_aws() -> FakeAws:
    now = time.time()
    fake_aws = FakeAws(
        environments={
            str(entry["name"]): {
                "Status": STATES.get(str(entry["name"]), "AVAILABLE"),
                "AirflowVersion": entry["airflow_version"],
                "WebserverAccessMode": entry["access_mode"],
            }
            for entry in ENVIRONMENTS
        }
    )
    fake_aws.grant("user:engineer@example.com", "analytics", "Viewer", "User", "Op", "Admin")
    fake_aws.grant("user:engineer@example.com", "billing", "Viewer")
    fake_aws.grant(
        "user:engineer@example.com", "billing", "Op", expires=now + 5 * DAY, source="manual"
    )
    fake_aws.grant("user:engineer@example.com", "forecasting", "Viewer", "User")
    fake_aws.grant("user:engineer@example.com", "legacy-imports", "Op")
    fake_aws.grant("user:admin@example.com", "*", "Viewer", "Op", "Admin")
    return fake_aws


@contextmanager
def _site() -> Iterator[str]:
    """The address of the function, deployed on loopback."""
    keys = KeyEndpoint({f"/keys/{alb_events.KEY_ID}": (200, alb_events.PUBLIC_PEM)})
    with TemporaryDirectory() as scratch:
        listing = Path(scratch) / "environments.json"
        listing.write_text(json.dumps(ENVIRONMENTS))
        context, bundle = certify(Path(scratch))
        with (
            patch.object(handler, "load_settings", lambda names: load_settings(names, listing)),
            serving(Server(_fake_aws().answer)) as aws,
            serving(Server(keys.answer, context)) as key_server,
            serving(Server(_answer)) as site,
        ):
            os.environ |= deployed_variables(aws.url, key_server.url, bundle)
            os.environ["PORTAL_HOST"] = "airflow.example.com"
            yield site.url


def _answer(request: Request) -> Response:
    """What a load balancer makes of a request of somebody who is signed in, and of the answer."""
    address = urlsplit(request.path)
    event = alb_events.event(
        address.path,
        parse_qs(address.query),
        sign_in=alb_events.token(PEOPLE[request.headers.get("x-person", "engineer")]),
    )
    answer = handler.handle(event, None)
    headers = {name: values[-1] for name, values in answer["multiValueHeaders"].items()}
    return Response(answer["statusCode"], answer["body"].encode(), headers)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
