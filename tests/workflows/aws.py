"""An AWS on loopback that gives a role to jobs of GitHub's, and answers what is signed as it.

The role may not take the lock of a deployment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.loopback import Request, Response
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.workflows.github import GitHub

ACCESS_KEY = "ASIACANARY0000000000"
SECRET_KEY = "canary-secret-access-key"
SESSION = "canary-session-token"
CANARIES = (ACCESS_KEY, SECRET_KEY, SESSION)


@dataclass
class Role:
    """A role in front of an AWS; `trusts` is whether its trust policy lets the job act as it.

    `assumed` are the names of roles with their sessions, `callers` the programs that called as the
    role.
    """

    github: GitHub
    aws: FakeAws
    trusts: bool = True
    assumed: list[tuple[str, str]] = field(default_factory=list)
    callers: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        action = form.get("Action")
        if action == "AssumeRoleWithWebIdentity":
            return self._assume(form, request)
        authorization = request.headers.get("Authorization", "")
        assert f"Credential={ACCESS_KEY}/" in authorization, (action, authorization)
        assert request.headers["X-Amz-Security-Token"] == SESSION
        self.callers.add(request.headers["User-Agent"].partition("/")[0])
        if request.headers.get("X-Amz-Target", "").endswith(".PutParameter"):
            return Response(400, b'{"__type": "AccessDeniedException", "message": "no"}')
        if action == "GetCallerIdentity":
            return _xml(
                action,
                "<Account>111122223333</Account><UserId>A</UserId>"
                "<Arn>arn:aws:sts::111122223333:assumed-role/deploy/a</Arn>",
            )
        return self.aws.answer(request)

    def _assume(self, form: dict[str, str], request: Request) -> Response:
        assert request.headers.get("Authorization") is None
        assert form["WebIdentityToken"] == self.github.tokens[-1]
        if not self.trusts:
            said = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
            error = f"<Error><Code>AccessDenied</Code><Message>{said}</Message></Error>"
            return Response(403, f"<ErrorResponse>{error}</ErrorResponse>".encode())
        self.assumed.append((form["RoleArn"].rpartition("/")[2], form["RoleSessionName"]))
        return _xml(
            form["Action"],
            f"<Credentials><AccessKeyId>{ACCESS_KEY}</AccessKeyId>"
            f"<SecretAccessKey>{SECRET_KEY}</SecretAccessKey><SessionToken>{SESSION}</SessionToken>"
            "<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>",
        )


def _xml(operation: str, result: str) -> Response:
    return Response(
        200,
        f"<{operation}Response><{operation}Result>{result}</{operation}Result>"
        f"</{operation}Response>".encode(),
    )
