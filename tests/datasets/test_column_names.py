from __future__ import annotations

import polars as pl
import pytest

from refalt.datasets.column_names import ALLELE_STYLES, EFFECTS, LOOKS, NAMES, assembly_named, share_of, spelled


@pytest.mark.parametrize(
    ("name", "letters", "assembly"),
    [
        ("#Chrom", "chrom", None),
        ("RefAllele", "refallele", None),
        ("p-value", "pvalue", None),
        ("Std. Error", "stderror", None),
        ("pos_hg18", "pos", "hg18"),
        ("Bp (hg19)", "bp", "GRCh37"),
        ("chrom_GRCh38", "chrom", "GRCh38"),
        ("log2 (effect size)", "log2effectsize", None),
        ("", "", None),
    ],
)
def test_spelled__takes_case_marks_and_assembly_out_of_a_name(name: str, letters: str, assembly: str | None) -> None:
    assert (spelled(name).letters, spelled(name).assembly) == (letters, assembly)


def test_names__are_written_as_they_are_compared() -> None:
    listed = [name for names in NAMES.values() for name in names] + list(EFFECTS)
    listed += [name for ref, alt, _ in ALLELE_STYLES for name in (*ref, *alt)]
    assert [name for name in listed if spelled(name).letters != name] == []


@pytest.mark.parametrize(
    ("field", "values", "share"),
    [
        ("chrom", ["chr1", "1", "X", "chr1_KI270706v1_random", "0.5"], 0.8),
        ("pos", ["5", " 6 ", "7.0", "7.5", None], 0.75),
        ("ref", ["A", "acgt", "-", "R", "<DEL>"], 0.6),
        ("p_value", ["0", "1", "1e-300", "1.5", "x"], 0.6),
        ("standard_error", ["0.1", "-1"], 0.5),
        ("maf", ["0.5", "0.6"], 0.5),
        ("label", ["0", "1", "1.0", "2"], 0.75),
        ("tss_distance", ["-5", "5", "0.5"], 2 / 3),
    ],
)
def test_share_of__counts_the_filled_cells_that_look_right(field: str, values: list[str | None], share: float) -> None:
    assert share_of(pl.Series(values), LOOKS[field]) == pytest.approx(share)


def test_share_of__of_an_empty_column_is_unknown() -> None:
    assert share_of(pl.Series([None, None], dtype=pl.String), LOOKS["pos"]) is None


def test_assembly_named__knows_synonyms_and_nothing_else() -> None:
    assert assembly_named("hg38") == "GRCh38"
    assert assembly_named("liver") is None
