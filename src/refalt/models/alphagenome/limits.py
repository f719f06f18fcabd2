"""How fast to ask: a limit on requests in flight that learns from the server, and a pace per minute.

The limit grows by one a round of answers and is halved when the server says that it is overloaded (additive
increase, multiplicative decrease: Chiu and Jain 1989). Only overload and missed deadlines count; a server that is
away for a moment is not an overloaded one.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]


class AdaptiveLimit:
    """A semaphore whose size follows the server.

    It starts at its most, because a first burst costs less than a slow start. One overload halves it once: requests
    that were sent before the last halving say nothing about the size after it.
    """

    def __init__(self, most: int) -> None:
        """Take the most requests that may ever be in flight."""
        self._most = most
        self._size = float(most)
        self._round = 0
        self._in_flight = 0
        self._changed = threading.Condition()
        self._closed = False

    @property
    def size(self) -> float:
        """Requests that may be in flight now."""
        return self._size

    @property
    def in_flight(self) -> int:
        """Requests that are."""
        return self._in_flight

    def acquire(self) -> int | None:
        """Wait for a place; returns the round it was given in, for `release`, or None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._in_flight < max(1, int(self._size)))
            if self._closed:
                return None
            self._in_flight += 1
            return self._round

    def release(self, given_in: int, *, answered: bool, overloaded: bool) -> None:
        """Give the place back and say how the request went."""
        with self._changed:
            self._in_flight -= 1
            if answered:
                self._size = min(self._most, self._size + 1 / self._size)
            elif overloaded and given_in == self._round:
                self._size = max(1.0, self._size / 2)
                self._round += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any more; those who wait are sent away."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Pace:
    """At most so many starts a minute, evenly: a token bucket that holds one second's worth."""

    def __init__(self, per_minute: int | None, *, clock: Clock = time.monotonic) -> None:
        """Take the starts a minute, None for no pace."""
        self._per_second = None if per_minute is None else per_minute / 60
        self._clock = clock
        self._tokens = self._most = 0.0 if self._per_second is None else max(1.0, self._per_second)
        self._filled_at = clock()
        self._lock = threading.Lock()

    def delay(self) -> float:
        """Take one start; returns the seconds to wait before it may happen."""
        if self._per_second is None:
            return 0.0
        with self._lock:
            now = self._clock()
            self._tokens = min(self._most, self._tokens + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            self._tokens -= 1
            return max(0.0, -self._tokens / self._per_second)


@dataclass(frozen=True)
class Backoff:
    """How long to wait before asking again: full jitter, uniform between 0 and a ceiling that doubles.

    Attributes:
        first_s: Ceiling of the first wait.
        most_s: Ceiling that is never passed.
        rng: Source of chance; waits change no number.
    """

    first_s: float = 0.05
    most_s: float = 20.0
    rng: random.Random = field(default_factory=random.Random)

    def wait_s(self, attempt: int) -> float:
        """Seconds before the attempt after number `attempt` (from 1)."""
        return self.rng.uniform(0, min(self.most_s, self.first_s * 2 ** min(attempt - 1, 30)))
