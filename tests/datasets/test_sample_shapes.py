from __future__ import annotations

import polars as pl
import pytest

from refalt.datasets.sample_shapes import is_saturated, place_of_difference, typical_width


def test_typical_width__is_the_median_over_rows_with_both_ends() -> None:
    sample = pl.DataFrame({"start": ["10", "20", None, "x"], "end": ["11", "23", "5", "9"]})
    assert typical_width(sample, "start", "end") == 2
    assert typical_width(sample.filter(pl.col("start").is_null()), "start", "end") is None


def test_place_of_difference__is_where_most_pairs_differ_whatever_their_length() -> None:
    sample = pl.DataFrame(
        {"ref": ["AAAAA", "ccccc", "GGGG", None, "TTT", "AC"], "alt": ["AACAA", "CCACC", "GGTG", "A", "TTTT", "AC"]}
    )
    assert place_of_difference(sample, "ref", "alt") == 2


@pytest.mark.parametrize(
    ("ref", "alt"), [(["AAAA", "AAAA", "AAAA"], ["CAAA", "ACAA", "AACA"]), (["AA"], ["AAA"]), (["AA"], ["AA"])]
)
def test_place_of_difference__is_none_where_there_is_no_common_place(ref: list[str], alt: list[str]) -> None:
    assert place_of_difference(pl.DataFrame({"ref": ref, "alt": alt}), "ref", "alt") is None


def sites(n: int, alts: str) -> pl.DataFrame:
    rows = [("chr1", str(pos), "A", alt) for pos in range(1, n + 1) for alt in alts]
    return pl.DataFrame(rows, schema=["chrom", "pos", "ref", "alt"], orient="row")


def test_is_saturated__wants_all_three_changes_at_half_of_the_sites() -> None:
    assert is_saturated(sites(20, "CGT"))
    assert not is_saturated(sites(20, "CG"))
    assert not is_saturated(sites(19, "CGT"))
    mixed = pl.concat([sites(20, "CGT"), sites(30, "C").with_columns(chrom=pl.lit("chr2"))])
    assert not is_saturated(mixed)
