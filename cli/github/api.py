"""GitHub's REST API, for one repository.

https://docs.github.com/en/rest/issues
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

import console
from errors import PlatformError

TIMEOUT_SECONDS = 20.0
PAGE = 100
API = "https://api.github.com"
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
LIMITED = {httpx.codes.FORBIDDEN, httpx.codes.TOO_MANY_REQUESTS}

Json = Mapping[str, Any]


class ReadOnlyTokenError(PlatformError):
    """The token may not write that."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository, whose API is called with a token that no error shows."""

    name: str
    client: httpx.Client
    token: str

    def listed(self, path: str, **parameters: str) -> Iterator[Json]:
        """Every object of a list of the repository's."""
        for page in range(1, 1 << 30):
            query = {**parameters, "per_page": str(PAGE), "page": str(page)}
            found = self._called("GET", f"/repos/{self.name}/{path}", params=query)
            yield from found
            if len(found) < PAGE:
                return

    def write(self, method: str, path: str, content: Json) -> Json:
        """Makes or changes an object; raises ReadOnlyTokenError where the token may not."""
        written: Json = self._called(method, f"/repos/{self.name}/{path}", json=content)
        return written

    def is_own(self, written: Json, login: str | None) -> bool:
        """Whether this token's user wrote that, so that nobody can put a false one in its place."""
        user = written.get("user") or {}
        return bool(user.get("type") == "Bot" if login is None else user.get("login") == login)

    def login(self) -> str | None:
        """The name of the token's user; None where it is an app's, such as that of a workflow."""
        try:
            return str(self._called("GET", "/user")["login"])
        except ReadOnlyTokenError:
            return None

    def _called(self, method: str, path: str, **what: Any) -> Any:
        try:
            response = self.client.request(method, path, **what)
            return response.json() if response.is_success else self._refused(response)
        except (httpx.HTTPError, ValueError) as error:
            raise PlatformError(
                f"GitHub did not answer as it should ({type(error).__name__}).",
                place=f"{method} {self._address(path)}",
                remedy="Run this again. If it goes on, check the network, the proxy (HTTPS_PROXY) "
                "and GITHUB_API_URL.",
            ) from None

    def _refused(self, response: httpx.Response) -> None:
        place = f"{response.request.method} {self._address(response.request.url.path)}"
        said = self._message(response)
        if response.status_code in LIMITED and _is_limited(response):
            raise PlatformError(
                "GitHub limits the calls of this token.", place=place, remedy="Run this later."
            )
        if response.status_code == httpx.codes.FORBIDDEN:
            raise ReadOnlyTokenError(
                f"The token may not do that: {said}",
                place=place,
                remedy="Give the job the permission (`permissions:` in its workflow).",
            )
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise PlatformError(
                f"GitHub does not accept the token: {said}",
                place=place,
                remedy="Set GITHUB_TOKEN to one that has not expired.",
            )
        raise PlatformError(
            f"GitHub answers {response.status_code}: {said}",
            place=place,
            remedy="Check GITHUB_REPOSITORY, and what the token may do there.",
        )

    def _message(self, response: httpx.Response) -> str:
        try:
            said = str(response.json()["message"])
        except (ValueError, KeyError, TypeError):
            said = response.reason_phrase
        return console.printable(said.replace(self.token, "***"))

    def _address(self, path: str) -> str:
        return f"{self.client.base_url}".rstrip("/") + path


def _is_limited(response: httpx.Response) -> bool:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    headers = response.headers
    return "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"


@contextmanager
def repository() -> Iterator[Repository]:
    """The repository that the environment names; raises PlatformError where it does not."""
    token = variable("GITHUB_TOKEN", "a token; in a workflow: ${{ github.token }}")
    name = variable("GITHUB_REPOSITORY", "the repository, such as example/platform")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise PlatformError(
            "GITHUB_REPOSITORY is no name of a repository.",
            place=console.printable(name),
            remedy="Set it to owner/name.",
        )
    with httpx.Client(
        base_url=os.environ.get("GITHUB_API_URL") or API,
        headers={**HEADERS, "Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_SECONDS,
    ) as client:
        yield Repository(name=name, client=client, token=token)


def variable(name: str, meaning: str) -> str:
    """A variable of the environment; raises PlatformError where there is none."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise PlatformError(
            f"{name} is not set.", place="the environment", remedy=f"Set it to {meaning}."
        )
    return value
