from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from tests.evaluation.builders import SCORE, joined, rows, terms

from refalt.evaluation.beside.power import power_of
from refalt.evaluation.evaluate import evaluate
from refalt.stats.dependence import correlation_design_effect
from refalt.stats.power import detectable_auroc, detectable_correlation
from refalt.tables import Power


def _found(part: pl.DataFrame, **settings: object) -> pl.DataFrame:
    asked, held = terms(**settings), joined(part)
    return Power(power_of(held, [SCORE], asked, evaluate(held, [SCORE], asked))).frame


def _row(found: pl.DataFrame, metric: str = "pearson_r", label: str = "effect") -> dict[str, object]:
    return found.row(by_predicate=(pl.col("metric") == metric) & (pl.col("label_name") == label), named=True)


def test_power_of__independent_rows_are_worth_their_number() -> None:
    row = _row(_found(rows(n_clusters=300)))
    assert (row["design_effect"], row["n_effective"]) == (1.0, 300.0)
    assert row["detectable"] == pytest.approx(detectable_correlation(300).value)


def test_power_of__rows_that_share_effect_and_score_in_clusters_are_worth_less() -> None:
    shared = np.random.default_rng(3).normal(size=50)[np.arange(1000) % 50]
    part = rows(1000, n_clusters=50).with_columns(
        effect=pl.col("effect") + pl.Series(shared), score=pl.col("score") + pl.Series(shared)
    )
    row = _row(_found(part))
    codes = np.arange(1000) % 50
    deff = correlation_design_effect(part["effect"], part["score"], codes).value
    assert row["design_effect"] == pytest.approx(deff)
    assert deff > 2
    assert row["n_effective"] == pytest.approx(1000 / deff)
    assert row["cluster_size_kish"] == pytest.approx(20)
    assert row["detectable"] > detectable_correlation(1000).value  # type: ignore[operator]


def test_power_of__areas_are_detected_by_their_classes() -> None:
    row = _row(_found(rows(n_clusters=300)), "auroc", "given")
    positives = rows().get_column("label").sum()
    assert row["detectable"] == pytest.approx(detectable_auroc(positives, 300 - positives).value)
    assert row["margin"] == 0.05


def test_power_of__a_strong_correlation_is_told_from_chance() -> None:
    assert _row(_found(rows()))["verdict"] == "told from chance"


def test_power_of__nothing_found_in_few_rows_is_undecided_and_names_what_they_could_find() -> None:
    row = _row(_found(rows(120, n_clusters=120, noise=1e6)))
    assert str(row["verdict"]).startswith("undecided")
    assert f"{row['detectable']:.3f}" in str(row["verdict"])
    assert row["equivalence_p"] > 0.05  # type: ignore[operator]


def test_power_of__no_effect_is_said_where_the_interval_lies_within_the_margin() -> None:
    row = _row(_found(rows(4000, n_clusters=1000, noise=1e6)))
    assert str(row["verdict"]).startswith("no effect: within 0.1 of chance")
    assert row["equivalence_p"] < 0.05  # type: ignore[operator]


def test_power_of__without_an_interval_nothing_is_said() -> None:
    row = _row(_found(rows(n_clusters=5)))
    assert row["verdict"] == "nothing: there is no interval"
    assert "5 clusters" in str(row["reason"])


@pytest.mark.parametrize("n", [0, 1, 3])
def test_power_of__hardly_any_rows_are_no_error(n: int) -> None:
    found = _found(rows(3)[:n])
    assert found.get_column("reason").is_not_null().all()
    assert all(math.isnan(value) for value in found.get_column("equivalence_p"))
