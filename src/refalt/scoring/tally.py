"""How far the asking of a metered model has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Tally:
    """How far the asking has come.

    Attributes:
        to_ask: Requests that were not in the store.
        from_store: Requests that were.
        answered: Of `to_ask`, answered and committed.
        failed: Of `to_ask`, without an answer.
        unaskable: Rows that cannot be asked at all.
        retries: Attempts beyond the first of each.
        in_flight: Requests under way.
        elapsed_s: Seconds since the asking began.
        clients: Version of the client -> answers that came through it, those from the store included; at the end.
    """

    to_ask: int
    from_store: int
    answered: int = 0
    failed: int = 0
    unaskable: int = 0
    retries: int = 0
    in_flight: int = 0
    elapsed_s: float = 0.0
    clients: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def rate(self) -> float:
        """Answers per second; NaN before the first."""
        return self.answered / self.elapsed_s if self.answered and self.elapsed_s else float("nan")

    @property
    def left_s(self) -> float:
        """Seconds to the end at this rate; NaN before the first answer."""
        return (self.to_ask - self.answered - self.failed) / self.rate if self.answered else float("nan")


class Progress(Protocol):
    """Told how far the asking has come, after every reply; draws, or does nothing."""

    def __call__(self, tally: Tally, /) -> None:
        """Take the latest tally."""


def silent(tally: Tally, /) -> None:
    """Nobody watches."""
