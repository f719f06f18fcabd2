from __future__ import annotations

import dataclasses
import functools
import socket

import pytest

from refalt.errors import StoppedByLimitError, UserError
from refalt.sources.web import Web, checked_address, host_of, read_json

from .conftest import Answer, LocalServer

ask_json = functools.partial(Web.ask, read=read_json, remedy="get it by hand")
GOOD = Answer(b'{"a": 1}')


def test_ask__gives_what_was_read_and_says_who_asks(server: LocalServer, web: Web) -> None:
    server.script = [GOOD]
    assert ask_json(web, server.url, body=b"q=1", headers={"Accept": "application/json"}) == {"a": 1}
    asked = server.asked[0]
    assert (asked.method, asked.body, asked.headers["Accept"]) == ("POST", b"q=1", "application/json")
    assert asked.headers["User-Agent"].startswith("refalt/")


def test_ask__pauses_after_each_answer(server: LocalServer, web: Web, waits: list[float]) -> None:
    server.script = [GOOD]
    ask_json(dataclasses.replace(web, pause_s=0.25), server.url)
    assert waits == [0.25]


def test_ask__waits_at_least_as_long_as_a_busy_server_asks(server: LocalServer, web: Web, waits: list[float]) -> None:
    server.script = [Answer(status=429, headers={"Retry-After": "7"}), GOOD]
    assert ask_json(web, server.url) == {"a": 1}
    assert len(server.asked) == 2
    assert 7 <= waits[0] <= 8


def test_ask__understands_a_date_to_wait_for(server: LocalServer, web: Web, waits: list[float]) -> None:
    server.script = [Answer(status=503, headers={"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}), GOOD]
    ask_json(dataclasses.replace(web, now=lambda: 60.0), server.url)
    assert 40 <= waits[0] <= 41


def test_ask__stops_when_the_server_asks_for_more_patience_than_there_is(server: LocalServer, web: Web) -> None:
    server.script = [Answer(status=429, headers={"Retry-After": "3600"}), GOOD]
    with pytest.raises(UserError, match=r"status 429 and asks to wait 3600 s.*Get it by hand"):
        ask_json(web, server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_ask__gives_up_after_its_attempts(server: LocalServer, web: Web, waits: list[float], status: int) -> None:
    server.script = [Answer(status=status)]
    with pytest.raises(StoppedByLimitError, match=rf"does not answer as it should.*status {status}.*Get it by hand"):
        ask_json(web, server.url)
    assert len(server.asked) == 4
    assert len(waits) == 3


def test_ask__waits_by_chance_below_a_ceiling_that_doubles(server: LocalServer, web: Web, waits: list[float]) -> None:
    server.script = [Answer(status=500)]
    with pytest.raises(UserError):
        ask_json(dataclasses.replace(web, attempts=9, first_wait_s=1.0, longest_wait_s=16.0), server.url)
    ceilings = [1, 2, 4, 8, 16, 16, 16, 16]
    assert all(0 < wait < ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
    assert max(waits) > 4
    assert len(set(waits)) == len(waits)


def test_ask__takes_a_refusal_for_an_answer(server: LocalServer, web: Web) -> None:
    server.script = [Answer(status=404)]
    with pytest.raises(UserError, match=r"refuses .*status 404"):
        ask_json(web, server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("broken", [Answer(GOOD.body, cut=4), Answer(GOOD.body[:4]), Answer(b"<html>")])
def test_ask__asks_again_after_an_answer_that_is_cut_short(server: LocalServer, web: Web, broken: Answer) -> None:
    server.script = [broken, GOOD]
    assert ask_json(web, server.url) == {"a": 1}
    assert len(server.asked) == 2


def test_ask__says_so_when_every_answer_is_cut_short(server: LocalServer, web: Web) -> None:
    server.script = [Answer(GOOD.body, cut=4)]
    with pytest.raises(UserError, match="4 of 8 bytes|IncompleteRead"):
        ask_json(web, server.url)


def test_ask__asks_again_when_the_server_is_slow(server: LocalServer, web: Web) -> None:
    server.script = [dataclasses.replace(GOOD, wait_s=30), GOOD]
    assert ask_json(dataclasses.replace(web, timeout_s=0.1), server.url) == {"a": 1}


def test_ask__says_how_long_it_waited(server: LocalServer, web: Web) -> None:
    server.script = [dataclasses.replace(GOOD, wait_s=30)]
    with pytest.raises(UserError, match="no answer within 0.1 s"):
        ask_json(dataclasses.replace(web, timeout_s=0.1, attempts=2), server.url)


def test_ask__bounds_the_time_of_a_whole_answer(server: LocalServer, web: Web) -> None:
    server.script = [GOOD]
    hours = iter(range(0, 36_000, 3_600))
    with pytest.raises(UserError, match="no answer within 5 s"):
        ask_json(dataclasses.replace(web, clock=lambda: float(next(hours))), server.url)


def test_ask__says_what_to_do_when_nothing_listens(web: Web) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UserError, match="[Rr]efused.*Get it by hand"):
            ask_json(web, url)


def test_ask__does_not_ask_again_for_a_name_that_is_nowhere(
    web: Web, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    for variable in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(UserError, match="myvariant.info cannot be reached.*Get it by hand"):
        ask_json(web, "https://myvariant.info/v1")
    assert waits == []


def test_ask__refuses_an_answer_that_never_ends(server: LocalServer, web: Web) -> None:
    server.script = [Answer(b"[" + b"1," * 500 + b"1]")]
    with pytest.raises(UserError, match="sent more than 100 bytes"):
        ask_json(dataclasses.replace(web, most_bytes=100), server.url)


def test_ask__follows_a_redirect_only_where_it_would_have_asked(server: LocalServer, web: Web) -> None:
    server.script = [Answer(status=302, headers={"Location": f"{server.url}/there"}), GOOD]
    assert ask_json(web, server.url) == {"a": 1}
    server.asked.clear()
    server.script = [Answer(status=302, headers={"Location": "http://example.org/there"}), GOOD]
    with pytest.raises(UserError, match="plain text"):
        ask_json(web, server.url)


@pytest.mark.parametrize("url", ["http://example.org", "http://127.0.0.1.example.org", "file:///etc/passwd", "x"])
def test_checked_address__refuses_what_is_neither_encrypted_nor_here(url: str) -> None:
    with pytest.raises(UserError, match="plain text"):
        checked_address(url)


@pytest.mark.parametrize("url", ["https://example.org", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])
def test_checked_address__takes_what_is(url: str) -> None:
    assert checked_address(url) == url


def test_host_of__leaves_a_password_out() -> None:
    assert host_of("https://me:secret@example.org:8443/x") == "example.org:8443"
