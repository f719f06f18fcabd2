from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.evaluation.builders import SCORE, joined, rows, terms

from refalt.evaluation.controls.baselines import TRAINED, baselines, beside_scores, terms_of_baselines
from refalt.evaluation.evaluate import evaluate
from refalt.stats.metric import METRICS


def _known() -> pl.DataFrame:
    rng = np.random.default_rng(8)
    return rows().with_columns(
        tss_distance=pl.Series(rng.integers(-100_000, 100_000, 300)),
        maf=pl.Series(rng.uniform(0, 0.5, 300)),
        gc=pl.lit(None, pl.Float64),
    )


def test_baselines__are_made_of_what_rows_know_and_of_nothing_else() -> None:
    found = baselines(joined(_known()), [SCORE])
    assert [score.name for score in found.scores] == ["nearness", "rarity"]
    assert {(score.model, score.signed) for score in found.scores} == {("baseline", False)}
    assert baselines(joined(rows()), [SCORE]).scores == []


def test_baselines__stand_on_rows_that_lack_the_score_too() -> None:
    whole = _known()
    found = baselines(joined(whole[:200], lost=whole[200:]), [SCORE])
    assert found.joined.comparison.frame.filter(score_name="rarity").height == 300


def test_baselines__a_row_without_the_covariate_is_missing_and_counted() -> None:
    part = _known().with_columns(maf=pl.when(pl.int_range(pl.len()) < 40).then(None).otherwise("maf"))
    found = baselines(joined(part), [SCORE])
    row = evaluate(found.joined, found.scores, terms()).row(
        by_predicate=(pl.col("score_name") == "rarity") & (pl.col("label_name") == "magnitude"), named=True
    )
    assert (row["n"], row["n_missing"]) == (260, 40)


def test_baselines__are_estimated_as_any_score_is_and_not_tested() -> None:
    found = baselines(joined(_known()), [SCORE])
    estimates = evaluate(found.joined, found.scores, terms())
    row = estimates.row(by_predicate=(pl.col("score_name") == "nearness") & (pl.col("metric") == "auroc"), named=True)
    part = _known()
    expected = METRICS["auroc"].function(part["label"], -part["tss_distance"].abs()).value
    assert row["value"] == pytest.approx(expected, abs=1e-12)
    assert np.isfinite([row["lower"], row["upper"]]).all()
    assert estimates.get_column("p_value").null_count() == estimates.height
    assert set(estimates.get_column("label_name")) == {"magnitude", "given"}


def test_baselines__what_was_trained_is_a_score_with_a_sign_and_a_name_that_says_so() -> None:
    trained = pl.DataFrame({"source_row": np.arange(1, 251), "score": rows().get_column("effect")[:250]})
    found = baselines(joined(rows()), [SCORE], trained)
    assert [(score.name, score.signed) for score in found.scores] == [(TRAINED, True)]
    estimates = evaluate(found.joined, found.scores, terms()).filter(metric="pearson_r")
    assert (estimates.get_column("n")[0], estimates.get_column("n_missing")[0]) == (250, 50)
    assert "trained" in TRAINED


def test_terms_of_baselines__leave_strata_that_are_not_tested_alone() -> None:
    asked = terms(strata=["chrom", "label"], family=["all", "label"])
    assert terms_of_baselines(asked).settings.strata == ("label",)


def test_beside_scores__is_one_table_of_both() -> None:
    held = joined(_known())
    both = beside_scores(held, baselines(held, [SCORE]))
    assert set(both.comparison.frame.get_column("score_name")) == {"s", "nearness", "rarity"}
    assert beside_scores(held, baselines(joined(rows()), [SCORE])).comparison.frame.equals(held.comparison.frame)


def test_baselines__without_scores_there_are_none() -> None:
    assert list(baselines(joined(rows()), []).scores) == []
