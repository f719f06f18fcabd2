from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from refalt.errors import UserError
from refalt.tables import ALL_TABLES, Attrition, Failures, Measurements, Table, TableError

ROW = {"score_name": "s", "asked_id": "chr1:5:A>C", "error": "refused", "attempts": 1, "reason": "prediction_failed"}


def _measured(**columns: list[object]) -> pl.DataFrame:
    n = len(next(iter(columns.values())))
    base = {"source_row": list(range(1, n + 1)), "kind": ["variant"] * n, "flags": [[] for _ in range(n)]}
    types = {column.name: column.dtype for column in Measurements.declared}
    whole = base | columns
    return pl.DataFrame(whole, schema={name: types.get(name, pl.Float64) for name in whole})


def test_table__fills_nullable_columns_and_orders_all() -> None:
    table = Measurements(_measured(variant_id=["a"]))
    assert table.frame.columns == [column.name for column in Measurements.declared]
    assert table.frame.get_column("beta").dtype == pl.Float64


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.with_columns(x=1), "undeclared columns x"),
        (lambda frame: frame.drop("error"), "missing columns error"),
        (lambda frame: frame.with_columns(pl.col("attempts").cast(pl.Int32)), "expected Int64, got Int32"),
        (lambda frame: frame.with_columns(error=pl.lit(None, pl.String)), "1 missing values"),
        (lambda frame: pl.concat([frame, frame]), "1 rows repeat a key"),
    ],
)
def test_table__refuses_what_its_declaration_does_not_allow(change: object, words: str) -> None:
    with pytest.raises(TableError, match=words):
        Failures(change(pl.DataFrame([ROW])))  # type: ignore[operator]


def test_measurements__takes_recorded_scores_and_strata_but_no_other_stranger() -> None:
    frame = _measured(variant_id=["a"])
    Measurements(frame.with_columns(pl.lit(0.5).alias("recorded.x"), pl.lit("k").alias("stratum.y")))
    with pytest.raises(TableError, match="undeclared"):
        Measurements(frame.with_columns(pl.lit(0.5).alias("record.x")))


def test_measurements__a_kept_variant_stands_once_per_target_and_context() -> None:
    with pytest.raises(TableError, match="kept rows repeat"):
        Measurements(_measured(variant_id=["a", "a"]))
    Measurements(_measured(variant_id=["a", "a"], target_id=["g1", "g2"]))
    Measurements(_measured(variant_id=["a", "a"], reason=[None, "duplicate_row"]))


def test_kept__a_recorded_score_keeps_rows_that_only_lack_a_place_in_the_genome() -> None:
    table = Measurements(_measured(variant_id=["a", "b", "c"], reason=[None, "not_lifted", "bad_allele"]))
    assert table.kept(recorded=False).get_column("variant_id").to_list() == ["a"]
    assert table.kept(recorded=True).get_column("variant_id").to_list() == ["a", "b"]


@pytest.mark.parametrize("table", ALL_TABLES)
def test_table__survives_parquet(table: type[Table], tmp_path: Path) -> None:
    empty = table.empty()
    empty.write(tmp_path / "t.parquet", provenance={"digest": "abc"})
    assert table.read(tmp_path / "t.parquet").frame.equals(empty.frame)
    assert pq.read_schema(tmp_path / "t.parquet").metadata[b"refalt.digest"] == b"abc"


def test_read__names_a_missing_file_another_format_another_table_and_another_layout(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with pytest.raises(UserError, match=r"t\.parquet is missing"):
        Failures.read(path)
    path.write_text("text")
    with pytest.raises(UserError, match="not a readable parquet file"):
        Failures.read(path)
    pl.DataFrame([ROW]).write_parquet(path)
    with pytest.raises(UserError, match="has another layout"):
        Failures.read(path)
    Failures(pl.DataFrame([ROW])).write(path)
    with pytest.raises(UserError, match="does not hold Attrition"):
        Attrition.read(path)
