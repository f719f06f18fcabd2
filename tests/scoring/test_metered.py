"""Paying once, whatever stops the asking: with a model of the tests' own that counts what it is asked."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from refalt.models.base import Asked, ModelSection
from refalt.models.metered import (
    Effort,
    Identity,
    Keep,
    MeteredModel,
    NoValueError,
    Question,
    Reading,
    Reply,
    Shelf,
    Values,
)
from refalt.scoring.metered import Metering, dry_run
from refalt.scoring.run import Scored, score_with
from refalt.scoring.tally import Tally
from refalt.studies.study import ScoreSection

SCORE = ScoreSection(name="s", model="counted")


class Counted(MeteredModel):
    """Answers with the number in a row's name, and counts what it is asked. Rows of one number ask one thing."""

    readout = "a number"

    def __init__(self, *, revision: str = "1", stop_after: int | None = None) -> None:
        super().__init__(ModelSection())
        self.revision, self.stop_after = revision, stop_after
        self.asked: Counter[str] = Counter()

    @property
    def identity(self) -> Identity:
        return Identity("counted", self.revision)

    def questions(self, asked: Asked, score: ScoreSection) -> Iterator[Question]:
        for row, name in enumerate(asked.rows.get_column("asked_id")):
            if name.startswith("bad"):
                yield Question("", row, error=f"{name} cannot be asked")
                continue
            for part in ("ref", "alt"):
                yield Question(f"{part}{name.split('-')[0]}", row, part, 10, "kind", name)

    def ask(
        self, questions: Iterable[Question], score: ScoreSection, *, keep: Keep, shelf: Shelf, effort: Effort
    ) -> None:
        drawn = list(questions)
        random.Random(3).shuffle(drawn)
        for number, question in enumerate(drawn):
            if number == self.stop_after:
                raise KeyboardInterrupt
            self.asked[question.key] += 1
            value = int(str(question.request).split("-")[0])
            if value == 13:
                keep(Reply(question, None, error="unlucky", attempts=4))
            else:
                sign = 1 if question.part == "alt" else -1
                keep(Reply(question, str(sign * value).encode(), {"shared": b"same"}, attempts=1 + value % 2))

    def reading(self, score: ScoreSection, shelf: Shelf) -> Reading:
        return Difference(shelf)

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        raise NotImplementedError


