"""Faults as a client meets them: the protocol's own stub against a server with a faulty gate."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2, dna_model_service_pb2_grpc

from refalt.serve.methods import Call, Method, RefusedError, methods_of
from refalt.serve.server import KEY_HEADER, serve
from refalt.testing.faulty_server import (
    FaultyGate,
    Plan,
    any_of,
    at_rate,
    broken_off,
    first_attempts,
    hanging,
    refused,
    request_digest,
    truncated,
    where,
)

_SERVICE = dna_model_service_pb2.DESCRIPTOR.services_by_name["DnaModelService"]
_RESPONSE = dna_model_service_pb2.ScoreVariantResponse


class Three:
    """Answers `ScoreVariant` with three chunks and everything else with nothing."""

    def methods(self) -> Iterator[Method]:
        return methods_of(_SERVICE, {method.name: self._answer for method in _SERVICE.methods})

    def _answer(self, call: Call) -> Iterator[Any]:
        if call.method == "ScoreVariant":
            yield from (_RESPONSE(tensor_chunk={"data": content}) for content in (b"a", b"b", b"c"))


def _request(pos: int = 1) -> Any:
    return dna_model_service_pb2.ScoreVariantRequest(variant=dna_model_pb2.Variant(chromosome="chr1", position=pos))


def _ask(address: str, pos: int = 1, *, timeout: float = 10, key: str = "") -> tuple[str, bytes]:
    """Status and what came before it."""
    received = b""
    with grpc.insecure_channel(address) as channel:
        stub = dna_model_service_pb2_grpc.DnaModelServiceStub(channel)
        metadata = [(KEY_HEADER, key)] if key else []
        try:
            for message in stub.ScoreVariant(iter([_request(pos)]), timeout=timeout, metadata=metadata):
                received += message.tensor_chunk.data
        except grpc.RpcError as error:
            status: Any = error
            return f"{status.code().name} {status.details()}".strip(), received
    return "OK", received


def _statuses(plan: Plan, positions: list[int], **keywords: Any) -> list[tuple[str, bytes]]:
    with serve(Three(), gate=FaultyGate(plan, **keywords), max_workers=8) as server:
        return [_ask(server.address, pos) for pos in positions]


@pytest.mark.parametrize(
    ("fault", "status", "received"),
    [
        (refused("INTERNAL", "broken"), "INTERNAL broken", b""),
        (broken_off("UNAVAILABLE", after=2), "UNAVAILABLE injected fault", b"ab"),
        (truncated(after=2), "OK", b"ab"),
    ],
)
def test_first_attempts__spoils_the_first_attempt_as_described_and_no_other(
    fault: Any, status: str, received: bytes
) -> None:
    assert _statuses(first_attempts(fault), [1, 1, 2]) == [(status, received), ("OK", b"abc"), (status, received)]


def test_hanging__neither_answers_nor_ends_until_the_client_gives_up() -> None:
    gate = FaultyGate(first_attempts(hanging(after=1)))
    with serve(Three(), gate=gate) as server:
        status, received = _ask(server.address, timeout=0.3)
        assert (status.split()[0], received) == ("DEADLINE_EXCEEDED", b"a")
        assert _ask(server.address) == ("OK", b"abc")


def test_where__strikes_every_attempt_at_the_requests_that_are_meant() -> None:
    plan = where(refused("INTERNAL"), lambda request: request.variant.position == 2)
    statuses = [status.split()[0] for status, _ in _statuses(plan, [1, 2, 2, 3])]
    assert statuses == ["OK", "INTERNAL", "INTERNAL", "OK"]


def test_at_rate__is_a_share_of_attempts_and_the_same_in_every_run() -> None:
    plan = any_of(at_rate(refused("INTERNAL"), 0.3, seed=1), at_rate(refused("ABORTED"), 0.3, seed=2))
    runs = [[status.split()[0] for status, _ in _statuses(plan, [*range(60), *range(60)])] for _ in range(2)]
    assert runs[0] == runs[1]
    assert 20 <= runs[0].count("INTERNAL") <= 52
    assert runs[0].count("ABORTED") >= 10
    assert runs[0][:60] != runs[0][60:]


def test_refused__can_echo_the_key() -> None:
    gate = FaultyGate(first_attempts(refused("PERMISSION_DENIED", "{key} may not")))
    with serve(Three(), gate=gate, api_key="s3cret") as server:
        assert _ask(server.address, key="s3cret") == ("PERMISSION_DENIED s3cret may not", b"")
    assert gate.keys_seen == {"s3cret"}


def test_gate__counts_attempts_and_whole_answers_by_request() -> None:
    gate = FaultyGate(first_attempts(truncated()))
    with serve(Three(), gate=gate) as server:
        for pos in (1, 1, 1, 2):
            _ask(server.address, pos)
    one, two = (request_digest("ScoreVariant", _request(pos)) for pos in (1, 2))
    assert gate.asked == {one: 3, two: 1}
    assert gate.answered == {one: 2}
    assert gate.asked_twice == {one: 2}


def test_gate__lets_methods_that_cost_nothing_through() -> None:
    gate = FaultyGate(lambda _: refused("INTERNAL"))
    with serve(Three(), gate=gate) as server, grpc.insecure_channel(server.address) as channel:
        stub = dna_model_service_pb2_grpc.DnaModelServiceStub(channel)
        assert list(stub.GetMetadata(dna_model_service_pb2.MetadataRequest())) == []
    assert not gate.asked


def test_gate__requests_beyond_the_places_queue_or_are_refused() -> None:
    for refuse in (False, True):
        gate = FaultyGate(latency=0.1, places=2, refuse_when_full=refuse)
        with serve(Three(), gate=gate, max_workers=8) as server, ThreadPoolExecutor(6) as pool:
            begun = time.monotonic()
            statuses = [s.split()[0] for s, _ in pool.map(lambda pos, at=server.address: _ask(at, pos), range(6))]
            lasted = time.monotonic() - begun
        assert gate.most_at_once == 2
        if refuse:
            assert {"OK", "RESOURCE_EXHAUSTED"} == set(statuses)
        else:
            assert statuses == ["OK"] * 6
            assert lasted >= 0.3


def test_gate__a_quota_lets_so_many_in_within_its_window() -> None:
    clock = iter([0.0, 1.0, 2.0, 59.0, 60.5, 61.5, 61.6]).__next__
    gate = FaultyGate(quota=2, clock=clock)
    with serve(Three(), gate=gate) as server:
        statuses = [_ask(server.address, pos)[0].split()[0] for pos in range(7)]
    full = "RESOURCE_EXHAUSTED"
    assert statuses == ["OK", "OK", full, full, "OK", "OK", full]


def test_gate__a_client_that_leaves_the_queue_takes_no_place() -> None:
    gate = FaultyGate(latency=0.0, places=0)
    with serve(Three(), gate=gate) as server:
        assert _ask(server.address, timeout=0.2)[0].startswith("DEADLINE_EXCEEDED")
    assert gate.most_at_once == 0


def test_gate__its_counts_are_exact_with_many_threads() -> None:
    gate, asked = FaultyGate(), threading.Barrier(8)
    call = Call("ScoreVariant", _request(), {}, lambda _: False)

    def ask() -> None:
        asked.wait()
        for _ in range(200):
            list(gate(call, lambda _: iter([1])))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(gate.asked.values()) == list(gate.answered.values()) == [1_600]


def test_refused_error__is_what_a_fault_raises() -> None:
    gate = FaultyGate(first_attempts(refused("INTERNAL")))
    with pytest.raises(RefusedError, match="INTERNAL: injected fault"):
        list(gate(Call("ScoreVariant", _request(), {}, lambda _: False), lambda _: iter([])))
