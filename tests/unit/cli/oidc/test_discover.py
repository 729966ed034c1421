"""`oidc discover`: endpoints of an issuer, written into the configuration."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from cli.oidc.discovery import DiscoveredSettings, settings_from
from config.editor import with_values
from errors import PlatformError
from local.layout import ROOT
from tests import loopback
from tests.loopback import Request, Response
from tests.unit.cli.terminal import Result, Terminal

WELL_KNOWN = "/.well-known/openid-configuration"
SHIPPED = (ROOT / "cdk.context.json").read_text()


@dataclass
class Provider:
    """A provider's address, and what its discovery document says."""

    url: str
    ca: Path
    document: dict[str, Any] = field(default_factory=dict)
    answer: Response | None = None
    path: str = WELL_KNOWN

    def says(self, **claims: Any) -> None:
        """Change the document; None takes a claim out."""
        self.document |= claims
        for name in [name for name, value in claims.items() if value is None]:
            del self.document[name]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(ca := tmp_path / "ca.pem")

    def answer(request: Request) -> Response:
        if made.answer:
            return made.answer
        if request.path != made.path:
            return Response(404)
        return Response(200, json.dumps(made.document).encode())

    with loopback.serving(loopback.Server(answer, context)) as server:
        made = Provider(url=server.url, ca=ca)
        made.says(
            issuer=server.url,
            authorization_endpoint=f"{server.url}/authorize",
            token_endpoint=f"{server.url}/token",
            userinfo_endpoint=f"{server.url}/userinfo",
            end_session_endpoint=f"{server.url}/logout",
            response_types_supported=["code"],
        )
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cdk.context.json"
    path.write_text(SHIPPED)
    return path


def discover(
    terminal: Terminal, provider: Provider, file: Path, *arguments: str, issuer: str | None = None
) -> Result:
    terminal.monkeypatch.setenv("NO_PROXY", "localhost")
    where = ("--ca", str(provider.ca), "-c", str(file))
    result = terminal.type("oidc", "discover", issuer or provider.url, *where, *arguments)
    assert "Traceback" not in result.said
    return result


def test_the_endpoints_are_written_and_all_else_stays_to_the_letter(
    terminal: Terminal, provider: Provider, file: Path
) -> None:
    file.chmod(0o640)
    done = discover(terminal, provider, file)
    assert done.status == 0
    expected = SHIPPED
    for key, path in {
        "Issuer": "",
        "AuthorizationEndpoint": "/authorize",
        "TokenEndpoint": "/token",
        "UserInfoEndpoint": "/userinfo",
    }.items():
        expected = expected.replace(f'"{key}": "..."', f'"{key}": "{provider.url}{path}"')
    expected = expected.replace(
        '/userinfo"\n',
        f'/userinfo",\n    "EndSessionEndpoint": "{provider.url}/logout",\n'
        '    "RequireVerifiedEmail": true\n',
    )
    assert file.read_text() == expected
    assert file.stat().st_mode & 0o777 == 0o640
    assert not list(file.parent.glob(".cdk*"))
    assert f'+ "TokenEndpoint": "{provider.url}/token",' in done.said
    assert "RequireVerifiedEmail: true, its default." in done.said
    assert "Fill in ClientId and ClientSecretArn" in done.said
    assert "/oauth2/idpresponse" in done.said


def test_again_changes_nothing_and_a_dry_run_neither(
    terminal: Terminal, provider: Provider, file: Path
) -> None:
    tried = discover(terminal, provider, file, "--dry-run")
    assert "+" in tried.out
    assert file.read_text() == SHIPPED

    discover(terminal, provider, file)
    written = file.read_bytes()
    assert "Nothing to change" in discover(terminal, provider, file).said
    assert file.read_bytes() == written


def test_the_documents_own_address_is_understood(
    terminal: Terminal, provider: Provider, file: Path
) -> None:
    issuer = provider.url + WELL_KNOWN
    assert discover(terminal, provider, file, issuer=issuer).status == 0
    assert json.loads(file.read_text())["Oidc"]["Issuer"] == provider.url


