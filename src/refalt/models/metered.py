"""What a metered model is: one whose every answer costs, so that answers are kept and never asked for twice.

The model says what each row asks (`questions`), asks it (`ask`) and reads kept answers (`reading`); the store and
the order of things belong to `scoring.metered`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from refalt.columns import Reason
from refalt.models.base import Answers, Asked, Floats, Model
from refalt.studies.study import ScoreSection


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a metered model.

    Attributes:
        key: Canonical JSON of all that can change the answer; equal keys are one request, paid once.
        row: Index into `Asked.rows`.
        part: Which part of the row's answer it gives ("ref", "alt"); "" where one request answers the row.
        bases: How many bases the model reads for it.
        kind: Equal for requests whose answers are of one size and take as long.
        request: What the model itself needs to ask it; None for a row that cannot be asked.
        error: Why it cannot be asked, "" where it can.
    """

    key: str
    row: int
    part: str = ""
    bases: int = 0
    kind: str = ""
    request: object = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a question.

    Attributes:
        question: The question.
        payload: The answer as it is kept, or None where there is none.
        shared: Parts of the answer that many answers have in common (track tables): name -> content.
        error: Why there is none, redacted.
        attempts: How often it was asked.
        in_flight: How many requests were under way when it came.
    """

    question: Question
    payload: bytes | None
    shared: Mapping[str, bytes] = field(default_factory=dict)
    error: str = ""
    attempts: int = 1
    in_flight: int = 0


Keep = Callable[[Reply], None]


@dataclass(frozen=True)
class Effort:
    """How hard a metered model is asked. Nothing in here can change a number.

    Attributes:
        workers: Most requests in flight; fewer when the server says it is overloaded.
        per_minute: Most requests started in a minute; None leaves the pace to the server's answers.
        attempt_s: Seconds one attempt may take.
        budget_s: Seconds one request may take with all its attempts; longer than a quota's minute.
        patience: Requests in a row that may use up their budget before the run is stopped.
        reach_s: Seconds the service may take to accept a connection.
        farewell_s: Seconds to wait for what is in flight when the user interrupts.
    """

    workers: int = 40
    per_minute: int | None = None
    attempt_s: float = 120.0
    budget_s: float = 600.0
    patience: int = 8
    reach_s: float = 10.0
    farewell_s: float = 10.0


@dataclass(frozen=True)
class Identity:
    """Whose answers a store holds: another model, revision or place of asking is another store."""

    model: str
    revision: str
    origin: str = ""

    @property
    def text(self) -> str:
        """As a file name."""
        return f"{self.model}-{self.revision}" + (f"@{self.origin}" if self.origin else "")


@dataclass(frozen=True, eq=False)
class Values:
    """The answer of one row.

    Attributes:
        raw: float64[k, T], one line a target; positive where ALT is above REF.
        quantile: float64[k, T], where the model gives one.
        targets: The k targets; None where the answer does not depend on one (k is 1).
        alleles: float64[k, 2], the score of REF and of ALT alone, where the score is their difference.
    """

    raw: Floats
    quantile: Floats | None = None
    targets: tuple[str, ...] | None = None
    alleles: Floats | None = None


class Shelf(Protocol):
    """Where a metered model keeps what its answers have in common."""

    def get(self, name: str) -> bytes | None:
        """The content put there under a name."""

    def put(self, name: str, content: bytes) -> None:
        """Keep a content; a name that is there already keeps its own."""


class NoValueError(Exception):
    """An answer that holds nothing for a row; message and reason go into the failures."""

    def __init__(self, text: str, *, reason: Reason = Reason.PREDICTION_FAILED) -> None:
        self.reason = reason
        super().__init__(text)


class Reading(Protocol):
    """Turns kept answers into numbers, for one score."""

    def values(self, parts: Mapping[str, bytes], target: str | None) -> Values:
        """The numbers of one row, from its parts' payloads.

        Raises:
            NoValueError: the answer holds nothing for this row.
        """

    def tracks(self) -> pl.DataFrame:
        """Columns of Tracks without score_name, in the order of `Values.raw`."""


class MeteredModel(Model):
    """A model whose every answer costs: it is asked through `scoring.metered`, which pays for each answer once."""

    @property
    @abc.abstractmethod
    def identity(self) -> Identity:
        """Names the store of its answers."""

    @abc.abstractmethod
    def questions(self, asked: Asked, score: ScoreSection) -> Iterator[Question]:
        """The requests that answer every row, in the order of the rows; made without the network."""

    @abc.abstractmethod
    def ask(
        self,
        questions: Iterable[Question],
        score: ScoreSection,
        *,
        keep: Keep,
        shelf: Shelf,
        effort: Effort,
    ) -> None:
        """Ask, and hand each reply to `keep` as it comes, in the caller's thread and in any order.

        Raises:
            UserError: the score selects nothing, the service cannot be reached or refuses the key.
            StoppedByLimitError: the service no longer answers.
        """

    @abc.abstractmethod
    def reading(self, score: ScoreSection, shelf: Shelf) -> Reading:
        """How this score reads kept answers."""

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:  # noqa: ARG002
        """Not for metered models: their answers pass the store."""
        raise TypeError(f"{type(self).__name__} is metered; ask it through refalt.scoring.metered")
