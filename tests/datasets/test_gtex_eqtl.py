from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError
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


@pytest.mark.parametrize("method", ["dap-g", "caveman", "caviar"])
def test_gtex_section__a_method_says_file_columns_and_spelling(method: str) -> None:
    given = {"name": "gtex_eqtl", "tissue": "Skin_Sun_Exposed_Lower_leg", "fine_mapping": {"method": method}}
    found = GtexSection.model_validate(given).fine_mapping
    assert found is not None
    assert (found.variant, found.pip) in [("variant_id", "variant_pip"), ("eQTL", "Probability")]
    assert found.context == ("Skin_Sun_Exposed" if method == "dap-g" else "Skin_Sun_Exposed_Lower_leg")
    assert found.needed_file.published is not None
    assert found.file == found.needed_file.published.file_name
    assert found.member in found.needed_file.names


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tissue": "Whole blood"}, "did you mean 'Whole_Blood'"),
        ({"tissue": "Kidney_Medulla"}, "one of the 49 tissues"),
        ({"tissue": "Lung", "file": "Liver.v8.signif_variant_gene_pairs.txt.gz"}, "tissue = 'Liver'"),
    ],
)
def test_gtex_section__a_tissue_that_is_none_or_another_file_s_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        GtexSection.model_validate({"name": "gtex_eqtl", **given})


def _archive(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "GTEx_Analysis_v8_eQTL.tar"
    with tarfile.open(path, "w") as archive:
        for tissue, text in members.items():
            entry = tarfile.TarInfo(f"GTEx_Analysis_v8_eQTL/{tissue}.v8.signif_variant_gene_pairs.txt.gz")
            content = gzip.compress(text, mtime=0)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def test_gtex_eqtl__the_archive_of_all_tissues_reads_as_the_tissue_s_file(
    write: Write, read_dataset: ReadDataset, tmp_path: Path
) -> None:
    path = write("t.txt", [ROW, ROW | {"gene_id": "ENSG2.1", "slope": "-1"}])
    archive = _archive(tmp_path, {"Liver": path.read_bytes(), "Lung": b"variant_id\tgene_id\tslope\n"})
    packed = read_dataset("gtex_eqtl", {"dataset": archive}, file=archive.name, tissue="Liver")
    assert packed.rows.equals(read_dataset("gtex_eqtl", {"dataset": path}, file="t.txt", tissue="Liver").rows)
    assert sorted(each.name for each in tmp_path.iterdir()) == [archive.name, "t.txt"]


def test_gtex_eqtl__an_archive_without_the_tissue_lists_those_it_has(read_dataset: ReadDataset, tmp_path: Path) -> None:
    archive = _archive(tmp_path, {"Lung": b"", "Liver": b""})
    with pytest.raises(UserError, match=r"no significant pairs of Spleen.*got 2 tissues: Liver, Lung"):
        read_dataset("gtex_eqtl", {"dataset": archive}, file=archive.name, tissue="Spleen")


def test_gtex_eqtl__a_member_that_grows_past_its_cap_is_refused(
    read_dataset: ReadDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = _archive(tmp_path, {"Liver": b"variant_id\tgene_id\tslope\n" + b"x" * 100_000})
    monkeypatch.setattr("refalt.datasets.gtex_eqtl.MOST_BYTES", 50_000)
    with pytest.raises(UserError, match=r"Liver.v8.*larger than it may be.*at most 50,000 bytes"):
        read_dataset("gtex_eqtl", {"dataset": archive}, file=archive.name, tissue="Liver")


def test_gtex_eqtl__a_half_downloaded_member_is_refused(read_dataset: ReadDataset, tmp_path: Path) -> None:
    archive = _archive(tmp_path, {"Liver": b"variant_id\tgene_id\tslope\n" * 1_000})
    archive.write_bytes(archive.read_bytes()[:560])
    with pytest.raises(UserError, match="ends too early or is damaged"):
        read_dataset("gtex_eqtl", {"dataset": archive}, file=archive.name, tissue="Liver")


def test_gtex_eqtl__columns_in_another_order_are_the_same_rows(write: Write, read_dataset: ReadDataset) -> None:
    rows = [ROW, ROW | {"gene_id": "ENSG2.1", "slope": "-1"}]
    turned = [dict(reversed(row.items())) for row in rows]
    given, other = write("t.txt", rows), write("u.txt", turned)
    assert given.read_text().splitlines()[0] != other.read_text().splitlines()[0]
    found = [read_dataset("gtex_eqtl", {"dataset": path}, file="x.txt").rows for path in (given, other)]
    assert found[0].equals(found[1])


@pytest.mark.parametrize("missing", ["variant_id", "gene_id", "slope"])
def test_gtex_eqtl__a_missing_column_is_named(write: Write, read_dataset: ReadDataset, missing: str) -> None:
    path = write("t.txt", [{name: value for name, value in ROW.items() if name != missing}])
    with pytest.raises(UserError, match=f"there is no column '{missing}'"):
        read_dataset("gtex_eqtl", {"dataset": path}, file="t.txt")


def test_gtex_eqtl__a_half_downloaded_file_is_refused(write: Write, read_dataset: ReadDataset, tmp_path: Path) -> None:
    whole = gzip.compress(write("t.txt", [ROW] * 5_000).read_bytes(), mtime=0)
    cut = tmp_path / "t.txt.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="ends too early or is damaged|cannot be read"):
        read_dataset("gtex_eqtl", {"dataset": cut}, file="t.txt.gz")
