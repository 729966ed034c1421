"""`secrets rotate-client`: who gets the new secret, when nothing is changed, and what is shown."""

from __future__ import annotations

import base64
import json
import signal
import ssl
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import certifi
import pytest
from botocore.exceptions import ClientError

from cli.client_secret.listeners import SignIn
from cli.deploy.lock import lock_name
from local.layout import ACCOUNT, REGION
from local.tls import make_certificates
from tests.loopback import Request, Response, Server, serving
from tests.unit.cli.terminal import Commands, Result, piped
from tests.unit.local.aws.stand_in import StandIn
from tests.unit.local.aws.test_listeners import listener

FORMER, NEW = "canary-former-2f6e", "canary-new-9b1d"
CLIENT, OTHER = "platform", "another"


@dataclass
class Provider:
    """A token endpoint: the client's secrets, how it wants them, and how it says no."""

    secrets: set[str] = field(default_factory=lambda: {FORMER, NEW})
    takes_header: bool = True
    refusal: Response = field(default_factory=lambda: _error(401, "invalid_client"))
    other: Response | None = None

    def answer(self, request: Request) -> Response:
        if self.other:
            return self.other
        form = parse_qs(request.body.decode())
        header = request.headers.get("Authorization")
        given = form.get("client_secret", [""])[0]
        if self.takes_header and header:
            given = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")[2]
        return _error(400, "invalid_grant") if given in self.secrets else self.refusal


