from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.errors import UserError
from refalt.evaluation.matching import contaminated, match_controls, nearest_once, standardised_difference
from refalt.studies.study import Matching

BOTH = Matching(match=("maf", "gc"), k=3)


def _rows(n_positive: int = 60, n_control: int = 3000) -> pl.DataFrame:
    """Positives are commoner and richer in GC than controls."""
    rng = np.random.default_rng(2)
    n = n_positive + n_control
    positive = np.arange(n) < n_positive
    return pl.DataFrame(
        {
            "source_row": np.arange(n),
            "chrom": [f"chr{1 + i % 3}" for i in range(n)],
            "label": positive.astype(np.int8),
            "p_value": np.where(positive, 1e-6, 0.5),
            "beta": [1.0 if p else None for p in positive],
            "target_id": [f"g{i}" for i in range(n)],
            "maf": np.clip(rng.normal(np.where(positive, 0.27, 0.2), 0.07), 0.01, 0.5),
            "gc": rng.normal(np.where(positive, 0.53, 0.45), 0.08),
        },
        schema_overrides={"target_id": pl.String},
    ).with_columns(
        context_id=pl.lit(None, pl.String), tss_distance=pl.lit(None, pl.Int64), pip=pl.lit(None, pl.Float64)
    )


def test_match_controls__makes_positives_and_controls_alike() -> None:
    found = match_controls(_rows(), BOTH)
    for row in found.balance.frame.iter_rows(named=True):
        assert row["before"] > 0.8
        assert abs(row["after"]) < 0.15
        assert (row["n_positives"], row["n_controls"], row["n_lacking"]) == (60, 180, 0)


def test_match_controls__every_control_is_chosen_once_and_on_the_chromosome_of_its_positive() -> None:
    rows = _rows()
    chosen = rows.join(match_controls(rows, BOTH).labels, on="source_row")
    assert chosen.get_column("source_row").is_unique().all()
    assert (chosen.get_column("label") == chosen.get_column("matched_label")).all()
    counts = chosen.group_by("chrom").agg(pl.col("matched_label").mean())
    np.testing.assert_allclose(counts.get_column("matched_label"), 0.25)


def test_match_controls__says_how_many_controls_were_lacking() -> None:
    balance = match_controls(_rows(60, 90), BOTH).balance.frame
    assert balance.select("n_controls", "n_lacking").row(0) == (90, 90)


def test_match_controls__rows_without_a_covariate_cannot_be_matched() -> None:
    rows = _rows().with_columns(gc=pl.when(pl.int_range(pl.len()) < 10).then(None).otherwise("gc"))
    chosen = match_controls(rows, BOTH).labels
    assert chosen.get_column("source_row").min() == 10  # type: ignore[comparison-overlap]


def test_match_controls__a_covariate_that_no_row_has_is_the_users_to_mend() -> None:
    with pytest.raises(UserError, match="tss_distance"):
        match_controls(_rows(), Matching(match=("maf", "tss_distance")))


def test_match_controls__without_positives_nothing_is_chosen_and_the_balance_says_so() -> None:
    found = match_controls(_rows().filter(pl.col("label") == 0), BOTH)
    assert found.labels.height == 0
    assert found.balance.frame.get_column("reason").to_list() == ["no positive has a control"] * 2


def test_match_controls__contaminated_controls_are_set_aside() -> None:
    rows = _rows().with_columns(p_value=pl.when(pl.int_range(pl.len()) >= 3000).then(1e-9).otherwise("p_value"))
    found = match_controls(rows, BOTH)
    assert found.balance.frame.get_column("n_set_aside").to_list() == [60, 60]
    assert found.labels.get_column("source_row").max() < 3000  # type: ignore[operator]


def _doubtful(**columns: list[object]) -> list[bool]:
    base = {
        "label": [1, 0, 0, 0, 0],
        "p_value": [1e-5, 0.5, 0.6, None, 0.7],
        "pip": [None] * 5,
        "beta": [1.0, None, None, None, None],
        "target_id": ["a", "b", "c", "d", None],
        "context_id": [None] * 5,
    }
    schema = {
        "label": pl.Int8,
        "p_value": pl.Float64,
        "pip": pl.Float64,
        "beta": pl.Float64,
        "target_id": pl.String,
        "context_id": pl.String,
    }
    return contaminated(pl.DataFrame(base | columns, schema=schema)).to_list()


