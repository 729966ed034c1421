"""Checks of a catalogue, against servers that respond as catalogues and proxies do."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import certifi
import pytest

from local.tls import Certificates, make_certificates
from mwaa_platform_preflight import network
from mwaa_platform_preflight.catalogues import MARKER_JOB, check_catalogue
from mwaa_platform_preflight.findings import Finding, lines
from mwaa_platform_preflight.secret import SecretProblem
from mwaa_platform_preflight.targets import Target, targets
from tests.lineage import MARQUEZ, resolved
from tests.loopback import Request, Response, Server, serving

CANARY = "canary-token-8d1f"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def catalogue(answer: Callable[[Request], Response]) -> Iterator[tuple[Server, list[Request]]]:
    asked: list[Request] = []

    def remember(request: Request) -> Response:
        asked.append(request)
        return answer(request)

    with serving(Server(remember)) as server:
        yield server, asked


def target(url: str, **changes: Any) -> Target:
    given = {"provider": "OpenLineage", "endpoint": "api/v1/lineage", "token": True, **changes}
    return Target(id="blue", url=url, **given)


def checked(
    about: Target,
    *,
    secret: Callable[[], str] = lambda: CANARY,
    cafile: str = "",
    marker: str | None = None,
) -> list[Finding]:
    found = list(
        check_catalogue(
            about, secret=secret, cafile=cafile or certifi.where(), marker_namespace=marker
        )
    )
    assert CANARY not in "\n".join(lines(found))
    assert {each.catalogue for each in found} == {"blue"}
    return found


def wrong(found: list[Finding]) -> list[str]:
    return [f"{each.subject}: {each.wrong}" for each in found if each.wrong]


@pytest.mark.parametrize("status", [200, 201, 400, 411, 415, 422])
def test_a_catalogue_that_lets_the_token_in_is_well_and_was_sent_nothing_to_keep(
    status: int,
) -> None:
    with catalogue(lambda _: Response(status)) as (server, asked):
        found = checked(target(f"{server.url}/events/"))

    assert not wrong(found)
    [request] = asked
    assert request.path == "/events/api/v1/lineage"
    assert request.headers["Authorization"] == f"Bearer {CANARY}"
    assert request.body == b""


@pytest.mark.parametrize(
    ("status", "said", "remedy"),
    [
        (401, "does not accept the token", "token set"),
        (403, "the token may not", "right to"),
        (404, "There is nothing at http://", "slash at the end, and Endpoint"),
        (405, "takes no POST", "Endpoint"),
        (407, "proxy", "NO_PROXY"),
        (413, "the size", "limit"),
        (418, "418", "log"),
        (429, "too often", "Wait"),
        (500, "fails (500)", "--send-marker"),
        (503, "fails (503)", "log"),
    ],
)
def test_a_refusal_is_put_into_plain_words(status: int, said: str, remedy: str) -> None:
    with catalogue(lambda _: Response(status, CANARY.encode())) as (server, _):
        [finding] = [each for each in checked(target(f"{server.url}/")) if each.wrong]
    assert finding.subject == "Answer"
    assert said in str(finding.wrong)
    assert remedy in str(finding.remedy)


@pytest.mark.parametrize("status", [404, 405])
def test_only_a_provider_that_has_an_endpoint_is_told_to_check_it(status: int) -> None:
    with catalogue(lambda _: Response(status)) as (server, _):
        found = checked(target(f"{server.url}/", provider="Marquez"))
    [remedy] = [each.remedy for each in found if each.wrong]
    assert "Url" in str(remedy)
    assert "Endpoint" not in str(remedy)


PAGE = b"\n<!DOCTYPE html><html><body>Sign in</body></html>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PAGE, "text/html; charset=utf-8"),
        (b"\xef\xbb\xbf<html lang=en>", "application/octet-stream"),
        (b"<!-- an app --><head>", "text/html"),
    ],
)
@pytest.mark.parametrize("marker", [None, "gold"])
def test_a_page_for_people_is_no_catalogue(body: bytes, kind: str, marker: str | None) -> None:
    def answer(_: Request) -> Response:
        return Response(200, body, {"Content-Type": kind})

    with catalogue(answer) as (server, _):
        of_events = wrong(checked(target(f"{server.url}/"), marker=marker))
        of_openmetadata = wrong(checked(target(f"{server.url}/", provider="OpenMetadata")))
    assert len(of_events) == len(of_openmetadata) == 1
    assert "A web page answers (200)" in of_events[0]
    assert "A web page answers (200)" in of_openmetadata[0]


@pytest.mark.parametrize("body", [b"", b"OK", b'{"html": "<html>"}'])
def test_an_answer_is_no_page_for_what_its_framework_calls_it(body: bytes) -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    with catalogue(lambda _: Response(201, body, html)) as (server, _):
        assert not wrong(checked(target(f"{server.url}/")))


def test_a_refused_body_reads_as_no_refusal_of_the_token() -> None:
    with catalogue(lambda _: Response(400)) as (server, _):
        found = checked(target(f"{server.url}/"))
    assert found[-1].note == "it lets the token in, and refuses the empty event (400)"


def test_a_redirect_is_not_followed_and_named_without_its_query() -> None:
    away = {"Location": f"https://login.example.com/sign-in?token={CANARY}"}
    with catalogue(lambda _: Response(302, b"", away)) as (server, asked):
        [said] = wrong(checked(target(f"{server.url}/")))
    assert "https://login.example.com/sign-in (302)" in said
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://login.example.com/{0.__class__}/{", "/{0.__class__}/{ (302)"),
        ("/{url}/{canary}", "/{url}/{canary} (302)"),
        ("https://[login.example.com/", "elsewhere (302)"),
    ],
)
def test_a_redirect_to_whatever_text_is_only_repeated(location: str, named: str) -> None:
    with catalogue(lambda _: Response(302, b"", {"Location": location})) as (server, _):
        [said] = wrong(checked(target(f"{server.url}/")))
    assert named in said


def test_without_a_token_none_is_sent_and_a_wish_for_one_is_understood() -> None:
    with catalogue(lambda _: Response(401)) as (server, asked):
        [said] = wrong(checked(target(f"{server.url}/", token=False)))
    assert "wants a token" in said
    assert "Authorization" not in asked[0].headers


def test_an_api_key_stands_alone_in_its_header() -> None:
    with catalogue(lambda _: Response(422)) as (server, asked):
        checked(target(f"{server.url}/", auth={"header": "X-API-Key"}))
    assert asked[0].headers["X-API-Key"] == CANARY
    assert "Authorization" not in asked[0].headers


@pytest.mark.parametrize(
    ("url", "endpoint", "said"),
    [
        ("{}/events", "api/v1/lineage", "/api/v1/lineage."),
        ("{}/events/", "/api/v1/lineage", "loses the path"),
    ],
)
def test_a_path_that_the_client_would_lose_is_found(url: str, endpoint: str, said: str) -> None:
    with catalogue(lambda _: Response(422)) as (server, _):
        found = wrong(checked(target(url.format(server.url), endpoint=endpoint)))
    assert found[0].startswith("Address: ")
    assert said in found[0]


@pytest.mark.parametrize(
    "held", ["", "...", '{"token": ""}', "two words", "line\nbreak", '{"a": 1}']
)
def test_what_is_no_token_is_never_sent(held: str) -> None:
    with catalogue(lambda _: Response(201)) as (server, asked):
        [said] = wrong(checked(target(f"{server.url}/"), secret=lambda: held))
    assert said.startswith("Token: ")
    assert not asked


def test_a_secret_that_cannot_be_read_leaves_the_way_to_be_looked_at() -> None:
    def refuse() -> str:
        raise SecretProblem("It may not be read.", "Allow it.")

    with catalogue(lambda _: Response(201)) as (server, asked):
        found = checked(target(f"{server.url}/"), secret=refuse)
    assert wrong(found) == ["Token: It may not be read."]
    assert "Port" in {each.subject for each in found}
    assert not asked


def test_a_marker_is_an_event_and_only_sent_when_asked() -> None:
    with catalogue(lambda request: Response(201 if request.body else 422)) as (server, asked):
        found = checked(target(f"{server.url}/"), marker="blue-airflow")
    assert not wrong(found)
    assert found[-1].subject == "Marker"
    event = json.loads(asked[-1].body)
    assert event["job"] == {"namespace": "blue-airflow", "name": MARKER_JOB}
    assert event["eventType"] == "COMPLETE"


def test_a_marker_tells_a_server_that_fails_on_an_empty_body_alone() -> None:
    with catalogue(lambda request: Response(201 if request.body else 500)) as (server, _):
        assert wrong(checked(target(f"{server.url}/")))
        assert not wrong(checked(target(f"{server.url}/"), marker="blue"))


def test_a_marker_is_recommended_only_where_an_empty_body_failed() -> None:
    with catalogue(lambda _: Response(500)) as (server, _):
        marked = checked(target(f"{server.url}/"), marker="blue")
        openmetadata_fails = checked(target(f"{server.url}/", provider="OpenMetadata"))
    for found in (marked, openmetadata_fails):
        [finding] = [each for each in found if each.wrong]
        assert finding.remedy == "Look at its log."


def test_a_marker_that_is_no_event_there_is_a_fault() -> None:
    with catalogue(lambda _: Response(422)) as (server, _):
        assert wrong(checked(target(f"{server.url}/"), marker="blue")) == [
            "Marker: It takes no such event (422)."
        ]


def openmetadata(version: str, signed_in: int) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if request.path == "/api/v1/system/version":
            return Response(200, json.dumps({"version": version}).encode())
        assert request.path == "/api/v1/users/loggedInUser"
        return Response(signed_in)

    return answer


@pytest.mark.parametrize(
    ("version", "signed_in", "expected"),
    [
        ("1.12.4", 200, []),
        ("1.11.0", 200, ["Server: OpenMetadata 1.11.0 takes no events"]),
        ("1.12.4", 401, ["Answer: It does not accept the token"]),
    ],
)
def test_openmetadata_is_asked_for_its_version_and_who_the_token_is(
    version: str, signed_in: int, expected: list[str]
) -> None:
    with catalogue(openmetadata(version, signed_in)) as (server, asked):
        found = wrong(checked(target(f"{server.url}/", provider="OpenMetadata")))
    assert [said[: len(start)] for said, start in zip(found, expected, strict=True)] == expected
    assert {request.method for request in asked} == {"GET"}
    assert "Authorization" not in asked[0].headers


@pytest.mark.parametrize(
    ("client", "answers", "is_refused"),
    [
        ("1.10.14", "1.5.0", True),
        ("1.10.14", "2.10.14", True),
        ("1.10.14", "1.10.2", False),
        ("1.4.8", "1.4.0-SNAPSHOT", False),
        ("1.3.4", "1.3.3", True),
        ("1.3.4", "1.3.4", False),
    ],
)
def test_a_server_that_the_backends_client_refuses_is_found(
    *, client: str, answers: str, is_refused: bool
) -> None:
    settings = {
        "transport": None,
        "catalogues": [
            {
                "id": "blue",
                "provider": "OpenMetadata",
                "backend": "of.OpenMetadata",
                "version": client,
                "authentication": "JWT",
                "secret_option": "jwt_token",
            }
        ],
    }
    with catalogue(openmetadata(answers, 200)) as (server, _):
        settings["catalogues"][0]["url"] = f"{server.url}/api"  # type: ignore[index]
        found = checked(*targets(settings))
    refused = [each for each in found if each.wrong]
    assert bool(refused) is is_refused
    for each in refused:
        assert f"It is OpenMetadata {answers}," in str(each.wrong)
        assert f"Set Version to {answers}," in str(each.remedy)


def test_a_backends_key_is_never_shown_to_the_server() -> None:
    about = {"provider": "OpenMetadata", "is_backend": True, "secret_option": "secret_key"}
    with catalogue(openmetadata("1.1.0", 200)) as (server, asked):
        found = checked(target(f"{server.url}/api/", authentication="Auth0", **about))
    assert not wrong(found)
    assert [request.path for request in asked] == ["/api/v1/system/version"]
    assert found[-1].not_tried
    assert list(lines(found))[-1].startswith("  - Answer: not tried")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"), ["localhost"])


def tls_server(certificates: Certificates) -> Server:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.certificate, certificates.key)
    return Server(lambda _: Response(422), context)


def test_a_certificate_must_be_trusted_and_for_that_name(certificates: Certificates) -> None:
    with serving(tls_server(certificates)) as server:
        trusted = checked(target(f"{server.url}/"), cafile=str(certificates.ca))
        stranger = wrong(checked(target(f"{server.url}/")))
        other_name = target(f"{server.url}/".replace("localhost", "127.0.0.1"))
        mismatch = wrong(checked(other_name, cafile=str(certificates.ca)))
    assert not wrong(trusted)
    assert "is not trusted: " in stranger[0]
    assert "127.0.0.1" in mismatch[0]
    assert "is not trusted: " in mismatch[0]


def test_authorities_may_be_a_folder_as_requests_takes_them(
    certificates: Certificates, tmp_path: Path
) -> None:
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-hash", "-in", certificates.ca],
        capture_output=True,
        text=True,
        check=True,
    )
    shutil.copy(certificates.ca, tmp_path / f"{shown.stdout.strip()}.0")
    with serving(tls_server(certificates)) as server:
        assert not wrong(checked(target(f"{server.url}/"), cafile=str(tmp_path)))


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_authorities_that_cannot_be_read_are_named(
    content: str | None, certificates: Certificates, tmp_path: Path
) -> None:
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_text(content)
    with serving(tls_server(certificates)) as server:
        [said] = wrong(checked(target(f"{server.url}/"), cafile=str(file)))
        answer = network.ask("GET", server.url, headers={}, body=None, cafile=str(file))
    with catalogue(lambda _: Response(422)) as (plain, _):
        assert not wrong(checked(target(f"{plain.url}/"), cafile=str(file)))
    assert said.startswith(f"TLS: {file} ")
    assert isinstance(answer, network.NoAnswer)
    assert "REQUESTS_CA_BUNDLE" in answer.remedy


def test_a_server_without_tls_is_told_from_a_wrong_certificate() -> None:
    with catalogue(lambda _: Response(422)) as (server, _):
        [said] = wrong(checked(target(f"{server.url}/".replace("http:", "https:"))))
    assert "does not speak TLS" in said


def test_a_name_that_nobody_knows_and_a_port_where_nobody_listens() -> None:
    assert wrong(checked(target("https://catalogue.invalid/"))) == [
        "Name: The name catalogue.invalid is not known here."
    ]
    with catalogue(lambda _: Response(422)) as (server, _):
        gone = f"{server.url}/"
    assert "Nothing takes connections" in wrong(checked(target(gone)))[0]


def test_a_catalogue_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATIENCE_SECONDS", 1)
    ended = Event()

    def wait(_: Request) -> Response:
        ended.wait()
        return Response(201)

    with catalogue(wait) as (server, _):
        [slow] = [each for each in checked(target(f"{server.url}/")) if each.wrong]
        ended.set()
    assert slow.subject == "Answer"
    assert "does not answer within" in str(slow.wrong)
    assert "The way is open" in str(slow.remedy)


def test_a_port_that_takes_connections_and_says_nothing_is_an_open_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(network, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = checked(target(f"https://127.0.0.1:{silent.getsockname()[1]}/"))
    [silent_tls] = [each for each in found if each.wrong]
    assert silent_tls.subject == "TLS"
    assert "The way is open" in str(silent_tls.remedy)
    assert "127.0.0.1" in [each.note for each in found if each.subject == "Name"]


def test_a_check_waits_no_longer_than_the_plugin_would() -> None:
    """A catalogue that is too slow for the plugin must not look well."""
    sending = resolved(MARQUEZ, version="3.3.1").transport
    assert sending is not None
    assert sending["timeout"] == network.PATIENCE_SECONDS


def test_the_log_says_what_to_do_behind_a_colon() -> None:
    found = [Finding("Token", "The secret has no token yet.", "Put it in.", catalogue="blue")]
    assert list(lines(found))[-1].strip() == "do: Put it in."


def test_behind_a_proxy_the_way_is_the_proxys(monkeypatch: pytest.MonkeyPatch) -> None:
    with catalogue(lambda _: Response(422)) as (proxy, asked):
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        found = checked(target("http://catalogue.invalid/"))
    assert not wrong(found)
    assert asked[0].path == "http://catalogue.invalid/api/v1/lineage"


def test_the_folder_of_the_dag_has_all_that_it_imports() -> None:
    """The DAG folder of an environment has nothing else of the project."""
    folder = Path(network.__file__).parent.parent
    for source in folder.rglob("*.py"):
        for line in source.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]):
                first = words[1].split(".")[0]
                assert first not in {"cli", "config", "local", "mwaa_platform", "constructs"}, line
