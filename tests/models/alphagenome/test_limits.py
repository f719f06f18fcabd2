"""The limit on requests in flight, the pace and the waits: with clocks and chance of the tests' own."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.models.alphagenome.limits import AdaptiveLimit, Backoff, Pace


def test_adaptive_limit__begins_at_its_most_and_halves_once_for_one_burst_of_overload() -> None:
    limit = AdaptiveLimit(32)
    rounds = [limit.acquire() for _ in range(32)]
    for given_in in rounds:
        assert given_in is not None
        limit.release(given_in, answered=False, overloaded=True)
    assert limit.size == 16


def test_adaptive_limit__halves_again_for_requests_sent_after_the_halving() -> None:
    limit = AdaptiveLimit(32)
    for expected in (16, 8, 4, 2, 1, 1):
        given_in = limit.acquire()
        assert given_in is not None
        limit.release(given_in, answered=False, overloaded=True)
        assert limit.size == expected


def test_adaptive_limit__stays_when_a_request_fails_without_overload() -> None:
    limit = AdaptiveLimit(32)
    given_in = limit.acquire()
    assert given_in is not None
    limit.release(given_in, answered=False, overloaded=False)
    assert limit.size == 32


def test_adaptive_limit__grows_by_about_one_a_round_and_never_beyond_its_most() -> None:
    limit = AdaptiveLimit(32)
    for _ in range(2):
        given_in = limit.acquire()
        assert given_in is not None
        limit.release(given_in, answered=False, overloaded=True)
    for _ in range(8):
        given_in = limit.acquire()
        assert given_in is not None
        limit.release(given_in, answered=True, overloaded=False)
    assert 8.9 < limit.size <= 9
    for _ in range(2_000):
        given_in = limit.acquire()
        assert given_in is not None
        limit.release(given_in, answered=True, overloaded=False)
    assert limit.size == 32


def test_adaptive_limit__settles_at_what_a_server_takes() -> None:
    limit, places, sizes = AdaptiveLimit(32), 8, []
    for _ in range(400):
        sent = []
        while len(sent) < int(limit.size):
            sent.append(limit.acquire())
        for number, given_in in enumerate(sent):
            assert given_in is not None
            limit.release(given_in, answered=number < places, overloaded=number >= places)
        sizes.append(limit.size)
    assert min(sizes[20:]) >= 4
    assert max(sizes[20:]) < 10


def test_adaptive_limit__lets_no_more_in_than_its_size() -> None:
    limit = AdaptiveLimit(2)
    assert limit.acquire() == limit.acquire() == 0
    third = threading.Thread(target=limit.acquire, daemon=True)
    third.start()
    third.join(0.05)
    assert third.is_alive()
    assert limit.in_flight == 2
    limit.release(0, answered=True, overloaded=False)
    third.join(5)
    assert not third.is_alive()


def test_adaptive_limit__sends_away_those_who_wait_when_closed() -> None:
    limit = AdaptiveLimit(1)
    limit.acquire()
    found: list[int | None] = []
    waiting = threading.Thread(target=lambda: found.append(limit.acquire()))
    waiting.start()
    limit.close()
    waiting.join(5)
    assert found == [None]


def test_pace__spreads_starts_over_the_minute() -> None:
    now = 0.0
    pace = Pace(120, clock=lambda: now)
    delays = [pace.delay() for _ in range(6)]
    assert delays == [0.0, 0.0, 0.5, 1.0, 1.5, 2.0]
    now = 60.0
    assert [pace.delay() for _ in range(3)] == [0.0, 0.0, 0.5]


def test_pace__without_a_number_is_none() -> None:
    assert Pace(None).delay() == 0.0


@given(seed=st.integers(0, 1000), attempt=st.integers(1, 5000))
def test_backoff__stays_between_zero_and_its_ceiling(seed: int, attempt: int) -> None:
    wait = Backoff(0.2, 20.0, random.Random(seed)).wait_s(attempt)
    assert 0 <= wait <= min(20.0, 0.2 * 2 ** min(attempt - 1, 30))


def test_backoff__is_spread_over_the_whole_range() -> None:
    backoff = Backoff(1.0, 16.0, random.Random(1))
    waits = [backoff.wait_s(20) for _ in range(2_000)]
    assert sum(waits) / len(waits) == pytest.approx(8.0, abs=0.3)
    assert min(waits) < 0.1
    assert max(waits) > 15.9
