from __future__ import annotations

from tests.datasets.conftest import ReadDataset, Write, reasons

ROW = {
    "#Chrom": "X", "Pos": "7", "Ref": "T", "Alt": "A", "Value": "-0.1", "Confidence": "0.2",
    "regulatory_element": "release_TERT-GBM", "is_train": "True", "PredValue": "0.3",
}  # fmt: skip


def test_cagi5__holds_the_effect_the_recorded_prediction_and_what_was_trained_on(
    write: Write, read_dataset: ReadDataset
) -> None:
    path = write("t.csv", [ROW, ROW | {"is_train": "False", "regulatory_element": "release_F9"}])
    found = read_dataset("cagi5", {"dataset": path})
    assert reasons(found) == [None, None]
    columns = ("source_chrom", "source_pos", "beta", "recorded.ensemble")
    assert found.rows.select(columns).row(0) == ("chrX", 7, -0.1, 0.3)
    strata = ("stratum.element", "context_id", "target_id", "stratum.is_train")
    assert found.rows.select(strata).rows() == [("TERT-GBM", "TERT-GBM", "TERT", "True"), ("F9", "F9", "F9", "False")]
