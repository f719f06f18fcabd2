from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.evaluation.builders import SCORE, joined, rows, terms

from refalt.evaluation.beside.diagnostics import PERCENTILES, diagnose
from refalt.stats.association import pearson
from refalt.tables import Diagnostics


def _found(part: pl.DataFrame, **settings: object) -> pl.DataFrame:
    return Diagnostics(diagnose(joined(part), [SCORE], terms(**settings))).frame


def _row(found: pl.DataFrame, name: str, stratum: str = "all", label: str = "effect") -> dict[str, object]:
    named = (pl.col("diagnostic") == name) & (pl.col("stratum") == stratum) & (pl.col("label_name") == label)
    return found.row(by_predicate=named, named=True)


def test_diagnose__within_each_sign_the_correlation_is_that_of_its_rows() -> None:
    part = rows()
    found = _found(part)
    for words, side in (
        ("positive", part.filter(pl.col("effect") > 0)),
        ("negative", part.filter(pl.col("effect") < 0)),
    ):
        row = _row(found, f"spearman_within_{words}")
        assert row["value"] == pytest.approx(stats.spearmanr(side["effect"], side["score"]).statistic, abs=1e-12)
        assert row["n"] == side.height
        assert row["lower"] < row["value"] < row["upper"]  # type: ignore[operator]


def test_diagnose__a_score_that_knows_signs_alone_is_unmasked() -> None:
    noise = np.random.default_rng(2).normal(size=300)
    part = rows().with_columns(score=pl.col("effect").sign() * 3 + pl.Series(noise) * 0.1)
    part = part.with_columns(effect=pl.col("effect") + pl.col("effect").sign() * 3)
    found = _found(part)
    assert _row(found, "pearson_with_sign_of_effect")["value"] > 0.99  # type: ignore[operator]
    within = [_row(found, f"pearson_within_{words}") for words in ("positive", "negative")]
    assert all(row["lower"] < 0 < row["upper"] for row in within)  # type: ignore[operator]


def test_diagnose__one_wild_cluster_is_left_out() -> None:
    first = pl.int_range(pl.len()) == 0
    part = rows(noise=1e3).with_columns(
        effect=pl.when(first).then(500.0).otherwise("effect"), score=pl.when(first).then(5e5).otherwise("score")
    )
    row = _row(_found(part), "pearson_without_influential")
    assert pearson(part["effect"], part["score"]).value > 0.9
    assert abs(row["value"]) < 0.2  # type: ignore[arg-type]
    assert row["n_clusters"] == 99


def test_diagnose__weights_by_posterior_probability_are_weights() -> None:
    pip = np.random.default_rng(1).random(300)
    part = rows().with_columns(pip=pl.Series(pip))
    row = _row(_found(part), "pearson_weighted_by_pip")
    expected = np.cov(part["effect"], part["score"], aweights=pip)
    assert row["value"] == pytest.approx(expected[0, 1] / math.sqrt(expected[0, 0] * expected[1, 1]), abs=1e-12)


def test_diagnose__weighs_elements_by_their_barcodes() -> None:
    tags = np.random.default_rng(6).integers(1, 500, 300)
    part = rows().with_columns(pl.Series("stratum.tags", tags))
    row = _row(_found(part), "pearson_weighted_by_tags")
    expected = np.cov(part["effect"], part["score"], aweights=tags.astype(float))
    assert row["value"] == pytest.approx(expected[0, 1] / math.sqrt(expected[0, 0] * expected[1, 1]), abs=1e-12)
    words = _found(part.with_columns(pl.col("stratum.tags").cast(pl.String)))
    assert "tags" not in " ".join(words.get_column("diagnostic").unique())


def test_diagnose__weights_that_are_all_zero_leave_nothing_and_say_so() -> None:
    row = _row(_found(rows().with_columns(pip=pl.lit(0.0))), "pearson_weighted_by_pip")
    assert math.isnan(row["value"])  # type: ignore[arg-type]
    assert "0 rows" in str(row["reason"])


def test_diagnose__the_curve_takes_the_largest_effects() -> None:
    part = rows()
    found = _found(part)
    for percentile in PERCENTILES:
        kept = part.filter(pl.col("effect").abs() >= np.percentile(np.abs(part["effect"]), percentile))
        row = _row(found, "pearson_r", f"|effect| from percentile {percentile}")
        assert row["n"] == kept.height
        assert row["value"] == pytest.approx(stats.pearsonr(kept["effect"], kept["score"]).statistic, abs=1e-12)


def test_diagnose__frequency_is_taken_out_and_held_fixed() -> None:
    effect = rows().get_column("effect").abs()
    part = rows(noise=1e3).with_columns(maf=0.5 / (1 + effect), score=effect)
    found = _found(part)
    assert "once the covariates" in str(_row(found, "partial_spearman_given_maf", label="magnitude")["reason"])
    bins = found.filter(diagnostic="auroc", label_name="given").get_column("stratum").to_list()
    assert bins == ["maf=0.1 to 0.25", "maf=0.25 and over"]


def test_diagnose__without_frequency_or_probability_nothing_is_said_of_them() -> None:
    names = " ".join(_found(rows()).get_column("diagnostic").unique())
    assert "maf" not in names
    assert "pip" not in names


def test_diagnose__what_is_withheld_has_its_reason_and_no_number() -> None:
    found = diagnose(joined(rows()), [SCORE], terms(withheld={"signed": "why"})).filter(label_name="effect")
    assert found.get_column("value").is_nan().all()
    assert found.get_column("reason").unique().to_list() == ["why"]


def test_diagnose__every_number_has_its_companions() -> None:
    found = _found(rows().with_columns(pip=pl.lit(0.5), maf=pl.lit(0.2)))
    bare = found.filter(pl.col("reason").is_null() & ~(pl.col("lower").is_finite() & pl.col("upper").is_finite()))
    assert bare.height == 0
    assert (found.get_column("n") > 0).all()


def test_diagnose__parts_of_a_stratum_are_named_with_it() -> None:
    found = _found(rows(), strata=["chrom"], family=["all", "chrom"])
    assert "chrom=chr1, |effect| from percentile 50" in found.get_column("stratum").to_list()
    assert "|effect| from percentile 50" in found.get_column("stratum").to_list()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_diagnose__hardly_any_rows_are_no_error(n: int) -> None:
    found = diagnose(joined(rows(3)[:n]), [SCORE], terms())
    assert found.filter(pl.col("lower").is_finite()).height == 0
    assert found.get_column("reason").is_not_null().all()


def test_diagnose__one_row_of_each_variant_and_target_is_drawn_again_and_again_the_same() -> None:
    part = rows().with_columns(
        asked_id=pl.format("v{}", pl.int_range(pl.len()) // 2), target_id=pl.format("g{}", pl.int_range(pl.len()) // 5)
    )
    found = _found(part)
    counts = {words: _row(found, f"spearman_one_per_{words}")["n"] for words in ("variant", "target")}
    assert counts == {"variant": part.height // 2, "target": part.height // 5}
    assert _row(found, "pearson_one_per_target") == _row(_found(part), "pearson_one_per_target")
    assert not _found(rows()).get_column("diagnostic").str.contains("one_per").any()
