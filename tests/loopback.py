"""HTTP servers of tests, on a free port of loopback."""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeVar


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Response:
    """A response to it."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds_before_each_byte: float = 0


class Server(ThreadingHTTPServer):
    """Responds with what a function returns; over TLS, as localhost, where a context is given."""

    daemon_threads = True
    request_queue_size = 128  # with 5, one connection of many at once may wait for a second

    def __init__(
        self, answer: Callable[[Request], Response], tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Reports anything but a client that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


AnyServer = TypeVar("AnyServer", bound=Server)


@contextmanager
def serving(server: AnyServer) -> Iterator[AnyServer]:
    """Serve from another thread until the block ends."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet
    disable_nagle_algorithm = True  # it would wait 40 ms for TLS' first packets to be confirmed

    def do_GET(self) -> None:
        request = Request(
            method=self.command,
            path=self.path,
            headers=self.headers,
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        answer = self.server.answer(request)
        try:
            self.send_response(answer.status)
            headers = {"Content-Length": str(len(answer.content)), **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self._write(answer)
        except OSError:  # the client went away
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Lets the body come at once: AWS SDKs wait a second for it."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def _write(self, answer: Response) -> None:
        if not answer.seconds_before_each_byte:
            self.wfile.write(answer.content)
            return
        for byte in answer.content:
            time.sleep(answer.seconds_before_each_byte)
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the tests' output is the tests'."""


def aws_settings(url: str) -> dict[str, str]:
    """Environment variables that turn an AWS SDK to a server here, which it asks once."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "127.0.0.1",
    }
