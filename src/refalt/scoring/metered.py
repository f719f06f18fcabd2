"""Asking a metered model: plan, look into the store, ask what is missing, commit each answer as it comes, read all.

Numbers are read from the store only, so a run that was stopped and gone on with gives the same table as one that was
not.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from refalt.columns import Reason
from refalt.models.base import Answers, Asked
from refalt.models.metered import Effort, Keep, MeteredModel, NoValueError, Question, Reading, Reply, Values
from refalt.scoring.store import Store, digest_of_key, open_store, store_file
from refalt.scoring.tally import Progress, Tally, silent
from refalt.studies.study import ScoreSection

#: Answers per second of the last run that asked at least so many, for the next run's estimate.
RATE: Final = "answers_per_second"
_ENOUGH_FOR_RATE: Final = 20
_ROWS_PER_BATCH: Final = 4096


@dataclass(frozen=True)
class Metering:
    """What a metered model is asked with; nothing here can change a number.

    Attributes:
        store: As for `store_file`; None for the usual place.
        effort: How hard to ask.
        progress: Told how far it has come.
        wait_s: Seconds to wait for another process that has the store open.
        rescore: Whether to ask again what was answered; old answers are kept in the file.
    """

    store: Path | None = None
    effort: Effort = field(default_factory=Effort)
    progress: Progress = silent
    wait_s: float = 0.0
    rescore: bool = False


@dataclass(frozen=True)
class Cost:
    """What a score would ask.

    Attributes:
        requests: Distinct requests.
        in_store: Of these, answered already.
        bases: Bases the model would read for the rest.
        disk: Bytes their answers would take; NaN when no answer of this kind is known yet.
        expected_s: Seconds they would take at the last rate of this kind; NaN when none was measured.
        unaskable: Rows that cannot be asked.
    """

    requests: int
    in_store: int
    bases: int
    disk: float
    expected_s: float
    unaskable: int

    @property
    def to_ask(self) -> int:
        """Requests that would be paid for."""
        return self.requests - self.in_store


@dataclass(frozen=True)
class _Survey:
    """What the rows ask, by the digests of their requests.

    Attributes:
        parts: For each row, part -> digest.
        missing: Digests that are not in the store -> bases.
        present: How many are.
        errors: Row -> why it cannot be asked.
        kind: Of the requests, which a score asks of one kind.
    """

    parts: Sequence[dict[str, bytes]]
    missing: dict[bytes, int]
    present: int
    errors: dict[int, str]
    kind: str


def dry_run(model: MeteredModel, asked: Asked, score: ScoreSection, *, metering: Metering | None = None) -> Cost:
    """What a score would ask and cost; asks nothing.

    Raises:
        UserError: the score cannot be made, or the store cannot be opened.
    """
    model.check(score)
    metering = metering or Metering()
    rate = mean = None
    if store_file(model.identity, metering.store).exists():
        with open_store(model.identity, metering.store, wait_s=metering.wait_s) as store:
            survey = _surveyed(model, asked, score, store.has)
            rate, mean = store.fact(f"{RATE} {survey.kind}"), store.mean_payload(survey.kind)
    else:
        survey = _surveyed(model, asked, score, lambda _: False)
    n_missing = len(survey.missing)
    return Cost(
        n_missing + survey.present,
        survey.present,
        sum(survey.missing.values()),
        _times(n_missing, mean),
        _times(n_missing, None if rate is None else 1 / float(rate)),
        len(survey.errors),
    )


def _times(number: int, each: float | None) -> float:
    if not number:
        return 0.0
    return float("nan") if each is None else number * each


def ask_metered(
    model: MeteredModel, asked: Asked, score: ScoreSection, *, metering: Metering
) -> tuple[list[Answers], pl.DataFrame, Tally]:
    """Answers in the order of the rows, the tracks they are for, and how many came from where.

    Raises:
        UserError: nothing can be asked; what was answered before is in the store.
        KeyboardInterrupt: as it came, after what was in flight was kept.
    """
    with open_store(model.identity, metering.store, wait_s=metering.wait_s) as store:
        if metering.rescore:
            for question in model.questions(asked, score):
                store.forget(digest_of_key(question.key))
        survey = _surveyed(model, asked, score, store.has)
        counter = _Counter(survey, metering.progress)
        if survey.missing:
            wanted = _missing_questions(model, asked, score, survey)
            keep = _keeper(store, counter)
            try:
                model.ask(wanted, score, keep=keep, shelf=store, effort=metering.effort)
            finally:
                counter.note_rate(store)
        reading = model.reading(score, store)
        batches = list(_read(asked, survey, counter, reading, store))
        clients = store.clients(digest for parts in survey.parts for digest in parts.values())
        return batches, reading.tracks(), replace(counter.tally(), clients=clients)


def _surveyed(model: MeteredModel, asked: Asked, score: ScoreSection, is_kept: Callable[[bytes], bool]) -> _Survey:
    parts: list[dict[str, bytes]] = [{} for _ in range(asked.rows.height)]
    known: dict[bytes, int] = {}
    errors: dict[int, str] = {}
    kind = ""
    for question in model.questions(asked, score):
        if question.error:
            errors[question.row] = question.error
            continue
        kind = question.kind
        digest = digest_of_key(question.key)
        # The same bytes object wherever a request is asked again: rows may share most of theirs.
        known.setdefault(digest, question.bases)
        parts[question.row][question.part] = digest
    missing = {digest: bases for digest, bases in known.items() if not is_kept(digest)}
    return _Survey(parts, missing, len(known) - len(missing), errors, kind)


def _missing_questions(model: MeteredModel, asked: Asked, score: ScoreSection, survey: _Survey) -> Iterator[Question]:
    left = set(survey.missing)
    for question in model.questions(asked, score):
        digest = digest_of_key(question.key)
        if not question.error and digest in left:
            left.remove(digest)
            yield question


class _Counter:
    """Counts replies, and keeps the errors of those that are none."""

    def __init__(self, survey: _Survey, progress: Progress) -> None:
        self._survey, self._progress = survey, progress
        self._began = time.monotonic()
        self._answered = self._retries = self._in_flight = 0
        self.failures: dict[bytes, Reply] = {}

    def count(self, reply: Reply) -> None:
        self._retries += reply.attempts - 1
        self._in_flight = reply.in_flight
        if reply.payload is None:
            self.failures[digest_of_key(reply.question.key)] = reply
        else:
            self._answered += 1
        self._progress(self.tally())

    def tally(self) -> Tally:
        return Tally(
            len(self._survey.missing),
            self._survey.present,
            self._answered,
            len(self.failures),
            len(self._survey.errors),
            self._retries,
            self._in_flight,
            time.monotonic() - self._began,
        )

    def note_rate(self, store: Store) -> None:
        if self._answered >= _ENOUGH_FOR_RATE:
            store.note(f"{RATE} {self._survey.kind}", f"{self.tally().rate:.4g}")


def _keeper(store: Store, counter: _Counter) -> Keep:
    def keep(reply: Reply) -> None:
        if reply.payload is not None:
            store.keep(reply.question, reply.payload, shared=reply.shared, attempts=reply.attempts)
        counter.count(reply)

    return keep


def _read(asked: Asked, survey: _Survey, counter: _Counter, reading: Reading, store: Store) -> Iterator[Answers]:
    targets = asked.rows.get_column("target_id")
    for first in range(0, asked.rows.height, _ROWS_PER_BATCH):
        rows: list[int] = []
        values: list[Values] = []
        errors: dict[int, str] = {}
        attempts: dict[int, int] = {}
        reasons: dict[int, Reason] = {}
        for row in range(first, min(first + _ROWS_PER_BATCH, asked.rows.height)):
            failed = [counter.failures[part] for part in survey.parts[row].values() if part in counter.failures]
            if row in survey.errors:
                errors[row], attempts[row] = survey.errors[row], 0
            elif failed:
                errors[row], attempts[row] = failed[0].error, failed[0].attempts
            else:
                try:
                    values.append(reading.values(_payloads(survey.parts[row], store), targets[row]))
                    rows.append(row)
                except NoValueError as error:
                    errors[row], reasons[row] = str(error), error.reason
        yield dataclasses.replace(_batch(rows, values), errors=errors, attempts=attempts, reasons=reasons)


def _payloads(parts: dict[str, bytes], store: Store) -> dict[str, bytes]:
    found = {part: store.payload(digest) for part, digest in parts.items()}
    return {part: payload for part, payload in found.items() if payload is not None}


def _batch(rows: list[int], values: list[Values]) -> Answers:
    lines = [len(value.raw) for value in values]
    by_target = any(value.targets is not None for value in values)
    quantiles = [value.quantile for value in values if value.quantile is not None]
    alleles = [value.alleles for value in values if value.alleles is not None]
    return Answers(
        np.repeat(np.asarray(rows, dtype=np.int64), lines),
        np.concatenate([value.raw for value in values]) if values else np.empty((0, 0)),
        np.concatenate(quantiles) if values and len(quantiles) == len(values) else None,
        targets=[target for value in values for target in value.targets or (None,)] if by_target else None,
        alleles=np.concatenate(alleles) if values and len(alleles) == len(values) else None,
    )