class Difference:
    """Reads ALT + REF of `Counted`, 99 having nothing for any row."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def values(self, parts: Mapping[str, bytes], target: str | None) -> Values:
        assert self.shelf.get("shared") == b"same"
        alt, ref = int(parts["alt"]), int(parts["ref"])
        if alt == 99:
            raise NoValueError("nothing here")
        return Values(np.array([[alt - ref, alt]], dtype=float), np.array([[0.5, 0.5]]))

    def tracks(self) -> pl.DataFrame:
        return pl.DataFrame({"track_index": [0, 1], "track_id": ["a", "b"]})


def asked_for(*names: str) -> Asked:
    nothing = pl.lit(None, pl.String)
    return Asked(
        pl.DataFrame({"asked_id": names, "made_for": names, "input_id": names}).with_columns(
            target_id=nothing, context_id=nothing
        )
    )


@pytest.fixture
def score(tmp_path: Path) -> Callable[..., Scored]:
    def make(model: MeteredModel, *names: str, **given: object) -> Scored:
        return score_with(model, asked_for(*names), SCORE, metering=Metering(store=tmp_path, **given))  # type: ignore[arg-type]

    return make


def test_ask_metered__asks_one_thing_once_across_rows_runs_and_scores(score: Callable[..., Scored]) -> None:
    model = Counted()
    first = score(model, "5", "5-again", "7")
    assert set(model.asked.values()) == {1}
    assert sorted(model.asked) == ["alt5", "alt7", "ref5", "ref7"]
    assert first.tally is not None
    assert (first.tally.to_ask, first.tally.from_store, first.tally.answered) == (4, 0, 4)
    assert first.predictions.frame.get_column("raw").to_list() == [[10.0, 5.0], [10.0, 5.0], [14.0, 7.0]]
    second = score(model, "7", "8")
    assert model.asked["alt7"] == 1
    assert second.tally is not None
    assert (second.tally.to_ask, second.tally.from_store) == (2, 2)


def test_ask_metered__keeps_the_order_of_the_rows_whatever_the_order_of_the_answers(
    score: Callable[..., Scored],
) -> None:
    names = [str(number) for number in random.Random(1).sample(range(100, 9_000), 5_000)]
    found = score(Counted(), *names)
    assert found.predictions.frame.get_column("asked_id").to_list() == names
    assert [int(values[1]) for values in found.predictions.frame.get_column("raw")] == [int(name) for name in names]


def test_ask_metered__makes_one_failure_of_each_row_without_an_answer(score: Callable[..., Scored]) -> None:
    found = score(Counted(), "5", "13", "bad-1", "99", "7")
    assert found.predictions.frame.get_column("asked_id").to_list() == ["5", "7"]
    assert found.failures.frame.select("asked_id", "error", "attempts").rows() == [
        ("13", "unlucky", 4),
        ("bad-1", "bad-1 cannot be asked", 0),
        ("99", "nothing here", 1),
    ]
    assert found.tally is not None
    assert (found.tally.answered, found.tally.failed, found.tally.unaskable) == (6, 2, 1)


def test_ask_metered__asks_again_only_for_what_failed(score: Callable[..., Scored]) -> None:
    model = Counted()
    score(model, "5", "13")
    score(model, "5", "13")
    assert model.asked == {"ref5": 1, "alt5": 1, "ref13": 2, "alt13": 2}


@pytest.mark.parametrize("stop_after", [0, 1, 2, 3, 7, 8, 13, 19, 20])
def test_ask_metered__stopped_after_any_commit_goes_on_to_the_same_table(
    score: Callable[..., Scored], tmp_path: Path, stop_after: int
) -> None:
    names = [str(number) for number in range(20, 30)]
    stopped, after = Counted(stop_after=stop_after), Counted()
    with pytest.raises(KeyboardInterrupt) if stop_after < 20 else contextlib.nullcontext():
        score(stopped, *names)
    found = score(after, *names)
    assert not set(stopped.asked) & set(after.asked)
    assert len(stopped.asked) + len(after.asked) == 20
    whole = score_with(Counted(), asked_for(*names), SCORE, metering=Metering(store=tmp_path / "other"))
    assert found.predictions.frame.equals(whole.predictions.frame)


def test_ask_metered__asks_everything_again_when_told_to_and_keeps_the_old(
    score: Callable[..., Scored], tmp_path: Path
) -> None:
    model = Counted()
    score(model, "5")
    score(model, "5", rescore=True)
    assert set(model.asked.values()) == {2}
    with contextlib.closing(sqlite3.connect(tmp_path / "counted-1.sqlite")) as connection:
        assert connection.execute("select count(*) from answers").fetchone() == (4,)


def test_ask_metered__tells_how_far_it_has_come(score: Callable[..., Scored]) -> None:
    told: list[Tally] = []
    score(Counted(), *[str(number) for number in range(20, 40)], progress=told.append)
    assert [tally.answered for tally in told] == list(range(1, 41))
    assert all(tally.to_ask == 40 for tally in told)
    assert told[-1].retries == 20
    assert told[-1].left_s == 0
    assert told[-1].rate > 0
    assert told[9].left_s == pytest.approx(30 / told[9].rate)


def test_dry_run__counts_and_asks_nothing(score: Callable[..., Scored], tmp_path: Path) -> None:
    model = Counted()
    metering = Metering(store=tmp_path)
    before = dry_run(model, asked_for("5", "5-again", "6", "bad"), SCORE, metering=metering)
    assert (before.requests, before.in_store, before.to_ask, before.bases, before.unaskable) == (4, 0, 4, 40, 1)
    assert np.isnan(before.disk)
    assert np.isnan(before.expected_s)
    assert not model.asked
    assert not list(tmp_path.iterdir())
    score(model, *[str(number) for number in range(100, 120)])
    after = dry_run(model, asked_for("100", "200", "201"), SCORE, metering=metering)
    assert (after.requests, after.in_store, after.to_ask, after.bases) == (6, 2, 4, 40)
    assert after.disk == pytest.approx(4 * 3.5)
    assert after.expected_s > 0
    done = dry_run(model, asked_for("100"), SCORE, metering=metering)
    assert (done.to_ask, done.disk, done.expected_s) == (0, 0.0, 0.0)


def test_ask_metered__of_no_rows_is_empty_tables(score: Callable[..., Scored]) -> None:
    found = score_with(Counted(), Asked(asked_for("1").rows.head(0)), SCORE, metering=Metering())
    assert found.predictions.frame.is_empty()
    assert found.failures.frame.is_empty()


def test_predict__of_a_metered_model_does_not_pass_the_store_by() -> None:
    with pytest.raises(TypeError, match="metered"):
        Counted().predict(asked_for("1"), SCORE)
