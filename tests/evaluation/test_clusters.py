from __future__ import annotations

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.evaluation.clusters import assign_clusters
from refalt.sources.intervals import IntervalSet
from refalt.tables import Measurements

BLOCKS = IntervalSet.of("GRCh38", ["chr1", "chr1"], [0, 1_000], [1_000, 2_000])


def _measured(rows: list[tuple[str | None, int | None, str, int]]) -> Measurements:
    return Measurements(
        pl.DataFrame(
            {
                "source_row": range(1, len(rows) + 1),
                "kind": ["variant"] * len(rows),
                "variant_id": [f"v{i}" for i in range(len(rows))],
                "chrom": [row[0] for row in rows],
                "pos": [row[1] for row in rows],
                "source_chrom": [row[2] for row in rows],
                "source_pos": [row[3] for row in rows],
                "flags": [[] for _ in rows],
            },
            schema_overrides={"chrom": pl.String, "pos": pl.Int64, "flags": pl.List(pl.String)},
        )
    )


def test_assign_clusters__blocks_are_half_open_and_positions_1_based() -> None:
    found = assign_clusters(
        _measured([("chr1", 1_000, "chr1", 5), ("chr1", 1_001, "chr1", 5)]), None, source_assembly="hg18", blocks=BLOCKS
    )
    assert found.kind == "ld_block"
    assert found.ids.get_column("cluster_id").to_list() == ["block:0", "block:1"]


def test_assign_clusters__rows_outside_or_not_lifted_take_their_source_window_and_are_counted() -> None:
    rows = _measured([("chr1", 5_000, "chr1", 1_000_000), (None, None, "chr1", 1_000_001), ("chr1", 1, "chr1", 1)])
    found = assign_clusters(rows, "ld_block", source_assembly="hg18", blocks=BLOCKS)
    assert found.ids.get_column("cluster_id").to_list() == ["hg18:chr1:0Mb", "hg18:chr1:1Mb", "block:0"]
    assert "1 rows in no block and 1 rows without a place" in found.note


def test_assign_clusters__without_blocks_takes_windows_and_says_so() -> None:
    found = assign_clusters(_measured([("chr1", 5, "chr1", 5)]), None, source_assembly="hg18", blocks=None)
    assert found.kind == "window_1mb"
    assert "no LD blocks were given" in found.note


def test_assign_clusters__refuses_what_the_study_does_not_give() -> None:
    rows = _measured([("chr1", 5, "chr1", 5)])
    with pytest.raises(UserError, match="needs LD blocks"):
        assign_clusters(rows, "ld_block", source_assembly="hg18", blocks=None)
    with pytest.raises(UserError, match="clusters = 'gene' needs a column.*target_id"):
        assign_clusters(rows, "gene", source_assembly="hg18", blocks=None)


def test_assign_clusters__rows_known_by_name_alone_are_each_their_own_cluster() -> None:
    rows = pl.DataFrame(
        {"source_row": [1, 2], "kind": ["element"] * 2, "element_id": ["a", "b"], "flags": [[], []]},
        schema_overrides={"flags": pl.List(pl.String)},
    )
    found = assign_clusters(Measurements(rows), None, source_assembly="mm9", blocks=None)
    assert (found.kind, found.ids.get_column("cluster_id").to_list()) == ("input", ["a", "b"])
