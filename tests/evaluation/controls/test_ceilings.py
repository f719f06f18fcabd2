from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.evaluation.builders import SCORE, joined, rows, terms

from refalt.evaluation.controls.ceilings import ceilings, z_scores
from refalt.evaluation.held import measured_rows
from refalt.evaluation.labels import QUESTIONS
from refalt.stats.reliability import linkage_ceiling
from refalt.tables import Estimates


def _found(part: pl.DataFrame, *, natural: bool = True, **settings: object) -> dict[str, dict[str, object]]:
    frame = Estimates(ceilings(joined(part), [SCORE], terms(**settings), natural=natural)).frame
    assert set(frame.get_column("model")) <= {"control"}
    return {row["score_name"]: row for row in frame.iter_rows(named=True)}


def _linked(n_loci: int = 80, size: int = 6) -> pl.DataFrame:
    """Loci of one causal variant each; the others are associated for being linked to it."""
    rng = np.random.default_rng(4)
    linkage = np.tile([1, 0.9, 0.8, 0.7, 0.5, 0.3][:size], n_loci)
    effect = np.repeat(rng.choice([-1, 1], n_loci) * rng.uniform(0.8, 1.5, n_loci), size) * linkage
    return rows(n_loci * size, n_clusters=n_loci).with_columns(
        effect=pl.Series(effect),
        effect_se=pl.lit(0.1),
        target_id=pl.Series([f"g{i // size}" for i in range(n_loci * size)]),
        cluster_id=pl.Series([f"c{i // size}" for i in range(n_loci * size)]),
    )


def test_ceilings__noise_of_known_size_lowers_what_can_be_reached() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=2000)
    part = rows(2000, n_clusters=500).with_columns(
        effect=pl.Series(truth + 0.75 * rng.normal(size=2000)), effect_se=pl.lit(0.75)
    )
    row = _found(part)["reliability_ceiling"]
    reached = stats.pearsonr(truth, part["effect"]).statistic
    assert row["value"] == pytest.approx(reached, abs=0.03)
    assert row["lower"] < row["value"] < row["upper"]  # type: ignore[operator]


def test_ceilings__errors_larger_than_the_effects_leave_nothing_and_say_so() -> None:
    row = _found(rows().with_columns(effect_se=pl.lit(5.0)))["reliability_ceiling"]
    assert math.isnan(row["value"])  # type: ignore[arg-type]
    assert "no signal is left" in str(row["reason"])


def test_ceilings__the_score_that_knows_causal_variants_reaches_that_of_linkage() -> None:
    part = _linked()
    causal = part.get_column("effect") * (pl.Series(np.arange(part.height)) % 6 == 0)
    row = _found(part)["linkage_ceiling"]
    codes = np.arange(part.height) // 6
    assert row["value"] == pytest.approx(linkage_ceiling(part["effect"], part["effect"] / 0.1, codes).value, abs=1e-12)
    assert row["value"] == pytest.approx(stats.pearsonr(causal, part["effect"]).statistic, abs=0.03)
    assert row["lower"] <= row["value"] <= row["upper"]  # type: ignore[operator]


@pytest.mark.parametrize(
    "changed",
    [
        {"pip": pl.lit(0.9)},
        {"target_id": pl.lit(None, pl.String)},
        {"target_id": pl.format("g{}", pl.int_range(pl.len()))},
    ],
    ids=["fine_mapped", "no_target", "one_a_locus"],
)
def test_ceilings__effects_that_are_not_marginal_have_no_ceiling_of_linkage(changed: dict[str, pl.Expr]) -> None:
    assert "linkage_ceiling" not in _found(_linked().with_columns(**changed))


def test_ceilings__designed_variants_are_not_inherited_together() -> None:
    assert "linkage_ceiling" not in _found(_linked(), natural=False)


def test_ceilings__what_is_constant_within_clusters_cannot_exceed_what_lies_between_them() -> None:
    part = rows(n_clusters=20)
    means = part.with_columns(score=pl.col("effect").mean().over("cluster_id"))
    row = _found(part)["cluster_constant_ceiling"]
    assert row["value"] == pytest.approx(stats.pearsonr(means["effect"], means["score"]).statistic, abs=1e-12)
    assert "cluster_constant_ceiling" not in _found(rows(n_clusters=300))


def test_ceilings__nothing_known_of_noise_or_loci_gives_no_ceiling() -> None:
    part = rows(n_clusters=300).with_columns(effect_se=pl.lit(None, pl.Float64))
    assert _found(part) == {}
    assert _found(part.with_columns(effect_se=pl.lit(0.1), effect=pl.lit(math.inf)))["reliability_ceiling"]["reason"]


def test_ceilings__a_perfect_score_reaches_that_of_replicates() -> None:
    rng = np.random.default_rng(4)
    truth, *noise = rng.normal(size=(3, 4000))
    first, second = (truth + 0.8 * errors for errors in noise)
    part = rows(4000, n_clusters=500).with_columns(
        effect=pl.Series(first), effect_replicate=pl.Series(second), effect_se=pl.lit(None, pl.Float64)
    )
    found = _found(part, resamples=1000)
    for name, compared in (("replicate_ceiling", first), ("replicate_mean_ceiling", (first + second) / 2)):
        row = found[name]
        assert row["value"] == pytest.approx(stats.pearsonr(truth, compared).statistic, abs=0.01)
        assert row["lower"] < row["value"] < row["upper"]  # type: ignore[operator]
        assert (row["upper"] - row["lower"]) < 0.04  # type: ignore[operator]


def test_ceilings__replicates_are_compared_where_both_were_measured_and_over_clusters() -> None:
    part = rows(n_clusters=20).with_columns(
        effect_replicate=pl.when(pl.int_range(pl.len()) < 200).then(pl.col("effect") + 0.3 * pl.col("score"))
    )
    row = _found(part)["replicate_ceiling"]
    both = part.filter(pl.col("effect_replicate").is_not_null())
    r = stats.pearsonr(both["effect"], both["effect_replicate"]).statistic
    assert row["value"] == pytest.approx(math.sqrt(r), abs=1e-12)
    assert (row["n"], row["n_clusters"], row["method"]) == (200, 20, "cluster jackknife, t on the transformed scale")


@pytest.mark.parametrize("sign", [0.0, -1.0])
def test_ceilings__replicates_that_do_not_agree_leave_nothing_and_say_so(sign: float) -> None:
    row = _found(rows().with_columns(effect_replicate=sign * pl.col("effect")))["replicate_ceiling"]
    assert math.isnan(row["value"])  # type: ignore[arg-type]
    assert row["reason"]


def test_z_scores__come_from_standard_errors_else_from_p_values() -> None:
    part = rows(4).with_columns(
        effect=pl.Series([2.0, -1.0, 1.0, 1.0]),
        effect_se=pl.Series([0.5, None, 0.0, None]),
        p_value=pl.Series([0.9, 0.05, 1.0, None]),
    )
    effect = next(question for question in QUESTIONS if question.name == "effect")
    found = z_scores(measured_rows(effect, part))
    np.testing.assert_allclose(found, [4, stats.norm.isf(0.025), 0, np.nan], atol=1e-12)
