from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.scores import (
    OneScoreAVariant,
    PredictionsArePredictions,
    RawForMagnitude,
    TwoLabelsAreTwoThings,
)
from refalt.studies.study import ScoreSection
from refalt.tables import Tracks
from refalt.testing.builders import as_table, build_joined, build_measurements, build_predictions, build_study

SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])


def limits(score: np.ndarray) -> Finding:
    joined = build_joined(build_measurements(score.size), score=score)
    (found,) = RawForMagnitude().check(joined=joined, scores=build_study().score)
    return found


@SEEDS
def test_md003__clear_of_raw_scores_and_of_a_few_at_the_limit(seed: int) -> None:
    score = np.random.default_rng(seed).normal(size=300)
    assert limits(score).outcome is Outcome.CLEAR
    assert limits(np.tanh(score / 2)).outcome is Outcome.CLEAR


@SEEDS
def test_md003__finds_quantiles_at_their_limit(seed: int) -> None:
    found = limits(np.clip(np.random.default_rng(seed).normal(0, 1, 300), -1, 1))
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)


def predictions(score: Any, *, model: str = "motif", ref: Any = None, **columns: Any) -> Finding:
    rows = build_measurements(len(score))
    names = rows.frame.get_column("variant_id").to_list()
    made = build_predictions(names, score, **({} if ref is None else {"ref_score": ref}))
    section = {"name": "said", "model": model, "method": "variant"}
    study = build_study(score=[section], models={"motif": {}})
    (found,) = PredictionsArePredictions().check(
        joined=build_joined(rows, score=score, **columns), scores=study.score, predictions={"said": made}
    )
    return found


@SEEDS
def test_md007__clear_of_computed_scores_and_zeros(seed: int) -> None:
    score = np.random.default_rng(seed).normal(size=300)
    score[::3] = 0.0
    assert predictions(score, ref=np.random.default_rng(seed).normal(size=300)).outcome is Outcome.CLEAR


@SEEDS
def test_md007__clear_of_recorded_scores_on_a_coarse_grid(seed: int) -> None:
    """A clean submission has 318 distinct values for 3,006 inputs, because it was printed with two decimals."""
    score = np.random.default_rng(seed).normal(0, 0.7, 3006).round(2)
    assert predictions(score, model="recorded").outcome is Outcome.CLEAR


@pytest.mark.parametrize("model", ["recorded", "motif"])
def test_md007__finds_a_constant(model: str) -> None:
    found = predictions(np.full(50, 0.25), model=model)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)


def test_md007__finds_fewer_scores_than_inputs() -> None:
    score = np.random.default_rng(0).normal(size=40)[np.arange(400) % 40]
    assert predictions(score).severity is Severity.FATAL
    shared = [f"input{i % 40}" for i in range(400)]
    assert predictions(score, input_id=shared).outcome is Outcome.CLEAR


def test_md007__finds_a_value_that_stands_for_failures() -> None:
    score = np.random.default_rng(0).normal(size=400).round(6)
    score[:80] = 0.013
    found = predictions(score, model="recorded")
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert "0.013 stands in 80 rows" in found.message


def test_md007__finds_a_score_made_of_the_effect() -> None:
    effect = build_measurements(100).frame.get_column("beta").to_numpy()
    assert predictions(np.exp(effect)).severity is Severity.FATAL
    assert "exactly as their effects do" in predictions(-effect, model="recorded").message


def test_md007__finds_reference_scores_shared_by_many_places() -> None:
    rng = np.random.default_rng(0)
    found = predictions(rng.normal(size=100), ref=rng.normal(size=5)[np.arange(100) % 5])
    assert "100 places have 5 distinct REF scores" in found.message


def two(first: np.ndarray, second: np.ndarray) -> list[Finding]:
    names = [f"chr1:{i}:A>C" for i in range(first.size)]
    made = {"ag-atac": build_predictions(names, first), "ag-dnase": build_predictions(names[: second.size], second)}
    return list(TwoLabelsAreTwoThings().check(predictions=made))


@SEEDS
def test_md009__clear_of_two_scores(seed: int) -> None:
    score = np.random.default_rng(seed).normal(size=100)
    (found,) = two(score, score + 1e-9)
    assert found.outcome is Outcome.CLEAR