def _error(status: int, code: str) -> Response:
    return Response(status, json.dumps({"error": code}).encode())


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Somebody who rotates the client secret of a platform with a listener and two rules."""

    commands: Commands
    stand_in: StandIn
    arn: str
    listener: str
    rules: Mapping[str, str]

    def __call__(self, typed: str, *arguments: str) -> Result:
        self.commands.monkeypatch.setattr("sys.stdin", piped(typed))
        file = str(self.commands.configuration)
        said = self.commands.type("secrets", "rotate-client", *arguments, "-c", file)
        for secret in (FORMER, NEW):
            assert secret not in said.out + said.err
        return said

    @property
    def stored(self) -> str:
        client = self.stand_in.session.client("secretsmanager")
        return str(client.get_secret_value(SecretId=self.arn)["SecretString"])

    @property
    def used(self) -> dict[str, str]:
        """The secret of the listener and of each rule."""
        elb = self.stand_in.session.client("elbv2")
        found = {}
        for rule in elb.describe_rules(ListenerArn=self.listener)["Rules"]:
            name = "listener" if rule["IsDefault"] else self.rules[rule["RuleArn"]]
            config: Any = rule["Actions"][0]["AuthenticateOidcConfig"]
            found[name] = config["ClientSecret"]
        return found


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def endpoint(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    certificates = make_certificates(tmp_path / "certificates", ["localhost"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.certificate, certificates.key)
    monkeypatch.setattr(certifi, "where", lambda: str(certificates.ca))
    with serving(Server(provider.answer, tls)) as server:
        yield f"{server.url}/token"


def sign_in(client: str, order: int = 1) -> dict[str, Any]:
    config = {
        "Issuer": "https://idp.example.com",
        "AuthorizationEndpoint": "https://idp.example.com/auth",
        "TokenEndpoint": "https://idp.example.com/token",
        "UserInfoEndpoint": "https://idp.example.com/me",
        "ClientId": client,
        "ClientSecret": FORMER,
        "Scope": "openid email groups",
        "SessionTimeout": "3600",
        "SessionCookieName": "portal",
    }
    return {"Type": "authenticate-oidc", "Order": order, "AuthenticateOidcConfig": config}


@pytest.fixture
def rotate(commands: Commands, stand_in: StandIn, endpoint: str) -> Rotation:
    raw = json.loads(commands.configuration.read_text())
    secrets: Any = stand_in.session.client("secretsmanager")
    arn = secrets.create_secret(Name=f"{raw['AppName']}-client", SecretString=FORMER)["ARN"]
    raw["Oidc"] |= {"ClientSecretArn": arn, "TokenEndpoint": endpoint}
    raw["Alb"] = {"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1111-2222"}
    commands.configuration.write_text(json.dumps(raw))
    resources: Any = dict(listener())
    ends = {"Type": "fixed-response", "Order": 2, "FixedResponseConfig": {"StatusCode": "200"}}
    resources["Listener"]["Properties"]["DefaultActions"] = [sign_in(CLIENT), ends]
    rule = resources.pop("Rule")
    for number, client in enumerate((CLIENT, OTHER), 1):
        resources[f"Rule{client}"] = {
            **rule,
            "Properties": {
                **rule["Properties"],
                "Priority": number,
                "Conditions": [{"Field": "path-pattern", "Values": [f"/{client}"]}],
                "Actions": [sign_in(client), ends],
            },
        }
    stack = f"{raw['AppName']}-Sso"
    outputs = {"LoadBalancerArn": {"Value": {"Ref": "Balancer"}}}
    for name in ("Listener", f"Rule{CLIENT}", f"Rule{OTHER}"):
        outputs[name] = {"Value": {"Ref": name}}
    template = json.dumps({"Resources": resources, "Outputs": outputs})
    cloudformation: Any = stand_in.session.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=template)
    [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    assert described["StackStatus"] == "CREATE_COMPLETE", described
    found = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
    return Rotation(
        commands=commands,
        stand_in=stand_in,
        arn=arn,
        listener=found["Listener"],
        rules={found[f"Rule{each}"]: each for each in (CLIENT, OTHER)},
    )


def test_every_rule_of_the_client_gets_it_and_no_other(rotate: Rotation) -> None:
    before = settings_of(rotate)
    said = rotate(f"{NEW}\n")
    assert said.status == 0, said.said
    assert rotate.stored == NEW
    assert rotate.used == {"listener": NEW, CLIENT: NEW, OTHER: FORMER}
    assert "2 rules of Sso" in said.said
    assert settings_of(rotate) == before


def settings_of(rotate: Rotation) -> Any:
    """The rules, without their secrets."""
    elb: Any = rotate.stand_in.session.client("elbv2")
    rules = elb.describe_rules(ListenerArn=rotate.listener)["Rules"]
    for rule in rules:
        rule["Actions"][0]["AuthenticateOidcConfig"].pop("ClientSecret")
    return rules


def test_it_can_be_repeated(rotate: Rotation, provider: Provider) -> None:
    for secret in (NEW, f"{NEW}-2", f"{NEW}-2"):
        provider.secrets.add(secret)
        assert rotate(secret).status == 0
        assert rotate.stored == rotate.used["listener"] == rotate.used[CLIENT] == secret


def unchanged(rotate: Rotation) -> bool:
    return rotate.stored == FORMER and set(rotate.used.values()) == {FORMER}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_error(401, "invalid_client"), "does not take this secret for the client platform"),
        (_error(400, "invalid_client"), "does not take this secret for the client platform"),
        (Response(401, b"Unauthorized"), "(401)"),
    ],
)
def test_a_secret_that_the_provider_refuses_changes_nothing(
    answer: Response, words: str, rotate: Rotation, provider: Provider
) -> None:
    provider.secrets, provider.refusal = {FORMER}, answer
    said = rotate(NEW)
    assert said.status == 1
    assert words in said.said
    assert unchanged(rotate)


@pytest.mark.parametrize(
    "answer", [Response(503, b"busy"), Response(200, b"{}"), _error(400, f"{NEW} echoed")]
)
def test_a_provider_that_does_not_tell(
    answer: Response, rotate: Rotation, provider: Provider
) -> None:
    provider.other = answer
    said = rotate(NEW)
    assert said.status == 1
    assert "--untried" in said.said
    assert unchanged(rotate)
    assert rotate(NEW, "--untried").status == 0
    assert rotate.used["listener"] == NEW


def test_a_provider_that_takes_secrets_in_the_form_alone(
    rotate: Rotation, provider: Provider
) -> None:
    provider.takes_header = False
    assert rotate(NEW).status == 0
    assert rotate.stored == NEW


def test_what_is_stored_already(rotate: Rotation) -> None:
    """Where the former run ended before every rule had it, or somebody put it in elsewhere."""
    secrets: Any = rotate.stand_in.session.client("secretsmanager")
    secrets.put_secret_value(SecretId=rotate.arn, SecretString=NEW)
    assert rotate("", "--stored").status == 0
    assert rotate.used == {"listener": NEW, CLIENT: NEW, OTHER: FORMER}


def test_a_change_that_aws_refuses_half_way_says_how_to_go_on(rotate: Rotation) -> None:
    give, given = SignIn.give, list[SignIn]()

    def refused_once(rule: SignIn, elb: Any, secret: str) -> None:
        given.append(rule)
        if len(given) == 2:
            error: Any = {"Code": "AccessDenied", "Message": f"not with {secret}"}
            raise ClientError({"Error": error}, "ModifyListener")
        give(rule, elb, secret)

    rotate.commands.monkeypatch.setattr(SignIn, "give", refused_once)
    said = rotate(NEW)
    assert said.status == 1
    assert "1 of 2 listeners and rules have the new secret" in said.said
    assert "Leave both secrets at the provider" in said.said
    assert "ModifyListener: AccessDenied" in said.said
    assert rotate.stored == NEW
    assert sorted(rotate.used.values()) == sorted([FORMER, FORMER, NEW])
    command = said.said.partition("./mwaa-platform secrets rotate-client ")[2].split()[:2]
    assert rotate("", *command).status == 0
    assert rotate.used == {"listener": NEW, CLIENT: NEW, OTHER: FORMER}


def test_one_that_is_ended_half_way_says_how_to_go_on_and_leaves_no_lock(
    rotate: Rotation,
) -> None:
    give, given = SignIn.give, list[SignIn]()

    def ended(rule: SignIn, elb: Any, secret: str) -> None:
        given.append(rule)
        if len(given) == 2:
            signal.raise_signal(signal.SIGTERM)
        give(rule, elb, secret)

    rotate.commands.monkeypatch.setattr(SignIn, "give", ended)
    said = rotate(NEW)
    assert said.status == 1
    assert "1 of 2 listeners and rules have the new secret (interrupted)" in said.said
    assert "rotate-client Oidc --stored" in said.said
    assert rotate("", "--stored").status == 0
    assert rotate.used == {"listener": NEW, CLIENT: NEW, OTHER: FORMER}


def test_what_was_stored_while_it_waited_is_not_undone(rotate: Rotation) -> None:
    """Whoever held the lock before has rotated the same client."""
    secrets: Any = rotate.stand_in.session.client("secretsmanager")

    def meanwhile(*_: Any, **__: Any) -> AbstractContextManager[None]:
        secrets.put_secret_value(SecretId=rotate.arn, SecretString=NEW)
        return nullcontext()

    rotate.commands.monkeypatch.setattr("cli.client_secret.rotate.locked", meanwhile)
    said = rotate("", "--stored")
    assert said.status == 1
    assert "Another secret was stored meanwhile" in said.said
    assert set(rotate.used.values()) == {FORMER}


def test_a_stored_secret_that_is_no_text(rotate: Rotation) -> None:
    secrets: Any = rotate.stand_in.session.client("secretsmanager")
    secrets.put_secret_value(SecretId=rotate.arn, SecretBinary=NEW.encode())
    said = rotate("", "--stored")
    assert said.status == 1
    assert "Its value is not filled in." in said.said


def test_a_deployment_that_goes_on_comes_first(rotate: Rotation) -> None:
    app = json.loads(rotate.commands.configuration.read_text())["AppName"]
    ssm: Any = rotate.stand_in.session.client("ssm")
    holder = {"arn": "arn:aws:iam::111122223333:user/ada", "host": "laptop", "id": "1"}
    value = json.dumps({**holder, "since": "2026-01-01T00:00:00+00:00"})
    ssm.put_parameter(Name=lock_name(app), Type="String", Value=value)
    said = rotate(NEW)
    assert said.status == 1
    assert "user/ada@laptop" in said.said
    assert unchanged(rotate)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "not filled in"),
        (f" {NEW}", "white space"),
        (f'{{"secret": "{NEW}"}}', "JSON object"),
    ],
)
def test_what_is_no_client_secret(typed: str, words: str, rotate: Rotation) -> None:
    said = rotate(typed)
    assert said.status == 1
    assert words in said.said
    assert unchanged(rotate)


def test_before_the_first_deployment_it_is_stored_alone(rotate: Rotation) -> None:
    file = rotate.commands.configuration
    raw = json.loads(file.read_text())
    file.write_text(json.dumps({**raw, "AppName": "not-there"}))
    assert "first deployment" in rotate(NEW).said
    assert rotate.stored == NEW
    said = rotate("", "--stored")
    assert said.status == 1
    assert "Deploy first" in said.said


@pytest.mark.parametrize(
    ("section", "status", "words"),
    [("UiGate", 1, "UiGate has no client of its own."), ("Portal", 2, "is not one of")],
)
def test_a_client_that_there_is_not(
    section: str, status: int, words: str, rotate: Rotation
) -> None:
    said = rotate(NEW, section)
    assert said.status == status
    assert words in said.said
    assert unchanged(rotate)


def test_a_secret_that_is_not_there(rotate: Rotation) -> None:
    file = rotate.commands.configuration
    raw = json.loads(file.read_text())
    raw["Oidc"]["ClientSecretArn"] = rotate.arn.replace("-client", "-other")
    file.write_text(json.dumps(raw))
    said = rotate(NEW)
    assert said.status == 1
    assert "There is no such secret." in said.said
    assert unchanged(rotate)
