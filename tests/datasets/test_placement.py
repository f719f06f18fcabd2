from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from refalt.datasets.placement import measurements, place
from refalt.sources.liftover import LiftOver, read_chain

#: chr1 of 1,000 bp: 100 bases go to chr1:500, 100 more to the other strand of chr2.
CHAIN = """chain 900 chr1 1000 + 100 200 chr1 1000 + 500 600 1
100

chain 800 chr1 1000 + 300 400 chr2 2000 - 0 100 2
100

"""


@pytest.fixture
def lift(tmp_path: Path) -> LiftOver:
    path = tmp_path / "a.over.chain"
    path.write_text(CHAIN, encoding="utf-8")
    return read_chain(path)


def _rows(*variants: tuple[str | None, int | None, str | None, str | None], kind: str = "variant") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_row": range(1, len(variants) + 1),
            "kind": [kind] * len(variants),
            "source_chrom": [row[0] for row in variants],
            "source_pos": [row[1] for row in variants],
            "ref": [row[2] for row in variants],
            "alt": [row[3] for row in variants],
            "reason": [None] * len(variants),
            "flags": [[] for _ in variants],
        },
        schema_overrides={
            "source_chrom": pl.String,
            "source_pos": pl.Int64,
            "ref": pl.String,
            "alt": pl.String,
            "reason": pl.String,
            "flags": pl.List(pl.String),
        },
    )


def test_place__in_the_same_assembly_positions_stay() -> None:
    placed = place(
        _rows(("chr1", 7, "A", "C"), ("chr1", 8, None, None)), source_assembly="hg18", lift=None, same_assembly=True
    )
    assert placed.get_column("variant_id").to_list() == ["chr1:7:A>C", "chr1:8"]
    assert placed.get_column("lift_strand").null_count() == 2


def test_place__without_a_lift_over_no_row_has_a_place() -> None:
    placed = place(_rows(("chr1", 7, "A", "C")), source_assembly="hg18", lift=None)
    assert placed.row(0, named=True) | {"flags": None} == placed.row(0, named=True) | {
        "flags": None, "pos": None, "chrom": None, "reason": "not_lifted", "variant_id": "hg18:chr1:7:A>C"
    }  # fmt: skip


def test_place__lifts_and_says_what_happened(lift: LiftOver) -> None:
    rows = _rows(("chr1", 101, "A", "C"), ("chr1", 301, "A", "C"), ("chr1", 250, "A", "C"), ("chr1", 200, "AC", "A"))
    placed = place(rows, source_assembly="hg18", lift=lift)
    assert placed.get_column("variant_id").to_list() == [
        "chr1:501:A>C", "chr2:2000:A>C", "hg18:chr1:250:A>C", "hg18:chr1:200:AC>A"
    ]  # fmt: skip
    assert placed.get_column("lift_strand").to_list() == [1, -1, None, None]
    assert placed.get_column("reason").to_list() == [None, None, "not_lifted", "not_lifted"]
    assert placed.get_column("flags").to_list()[1] == ["lifted_to_minus_strand", "lifted_to_another_contig"]


def test_place__alleles_stay_on_the_published_strand(lift: LiftOver) -> None:
    placed = place(_rows(("chr1", 301, "A", "C")), source_assembly="hg18", lift=lift)
    assert placed.select("ref", "alt").row(0) == ("A", "C")


def test_place__a_row_known_by_its_identifier_needs_no_place(lift: LiftOver) -> None:
    rows = _rows((None, None, None, None)).with_columns(rsid=pl.lit("rs1"))
    placed = place(rows, source_assembly="hg18", lift=lift)
    assert placed.select("variant_id", "reason").row(0) == ("rs1", None)


def test_place__an_element_is_no_variant_wherever_it_was_cut_from() -> None:
    rows = _rows(("chr1", 7, "A", "C"), kind="element").with_columns(element_id=pl.lit("e"))
    placed = place(rows, source_assembly="hg18", lift=None, same_assembly=True)
    assert placed.select("variant_id", "pos").row(0) == (None, 7)


def test_measurements__marks_repeats_but_the_first_and_not_other_targets_or_contexts() -> None:
    rows = _rows(*[("chr1", 7, "A", "C")] * 4).with_columns(
        target_id=pl.Series(["g", "g", "h", "g"]), context_id=pl.Series(["t", "t", "t", "u"])
    )
    placed = place(rows, source_assembly="hg18", lift=None, same_assembly=True)
    assert measurements(placed).frame.get_column("reason").to_list() == [None, "duplicate_row", None, None]


def test_measurements__a_row_that_is_out_already_does_not_make_a_later_one_a_repeat() -> None:
    rows = _rows(*[("chr1", 7, "A", "C")] * 2).with_columns(reason=pl.Series(["filtered", None]))
    placed = place(rows, source_assembly="hg18", lift=None, same_assembly=True)
    assert measurements(placed).frame.get_column("reason").to_list() == ["filtered", None]


def test_measurements__leaves_out_columns_that_no_table_declares() -> None:
    rows = _rows(("chr1", 7, "A", "C")).with_columns(scratch=pl.lit(1), **{"stratum.s": pl.lit("a")})
    columns = measurements(place(rows, source_assembly="hg18", lift=None, same_assembly=True)).frame.columns
    assert "scratch" not in columns
    assert "stratum.s" in columns
