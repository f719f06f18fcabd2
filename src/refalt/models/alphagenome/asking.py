"""Asking many things of one backend at once, each until it is answered, refused or has used up its budget.

Threads ask; the caller's thread alone hands replies on, so that whoever keeps them needs no locks.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from refalt.errors import StoppedByLimitError
from refalt.models.alphagenome.answers import pack
from refalt.models.alphagenome.backends import Backend
from refalt.models.alphagenome.limits import AdaptiveLimit, Backoff, Clock, Pace
from refalt.models.alphagenome.requests import SequenceRequest, VariantRequest
from refalt.models.alphagenome.troubles import RefusedError, TransientError
from refalt.models.metered import Effort, Keep, Question, Reply


@dataclass(frozen=True)
class _Settled:
    """A reply; and whether it is one because the budget ran out."""

    reply: Reply
    gave_up: bool = False


@dataclass(eq=False)
class Asking:
    """One round of asking.

    Attributes:
        backend: What answers.
        effort: How hard it is asked.
        backoff: Waits between attempts.
        clock: For budgets.
    """

    backend: Backend
    effort: Effort
    backoff: Backoff = field(default_factory=Backoff)
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        self._workers = min(self.effort.workers, self.backend.most_workers or self.effort.workers)
        self._limit = AdaptiveLimit(self._workers)
        self._pace = Pace(self.effort.per_minute, clock=self.clock)
        self._todo: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        # Looked at, kept, and only then removed: an interrupt between any two steps loses nothing.
        self._done: deque[_Settled | BaseException] = deque()
        self._arrived = threading.Semaphore(0)
        # What was answered counts as in flight until it is kept: a kill costs no more answers than there are workers.
        self._unkept = threading.Semaphore(self._workers)
        self._stop = threading.Event()
        self._open = 0
        self._gave_up_in_a_row = 0
        self._inspected: set[str] = set()

    def run(self, questions: Iterable[Question], keep: Keep) -> None:
        """Ask every question and hand each reply to `keep`, in this thread, in the order of arrival.

        Whatever ends it early, an interrupt too, what is in flight is waited for a little and kept.

        Raises:
            UserError: the backend says that nothing can be answered.
            StoppedByLimitError: many requests in a row used up their budget.
        """
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._workers)]
        for thread in threads:
            thread.start()
        try:
            self._go_through(iter(questions), keep)
        except BaseException:
            self._say_farewell(threads, keep)
            raise
        finally:
            self._close(threads)

    def _go_through(self, questions: Iterator[Question], keep: Keep) -> None:
        exhausted = False
        while True:
            # Twice as many as can be in flight, so that no thread waits for this one.
            while not exhausted and self._open < 2 * self._workers:
                question = next(questions, None)
                exhausted = question is None
                if question is not None:
                    self._todo.put(question)
                    self._open += 1
            if not self._open:
                return
            self._arrived.acquire()
            self._take(self._done[0], keep)
            self._done.popleft()
            self._unkept.release()

    def _take(self, settled: _Settled | BaseException, keep: Keep) -> None:
        self._open -= 1
        if isinstance(settled, BaseException):
            raise settled
        keep(settled.reply)
        self._gave_up_in_a_row = self._gave_up_in_a_row + 1 if settled.gave_up else 0
        if self._gave_up_in_a_row >= self.effort.patience:
            raise StoppedByLimitError(
                f"{self._gave_up_in_a_row} requests in a row had no answer in {self.effort.budget_s:g} s each",
                got=settled.reply.error,
                remedy="what was answered is kept; run the same command again to go on from there",
            )

    def _say_farewell(self, threads: Iterable[threading.Thread], keep: Keep) -> None:
        """Send nothing more, wait a little for what is in flight, and keep all that came."""
        self._close(threads)
        until = self.clock() + self.effort.farewell_s
        for thread in threads:
            thread.join(max(0.0, until - self.clock()))
        while self._done:
            settled = self._done[0]
            if isinstance(settled, _Settled):
                keep(settled.reply)
            self._done.popleft()

    def _close(self, threads: Iterable[threading.Thread]) -> None:
        self._stop.set()
        self._limit.close()
        for _ in threads:
            self._todo.put(None)
            self._unkept.release()

    def _work(self) -> None:
        while (question := self._todo.get()) is not None:
            if self._stop.is_set() or not self._may_send():
                continue
            try:
                settled = self._settle(question)
            except BaseException as error:  # noqa: BLE001  (handed to the caller's thread)
                self._hand_over(error)
            else:
                if settled is not None:
                    self._hand_over(settled)

    def _may_send(self) -> bool:
        """Wait until so few answers are unkept that one more may come; whether it is still wanted then."""
        self._unkept.acquire()
        return not self._stop.is_set()

    def _hand_over(self, settled: _Settled | BaseException) -> None:
        self._done.append(settled)
        self._arrived.release()

    def _settle(self, question: Question) -> _Settled | None:
        """Ask until there is a reply; None when stopped meanwhile."""
        deadline, attempt = 0.0, 0
        while not self._stop.is_set():
            self._stop.wait(self._pace.delay())
            place = self._limit.acquire()
            if place is None:
                return None
            attempt += 1
            deadline = deadline or self.clock() + self.effort.budget_s
            try:
                reply = self._once(question, place, attempt)
            except RefusedError as refusal:
                return _Settled(Reply(question, None, error=str(refusal), attempts=attempt))
            except TransientError as trouble:
                left = deadline - self.clock()
                if left <= 0:
                    text = f"no answer in {attempt} attempts over {self.effort.budget_s:g} s; the last: {trouble}"
                    return _Settled(Reply(question, None, error=text, attempts=attempt), gave_up=True)
                self._stop.wait(min(left, self.backoff.wait_s(attempt)))
            else:
                return _Settled(reply)
        return None

    def _once(self, question: Question, place: int, attempt: int) -> Reply:
        answered = overloaded = False
        try:
            request = question.request
            assert isinstance(request, VariantRequest | SequenceRequest)
            payload, shared = pack(self.backend.answer(request, timeout_s=self.effort.attempt_s))
            self.backend.inspect(payload)
            for name in shared.keys() - self._inspected:
                self.backend.inspect(shared[name])
            self._inspected |= shared.keys()
            answered = True
        except TransientError as trouble:
            overloaded = trouble.overloaded
            raise
        finally:
            self._limit.release(place, answered=answered, overloaded=overloaded)
        return Reply(question, payload, shared, attempts=attempt, in_flight=self._limit.in_flight)