def test_contaminated__is_a_control_that_is_significant_measured_or_in_a_positives_peak() -> None:
    assert _doubtful() == [False] * 5
    assert _doubtful(p_value=[1e-5, 1e-6, 0.6, None, 0.7]) == [False, True, False, False, False]
    # Fine-mapping has looked at it: it is as significant because it is linked to the cause.
    assert _doubtful(p_value=[1e-5, 1e-6, 0.6, None, 0.7], pip=[0.9, 0.001, None, None, None]) == [False] * 5
    assert _doubtful(beta=[1.0, None, None, 2.0, None]) == [False, False, False, True, False]
    peaks = ["chr1:5-9", "chr1:50-90", "chr1:5-9", "chr2:5-9", None]
    assert _doubtful(target_id=peaks) == [False, False, True, False, False]
    assert _doubtful(target_id=["a", "b", "a", "d", None]) == [False] * 5


def test_contaminated__what_falls_on_most_controls_sets_none_aside() -> None:
    assert _doubtful(beta=[1.0] * 5) == [False] * 5
    assert _doubtful(target_id=["chr1:5-9"] * 5) == [False] * 5
    assert _doubtful(p_value=[1e-5] * 5) == [False] * 5


def test_contaminated__significance_says_nothing_where_positives_were_not_chosen_by_it() -> None:
    assert _doubtful(p_value=[0.4, 0.3, 0.6, None, 0.7]) == [False] * 5


def test_nearest_once__two_that_want_the_same_control_share_by_distance() -> None:
    owner = nearest_once(np.array([[0.0], [1.0]]), np.array([[0.9], [-5.0], [9.0]]), 1)
    assert owner.tolist() == [1, 0, -1]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=12), st.lists(st.floats(-5, 5), min_size=1, max_size=25),
    st.integers(1, 4),
)  # fmt: skip
def test_nearest_once__nobody_is_left_wanting_a_free_control_and_nobody_has_too_many(
    positives: list[float], controls: list[float], k: int
) -> None:
    owner = nearest_once(np.array(positives)[:, None], np.array(controls)[:, None], k)
    counts = np.bincount(owner[owner >= 0], minlength=len(positives))
    assert (counts <= k).all()
    assert (owner >= 0).all() or (counts == k).all()


def test_standardised_difference__is_in_units_of_the_spread_within_both() -> None:
    values, positive = pl.Series([2.0, 4.0, 0.0, 2.0, None]), pl.Series([True, True, False, False, True])
    assert standardised_difference(values, positive) == pytest.approx(2 / np.sqrt(2))
    assert standardised_difference(values, pl.Series([True, False, False, False, False])) is None


def _with_consequences(rows: pl.DataFrame) -> pl.DataFrame:
    """Half of the positives and a tenth of the controls change a protein."""
    nth = pl.int_range(pl.len())
    changes = nth % pl.when(pl.col("label") == 1).then(2).otherwise(10) == 0
    return rows.with_columns(
        consequence=pl.when(changes).then(pl.lit("missense_variant")).otherwise(pl.lit("intron_variant"))
    )


@pytest.mark.parametrize("match", [("maf", "consequence"), ("consequence",)])
def test_match_controls__a_control_has_the_consequence_of_its_positive(match: tuple[str, ...]) -> None:
    rows = _with_consequences(_rows())
    found = match_controls(rows, Matching.model_validate({"match": match, "k": 2}))
    chosen = rows.join(found.labels, on="source_row")
    shares = chosen.group_by("matched_label").agg((pl.col("consequence") == "missense_variant").mean())
    assert shares.get_column("consequence").to_list() == [0.5, 0.5]
    assert chosen.filter(matched_label=0).height == 2 * chosen.filter(matched_label=1).height
    lines = {row["covariate"]: row for row in found.balance.frame.iter_rows(named=True)}
    missense = lines["consequence=missense_variant"]
    assert missense["before"] == pytest.approx(0.5 - 0.1)
    assert missense["after"] == 0
    assert lines["consequence=intron_variant"]["before"] == pytest.approx(-0.4)
    assert set(lines) - {"maf"} == {"consequence=missense_variant", "consequence=intron_variant"}


def test_match_controls__a_positive_of_a_consequence_that_no_control_has_stays_alone() -> None:
    rows = _with_consequences(_rows()).with_columns(
        consequence=pl.when(pl.int_range(pl.len()) < 7).then(pl.lit("stop_gained")).otherwise("consequence")
    )
    found = match_controls(rows, Matching(match=("gc", "consequence"), k=1))
    assert rows.join(found.labels, on="source_row").filter(consequence="stop_gained").is_empty()
    assert found.balance.frame.select("n_positives", "n_lacking").row(0) == (53, 7)


def test_match_controls__a_table_without_consequences_says_so() -> None:
    rows = _rows().with_columns(consequence=pl.lit(None, pl.String))
    with pytest.raises(UserError, match="no row has it"):
        match_controls(rows, Matching(match=("consequence",)))
