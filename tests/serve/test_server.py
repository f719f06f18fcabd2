"""The server with a service that answers with the text it was asked, so that only the server is tested."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from refalt.errors import UserError
from refalt.serve.methods import Call, Method, RefusedError
from refalt.serve.server import KEY_HEADER, serve


class Text(str):
    """A message that is text."""

    @classmethod
    def FromString(cls, content: bytes) -> Text:  # noqa: N802  (as protobuf names it)
        return cls(content.decode())


@dataclass
class Echo:
    """Sends a request back letter by letter; some words have a meaning of their own."""

    release: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    gone: threading.Event = field(default_factory=threading.Event)

    def methods(self) -> list[Method]:
        return [
            Method("echo.Echo", name, Text, self._answer, streamed, answers_stream, str.encode)
            for name, streamed, answers_stream in (("Stream", True, True), ("List", False, True), ("One", False, False))
        ]

    def _answer(self, call: Call) -> Iterator[str]:
        if call.request == "refuse":
            raise RefusedError("NOT_FOUND", "no such word")
        if call.request == "mistake":
            raise UserError("the genome has no such contig", got="chr99")
        if call.request == "wait":
            self.waiting.release()
            self.release.wait(10)
        if call.request == "linger":
            self.waiting.release()
            if call.wait(10):
                self.gone.set()
        yield from (letter.upper() for letter in call.request)


def _ask(address: str, method: str, *requests: str, key: str | None = None) -> list[str]:
    metadata = [(KEY_HEADER, key)] if key else []
    with grpc.insecure_channel(address) as channel:
        path = f"/echo.Echo/{method}"
        if method == "Stream":
            call = channel.stream_stream(path, str.encode, bytes.decode)
            return list(call(iter(requests), metadata=metadata, timeout=10))
        if method == "List":
            return list(
                channel.unary_stream(path, str.encode, bytes.decode)(requests[0], metadata=metadata, timeout=10)
            )
        return [channel.unary_unary(path, str.encode, bytes.decode)(requests[0], metadata=metadata, timeout=10)]


def _refusal(address: str, *requests: str, **keywords: Any) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as caught:
        _ask(address, "Stream", *requests, **keywords)
    error: Any = caught.value
    return error.code().name, error.details()


def test_serve__answers_in_every_arity_on_the_loopback_address() -> None:
    with serve(Echo()) as server:
        assert server.address == f"127.0.0.1:{server.port}"
        assert _ask(server.address, "Stream", "ab", "c") == ["A", "B", "C"]
        assert _ask(server.address, "List", "ab") == ["A", "B"]
        assert _ask(server.address, "One", "a") == ["A"]


def test_serve__refusals_and_users_mistakes_become_statuses() -> None:
    with serve(Echo()) as server:
        assert _refusal(server.address, "refuse") == ("NOT_FOUND", "no such word")
        code, details = _refusal(server.address, "mistake")
        assert code == "INVALID_ARGUMENT"
        assert "chr99" in details


def test_serve__checks_the_key() -> None:
    with serve(Echo(), api_key="right") as server:
        assert _ask(server.address, "Stream", "a", key="right") == ["A"]
        assert _refusal(server.address, "a")[0] == "PERMISSION_DENIED"
        code, details = _refusal(server.address, "a", key="wrong")
        assert (code, "API key not valid" in details) == ("INVALID_ARGUMENT", True)
        assert "right" not in details
        assert "wrong" not in details


def test_serve__a_message_over_the_limit_is_refused() -> None:
    with serve(Echo(), largest_request=100) as server:
        assert len(_ask(server.address, "Stream", "a" * 100)) == 100
        assert _refusal(server.address, "a" * 200)[0] == "RESOURCE_EXHAUSTED"


def test_serve__calls_beyond_workers_and_queue_are_refused() -> None:
    echo = Echo()
    with serve(echo, max_workers=2, queue=0) as server, ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(_ask, server.address, "Stream", "wait") for _ in range(2)]
        for _ in busy:
            assert echo.waiting.acquire(timeout=10)
        assert _refusal(server.address, "a")[0] == "RESOURCE_EXHAUSTED"
        echo.release.set()
        assert [len(one.result()) for one in busy] == [4, 4]


def test_serve__waiting_ends_when_the_client_has_gone() -> None:
    echo = Echo()
    with serve(echo) as server:
        with grpc.insecure_channel(server.address) as channel:
            call = channel.stream_stream("/echo.Echo/Stream", str.encode, bytes.decode)(iter(["linger"]))
            assert echo.waiting.acquire(timeout=10)
            call.cancel()
        assert echo.gone.wait(10)


def test_serve__a_gate_stands_before_the_service() -> None:
    def only_vowels(call: Call, answer: Any) -> Iterator[str]:
        yield from (letter for letter in answer(call) if letter in "AEIOU")

    with serve(Echo(), gate=only_vowels) as server:
        assert _ask(server.address, "Stream", "abide") == ["A", "I", "E"]


@pytest.mark.parametrize("method", ["Stream", "List", "One"])
def test_serve__a_gate_sees_every_answer_to_its_end(method: str) -> None:
    ended = threading.Event()

    def watch(call: Call, answer: Any) -> Iterator[str]:
        yield from answer(call)
        ended.set()

    with serve(Echo(), gate=watch) as server:
        assert _ask(server.address, method, "a") == ["A"]
        assert ended.wait(10)


def test_serve__a_port_in_use_is_the_users_mistake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UserError, match="Choose another port"):
        serve(Echo(), port=taken.getsockname()[1])
    with serve(Echo()) as server, pytest.raises(UserError, match="cannot listen"):
        serve(Echo(), port=server.port)


def test_serve__a_stopped_server_does_not_answer() -> None:
    server = serve(Echo())
    server.stop()
    server.wait()
    assert _refusal(server.address, "a")[0] == "UNAVAILABLE"
