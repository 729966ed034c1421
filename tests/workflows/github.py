"""A small GitHub on loopback: comments, issues and the OIDC tokens of jobs."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Request, Response, Server, serving

Json = dict[str, Any]

REPOSITORY = "example/platform"
TOKEN = "canary-github-token"
ISSUER = "https://token.actions.githubusercontent.com"
PERMISSION = "canary-oidc-permission"
SUBJECT = f"repo:{REPOSITORY}:environment:production"
LIFETIME_SECONDS = 300
LONGEST = 65_536
BOT = {"login": "github-actions[bot]", "type": "Bot"}
READ_ONLY = "Resource not accessible by integration"
CANARIES = (TOKEN, PERMISSION)


@dataclass
class GitHub:
    """What a repository has, and what its API refuses.

    `comments` are by pull request, `issues` in the order of their numbers. `may_write` is whether
    the token may; `login` is that of a person's token, None for a workflow's. `page` is how many
    objects it gives at once.
    """

    comments: dict[int, list[Json]] = field(default_factory=dict)
    issues: list[Json] = field(default_factory=list)
    releases: list[Json] = field(default_factory=list)
    may_write: bool = True
    login: str | None = None
    tokens: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    url: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """What every job's environment has."""
        return {"GITHUB_API_URL": self.url}

    @property
    def oidc_variables(self) -> dict[str, str]:
        """What else the environment of a job has that may ask for OIDC tokens."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": PERMISSION,
        }

    @property
    def open_issues(self) -> list[Json]:
        return [each for each in self.issues if each["state"] == "open"]

    def bodies(self, number: int) -> list[str]:
        """What the comments on a pull request say."""
        return [str(each["body"]) for each in self.comments.get(number, ())]

    def answer(self, request: Request) -> Response:
        if self.answers:
            return self.answers.pop(0)
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        authorization = request.headers.get("Authorization")
        if url.path == "/token":
            assert query == {"api-version": "2.0", "audience": "sts.amazonaws.com"}
            return self._token() if authorization == f"Bearer {PERMISSION}" else _said(401, "no")
        if authorization != f"Bearer {TOKEN}":
            return _said(401, "Bad credentials")
        if url.path == "/user":
            return _json({"login": self.login}) if self.login else _said(403, READ_ONLY)
        return self._answer_of_repository(request, url.path, query)

    def _answer_of_repository(self, request: Request, path: str, query: dict[str, str]) -> Response:
        own = path.removeprefix(f"/repos/{REPOSITORY}/")
        assert own != path, path
        if request.method == "GET":
            return _json(self._listed(own, query))
        if not self.may_write:
            return _said(403, READ_ONLY)
        return self._written(request.method, own, json.loads(request.body))

    def _token(self) -> Response:
        """A token that is as long as it is named, with the claims that AWS reads."""
        claims = {
            "iss": ISSUER,
            "sub": SUBJECT,
            "aud": "sts.amazonaws.com",
            "exp": time.time() + LIFETIME_SECONDS,
            "jti": str(len(self.tokens)),
        }
        encoded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        self.tokens.append(f"e30.{encoded}.signature")
        return _json({"value": self.tokens[-1]})

    def _listed(self, path: str, query: dict[str, str]) -> list[Json]:
        if path == "issues":
            assert query["state"] == "open"
            found = [each for each in self.open_issues if query["labels"] in each["labels"]]
        else:
            found = self.comments.get(_number(r"issues/(\d+)/comments", path), [])
        size, page = int(query["per_page"]), int(query["page"])
        return found[size * (page - 1) : size * page]

    def _written(self, method: str, path: str, content: Json) -> Response:
        if len(content.get("body", "")) > LONGEST:
            return _said(422, "Validation Failed")
        made = {"user": {"login": self.login, "type": "User"} if self.login else BOT, **content}
        match method, path.split("/"):
            case "POST", ["issues" | "releases" as kind]:
                made_before = self.issues if kind == "issues" else self.releases
                made_before.append({**made, "number": len(made_before) + 1, "state": "open"})
                return _json(made_before[-1], 201)
            case "PATCH", ["issues", "comments", id_]:
                all_ = [each for comments in self.comments.values() for each in comments]
                [found] = [each for each in all_ if each["id"] == int(id_)]
                found.update(content)
                return _json(found)
            case "PATCH", ["issues", number]:
                self.issues[int(number) - 1].update(content)
                return _json(self.issues[int(number) - 1])
            case "POST", ["issues", number, "comments"]:
                comments = self.comments.setdefault(int(number), [])
                comments.append({**made, "id": 1000 * int(number) + len(comments)})
                return _json(comments[-1], 201)
        return _said(404, "Not Found")


@contextmanager
def running_github() -> Iterator[GitHub]:
    """The stand-in, until the block ends."""
    github = GitHub()
    with serving(Server(github.answer)) as server:
        github.url = server.url
        yield github


def _number(form: str, path: str) -> int:
    found = re.fullmatch(form, path)
    assert found, path
    return int(found[1])


def _json(content: object, status: int = 200) -> Response:
    return Response(status, json.dumps(content).encode())


def _said(status: int, message: str) -> Response:
    return _json({"message": message}, status)
