"""Retries, budgets, quarantine, denial and interrupts, with a backend that does as a script says."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from refalt.errors import StoppedByLimitError, UserError
from refalt.models.alphagenome.answers import Part
from refalt.models.alphagenome.asking import Asking
from refalt.models.alphagenome.limits import Backoff
from refalt.models.alphagenome.requests import Request, VariantRequest
from refalt.models.alphagenome.tracks import TrackTable
from refalt.models.alphagenome.troubles import DeniedError, RefusedError, TransientError
from refalt.models.metered import Effort, Question, Reply

TABLE = TrackTable(b"")
#: Number of the request, number of the attempt -> nothing, or what goes wrong.
Script = Callable[[int, int], None]


@dataclass
class Scripted:
    """Answers as a script says, and counts."""

    script: Script = lambda number, attempt: None
    most_workers: int | None = None
    attempts: Counter[int] = field(default_factory=Counter)
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def offered(self) -> Mapping[str, TrackTable]:
        return {}

    def answer(self, request: Request, *, timeout_s: float) -> tuple[Part, ...]:
        assert isinstance(request, VariantRequest)
        with self._lock:
            self.attempts[request.pos] += 1
            attempt = self.attempts[request.pos]
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            self.script(request.pos, attempt)
        finally:
            with self._lock:
                self._now -= 1
        return (Part(np.full((1, 1, 0), request.pos, np.float32), TABLE),)

    def inspect(self, payload: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def questions(n: int) -> Iterator[Question]:
    for number in range(n):
        yield Question(str(number), number, request=VariantRequest("chr1", 0, 1, number, "A", "C", ()))


def asked(backend: Scripted, n: int, **effort: float) -> dict[int, Reply]:
    replies: dict[int, Reply] = {}

    def keep(reply: Reply) -> None:
        assert reply.question.row not in replies
        replies[reply.question.row] = reply

    asking = Asking(backend, Effort(**({"workers": 8} | effort)), Backoff(1e-4, 1e-3))  # type: ignore[arg-type]
    asking.run(questions(n), keep)
    return replies


def test_run__answers_every_question_once() -> None:
    backend = Scripted()
    replies = asked(backend, 300)
    assert sorted(replies) == list(range(300))
    assert all(reply.payload is not None and reply.attempts == 1 for reply in replies.values())
    assert set(backend.attempts.values()) == {1}


def test_run__of_no_questions_ends() -> None:
    assert asked(Scripted(), 0) == {}


def test_run__hands_replies_on_in_the_callers_thread_alone() -> None:
    threads = set()
    asking = Asking(Scripted(), Effort(workers=8))
    asking.run(questions(50), lambda reply: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_run__draws_questions_only_as_it_can_ask_them() -> None:
    drawn: list[int] = []

    def counted() -> Iterator[Question]:
        for question in questions(1000):
            drawn.append(question.row)
            yield question

    kept: list[int] = []

    def keep(reply: Reply) -> None:
        kept.append(reply.question.row)
        assert len(drawn) - len(kept) < 2 * 4 + 1

    Asking(Scripted(), Effort(workers=4)).run(counted(), keep)
    assert len(kept) == 1000


def test_run__asks_again_after_what_may_pass_and_counts_attempts() -> None:
    def script(number: int, attempt: int) -> None:
        if attempt <= number % 4:
            raise TransientError("away")

    replies = asked(Scripted(script), 40)
    assert {row: reply.attempts for row, reply in replies.items()} == {row: 1 + row % 4 for row in range(40)}
    assert all(reply.payload is not None for reply in replies.values())


def test_run__makes_one_failure_of_one_refused_question() -> None:
    def script(number: int, attempt: int) -> None:
        if number == 7:
            raise RefusedError("no such variant")

    backend = Scripted(script)
    replies = asked(backend, 20)
    assert replies[7].payload is None
    assert replies[7].error == "no such variant"
    assert backend.attempts[7] == 1
    assert sum(reply.payload is not None for reply in replies.values()) == 19


def test_run__sets_a_poisoned_question_aside_after_its_budget() -> None:
    def script(number: int, attempt: int) -> None:
        if number == 3:
            raise TransientError("INTERNAL: poison")

    backend = Scripted(script)
    replies = asked(backend, 40, budget_s=0.05)
    assert replies[3].payload is None
    assert "INTERNAL: poison" in replies[3].error
    assert f"no answer in {replies[3].attempts} attempts over 0.05 s" in replies[3].error
    assert replies[3].attempts == backend.attempts[3] > 3
    assert sum(reply.payload is not None for reply in replies.values()) == 39


def test_run__stops_when_nothing_is_answered_any_more_and_keeps_what_was() -> None:
    kept: list[int] = []

    def script(number: int, attempt: int) -> None:
        if number >= 30:
            raise TransientError("UNAVAILABLE: gone")

    effort = Effort(workers=4, budget_s=0.02, patience=5)
    with pytest.raises(StoppedByLimitError, match="5 requests in a row.*UNAVAILABLE: gone.*same command") as caught:
        Asking(Scripted(script), effort, Backoff(1e-4, 1e-3)).run(
            questions(1000), lambda reply: kept.append(reply.question.row) if reply.payload is not None else None
        )
    assert sorted(kept) == list(range(30))
    assert caught.value.exit_code == 75


def test_run__stops_at_once_when_the_key_is_denied_and_keeps_what_was_in_flight() -> None:
    release = threading.Event()
    kept: list[int] = []

    def script(number: int, attempt: int) -> None:
        if number == 5:
            release.set()
            raise DeniedError("no")
        if number > 5:
            release.wait(5)
            time.sleep(0.05)

    backend = Scripted(script)
    with pytest.raises(UserError, match="no"):
        Asking(backend, Effort(workers=8)).run(questions(1000), lambda reply: kept.append(reply.question.row))
    assert backend.attempts[5] == 1
    assert len(kept) == len(backend.attempts) - 1
    assert len(backend.attempts) < 40


def test_run__keeps_what_is_in_flight_when_it_is_interrupted() -> None:
    kept: list[int] = []
    release = threading.Event()

    def script(number: int, attempt: int) -> None:
        if number >= 20:
            release.wait(5)
            time.sleep(0.05)

    backend = Scripted(script)

    def keep(reply: Reply) -> None:
        kept.append(reply.question.row)
        if len(kept) == 20:
            # The reply that is being kept takes one of the four places.
            while len(backend.attempts) < 23:
                time.sleep(0.001)
            release.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Asking(backend, Effort(workers=4)).run(questions(1000), keep)
    # The interrupt came while reply 20 was being kept, so that one is kept again.
    assert sorted(set(kept)) == sorted(backend.attempts)
    assert len(backend.attempts) == 23


def test_run__does_not_wait_longer_than_said_for_what_hangs_when_interrupted() -> None:
    hung = threading.Event()

    def script(number: int, attempt: int) -> None:
        if number == 1:
            hung.wait(20)

    def keep(reply: Reply) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Asking(Scripted(script), Effort(workers=2, farewell_s=0.1)).run(questions(2), keep)
    assert time.monotonic() - began < 5
    hung.set()


def test_run__never_asks_more_at_once_than_workers_or_the_backend_takes() -> None:
    backend = Scripted(lambda number, attempt: time.sleep(0.001))
    asked(backend, 100, workers=3)
    assert backend.most_at_once <= 3
    alone = Scripted(lambda number, attempt: time.sleep(0.001), most_workers=1)
    asked(alone, 30, workers=8)
    assert alone.most_at_once == 1


def test_run__keeps_the_pace() -> None:
    began = time.monotonic()
    asked(Scripted(), 12, per_minute=600)
    # One second's worth, ten, may start at once; the other two follow a tenth of a second apart.
    assert 0.15 < time.monotonic() - began < 3


def test_run__raises_a_bug_of_the_backend_as_it_is() -> None:
    def script(number: int, attempt: int) -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        asked(Scripted(script), 5)