def test_an_issuer_with_a_path(terminal: Terminal, provider: Provider, file: Path) -> None:
    issuer = f"{provider.url}/realms/example"
    provider.path = f"/realms/example{WELL_KNOWN}"
    provider.says(issuer=issuer)
    assert discover(terminal, provider, file, issuer=issuer).status == 0


def test_a_command_with_what_the_provider_says_runs_nothing_else(
    terminal: Terminal, provider: Provider, file: Path
) -> None:
    told = "https://idp.example.com/$(id);id"
    provider.says(issuer=told)
    said = " ".join(discover(terminal, provider, file).err.split())
    assert f"run: ./mwaa-platform oidc discover '{told}'" in said


@pytest.mark.parametrize("slash", [("", "/"), ("/", "")], ids=["lacks it", "has it"])
def test_a_slash_at_the_end_is_said(
    slash: tuple[str, str], terminal: Terminal, provider: Provider, file: Path
) -> None:
    typed, told = (provider.url + end for end in slash)
    provider.says(issuer=told)
    refused = discover(terminal, provider, file, issuer=typed)
    assert refused.status == 1
    assert (
        f"oidc discover {told}" in refused.err.replace("\n", " ").split("Run: ./mwaa-platform ")[1]
    )
    assert file.read_text() == SHIPPED


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"issuer": "https://elsewhere.example.com"}, "https://elsewhere.example.com"),
        ({"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}, "name your tenant"),
        ({"issuer": None}, "its issuer is None"),
        ({"userinfo_endpoint": None}, "It has no userinfo_endpoint"),
        ({"token_endpoint": "http://localhost/token"}, "token_endpoint is no https:// address"),
        ({"authorization_endpoint": 7}, "authorization_endpoint is no https:// address"),
        ({"response_types_supported": ["id_token"]}, "no code flow"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "takes no client secret"),
        ({"require_pushed_authorization_requests": True}, "pushed authorization requests"),
    ],
)
def test_a_provider_that_the_load_balancer_cannot_work_with(
    claims: dict[str, Any], said: str, terminal: Terminal, provider: Provider, file: Path
) -> None:
    provider.says(**claims)
    refused = discover(terminal, provider, file)
    assert refused.status == 1
    assert said in refused.said
    assert file.read_text() == SHIPPED


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"end_session_endpoint": None}, "the provider's own session"),
        ({"scopes_supported": ["openid"]}, "the scope email"),
        ({"claims_supported": ["sub"]}, "without which nobody gets in"),
        ({"claims_supported": ["email"]}, "Grants to people work"),
        ({}, "port 443 alone"),
    ],
)
def test_what_lacks_is_warned_of_and_the_rest_written(
    claims: dict[str, Any], said: str, terminal: Terminal, provider: Provider, file: Path
) -> None:
    provider.says(**claims)
    done = discover(terminal, provider, file)
    assert done.status == 0
    assert said in done.said
    assert json.loads(file.read_text())["Oidc"]["Issuer"] == provider.url


def found_in(document: dict[str, Any], issuer: str, host: str | None = None) -> DiscoveredSettings:
    """What a document leads to; endpoints that it lacks are below the issuer."""
    names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
    whole = {**{name: f"{issuer}/{name}" for name in names}, **document}
    return settings_from(issuer, whole, scope="openid email", groups_claim="groups", host=host)


ENTRA = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"


@pytest.mark.parametrize(
    ("issuer", "claims", "written", "because"),
    [
        ("https://idp.example.com", ["email", "email_verified"], True, "lists the claim"),
        ("https://idp.example.com", ["email"], True, "does not list the claim"),
        ("https://idp.example.com", None, True, "does not list the claim"),
        (ENTRA, ["sub", "email"], False, "edit users or invite guests"),
        (ENTRA, ["email_verified"], True, "lists the claim"),
    ],
)
def test_verified_addresses_are_required_as_the_provider_sends_them(
    issuer: str, claims: list[str] | None, written: bool, because: str
) -> None:
    found = found_in({"claims_supported": claims} if claims else {}, issuer)
    assert found.verified_email is written
    assert found.reason.startswith(str(written).lower())
    assert because in found.reason


