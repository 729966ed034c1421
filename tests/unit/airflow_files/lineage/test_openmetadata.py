"""OpenMetadata's backend in a small Airflow of this test's own, with the real `requests`: what is
shown to whom, and which exceptions come out. tests/openmetadata has the real ones."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import textwrap
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from local.layout import ROOT
from local.tls import Certificates, make_certificates
from tests.loopback import Request, Response, Server, serving
from tests.unit.airflow_files.lineage.clients import Client, installed_client
from tests.waits import DEADLINE_SECONDS

CANARY = "canary-4c19-secret"
BACKEND = "airflow_provider_openmetadata.lineage.backend"
AIRFLOW = {
    "airflow/lineage/backend.py": "class LineageBackend: ...",
    "airflow/utils/log/secrets_masker.py": "def mask_secret(text): ...",
    "mwaa_platform_token.py": f"""
        BEARER_TOKEN = None
        def token(*_, **__): return "{CANARY}"
    """,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    return installed_client("2.10.3", None, tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"), ["localhost"])


class Task:
    """A task that has succeeded, whose Airflow sends its lineage."""

    def __init__(self, client: Client, folder: Path, certificates: Certificates) -> None:
        self._python, self._folder, self._ca = client.python, folder, certificates.ca
        shutil.copy(ROOT / "airflow_files" / "lineage" / "mwaa_platform_openmetadata.py", folder)
        for path, source in AIRFLOW.items():
            self.add(path, source)
        self.configure("None", {})

    def add(self, path: str, source: str) -> None:
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(source))

    def configure(self, way: str, options: dict[str, str]) -> None:
        catalogue = {
            "id": "openmetadata",
            "provider": "OpenMetadata",
            "backend": f"{BACKEND}.OpenMetadataLineageBackend",
            "service_name": "gold",
            "url": "https://om.example.com/api",
            "authentication": way,
            "options": options,
            "secret_option": None if way == "None" else "secret_key",
            "cache_seconds": 300,
        }
        settings = json.dumps({"catalogues": [catalogue]})
        self.add("mwaa_platform_lineage.json", settings)

    def end(self, before: str = "") -> str:
        """What it logs and prints at its end."""
        send = """
            from mwaa_platform_openmetadata import LineageBackend
            LineageBackend().send_lineage(None)
            print("succeeded")
        """
        result = subprocess.run(
            [self._python, "-c", textwrap.dedent(before) + textwrap.dedent(send)],
            cwd=self._folder,
            env={
                "PATH": os.defpath,
                "PYTHONPATH": str(self._folder),
                "REQUESTS_CA_BUNDLE": str(self._ca),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
        return result.stdout + result.stderr


@pytest.fixture
def task(client: Client, tmp_path: Path, certificates: Certificates) -> Task:
    return Task(client, tmp_path, certificates)


def tls(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    return context


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_client_secret_goes_to_no_host_that_auth0s_domain_points_to(
    status: int, task: Task, certificates: Certificates
) -> None:
    shown: list[Request] = []

    def stranger(request: Request) -> Response:
        shown.append(request)
        return Response(200, b'{"access_token": "strange"}')

    with serving(Server(stranger, tls(certificates))) as elsewhere:
        asked: list[Request] = []

        def auth0(request: Request) -> Response:
            asked.append(request)
            return Response(status, headers={"Location": f"{elsewhere.url}/oauth/token"})

        with serving(Server(auth0, tls(certificates))) as server:
            domain = server.url.removeprefix("https://")
            task.configure("Auth0", {"client_id": "lineage", "domain": domain})
            task.add(BACKEND.replace(".", "/") + ".py", "")
            said = task.end()
    assert parse_qs(asked[0].body.decode())["client_secret"] == [CANARY]
    assert shown == []
    assert f"the identity provider answered {status}" in said
    assert "succeeded" in said
    assert CANARY not in said


def test_a_signal_ends_a_task_while_openmetadata_is_imported(task: Task) -> None:
    task.add(
        BACKEND.replace(".", "/") + ".py",
        """
        import os, signal, time
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.5)
        """,
    )
    said = task.end(
        before="""
            import signal
            class AirflowTaskTerminated(BaseException): ...
            def terminate(*_): raise AirflowTaskTerminated
            signal.signal(signal.SIGTERM, terminate)
        """
    )
    assert "AirflowTaskTerminated" in said
    assert "No lineage" not in said
    assert "succeeded" not in said


def test_a_package_that_ends_the_program_ends_no_task(task: Task) -> None:
    task.add(BACKEND.replace(".", "/") + ".py", "raise SystemExit(1)")
    said = task.end()
    assert "No lineage to OpenMetadata: SystemExit." in said
    assert "succeeded" in said
