from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.datasets.placement import measurements, place

ROW = {
    "molecular_trait_id": "ENSG1", "chromosome": "2", "position": "100", "ref": "TC", "alt": "T",
    "variant": "chr2_100_TC_T", "maf": "0.4", "pvalue": "0.001", "beta": "-0.5", "se": "0.1", "rsid": "rs1", "r2": "NA",
}  # fmt: skip
SETTINGS = {"file": "t.tsv", "context": "T-cell"}


def test_eqtl_catalogue__columns_may_stand_in_any_order(write: Write, read_dataset: ReadDataset) -> None:
    other = dict(reversed(ROW.items()))
    found = [
        read_dataset("eqtl_catalogue", {"dataset": write(f"{i}.tsv", [row])}, **SETTINGS)
        for i, row in enumerate((ROW, other))
    ]
    assert found[0].rows.equals(found[1].rows)
    columns = ("source_chrom", "source_pos", "ref", "alt", "target_id", "context_id", "beta", "standard_error", "rsid")
    assert found[0].rows.select(columns).row(0) == ("chr2", 100, "TC", "T", "ENSG1", "T-cell", -0.5, 0.1, "rs1")
    assert reasons(found[0]) == [None]


def test_eqtl_catalogue__a_variant_with_two_rsids_is_counted_once(write: Write, read_dataset: ReadDataset) -> None:
    path = write("t.tsv", [ROW, ROW | {"rsid": "rs2"}, ROW | {"molecular_trait_id": "ENSG2"}])
    rows = place(
        read_dataset("eqtl_catalogue", {"dataset": path}, **SETTINGS).rows,
        source_assembly="GRCh38",
        lift=None,
        same_assembly=True,
    )
    assert measurements(rows).frame.get_column("reason").to_list() == [None, "duplicate_row", None]


def test_eqtl_catalogue__fine_mapping_gives_inclusion_probabilities(write: Write, read_dataset: ReadDataset) -> None:
    pips = [{"variant": ROW["variant"], "molecular_trait_id": "ENSG1", "pip": "0.95"}]
    files = {"dataset": write("t.tsv", [ROW]), "fine_mapping": write("f.tsv", pips)}
    declared = {"file": "f.tsv", "variant": "variant", "target": "molecular_trait_id"}
    rows = read_dataset("eqtl_catalogue", files, fine_mapping=declared, **SETTINGS).rows
    assert rows.get_column("pip").to_list() == [0.95]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("BLUEPRINT_PE.T-cell_ge.nominal.sorted.tsv.gz", {None: 17_653, "duplicate_row": 814}),
        ("FUSION_muscle_HMGCR_gene.tsv.gz", {None: 29_542, "duplicate_row": 1_878}),
    ],
)
def test_eqtl_catalogue__reads_both_published_orders(
    real_input: Callable[[str], Path], read_dataset: ReadDataset, name: str, counts: dict[str | None, int]
) -> None:
    published = read_dataset("eqtl_catalogue", {"dataset": real_input(f"eqtl_catalogue/{name}")}, **SETTINGS)
    rows = measurements(place(published.rows, source_assembly="GRCh38", lift=None, same_assembly=True)).frame
    assert dict(rows.group_by("reason").len().iter_rows()) == counts