@pytest.mark.parametrize(("own", "warned"), [(True, False), (False, True)])
def test_the_files_own_decision_about_addresses_stays(
    own: bool, warned: bool, terminal: Terminal, provider: Provider, file: Path
) -> None:
    raw = json.loads(SHIPPED)
    raw["Oidc"]["RequireVerifiedEmail"] = own
    file.write_text(json.dumps(raw))
    done = discover(terminal, provider, file)
    assert json.loads(file.read_text())["Oidc"]["RequireVerifiedEmail"] is own
    assert ("own RequireVerifiedEmail is left as it is" in done.said) == warned


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers"])
def test_issuers_of_every_directory_are_refused(tenant: str) -> None:
    with pytest.raises(PlatformError, match="name your own tenant"):
        found_in({}, ENTRA.replace("11111111-2222-3333-4444-555555555555", tenant))


def test_keycloaks_paths_are_hinted_at() -> None:
    realm = "https://keycloak.example.com/realms/company"
    endpoint = f"{realm}/protocol/openid-connect/auth"
    found = found_in({"authorization_endpoint": endpoint}, realm)
    assert any("GroupPaths" in hint for hint in found.hints)
    assert not found_in({}, realm).hints


def test_oktas_sign_out_wants_what_the_load_balancer_keeps(
    terminal: Terminal, provider: Provider, file: Path
) -> None:
    provider.says(end_session_endpoint=f"{provider.url}/oauth2/default/v1/logout")
    done = discover(terminal, provider, file)
    assert "docs/identity-providers.md" in done.said
    assert "EndSessionEndpoint" not in json.loads(file.read_text())["Oidc"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("airflow.example.com", "?logout_uri=https%3A%2F%2Fairflow.example.com%2Fsigned-out"),
        (None, ""),
    ],
)
def test_cognitos_sign_out_has_a_parameter_of_its_own(host: str | None, expected: str) -> None:
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE12"
    domain = "https://example.auth.eu-west-1.amazoncognito.com"
    document = {
        "authorization_endpoint": f"{domain}/oauth2/authorize",
        "token_endpoint": f"{domain}/oauth2/token",
        "userinfo_endpoint": f"{domain}/oauth2/userInfo",
        "end_session_endpoint": f"{domain}/logout",
        "response_types_supported": ["code", "token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    found = found_in(document, issuer, host=host)
    assert any("GroupsAsText" in hint for hint in found.hints)
    assert found.settings["EndSessionEndpoint"] == f"{domain}/logout{expected}"
    assert any("logout_uri" in warning for warning in found.warnings) == (host is None)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response(404), "answers 404"),
        (Response(302, headers={"Location": "https://elsewhere/"}), "https://elsewhere/"),
        (Response(200, b"<html>"), "not a discovery document"),
        (Response(200, b"[]"), "not a discovery document"),
        (Response(200, b" " * 2_000_000), "not a discovery document"),
    ],
    ids=["404", "redirect", "HTML", "a list", "endless"],
)
def test_what_is_no_discovery_document(
    answer: Response, said: str, terminal: Terminal, provider: Provider, file: Path
) -> None:
    provider.answer = answer
    refused = discover(terminal, provider, file)
    assert refused.status == 1
    assert said in refused.said
    assert file.read_text() == SHIPPED


@pytest.mark.parametrize(
    ("issuer", "said"),
    [
        ("http://localhost", "https://"),
        ("login.example.com", "https://"),
        ("https://user:password@login.example.com", "must not carry"),
        ("https://localhost:1", "cannot be reached"),
    ],
)
def test_what_is_no_issuer(
    issuer: str, said: str, terminal: Terminal, provider: Provider, file: Path
) -> None:
    refused = discover(terminal, provider, file, issuer=issuer)
    assert refused.status == 1
    assert said in refused.said
    assert "password" not in refused.said.replace("user name or password", "")


