"""A person with a browser, as far as HTTP goes: redirects, cookies and forms."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup

from tests.waits import DEADLINE_SECONDS

_getaddrinfo = socket.getaddrinfo


def _loopback(host: Any, *arguments: Any, **keywords: Any) -> Any:
    if isinstance(host, str) and host.endswith(".localhost"):
        host = "localhost"
    return _getaddrinfo(host, *arguments, **keywords)


@contextmanager
def localhost_names() -> Iterator[None]:
    """Resolve `*.localhost` to loopback, as browsers do and the C library does not."""
    with patch.object(socket, "getaddrinfo", _loopback):
        yield


@dataclass(frozen=True)
class Link:
    """A link of a page: its text and where it leads."""

    text: str
    url: str


class Visitor:
    """One browser profile."""

    def __init__(self, *, ca: Path) -> None:
        trust = ssl.create_default_context(cafile=ca)
        self.http = httpx.Client(
            verify=trust, follow_redirects=True, timeout=DEADLINE_SECONDS, trust_env=False
        )

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def open(self, url: str) -> httpx.Response:
        """Go there as a click or the address bar would."""
        headers = {
            "Accept": "text/html",
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": "none",
            "Sec-Fetch-User": "?1",
        }
        return self.http.get(url, headers=headers)

    def sign_in(self, url: str, *, email: str) -> httpx.Response:
        """Open a page that needs a sign-in and fill in the provider's form on the way."""
        return self.fill_in(self.open(url), email)

    def fill_in(self, page: httpx.Response, email: str) -> httpx.Response:
        """Fill in the page's only form: an e-mail address (or user name) and any password."""
        form = BeautifulSoup(page.text, "html.parser").find("form")
        assert form is not None, f"no sign-in form at {page.url}: {page.text[:400]}"
        fields = {}
        for field in form.find_all("input"):
            kind, name = field.get("type", "text"), field.get("name")
            if not name:
                continue
            fields[str(name)] = (
                email
                if kind in {"text", "email"}
                else "any password"
                if kind == "password"
                else str(field.get("value", ""))
            )
        action = urljoin(str(page.url), str(form.get("action", "")))
        return self.http.post(action, data=fields, headers={"Referer": str(page.url)})

    def enter(self, url: str) -> httpx.Response:
        """Open a link of the portal and do what Airflow's sign-in page would do with the token."""
        answer = self.follow(url)
        if not answer.is_redirect:
            return answer
        target = urljoin(str(answer.url), answer.headers["location"])
        self.open(target)
        login = urljoin(target, "login")
        return self.http.post(login, data={"token": urlsplit(target).fragment})

    def follow(self, url: str) -> httpx.Response:
        """Follow redirects as a browser does, but no further than to a token.

        The last answer, whose Location has the token if there is one. Where the portal asks first,
        because the link is not its own, the answer is yes.
        """
        answer = self.follow_to_token(url)
        if "did not come from the portal" in answer.text:
            (confirmed,) = {each for link, each in sign_in_links(answer).items() if link[1]}
            answer = self.follow_to_token(confirmed)
        while answer.is_redirect and "#" not in answer.headers["location"]:
            answer = self.follow_to_token(urljoin(str(answer.url), answer.headers["location"]))
        return answer

    def follow_to_token(self, url: str) -> httpx.Response:
        """The portal's own answer to a link, its redirect not followed."""
        headers = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
        return self.http.get(url, headers=headers, follow_redirects=False)


def links(page: httpx.Response) -> list[Link]:
    """Every link of a page."""
    soup = BeautifulSoup(page.text, "html.parser")
    return [
        Link(" ".join(anchor.get_text().split()), urljoin(str(page.url), str(anchor["href"])))
        for anchor in soup.find_all("a", href=True)
    ]


def sign_in_links(page: httpx.Response) -> dict[tuple[str, str], str]:
    """Links that open an environment, by environment and role."""
    found = {}
    for link in links(page):
        query = parse_qs(urlsplit(link.url).query)
        if "mwaa_env" in query:
            found[(query["mwaa_env"][0], query["rbac_role"][0])] = link.url
    return found
