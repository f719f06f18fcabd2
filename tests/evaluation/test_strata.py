from __future__ import annotations

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.evaluation.strata import strata, stratum_values

ROWS = pl.DataFrame(
    {
        "asked_id": ["chr10:5:A>C", "chr2:5:A>AT", "chr1:5:AT>A", "rs1"],
        "chrom": ["chr10", "chr2", "chr1", None],
        "label": [1, 0, 1, None],
        "effect": [0.1, -2.0, 1.0, None],
        "maf": [0.01, 0.2, 0.4, None],
        "tss_distance": [-500, 5_000, -200_000, None],
        "consequence": ["missense_variant", None, "intron_variant", "missense_variant"],
        "centre_distance": [-99.5, 99.5, -100.0, None],
        "stratum.element": ["x", "y", "x", "y"],
    }
)


def _names(name: str) -> dict[str, list[str]]:
    return {key: part.get_column("asked_id").to_list() for key, part in strata(ROWS, [name])}


def test_strata__the_whole_comes_first() -> None:
    assert next(iter(_names("chrom"))) == "all"


def test_strata__are_in_natural_order_and_leave_out_rows_without_a_value() -> None:
    assert list(_names("chrom")) == ["all", "chrom=chr1", "chrom=chr2", "chrom=chr10"]


def test_strata__tell_insertions_from_deletions_by_the_asked_alleles() -> None:
    found = _names("indel")
    assert found["indel=substitution"] == ["chr10:5:A>C"]
    assert found["indel=insertion"] == ["chr2:5:A>AT"]
    assert found["indel=deletion"] == ["chr1:5:AT>A"]


def test_strata__consequences_are_as_published() -> None:
    found = _names("consequence")
    assert list(found) == ["all", "consequence=intron_variant", "consequence=missense_variant"]
    assert found["consequence=missense_variant"] == ["chr10:5:A>C", "rs1"]


def test_strata__distance_counts_without_its_sign() -> None:
    assert _names("tss_distance")["tss_distance=100,000 and over"] == ["chr1:5:AT>A"]
    assert _names("tss_distance")["tss_distance=under 1,000"] == ["chr10:5:A>C"]


def test_strata__distance_to_the_centre_of_a_peak_has_bins_of_its_own() -> None:
    found = _names("centre_distance")
    assert list(found) == ["all", "centre_distance=under 100", "centre_distance=100 to 500"]
    assert len(found["centre_distance=under 100"]) == 2


def test_strata__take_what_the_dataset_declares() -> None:
    assert _names("element")["element=x"] == ["chr10:5:A>C", "chr1:5:AT>A"]


def test_strata__a_row_with_several_values_is_in_the_stratum_of_each() -> None:
    rows = ROWS.with_columns(pl.Series("stratum.factor", [["lxr", "fos"], ["lxr"], None, []]))
    found = {key: part.get_column("asked_id").to_list() for key, part in strata(rows, ["factor"])}
    assert list(found) == ["all", "factor=fos", "factor=lxr"]
    assert found["factor=lxr"] == ["chr10:5:A>C", "chr2:5:A>AT"]
    assert found["factor=fos"] == ["chr10:5:A>C"]
    assert stratum_values("factor", rows).to_list() == ["lxr+fos", "lxr", None, ""]


def test_strata__numbers_that_a_dataset_declares_are_cut_into_thirds() -> None:
    rows = ROWS.with_columns(pl.Series("stratum.tags", [900, 10, 100, 20]))
    found = {key: part.get_column("stratum.tags").to_list() for key, part in strata(rows, ["tags"])}
    assert found == {
        "all": [900, 10, 100, 20],
        "tags=1 smallest third": [10],
        "tags=2 middle third": [20],
        "tags=3 largest third": [900, 100],
    }


def test_strata__a_constant_effect_has_no_thirds() -> None:
    constant = ROWS.with_columns(effect=pl.lit(1.0))
    assert [name for name, _ in strata(constant, ["effect_size"])] == ["all"]


def test_strata__an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UserError, match="there is no stratum named 'elment'.*Did you mean 'element'"):
        list(strata(ROWS, ["elment"]))


def test_strata__bins_and_chromosomes_follow_one_another() -> None:
    rows = pl.DataFrame({"maf": [0.3, 0.01, 0.2, 0.07], "chrom": ["chr10", "chr2", "chrX", "chr1"]})
    assert [name for name, _ in strata(rows, ["maf", "chrom"])][1:] == [
        *("maf=under 0.05", "maf=0.05 to 0.1", "maf=0.1 to 0.25", "maf=0.25 and over"),
        *("chrom=chr1", "chrom=chr2", "chrom=chr10", "chrom=chrX"),
    ]


def test_stratum_values__one_value_for_all_rows_stands_in_each() -> None:
    rows = ROWS.with_columns(pl.lit(5.0).alias("stratum.dose"))
    assert stratum_values("dose", rows).len() == rows.height
