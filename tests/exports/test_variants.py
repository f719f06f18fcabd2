from __future__ import annotations

from refalt.exports.variants import variants_bed
from refalt.testing.builders import build_measurements


def test_variants_bed__starts_at_0_and_ends_after_ref() -> None:
    alleles = {"ref": ["A", "ACG", None, "ACG"], "alt": ["C", "A", None, "A"]}
    names = ["one", "deletion", "place", "deletion"]
    rows = build_measurements(4, pos=[1, 100, 100, 100], variant_id=names, target_id=["g", "g", "g", "h"], **alleles)
    assert variants_bed(rows).rows() == [
        ("chr1", 0, 1, "one"), ("chr1", 99, 100, "place"), ("chr1", 99, 102, "deletion"),
    ]  # fmt: skip


def test_variants_bed__leaves_out_what_has_no_place_and_what_was_filtered() -> None:
    rows = build_measurements(3, pos=[5, None, 7], reason=[None, "not_lifted", "filtered"])
    assert [start for _, start, _, _ in variants_bed(rows).rows()] == [4, 6]
    assert [start for _, start, _, _ in variants_bed(rows, kept=True).rows()] == [4]
