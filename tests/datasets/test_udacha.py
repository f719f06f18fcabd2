from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.evaluation.join import of_sign
from refalt.studies.sections import AlleleColumn

ROW = {
    "#chr": "chr1", "start": "99", "end": "100", "id": "rs1", "ref": "C", "alt": "T", "ref_comb_es": "-0.4",
    "alt_comb_es": "0.5", "pref_allele": "alt", "comb_es": "0.5", "comb_pval": "0.001", "fdr_comb_pval": "0.01",
}  # fmt: skip


def test_udacha__starts_are_0_based_and_the_effect_is_the_preferred_allele_s(
    write: Write, read_dataset: ReadDataset
) -> None:
    found = read_dataset("udacha", {"dataset": write("t.tsv", [ROW, ROW | {"pref_allele": "ref"}])}, file="t.tsv")
    assert found.rows.get_column("source_pos").to_list() == [100, 100]
    assert found.rows.get_column("effect_allele").to_list() == ["ALT", "REF"]
    assert found.rows.get_column("beta").to_list() == [0.5, 0.5]


def test_udacha__what_is_not_significant_has_no_settled_sign(write: Write, read_dataset: ReadDataset) -> None:
    path = write("t.tsv", [ROW, ROW | {"fdr_comb_pval": "0.05"}, ROW | {"fdr_comb_pval": "NA"}])
    assert reasons(read_dataset("udacha", {"dataset": path}, file="t.tsv")) == [None, "filtered", "filtered"]
    assert reasons(read_dataset("udacha", {"dataset": path}, file="t.tsv", fdr=0.2)) == [None, None, "filtered"]


def test_udacha__on_the_published_table_the_effect_agrees_in_sign_with_both_alleles_own(
    real_input: Callable[[str], Path], read_dataset: ReadDataset
) -> None:
    path = real_input("asca/udacha_k562_atac.tsv")
    found = read_dataset("udacha", {"dataset": path}, file=path.name)
    own = pl.read_csv(path, separator="\t").select("ref_comb_es", "alt_comb_es")
    sign = of_sign(AlleleColumn(column="pref_allele"), pl.col("effect_allele"))
    rows = pl.concat([found.rows, own], how="horizontal").filter(pl.col("reason").is_null())
    turned = rows.with_columns(effect=pl.col("beta") * sign)
    assert turned.height == 472
    # The preferred allele's own effect size is positive, and turning it gives ALT over REF.
    assert (turned.get_column("beta") > 0).all()
    assert turned.select(((pl.col("effect") > 0) == (pl.col("effect_allele") == "ALT")).all()).item()
    assert turned.filter((pl.col("effect") > 0) & (pl.col("effect") != pl.col("alt_comb_es"))).is_empty()
