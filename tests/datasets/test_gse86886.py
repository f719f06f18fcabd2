from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons
from tests.datasets.qtl_world import World, make_world, served, with_address, with_motif_alone

from refalt.datasets.gse86886 import Gse86886Section
from refalt.errors import API_KEY_VARIABLE, ExitCode, UserError
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import run_study
from refalt.scoring.metered import Metering
from refalt.tables import Comparison, Estimates, Measurements, Tracks

ROW = {"SNP": "chr12:9436083_rs61916194", "gene": "chr12:9435883-9437556", "beta": "0.7", "p-value": "1e-9"}


def test_gse86886__takes_the_site_s_name_apart(write: Write, read_dataset: ReadDataset) -> None:
    unnamed = {"SNP": "chr12:9436083"}
    other = {"SNP": "chrX:12_esv1"}
    found = read_dataset("gse86886", {"dataset": write("ATAC-QTLs.csv", [ROW, ROW | unnamed, ROW | other])})
    columns = ("source_chrom", "source_pos", "rsid", "target_id", "beta", "p_value", "ref", "alt")
    peak = "chr12:9435883-9437556"
    assert found.rows.select(columns).rows() == [
        ("chr12", 9_436_083, "rs61916194", peak, 0.7, 1e-9, None, None),
        ("chr12", 9_436_083, None, peak, 0.7, 1e-9, None, None),
        ("chrX", 12, None, peak, 0.7, 1e-9, None, None),
    ]
    assert found.rows.get_column("centre_distance").to_list()[0] == -636.5
    assert reasons(found) == [None, None, None]


@pytest.mark.parametrize("name", ["rs61916194", "chr12", "chr12:x_rs1", "9436083"])
def test_gse86886__a_name_of_another_form_is_an_unparsable_row(
    write: Write, read_dataset: ReadDataset, name: str
) -> None:
    found = read_dataset("gse86886", {"dataset": write("ATAC-QTLs.csv", [ROW, ROW | {"SNP": name}])})
    assert reasons(found) == [None, "unparsable"]
    assert f"row 2, column SNP: {name!r}" in found.remarks[0]


def test_gse86886__empty_rows_have_no_position(write: Write, read_dataset: ReadDataset) -> None:
    path = write("ATAC-QTLs.csv", ["SNP,gene,beta", "chr1:10_rs1,chr1:5-20,0.6", ",,"])
    assert reasons(read_dataset("gse86886", {"dataset": path})) == [None, "no_position"]


def test_gse86886_section__the_ratio_s_null_is_a_half_and_it_is_for_alt() -> None:
    section = Gse86886Section.model_validate({"name": "gse86886"})
    assert section.effect is not None
    assert (section.effect.scale, section.effect.null, section.effect.of) == ("allelic_ratio", 0.5, "alt")
    assert (section.file, section.assembly, section.assay) == ("ATAC-QTLs.csv", "GRCh37", "ATAC")


def test_gse86886_section__the_table_of_eqtls_has_its_own_file_and_an_unknown_direction() -> None:
    section = Gse86886Section.model_validate({"name": "gse86886", "table": "expression"})
    assert section.effect is not None
    assert (section.file, section.effect.of, section.effect.null, section.assay) == (
        "eQTLs.csv", "unknown", 0.0, "RNA_SEQ",
    )  # fmt: skip


def test_gse86886__eqtls_have_genes_and_slopes_of_either_sign(write: Write, read_dataset: ReadDataset) -> None:
    rows = [{"SNP": "chr5:96322136_rs38033", "gene": "ERAP2", "beta": "-1.4"}]
    found = read_dataset("gse86886", {"dataset": write("eQTLs.csv", rows)}, table="expression")
    assert found.rows.select("source_pos", "rsid", "target_id", "beta").row(0) == (96_322_136, "rs38033", "ERAP2", -1.4)
    assert "p_value" not in found.rows.columns
    assert reasons(found) == [None]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"beta": "1"}, "`beta` is a ratio above 0 and below 1"),
        ({"beta": "-0.2"}, "`beta` is a ratio above 0 and below 1"),
        ({"p-value": "3"}, "`p-value` lies in [0, 1]"),
        ({"gene": "ERAP2"}, "`gene` is a peak, chrom:start-end"),
        ({"gene": "chr12:20-10"}, "`gene` is a peak, chrom:start-end"),
    ],
)
def test_gse86886__a_row_that_breaks_what_its_columns_promise_is_unparsable(
    write: Write, read_dataset: ReadDataset, broken: dict[str, str], said: str
) -> None:
    found = read_dataset("gse86886", {"dataset": write("ATAC-QTLs.csv", [ROW, ROW, ROW | broken])})
    assert reasons(found) == [None, None, "unparsable"]
    assert f"rows of which it does not hold that {said}: 1 (row 3)" in found.remarks


def test_gse86886__slopes_where_ratios_are_declared_are_an_error(write: Write, read_dataset: ReadDataset) -> None:
    rows = [ROW | {"beta": value} for value in ("-1.2", "0.4", "1.3")]
    with pytest.raises(UserError, match="in 2 of 3 rows it does not hold that `beta` is a ratio"):
        read_dataset("gse86886", {"dataset": write("ATAC-QTLs.csv", rows)})


