from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.errors import UserError

ROW = {
    "variant_id": "chr1_100_A_AC_b38", "gene_id": "ENSG1.5", "slope": "0.5",
    "ref_score": "0.0659219", "alt_score": "0.0660908", "delta_pred": "0.0001689",
}  # fmt: skip


def test_gtex_predictions__the_difference_is_the_recorded_score(write: Write, read_dataset: ReadDataset) -> None:
    path = write("t.csv", [ROW, ROW | {"gene_id": "ENSG2.1", "delta_pred": "NA"}])
    found = read_dataset("gtex_predictions", {"dataset": path}, file="t.csv")
    assert found.rows.get_column("recorded.delta").to_list() == [0.0001689, None]
    assert found.rows.select("source_chrom", "source_pos", "ref", "alt", "target_id", "beta").row(0) == (
        "chr1", 100, "A", "AC", "ENSG1.5", 0.5,
    )  # fmt: skip
    assert reasons(found) == [None, None]


def test_gtex_predictions__a_difference_of_other_numbers_is_no_score(write: Write, read_dataset: ReadDataset) -> None:
    swapped = {"delta_pred": "-0.0001689"}
    found = read_dataset("gtex_predictions", {"dataset": write("t.csv", [ROW, ROW | swapped])}, file="t.csv")
    assert reasons(found) == [None, "unparsable"]
    assert found.remarks == (
        "1 rows have a delta_pred that is not alt_score - ref_score: row 2, 0.0660908 - 0.0659219 is not -0.0001689",
    )


@pytest.mark.parametrize("name", ["ref_score", "alt_score", "delta_pred", "slope", "variant_id", "gene_id"])
def test_gtex_predictions__each_column_is_needed(write: Write, read_dataset: ReadDataset, name: str) -> None:
    path = write("t.csv", [{column: value for column, value in ROW.items() if column != name}])
    with pytest.raises(UserError, match=f"no column '{name}'"):
        read_dataset("gtex_predictions", {"dataset": path}, file="t.csv")


def test_gtex_predictions__columns_may_stand_in_any_order(write: Write, read_dataset: ReadDataset) -> None:
    turned = dict(reversed(ROW.items()))
    both = [read_dataset("gtex_predictions", {"dataset": write(name, [row])}, file=name).rows
            for name, row in (("a.csv", ROW), ("b.csv", turned))]  # fmt: skip
    assert both[0].equals(both[1])


def test_gtex_predictions__in_the_published_table_every_difference_is_one(
    real_input: Callable[[str], Path], read_dataset: ReadDataset
) -> None:
    path = real_input("gtex/alphagenome_gtex1000_2kb.csv")
    found = read_dataset("gtex_predictions", {"dataset": path}, file=path.name)
    assert reasons(found) == [None] * 1_000
    assert found.remarks == ()
