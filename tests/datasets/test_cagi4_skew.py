from __future__ import annotations

import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons


def test_cagi4_skew__is_b_over_a_in_what_was_measured_and_in_what_was_said(
    write: Write, read_dataset: ReadDataset
) -> None:
    answers = [{"ID": "rs1", "C.A.log2FC": 0.1, "C.B.log2FC": 0.4, "Regulatory_Hit": 1}]
    submission = [{"ID": "rs1", "C.A.log2FC": 0.5, "C.B.log2FC": 0.2}]
    files = {"dataset": write("a.txt", answers), "submission": write("s.txt", submission)}
    found = read_dataset("cagi4_skew", files, submission="s.txt")
    assert found.rows.get_column("beta").item() == pytest.approx(0.3)
    assert found.rows.get_column("recorded.skew").item() == pytest.approx(-0.3)
    assert found.rows.select("kind", "rsid", "label").row(0) == ("variant", "rs1", 1)
    assert reasons(found) == [None]
