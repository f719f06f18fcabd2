"""A server on this machine that gives the answers a test puts into it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from refalt.sources.web import Web


@dataclass(frozen=True)
class Answer:
    """What the server sends; `cut` bytes of the body at most, and only after `wait_s`."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    wait_s: float = 0.0


@dataclass(frozen=True)
class Asked:
    """What the server was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class LocalServer(ThreadingHTTPServer):
    """Answers each request with the next scripted answer, the last one for ever; or with what `reply` gives."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []
        self.script: list[Answer] = [Answer(status=404)]
        self.reply: Callable[[Asked], Answer] | None = None
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is part of a test."""


class _Handler(BaseHTTPRequestHandler):
    server: LocalServer

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        asked = Asked(self.command, self.path, dict(self.headers), body)
        self.server.asked.append(asked)
        at = min(len(self.server.asked), len(self.server.script)) - 1
        answer = self.server.reply(asked) if self.server.reply else self.server.script[at]
        self.server.closing.wait(answer.wait_s)
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])

    do_GET = do_POST = _respond  # noqa: N815 - the names the standard library looks for

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """A server on this machine."""
    with LocalServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def waits() -> list[float]:
    """Seconds that `web` would have slept."""
    return []


@pytest.fixture
def web(waits: list[float]) -> Web:
    """Asks without sleeping, at most four times; chance as always the same."""
    return Web(attempts=4, timeout_s=5.0, pause_s=0.0, sleep=waits.append, rng=random.Random(1))
