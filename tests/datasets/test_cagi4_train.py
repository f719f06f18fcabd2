from __future__ import annotations

import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons

LEFT, RIGHT = "CAGT" * 18 + "CAA", "TTGCA" * 15
ROW = {
    "ID": "rs1", "chr": "1", "pos": "100", "RefAllele": "G", "AltAllele": "T", "LogSkew.Comb": "0.5",
    "Regulatory_Hit": "1", "emVar_Hit": "0", "ref_sequence": f"{LEFT}G{RIGHT}", "alt_sequence": f"{LEFT}T{RIGHT}",
}  # fmt: skip


def test_cagi4_train__holds_skew_label_and_sequences(write: Write, read_dataset: ReadDataset) -> None:
    found = read_dataset("cagi4_train", {"dataset": write("t.csv", [ROW])})
    columns = ("source_chrom", "source_pos", "beta", "label", "stratum.regulatory_hit", "rsid")
    assert found.rows.select(columns).row(0) == ("chr1", 100, 0.5, 0, "1", "rs1")
    assert found.sequences.select("source_row", "offset").row(0) == (1, 75)
    assert reasons(found) == [None]


@pytest.mark.parametrize(
    ("ref", "alt", "ref_sequence", "alt_sequence", "offset"),
    [
        ("GC", "G", f"{LEFT}GC{RIGHT}", f"{LEFT}G{RIGHT}", 75),
        ("A", "AGC", f"{LEFT}{RIGHT}", f"{LEFT}GC{RIGHT}", 74),
        # AA lies at 73; taking either A away gives the same sequence, and the anchor before them is at 72.
        ("CA", "C", f"{LEFT}{RIGHT}", f"{LEFT[:-1]}{RIGHT}", 72),
        ("G", "-", f"{LEFT}G{RIGHT}", f"{LEFT}-{RIGHT}", 75),
        # Nothing fits: the offset of substitutions stays, and the check of alleles will refuse it.
        ("GA", "G", f"{LEFT}C{RIGHT}", f"{LEFT}{RIGHT}", 75),
    ],
)
def test_cagi4_train__finds_where_an_indel_stands(
    write: Write, read_dataset: ReadDataset, ref: str, alt: str, ref_sequence: str, alt_sequence: str, offset: int
) -> None:
    indel = {"RefAllele": ref, "AltAllele": alt, "ref_sequence": ref_sequence, "alt_sequence": alt_sequence}
    sequences = read_dataset("cagi4_train", {"dataset": write("t.csv", [ROW, ROW | indel])}).sequences
    assert sequences.get_column("offset").to_list() == [75, offset]