def test_gse86886__the_column_of_p_values_can_be_named(write: Write, read_dataset: ReadDataset) -> None:
    path = write("ATAC-QTLs.csv", [ROW | {"combined p": "0.25"}])
    found = read_dataset("gse86886", {"dataset": path}, p_value="combined p")
    assert found.rows.get_column("p_value").to_list() == [0.25]
    with pytest.raises(UserError, match="no column 'combine p'.*Did you mean 'combined p'"):
        read_dataset("gse86886", {"dataset": path}, p_value="combine p")


def test_gse86886__another_rsid_at_the_place_gives_no_alleles(write: Write, read_dataset: ReadDataset) -> None:
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT", "12\t9436083\trs61916194\tC\tT", "12\t50\trs2\tA\tG"]
    rows = [ROW, ROW | {"SNP": "chr12:50_rs7"}, ROW | {"SNP": "chr12:50"}]
    files = {"dataset": write("ATAC-QTLs.csv", rows), "alleles": write("s.vcf", lines)}
    found = read_dataset("gse86886", files, alleles={"file": "s.vcf", "assembly": "hg19"})
    assert found.rows.select("ref", "alt").rows() == [("C", "T"), (None, None), ("A", "G")]
    assert found.remarks[-1].endswith("0 with several alternate alleles and 1 with another rsID")


def _caqtl_world(folder: Path, *, n: int = 200) -> World:
    world = make_world(folder, n=n, source="GRCh37")
    world.write_vcf("gse86886_sites.GRCh37.vcf")
    share = np.random.default_rng(3).beta(4, 4, n).round(4)
    lines = ["SNP,gene,beta,p-value"]
    for site, pi in zip(world.sites, share, strict=True):
        peak = f"chr1:{site.old_pos - 300}-{site.old_pos + 500}"
        lines.append(f"chr1:{site.old_pos}_{site.rsid},{peak},{pi},{1 - 1.9 * abs(pi - 0.5):.4g}")
    world.write("ATAC-QTLs.csv", [*lines, "chr1:5000_esv1,chr1:4000-6000,0.6,0.5"])
    return world


def _caqtl(folder: Path) -> Path:
    return with_motif_alone(_caqtl_world(folder), "caqtl")


def test_caqtl__runs_with_the_motif_model_about_a_null_of_a_half(tmp_path: Path) -> None:
    ended = run_study(prepare(_caqtl(tmp_path)), out=tmp_path / "runs", until="estimates")
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.DONE)
    compared = Comparison.read(ended.run.comparison).frame
    measured = Measurements.read(ended.run.measurements).frame.filter(pl.col("alt").is_not_null())
    assert (compared.height, measured.height) == (200, 200)
    assert compared.get_column("effect").to_list() == (measured.get_column("beta") - 0.5).to_list()
    # Lifted: the places that are compared are those of GRCh38.
    assert (measured.get_column("pos") - measured.get_column("source_pos")).unique().to_list() == [1_000]
    estimate = Estimates.read(ended.run.estimates).frame.filter(
        model="motif", stratum="all", label_name="effect", metric="spearman_rho"
    )
    assert estimate.get_column("n").to_list() == [200]
    assert estimate.get_column("value").is_finite().all()


def test_caqtl__a_null_of_zero_is_fatal(tmp_path: Path) -> None:
    study = _caqtl(tmp_path)
    study.write_text(study.read_text(encoding="utf-8").replace("null = 0.5", "null = 0.0"), encoding="utf-8")
    ended = run_study(prepare(study), out=tmp_path / "runs")
    assert (ended.reached, ended.exit_code) == ("audits", ExitCode.FATAL_FINDING)
    assert "EF002" in {finding.code for finding in ended.findings if finding.is_open}


def test_caqtl__the_vcf_that_is_named_and_missing_is_told(tmp_path: Path) -> None:
    study = _caqtl(tmp_path)
    (tmp_path / "gse86886_sites.GRCh37.vcf").unlink()
    with pytest.raises(UserError, match="gse86886_sites.GRCh37.vcf"):
        run_study(prepare(study), out=tmp_path / "runs")


def test_caqtl__asks_a_server_that_speaks_as_alphagenome_does_for_each_modality(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "test-key")
    world = _caqtl_world(tmp_path, n=60)
    with served(world) as address:
        study = prepare(with_address(world, "caqtl", address))
        ended = run_study(study, out=tmp_path / "runs", until="estimates", metering=Metering(store=tmp_path / "store"))
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.DONE)
    counted = Comparison.read(ended.run.comparison).frame.group_by("score_name").len()
    assert dict(counted.iter_rows()) == dict.fromkeys(("ag-atac", "ag-dnase", "ag-h3k27ac", "motif"), 60)
    tracks = Tracks.read(ended.run.tracks).frame.filter(pl.col("score_name") != "motif")
    assert tracks.get_column("ontology_curie").unique().to_list() == ["CL:0000624"]
    assert tracks.filter(score_name="ag-h3k27ac").get_column("histone_mark").to_list() == ["H3K27ac"]


@pytest.mark.slow
def test_caqtl__writes_its_report(tmp_path: Path) -> None:
    ended = run_study(prepare(_caqtl(tmp_path)), out=tmp_path / "runs")
    assert (ended.reached, ended.exit_code) == ("report", ExitCode.DONE)
    assert ended.run.report.is_file()
