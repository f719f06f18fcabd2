from __future__ import annotations

import polars as pl

from refalt.evaluation.surroundings import FLANK, flanks, gc_content
from refalt.models.base import Asked
from refalt.sources.fasta import genome_from_sequences
from refalt.tables import Inputs, Measurements

GENOME = genome_from_sequences({"chr1": "A" * 100 + "G" + "C" * 100}, "toy")


def _measurements(pos: list[int | None]) -> Measurements:
    n = len(pos)
    frame = pl.DataFrame({"source_row": range(1, n + 1), "pos": pos}, schema={"source_row": pl.Int64, "pos": pl.Int64})
    return Measurements(
        frame.with_columns(
            kind=pl.lit("variant"), chrom=pl.lit("chr1"), flags=pl.lit([], pl.List(pl.String)),
            variant_id=pl.format("v{}", "source_row"),
        )
    )  # fmt: skip


def test_gc_content__is_that_of_the_genome_around_the_variant() -> None:
    found = gc_content(_measurements([101, 60, None]), Inputs.empty(), GENOME)
    assert found.get_column("gc").to_list() == [(FLANK + 1) / (2 * FLANK + 1), 10 / 101, None]


def test_gc_content__a_carried_sequence_comes_first_and_unknown_bases_do_not_count() -> None:
    carried = pl.DataFrame({"source_row": [1, 2], "ref_sequence": ["GGGCAANN", "NNNN"]})
    found = gc_content(_measurements([101, 60, 101]), Inputs(carried), None)
    assert found.get_column("gc").to_list() == [4 / 6, None, None]


def test_gc_content__rows_that_are_not_compared_are_not_looked_at() -> None:
    rows = _measurements([101, 60]).frame.with_columns(
        reason=pl.when(pl.col("source_row") == 1).then(pl.lit("filtered"))
    )
    assert gc_content(Measurements(rows), Inputs.empty(), GENOME).get_column("source_row").to_list() == [2]


def _asked(sequences: pl.DataFrame | None, *, genome: bool) -> Asked:
    rows = pl.DataFrame(
        {
            "asked_id": ["x", "y", "z"], "chrom": ["chr1", "chr1", None], "pos": [101, 100, None],
            "ref": ["G", "AG", None], "alt": ["T", "A", None],
        },
        schema_overrides={"pos": pl.Int64},
    )  # fmt: skip
    return Asked(rows, GENOME if genome else None, sequences)


def test_flanks__are_what_the_genome_holds_beside_the_reference_allele() -> None:
    found = flanks(_asked(None, genome=True), 3)
    assert found.rows() == [("x", "AAA", "G", "T", "CCC"), ("y", "AAA", "AG", "A", "CCC")]


def test_flanks__carried_sequences_come_first_and_may_be_short() -> None:
    carried = pl.DataFrame({"asked_id": ["x"], "ref_sequence": ["TGGAAAAA"], "offset": [2]})
    found = flanks(_asked(carried, genome=True), 3)
    assert found.row(0) == ("x", "TG", "G", "T", "AAA")
    assert flanks(_asked(carried, genome=False), 3).height == 1


def test_flanks__without_sequence_or_genome_nothing_is_known() -> None:
    none = pl.DataFrame(schema={"asked_id": pl.String, "ref_sequence": pl.String, "offset": pl.Int64})
    assert flanks(_asked(none, genome=False), 3).height == 0
    assert flanks(_asked(None, genome=False), 3).height == 0
