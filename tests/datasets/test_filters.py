from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from refalt.datasets.filters import filter_dtype, keeps, mark_not_sampled, mark_outside
from refalt.sources.intervals import IntervalSet
from refalt.studies.sections import RowFilter, Sample

SOURCE = pl.DataFrame(
    {"n": [1.0, 5.0, None, 9.0], "kind": ["a", "b", "a", None], "used": ["True", "false", "TRUE", None]}
)


@pytest.mark.parametrize(
    ("column", "op", "value", "kept"),
    [
        ("n", ">=", 5, [False, True, False, True]),
        ("n", "<", 5.0, [True, False, False, False]),
        ("n", "!=", 1, [False, True, False, True]),
        ("n", "in", [1.0, 9.0], [True, False, False, True]),
        ("kind", "==", "a", [True, False, True, False]),
        ("kind", "in", ["b"], [False, True, False, False]),
        ("kind", "not in", ["b"], [True, False, True, False]),
        ("used", "==", True, [True, False, True, False]),
        ("used", "==", False, [False, True, False, False]),
    ],
)
def test_keeps__a_missing_cell_fails_its_filter(column: str, op: str, value: object, kept: list[bool]) -> None:
    rule = RowFilter.model_validate({"column": column, "op": op, "value": value})
    assert keeps(SOURCE, [rule]).to_list() == kept


def test_keeps__all_filters_must_hold_and_none_keeps_all() -> None:
    rules = [RowFilter(column="n", op=">", value=1), RowFilter(column="kind", op="==", value="b")]
    assert keeps(SOURCE, rules).to_list() == [False, True, False, False]
    assert keeps(SOURCE, []).all()


@pytest.mark.parametrize(
    ("value", "dtype"), [(1, pl.Float64), ([1.0], pl.Float64), ("a", pl.String), (True, pl.String)]
)
def test_filter_dtype__is_a_number_where_it_is_compared_with_one(value: object, dtype: pl.DataType) -> None:
    assert filter_dtype(RowFilter.model_validate({"column": "x", "op": "==", "value": value})) == dtype


def _placed(pos: list[int | None], ref: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_row": range(1, len(pos) + 1),
            "chrom": ["chr1"] * len(pos),
            "pos": pos,
            "ref": ref,
            "reason": [None] * len(pos),
        },
        schema_overrides={"reason": pl.String, "pos": pl.Int64, "ref": pl.String},
    )


def test_mark_outside__looks_at_every_base_of_ref_and_leaves_rows_without_a_place() -> None:
    intervals = IntervalSet.of("GRCh38", ["chr1"], [100], [110])
    rows = _placed([100, 101, 110, 111, 99, None], ["A", "A", "A", "A", "ACG", "A"])
    marked = mark_outside(rows, intervals).get_column("reason").to_list()
    assert marked == ["outside_intervals", None, None, "outside_intervals", None, None]


def test_mark_not_sampled__draws_as_many_as_asked_from_the_rows_that_are_left() -> None:
    rows = _placed(list(range(1, 101)), ["A"] * 100)
    rows = rows.with_columns(reason=pl.when(pl.col("pos") <= 20).then(pl.lit("filtered")))
    drawn = mark_not_sampled(rows, Sample(n=30, seed=42))
    assert dict(drawn.group_by("reason").len().iter_rows()) == {"filtered": 20, "not_sampled": 50, None: 30}
    again = mark_not_sampled(rows, Sample(n=30, seed=42))
    other = mark_not_sampled(rows, Sample(n=30, seed=43))
    assert drawn.equals(again)
    assert not drawn.equals(other)


def test_mark_not_sampled__is_not_the_head_of_the_table() -> None:
    rows = mark_not_sampled(_placed(list(range(1, 1_001)), ["A"] * 1_000), Sample(n=100, seed=1))
    kept = rows.filter(pl.col("reason").is_null()).get_column("pos").to_numpy()
    assert abs(np.mean(kept) - 500) < 100


def test_mark_not_sampled__fewer_rows_than_asked_all_stay() -> None:
    rows = _placed([1, 2], ["A", "C"])
    assert mark_not_sampled(rows, Sample(n=3, seed=1)).equals(rows)


def test_mark_not_sampled__rows_without_a_place_in_the_genome_are_drawn_like_the_others() -> None:
    rows = _placed(list(range(1, 101)), ["A"] * 100)
    rows = rows.with_columns(reason=pl.when(pl.col("pos") <= 40).then(pl.lit("not_lifted")))
    drawn = mark_not_sampled(rows, Sample(n=30, seed=42))
    counts = dict(drawn.group_by("reason").len().iter_rows())
    assert counts["not_sampled"] == 70
    assert counts["not_lifted"] + counts[None] == 30
