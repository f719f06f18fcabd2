"""Faults for a loopback server: what goes wrong is decided by request and attempt, and every request is counted.

A `FaultyGate` is given to `refalt.serve.server.serve` as its gate. The client needs no hook: to it, the server is slow,
full, out of quota, or broken. Decisions are drawn from digests, so the same requests meet the same faults in every run.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from refalt.serve.methods import Answer, Call, Message, RefusedError, encode_message
from refalt.serve.server import KEY_HEADER

#: Methods that faults strike and that are counted, unless others are named: those that cost a model run.
COSTLY: Final = frozenset(
    {
        "PredictSequence",
        "PredictInterval",
        "PredictVariant",
        "ScoreInterval",
        "ScoreVariant",
        "ScoreIsmVariant",
        "GetDenseVariantScores",
        "ListDenseVariantScores",
    }
)
_LOOK_UP_EVERY: Final = 0.02
_A_YEAR: Final = 3e7


@dataclass(frozen=True)
class Asked:
    """One attempt at a request.

    Attributes:
        digest: Of the method's name and the request's bytes.
        attempt: 1 for the first time this request is seen.
    """

    digest: str
    attempt: int
    call: Call = field(repr=False)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with an attempt.

    Attributes:
        after: Messages that are sent properly first.
        code: Name of the gRPC status the stream then ends with; "OK" for a stream that ends too early as if whole;
            "" for one that never ends.
        message: What the status says; "{key}" in it becomes the key the client sent.
    """

    after: int = 0
    code: str = "UNAVAILABLE"
    message: str = "injected fault"


#: Attempt -> what goes wrong with it, None for nothing.
Plan = Callable[[Asked], Fault | None]


def refused(code: str, message: str = "injected fault") -> Fault:
    """An error status before any message."""
    return Fault(0, code, message)


def broken_off(code: str, after: int = 1) -> Fault:
    """An error status after some messages."""
    return Fault(after, code)


def truncated(after: int = 1) -> Fault:
    """A stream that ends with status OK after some messages."""
    return Fault(after, "OK")


def hanging(after: int = 0) -> Fault:
    """A stream that says nothing more and does not end."""
    return Fault(after, "")


def at_rate(fault: Fault, share: float, *, seed: int = 0) -> Plan:
    """Strikes this share of attempts, each on its own: a request that failed may succeed next time."""

    def plan(asked: Asked) -> Fault | None:
        text = f"{seed}\t{fault}\t{asked.digest}\t{asked.attempt}"
        drawn = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big") / 2.0**48
        return fault if drawn < share else None

    return plan


def first_attempts(fault: Fault, number: int = 1) -> Plan:
    """Strikes the first attempts at every request."""
    return lambda asked: fault if asked.attempt <= number else None


def where(fault: Fault, condition: Callable[[Message], bool]) -> Plan:
    """Strikes every attempt at the requests that meet a condition."""
    return lambda asked: fault if condition(asked.call.request) else None


def any_of(*plans: Plan) -> Plan:
    """The first fault that one of the plans has."""
    return lambda asked: next((fault for plan in plans if (fault := plan(asked)) is not None), None)


def request_digest(method: str, request: Message) -> str:
    """What `FaultyGate` counts a request under."""
    return hashlib.blake2b(method.encode() + b"\t" + encode_message(request), digest_size=12).hexdigest()


@dataclass
class FaultyGate:
    """A gate that delays, refuses and breaks answers, and keeps count. Safe for many threads.

    Attributes:
        plan: What goes wrong.
        latency: Seconds before an answer begins, spent while the request holds its place.
        places: Requests in work at the same time; None for no limit.
        refuse_when_full: Whether a request that finds no place is refused with RESOURCE_EXHAUSTED, not queued.
        quota: Requests let in within any `quota_seconds`; more are refused with RESOURCE_EXHAUSTED.
        quota_seconds: Length of the quota's window; a minute in the hosted service.
        methods: Methods that all this applies to.
        clock: Seconds, for the quota.
        asked: Digest -> attempts seen, refused ones included.
        answered: Digest -> answers sent to their last message.
        most_at_once: Highest number of requests in work at the same time.
        keys_seen: Every API key that came with a request.
    """

    plan: Plan = lambda _: None
    latency: float = 0.0
    places: int | None = None
    refuse_when_full: bool = False
    quota: int | None = None
    quota_seconds: float = 60.0
    methods: frozenset[str] = COSTLY
    clock: Callable[[], float] = time.monotonic
    asked: Counter[str] = field(default_factory=Counter, init=False)
    answered: Counter[str] = field(default_factory=Counter, init=False)
    most_at_once: int = field(default=0, init=False)
    keys_seen: set[str] = field(default_factory=set, init=False)
    _in_work: int = field(default=0, init=False)
    _let_in: deque[float] = field(default_factory=deque, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __call__(self, call: Call, answer: Answer) -> Iterator[Message]:
        """Answer a call, or spoil it as planned."""
        if call.method not in self.methods:
            yield from answer(call)
            return
        asked = self._count(call)
        self._check_quota()
        with self._place(call) as granted:
            if not granted or call.wait(self.latency):
                return
            fault = self.plan(asked)
            if fault is None:
                yield from answer(call)
            else:
                yield from self._spoiled(fault, call, answer)
                return
        with self._lock:
            self.answered[asked.digest] += 1

    @property
    def asked_twice(self) -> dict[str, int]:
        """Digest -> answers sent, for requests answered in full more than once."""
        with self._lock:
            return {digest: count for digest, count in self.answered.items() if count > 1}

    def _count(self, call: Call) -> Asked:
        digest = request_digest(call.method, call.request)
        with self._lock:
            self.asked[digest] += 1
            self.keys_seen |= {call.metadata[KEY_HEADER]} if KEY_HEADER in call.metadata else set()
            return Asked(digest, self.asked[digest], call)

    def _check_quota(self) -> None:
        if self.quota is None:
            return
        with self._lock:
            moment = self.clock()
            while self._let_in and self._let_in[0] <= moment - self.quota_seconds:
                self._let_in.popleft()
            if len(self._let_in) >= self.quota:
                raise RefusedError("RESOURCE_EXHAUSTED", "Quota exceeded for requests per minute.")
            self._let_in.append(moment)

    @contextmanager
    def _place(self, call: Call) -> Iterator[bool]:
        """Hold a place while in work; False where the client went away before there was one."""
        granted = self._take_place()
        while not granted:
            if self.refuse_when_full:
                raise RefusedError("RESOURCE_EXHAUSTED", "Too many concurrent requests.")
            if call.wait(_LOOK_UP_EVERY):
                yield False
                return
            granted = self._take_place()
        try:
            yield True
        finally:
            with self._lock:
                self._in_work -= 1

    def _take_place(self) -> bool:
        with self._lock:
            if self.places is not None and self._in_work >= self.places:
                return False
            self._in_work += 1
            self.most_at_once = max(self.most_at_once, self._in_work)
            return True

    def _spoiled(self, fault: Fault, call: Call, answer: Answer) -> Iterator[Message]:
        if fault.after:
            yield from islice(answer(call), fault.after)
        if not fault.code:
            call.wait(_A_YEAR)
        elif fault.code != "OK":
            raise RefusedError(fault.code, fault.message.replace("{key}", call.metadata.get(KEY_HEADER, "")))
