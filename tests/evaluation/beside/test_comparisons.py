from __future__ import annotations

import math

import polars as pl
import pytest
from tests.evaluation.builders import OTHER, SCORE, joined, rows, terms

from refalt.evaluation.beside import comparisons
from refalt.evaluation.beside.comparisons import compare_scores
from refalt.stats.comparison import Resampled, resampled
from refalt.stats.metric import METRICS, Metric
from refalt.studies.study import ScoreSection
from refalt.tables import Comparisons


def _row(found: pl.DataFrame, metric: str, label: str = "effect") -> dict[str, object]:
    named = (pl.col("metric") == metric) & (pl.col("label_name") == label) & (pl.col("stratum") == "all")
    return found.row(by_predicate=named, named=True)


def test_compare_scores__the_difference_is_that_of_the_two_metrics_on_the_same_rows() -> None:
    one, other = rows(noise=0.5), rows(name="t", noise=3)
    found = compare_scores(joined(one, other), [SCORE, OTHER], terms())
    for metric in ("pearson_r", "spearman_rho"):
        expected = [METRICS[metric].function(part["effect"], part["score"]).value for part in (one, other)]
        row = _row(found, metric)
        assert row["difference"] == pytest.approx(expected[0] - expected[1], abs=1e-12)
        assert (row["first_value"], row["second_value"]) == pytest.approx(expected, abs=1e-12)
        assert row["lower"] > 0  # type: ignore[operator]
        assert max(row["p_value"], row["williams_p"], row["steiger_p"]) < 0.02  # type: ignore[type-var,operator]
    Comparisons(found)


def test_compare_scores__scores_of_equal_worth_are_not_told_apart() -> None:
    found = compare_scores(joined(rows(), rows(name="t")), [SCORE, OTHER], terms())
    row = _row(found, "auroc", "given")
    assert row["lower"] < 0 < row["upper"]  # type: ignore[operator]
    assert row["p_value"] > 0.05  # type: ignore[operator]
    assert row["delong_p"] > 0.05  # type: ignore[operator]


def test_compare_scores__is_made_on_the_rows_that_have_both_and_says_what_each_has_alone() -> None:
    one, other = rows(), rows(name="t")
    held = joined(one[:250], other[30:], lost=pl.concat([one[250:], other[:30]]))
    row = _row(compare_scores(held, [SCORE, OTHER], terms()), "pearson_r")
    assert (row["n"], row["first_own_n"], row["second_own_n"]) == (220, 250, 270)
    both = one[30:250], other[30:250]
    expected = [METRICS["pearson_r"].function(part["effect"], part["score"]).value for part in both]
    assert (row["first_value"], row["second_value"]) == pytest.approx(expected, abs=1e-12)
    alone = METRICS["pearson_r"].function(one[:250]["effect"], one[:250]["score"]).value
    assert row["first_own_value"] == pytest.approx(alone, abs=1e-12)


def test_compare_scores__a_score_is_resampled_once_however_many_it_is_held_against(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def counted(metric: Metric, *columns: object, **options: object) -> Resampled:
        asked.append(metric.name)
        return resampled(metric, *columns, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(comparisons, "resampled", counted)
    names = ("s", "t", "u", "v")
    scores = [ScoreSection.model_validate({"name": name, "model": "recorded"}) for name in names]
    found = compare_scores(joined(*(rows(name=name) for name in names)), scores, terms(labels=[]))
    pairs = found.filter(metric="spearman_rho", label_name="effect")
    assert pairs.height == 6
    assert found.filter(metric="spearman_rho").height == 12  # of effects and of magnitudes
    assert asked.count("spearman_rho") == 8
    of_two = compare_scores(joined(rows(name="t"), rows(name="v")), [scores[1], scores[3]], terms(labels=[]))
    numbers = ("difference", "lower", "upper", "p_value")
    alone, among = (
        part.filter(first="t", second="v", metric="spearman_rho", label_name="effect") for part in (of_two, pairs)
    )
    assert alone.select(numbers).equals(among.select(numbers))


def test_compare_scores__two_names_of_one_score_never_differ_and_it_says_so() -> None:
    found = compare_scores(joined(rows(), rows().with_columns(score_name=pl.lit("t"))), [SCORE, OTHER], terms())
    row = _row(found, "pearson_r")
    assert row["difference"] == 0
    assert math.isnan(row["lower"])  # type: ignore[arg-type]
    assert "never differ" in str(row["reason"])


def test_compare_scores__what_is_withheld_of_one_is_withheld_of_the_difference() -> None:
    unsigned = OTHER.model_copy(update={"signed": False})
    found = compare_scores(joined(rows(), rows(name="t")), [SCORE, unsigned], terms())
    row = _row(found, "pearson_r")
    assert math.isnan(row["difference"])  # type: ignore[arg-type]
    assert row["first_value"] is None
    assert row["reason"] == "the score has no sign"
    assert math.isfinite(_row(found, "auroc", "given")["difference"])  # type: ignore[arg-type]


def test_compare_scores__slopes_have_other_units_and_are_not_compared() -> None:
    found = compare_scores(joined(rows(), rows(name="t")), [SCORE, OTHER], terms())
    assert "calibration_slope" not in found.get_column("metric").to_list()


def test_compare_scores__baselines_meet_scores_and_not_one_another() -> None:
    names = ("s", "t", "u")
    scores = [ScoreSection(name=name, model=model) for name, model in zip(names, ("m", *["baseline"] * 2), strict=True)]
    found = compare_scores(joined(*(rows(name=name) for name in names)), scores, terms())
    assert found.select("first", "second").unique(maintain_order=True).rows() == [("s", "t"), ("s", "u")]


def test_compare_scores__one_score_alone_is_compared_with_nothing() -> None:
    assert compare_scores(joined(rows()), [SCORE], terms()).height == 0
