"""The way to the service: encryption, the key, and what a status code turns into."""

from __future__ import annotations

import copy
import pickle
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from refalt.errors import UserError
from refalt.models.alphagenome.address import HOSTED, parse_address
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.requests import VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.alphagenome.transport import Line, read_key
from refalt.models.alphagenome.troubles import DeniedError, RefusedError, TransientError
from refalt.serve.server import serve
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import World
from refalt.testing.faulty_server import FaultyGate, Plan, hanging, refused

KEY = "a-key-for-tests-4711"


@pytest.fixture
def asked(request_at: Callable[..., VariantRequest]) -> VariantRequest:
    return request_at(20_000, RECOMMENDED_SCORERS["DNASE"])


def test_line__encrypts_to_every_machine_but_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import grpc

    opened: list[tuple[str, Any]] = []
    monkeypatch.setattr(grpc, "insecure_channel", lambda target, **given: opened.append(("plain", given["options"])))
    monkeypatch.setattr(grpc, "secure_channel", lambda target, *_, **given: opened.append(("TLS", given["options"])))
    for text in ("127.0.0.1:1", "localhost:1", "example.org:1", HOSTED, "10.0.0.1:1"):
        Line(parse_address(text), key="k")
    assert [how for how, _ in opened] == ["plain", "plain", "TLS", "TLS", "TLS"]
    # A proxy of the environment would read plain text.
    assert all(("grpc.enable_http_proxy", 0) in options for how, options in opened if how == "plain")


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "there is no"), ("  ", "there is no"), ("a b", "no key has"), ("ä", "no key has")],
)
def test_read_key__says_what_is_wrong_and_not_what_it_is(monkeypatch: pytest.MonkeyPatch, key: str, said: str) -> None:
    monkeypatch.setenv("ALPHA_GENOME_API_KEY", key)
    with pytest.raises(UserError, match=said) as caught:
        read_key()
    assert "ALPHA_GENOME_API_KEY" in str(caught.value)
    assert "ä" not in str(caught.value)


def test_read_key__takes_the_key_without_blanks_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHA_GENOME_API_KEY", "  abc \n")
    assert read_key() == "abc"


def test_line__is_not_pickled_or_copied(line: Line) -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            attempt(line)  # type: ignore[operator]
    assert KEY not in repr(line) + str(line)


def test_line__says_when_nobody_answers() -> None:
    began = time.monotonic()
    line = Line(parse_address("127.0.0.1:9"), key="k")
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9 cannot be reached.*within 0\.3 s"):
        line.wait_until_ready(0.3)
    line.close()
    assert time.monotonic() - began < 5


def answered(world: World, asked: VariantRequest, plan: Plan, *, key: str = KEY, timeout_s: float = 20.0) -> Any:
    with serve(DnaModelService(world), gate=FaultyGate(plan=plan), api_key=KEY) as running:
        line = Line(parse_address(running.address), key=key)
        try:
            return Hosted(line, organism="human", revision="ALL_FOLDS").answer(asked, timeout_s=timeout_s)
        finally:
            line.close()


@pytest.mark.parametrize(
    ("code", "overloaded"),
    [
        ("UNAVAILABLE", False),
        ("INTERNAL", False),
        ("UNKNOWN", False),
        ("ABORTED", False),
        ("RESOURCE_EXHAUSTED", True),
        ("DEADLINE_EXCEEDED", True),
    ],
)
def test_call__asks_again_after_what_may_pass(world: World, asked: VariantRequest, code: str, overloaded: bool) -> None:
    with pytest.raises(TransientError, match=code) as caught:
        answered(world, asked, lambda _: refused(code))
    assert caught.value.overloaded is overloaded


@pytest.mark.parametrize(
    "code", ["INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE", "FAILED_PRECONDITION", "UNIMPLEMENTED"]
)
def test_call__does_not_ask_again_after_what_will_not_pass(world: World, asked: VariantRequest, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        answered(world, asked, lambda _: refused(code))


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "PERMISSION_DENIED"])
def test_call__stops_everything_when_the_key_is_not_accepted(world: World, asked: VariantRequest, code: str) -> None:
    with pytest.raises(DeniedError, match="does not accept the API key"):
        answered(world, asked, lambda _: refused(code))


def test_call__knows_how_googles_services_say_that_a_key_is_wrong(world: World, asked: VariantRequest) -> None:
    with pytest.raises(DeniedError, match="does not accept the API key"):
        answered(world, asked, lambda _: None, key="another")


def test_call__gives_up_an_attempt_at_its_deadline(world: World, asked: VariantRequest) -> None:
    began = time.monotonic()
    with pytest.raises(TransientError, match="DEADLINE_EXCEEDED") as caught:
        answered(world, asked, lambda _: hanging(), timeout_s=0.3)
    assert caught.value.overloaded
    assert time.monotonic() - began < 5


def test_call__drags_no_error_of_grpc_along(world: World, asked: VariantRequest) -> None:
    with pytest.raises(TransientError) as caught:
        answered(world, asked, lambda _: refused("INTERNAL", "the key is {key}"))
    told = "".join(traceback.format_exception(caught.value))
    assert KEY not in told
    assert "[API key removed]" in told
    assert caught.value.__context__ is None


def test_refuse_echo__refuses_an_answer_that_holds_the_key(line: Line) -> None:
    line.refuse_echo(b"nothing of it")
    with pytest.raises(RefusedError, match="sent the API key back") as caught:
        line.refuse_echo(b"..." + KEY.encode() + b"...")
    assert KEY not in str(caught.value)