@SEEDS
def test_md009__finds_one_score_under_two_names(seed: int) -> None:
    score = np.random.default_rng(seed).normal(size=100)
    (found,) = two(score, score[:60])
    assert (found.outcome, found.severity, found.subject) == (Outcome.FOUND, Severity.SERIOUS, "ag-atac, ag-dnase")


def test_md009__a_quantile_beside_its_raw_score_is_another_thing() -> None:
    made = {name: build_predictions([f"v{i}" for i in range(50)], range(50)) for name in ("raw", "rank", "other")}
    scores = [
        ScoreSection.model_validate({"name": name, "model": "alphagenome", "value": value})
        for name, value in (("raw", "raw"), ("rank", "quantile"), ("other", "raw"))
    ]
    assert [finding.subject for finding in TwoLabelsAreTwoThings().check(predictions=made, scores=scores)] == [
        "other, raw"
    ]


def chosen(aggregate: str, tracks: int = 305, genes: int = 14, *, name: str = "ag", seed: int = 1) -> list[Finding]:
    """Before and after predictions for 50 variants."""
    score = ScoreSection.model_validate({"name": name, "model": "alphagenome", "aggregate": aggregate})
    rng = np.random.default_rng(seed)
    asked = [f"v{i}" for i in range(50) for _ in range(genes)]
    raw = rng.normal(size=(len(asked), tracks)).tolist()
    predictions = build_predictions(asked, [0.0] * len(asked), raw=raw, target_id=[f"g{i}" for i in range(len(asked))])
    audit = OneScoreAVariant()
    return [*audit.check(scores=[score]), *audit.check(scores=[score], predictions={name: predictions})]


def test_md005__clear_of_means_and_of_a_single_track() -> None:
    assert [found.outcome for found in chosen("mean")] == [Outcome.CLEAR, Outcome.CLEAR]
    assert chosen("max_abs", tracks=1, genes=1)[1].outcome is Outcome.CLEAR
    assert [found.outcome for found in OneScoreAVariant().check(scores=[])] == [Outcome.SKIPPED]


@pytest.mark.parametrize(("name", "aggregate", "seed"), [("ag", "max_abs", 1), ("another", "max", 2)])
def test_md005__finds_the_largest_of_many_and_counts_them(name: str, aggregate: str, seed: int) -> None:
    before, after = chosen(aggregate, name=name, seed=seed)
    for found in (before, after):
        assert (found.outcome, found.severity, found.subject) == (Outcome.FOUND, Severity.SERIOUS, name)
    assert "305 tracks and up to 14 genes: one of up to 4,270 values" in after.message
    assert (after.n_affected, after.n_examined, after.statistic) == (50, 50, 4270.0)


def counted(values: np.ndarray, *, name: str = "said") -> Finding:
    """Quantiles float64[rows, tracks] whose mean is the score."""
    n_tracks = values.shape[1]
    tracks = Tracks(
        as_table(
            Tracks,
            {
                "score_name": [name] * n_tracks,
                "track_index": list(range(n_tracks)),
                "track_id": [f"DNASE|{i}|." for i in range(n_tracks)],
            },
        )
    )
    joined = build_joined(build_measurements(len(values)), score=values.mean(axis=1), score_name=name)
    scores = [ScoreSection(name=name, model="alphagenome")]
    (found,) = RawForMagnitude().check(joined=joined, scores=scores, tracks=tracks)
    return found


@SEEDS
@pytest.mark.parametrize("n_tracks", [2, 3, 7, 60])
def test_md003__clear_of_means_of_tracks_that_are_nowhere_near_their_limits(seed: int, n_tracks: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, (600, n_tracks))
    assert counted(values).outcome is Outcome.CLEAR
    assert counted(np.zeros((600, n_tracks))).outcome is Outcome.CLEAR


@pytest.mark.parametrize(("n_tracks", "name"), [(3, "said"), (7, "other")])
@SEEDS
def test_md003__finds_means_that_count_tracks_at_their_limits(n_tracks: int, name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-0.9, 0.9, (600, n_tracks))
    # Of every third variant each track is at one limit or the other, so that few means are at a limit themselves.
    values[::3] = 0.99999 * rng.choice([-1, 1], (200, n_tracks), p=[0.5, 0.5])
    values[::3, :2] = [0.99999, -0.99999]
    found = counted(values, name=name)
    assert (found.outcome, found.severity, found.subject) == (Outcome.FOUND, Severity.SERIOUS, name)
    assert f"whole {n_tracks}ths" in found.message
