from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.datasets.gtex_eqtl import GtexSection
from refalt.errors import UserError

ROW = {
    "variant_id": "chr1_100_A_AC_b38", "gene_id": "ENSG1.5", "tss_distance": "-7", "maf": "0.2",
    "pval_nominal": "1e-9", "slope": "0.5", "slope_se": "0.1",
}  # fmt: skip


def test_gtex_eqtl__takes_the_identifier_apart(write: Write, read_dataset: ReadDataset) -> None:
    alternate = {"variant_id": "chr1_KI270706v1_random_12_A_T_b38"}
    found = read_dataset("gtex_eqtl", {"dataset": write("t.txt", [ROW, ROW | alternate])}, file="t.txt", tissue="Liver")
    columns = ("source_chrom", "source_pos", "ref", "alt", "target_id", "context_id", "tss_distance", "maf")
    assert found.rows.select(columns).rows() == [
        ("chr1", 100, "A", "AC", "ENSG1.5", "Liver", -7, 0.2),
        ("chr1_KI270706v1_random", 12, "A", "T", "ENSG1.5", "Liver", -7, 0.2),
    ]
    assert found.rows.select("beta", "standard_error", "p_value").row(0) == (0.5, 0.1, 1e-9)
    assert reasons(found) == [None, None]


@pytest.mark.parametrize("name", ["rs123", "chr1_100_A_b38", "chr1_x_A_C_b38", "chr1_100_A_C"])
def test_gtex_eqtl__an_identifier_of_another_form_is_an_unparsable_row(
    write: Write, read_dataset: ReadDataset, name: str
) -> None:
    path = write("t.txt", [ROW, ROW | {"variant_id": name}])
    found = read_dataset("gtex_eqtl", {"dataset": path}, file="t.txt")
    assert reasons(found) == [None, "unparsable"]
    assert f"row 2, column variant_id: '{name}'" in found.remarks[0]


def test_gtex_eqtl__identifiers_of_another_build_are_refused(write: Write, read_dataset: ReadDataset) -> None:
    path = write("t.txt", [ROW | {"variant_id": "1_100_A_C_b37"}])
    with pytest.raises(UserError, match="another assembly.*b38.*1_100_A_C_b37"):
        read_dataset("gtex_eqtl", {"dataset": path}, file="t.txt")


def test_gtex_eqtl__a_variant_that_nobody_carries_was_not_tested(write: Write, read_dataset: ReadDataset) -> None:
    untested = {"maf": "0", "slope": "0", "slope_se": "-nan", "pval_nominal": "1"}
    found = read_dataset("gtex_eqtl", {"dataset": write("t.txt", [ROW | untested, ROW])}, file="t.txt")
    assert reasons(found) == ["nothing_measured", None]
    assert found.rows.get_column("standard_error").to_list() == [None, 0.1]


def test_gtex_eqtl__columns_that_a_file_lacks_stay_out(write: Write, read_dataset: ReadDataset) -> None:
    row = {name: ROW[name] for name in ("variant_id", "gene_id", "slope")}
    found = read_dataset("gtex_eqtl", {"dataset": write("t.csv", [row])}, file="t.csv")
    assert "standard_error" not in found.rows.columns
    assert reasons(found) == [None]


def test_gtex_eqtl__a_missing_effect_is_told_with_the_nearest_name(write: Write, read_dataset: ReadDataset) -> None:
    path = write("t.txt", [{"variant_id": ROW["variant_id"], "gene_id": "g", "slop": "1"}])
    with pytest.raises(UserError, match="no column 'slope'.*Did you mean 'slop'"):
        read_dataset("gtex_eqtl", {"dataset": path}, file="t.txt")


def test_gtex_eqtl__fine_mapping_gives_inclusion_probabilities(write: Write, read_dataset: ReadDataset) -> None:
    pips = [{"variant_id": ROW["variant_id"], "gene_id": ROW["gene_id"], "variant_pip": "0.95"}]
    files = {"dataset": write("t.txt", [ROW, ROW | {"gene_id": "ENSG2.1"}]), "fine_mapping": write("f.txt", pips)}
    fine_mapping = {"file": "f.txt", "pip": "variant_pip"}
    rows = read_dataset("gtex_eqtl", files, file="t.txt", fine_mapping=fine_mapping).rows
    assert rows.get_column("pip").to_list() == [0.95, None]


def test_gtex_section__the_tissue_names_the_file() -> None:
    section = GtexSection.model_validate({"name": "gtex_eqtl", "tissue": "Lung"})
    assert section.file == "Lung.v8.signif_variant_gene_pairs.txt.gz"
    assert GtexSection.model_validate({"name": "gtex_eqtl", "file": "x.txt"}).file == "x.txt"


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("gtex_v8_allpairs_chr1.fastqtl.gz", {None: 9_525, "nothing_measured": 474}),
        ("GTEx_v8_signif_variant_gene_pairs.excerpt.txt", {None: 10}),
        ("GTEx_v8_egenes.excerpt.txt", {None: 6}),
        ("alphagenome_gtex1000_2kb.csv", {None: 1_000}),
    ],
)
def test_gtex_eqtl__reads_every_published_layout(
    real_input: Callable[[str], Path], read_dataset: ReadDataset, name: str, counts: dict[str | None, int]
) -> None:
    rows = read_dataset("gtex_eqtl", {"dataset": real_input(f"gtex/{name}")}, file=name).rows
    assert dict(rows.group_by("reason").len().iter_rows()) == counts
    assert rows.select(pl.col("beta").is_not_null().all(), pl.col("source_pos").is_not_null().all()).row(0) == (
        True,
        True,
    )