def test_a_certificate_that_nobody_knows(
    terminal: Terminal, provider: Provider, file: Path
) -> None:
    refused = terminal.type("oidc", "discover", provider.url, "-c", str(file))
    assert refused.status == 1
    assert "not trusted" in refused.said

    refused = terminal.type("oidc", "discover", provider.url, "--ca", "none.pem", "-c", str(file))
    assert "none.pem" in refused.said


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"Oidc": []}', '{"Oidc": {"Issuer": "a", "Issuer": "b"}}', '{"Alb": 1}'],
)
def test_a_file_that_cannot_be_changed_stays_as_it_is(
    text: str, terminal: Terminal, provider: Provider, file: Path
) -> None:
    file.write_text(text)
    refused = discover(terminal, provider, file)
    assert refused.status == 2
    assert file.read_text() == text


def test_a_link_to_the_file_stays_a_link(
    terminal: Terminal, provider: Provider, file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(file)
    discover(terminal, provider, link)
    assert link.is_symlink()
    assert json.loads(file.read_text())["Oidc"]["Issuer"] == provider.url


def test_a_byte_order_mark_and_windows_lines_stay(
    terminal: Terminal, provider: Provider, file: Path
) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + SHIPPED.replace("\n", "\r\n").encode())
    discover(terminal, provider, file)
    written = file.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf{\r\n")
    assert written.count(b"\n") == written.count(b"\r\n")


def test_a_new_key_stands_after_those_that_it_belongs_to() -> None:
    text = '{"Oidc": {"Issuer": "a", "ClientId": "b"}, "Alb": {}}'
    values = {"Issuer": "i", "TokenEndpoint": "t"}
    changed = with_values(text, "Oidc", values)
    assert changed == '{"Oidc": {"Issuer": "i", "TokenEndpoint": "t", "ClientId": "b"}, "Alb": {}}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", '{"Oidc": {"Issuer": "i"}}'),
        ('{"A": 1}\n', '{"A": 1, "Oidc": {"Issuer": "i"}}\n'),
        ('{\n  "A": {}\n}\n', '{\n  "A": {},\n  "Oidc": {\n    "Issuer": "i"\n  }\n}\n'),
        ('{\r\n\t"A": 1\r\n}', '{\r\n\t"A": 1,\r\n\t"Oidc": {\r\n\t\t"Issuer": "i"\r\n\t}\r\n}'),
    ],
    ids=["empty", "one line", "indented", "tabs on Windows"],
)
def test_a_section_that_is_not_there_is_made_as_its_neighbours_are(
    text: str, expected: str
) -> None:
    assert with_values(text, "Oidc", {"Issuer": "i"}) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
VALUES = {"Issuer": "https://a.example.com", "TokenEndpoint": 'https://a.example.com/"t"'}


@given(
    before=st.dictionaries(st.text(max_size=6), JSON, max_size=4),
    oidc=st.none()
    | st.dictionaries(st.sampled_from(["Issuer", "Scope", "TokenEndpoint"]), JSON, max_size=3),
    after=st.dictionaries(st.text(max_size=6), JSON, max_size=2),
    indent=st.sampled_from([None, 0, 1, 4, "\t"]),
    ascii_only=st.booleans(),
)
def test_only_the_values_change_whatever_the_file(
    before: dict[str, Any],
    oidc: dict[str, Any] | None,
    after: dict[str, Any],
    indent: Any,
    ascii_only: bool,
) -> None:
    document = {**before, **({} if oidc is None else {"Oidc": oidc}), **after}
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    changed = with_values(text, "Oidc", VALUES)
    read = json.loads(changed)
    assert read == {**document, "Oidc": {**(oidc or {}), **VALUES}}
    assert list(read)[: len(document)] == list(document)
    assert with_values(changed, "Oidc", VALUES) == changed
