from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons
from tests.datasets.qtl_world import World, draws, make_world, with_motif_alone

from refalt.datasets.gse31388 import Gse31388Section
from refalt.errors import ExitCode, UserError
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import run_study
from refalt.tables import AlleleChecks, Comparison, Estimates, Measurements

HEADER = 'Chr\tStart\tEnd\tSNP\tEstimate\t"Std. Error"\t"t value"\tPr(>|t|)'
ROW = "chr1\t1000\t1100\t1180\t0.5\t0.1\t5\t1e-5"
SETTINGS = {"file": "t.txt"}


def _vcf(*sites: str) -> list[str]:
    return ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT", *sites]


def test_gse31388__names_in_quotes_hold_blanks_and_snp_is_a_position(write: Write, read_dataset: ReadDataset) -> None:
    found = read_dataset("gse31388", {"dataset": write("t.txt", [HEADER, ROW])}, **SETTINGS)
    columns = ("source_chrom", "source_pos", "ref", "alt", "beta", "standard_error", "p_value", "target_id")
    assert found.rows.select(columns).rows() == [("chr1", 1180, None, None, 0.5, 0.1, 1e-5, "chr1:1000-1100")]
    assert found.rows.get_column("centre_distance").to_list() == [130.0]
    assert reasons(found) == [None]
    assert "every row is known by its position alone" in found.remarks[0]


def test_gse31388__positions_are_hg18_unless_the_study_says_otherwise() -> None:
    assert Gse31388Section.model_validate({"name": "gse31388"}).assembly == "hg18"


def test_gse31388__whose_effect_it_is_stays_unknown() -> None:
    effect = Gse31388Section.model_validate({"name": "gse31388"}).effect
    assert effect is not None
    assert effect.of == "unknown"


def test_gse31388__alleles_come_by_position_from_a_vcf(write: Write, read_dataset: ReadDataset) -> None:
    rows = [ROW.replace("1180", str(pos)) for pos in (1180, 1190, 1200)]
    sites = write("s.vcf", _vcf("1\t1180\trs1\tA\tG", "1\t1190\trs2\tC\tT,G", "chr2\t1200\trs3\tC\tT"))
    alleles = {"file": "s.vcf", "assembly": "NCBI36"}
    files = {"dataset": write("t.txt", [HEADER, *rows]), "alleles": sites}
    found = read_dataset("gse31388", files, alleles=alleles, **SETTINGS)
    assert found.rows.select("ref", "alt").rows() == [("A", "G"), (None, None), (None, None)]
    assert reasons(found) == [None, None, None]
    assert found.remarks == (
        "alleles by position from s.vcf: 1 of 3 rows; without them stay 1 whose site it lacks, 1 with several "
        "alternate alleles and 0 with another rsID",
    )


def test_gse31388__a_vcf_of_another_assembly_is_refused() -> None:
    section = {"name": "gse31388", "alleles": {"file": "s.vcf", "assembly": "hg19"}}
    with pytest.raises(ValueError, match="hg18, the assembly of the table"):
        Gse31388Section.model_validate(section)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("chr1\t1000\t1100\t1180\t0.5\t-0.1\t-5\t1e-5", "`Std. Error` is above 0"),
        ("chr1\t1000\t1100\t1180\t0.5\t0.1\t5\t1.5", "`Pr(>|t|)` lies in [0, 1]"),
        ("chr1\t1200\t1100\t1180\t0.5\t0.1\t5\t1e-5", "`Start` is not after `End`"),
        ("chr1\t1000\t1100\t1180\t-0.5\t0.1\t5\t1e-5", "`t value` is Estimate over Std. Error"),
    ],
)
def test_gse31388__a_row_that_breaks_what_its_columns_promise_is_unparsable(
    write: Write, read_dataset: ReadDataset, row: str, said: str
) -> None:
    found = read_dataset("gse31388", {"dataset": write("t.txt", [HEADER, ROW, row, ROW])}, **SETTINGS)
    assert reasons(found) == [None, "unparsable", None]
    assert f"rows of which it does not hold that {said}: 1 (row 2)" in found.remarks


def test_gse31388__columns_that_are_not_what_they_are_called_are_an_error(
    write: Write, read_dataset: ReadDataset
) -> None:
    exchanged = HEADER.replace("Estimate", "e").replace('"t value"', "Estimate").replace("\te\t", '\t"t value"\t')
    path = write("t.txt", [exchanged, ROW, ROW])
    with pytest.raises(UserError, match="in 2 of 2 rows it does not hold that `t value` is Estimate over Std. Error"):
        read_dataset("gse31388", {"dataset": path}, **SETTINGS)


def test_gse31388__columns_in_another_order_give_the_same_rows(write: Write, read_dataset: ReadDataset) -> None:
    turned = ["\t".join(reversed(line.split("\t"))) for line in (HEADER, ROW)]
    both = [read_dataset("gse31388", {"dataset": write("t.txt", lines)}, **SETTINGS).rows
            for lines in ([HEADER, ROW], turned)]  # fmt: skip
    assert both[0].equals(both[1])


def test_gse31388__a_missing_column_is_named_with_the_nearest(write: Write, read_dataset: ReadDataset) -> None:
    path = write("t.txt", [HEADER.replace("Std. Error", "Std. Err"), ROW])
    with pytest.raises(UserError, match="no column 'Std. Error'.*Did you mean 'Std. Err'"):
        read_dataset("gse31388", {"dataset": path}, **SETTINGS)


def test_gse31388__cells_that_are_no_numbers_are_ledgered(write: Write, read_dataset: ReadDataset) -> None:
    rows = [ROW, ROW.replace("1180", "rs1180"), ROW.replace("0.5", "NA")]
    found = read_dataset("gse31388", {"dataset": write("t.txt", [HEADER, *rows])}, **SETTINGS)
    assert reasons(found) == [None, "unparsable", "nothing_measured"]
    assert "row 2, column SNP: 'rs1180'" in found.remarks[0]


def _dsqtl_world(folder: Path) -> World:
    world = make_world(folder, source="hg18")
    world.write_vcf("gse31388_sites.hg18.vcf")
    lines = [HEADER]
    for site, effect in zip(world.sites, draws(200), strict=True):
        start = site.old_pos - 150
        numbers = f"{effect}\t0.2\t{effect / 0.2:.5f}\t{min(1, abs(effect) / 5):.4g}"
        lines.append(f"chr1\t{start}\t{start + 99}\t{site.old_pos}\t{numbers}")
    lines += ["chr1\t700000\t700099\t700050\t1\t0.2\t5\t1e-5"]
    world.write("GSE31388_dsQtlTable.txt", lines)
    return world


def _dsqtl(folder: Path) -> Path:
    return with_motif_alone(_dsqtl_world(folder), "dsqtl")


def test_dsqtl__runs_with_the_motif_model_and_withholds_what_reads_the_sign(tmp_path: Path) -> None:
    ended = run_study(prepare(_dsqtl(tmp_path)), out=tmp_path / "runs", until="estimates")
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.DONE)
    assert {finding.code: finding for finding in ended.findings}["EF005"].is_open
    measured = Measurements.read(ended.run.measurements).frame
    assert measured.filter(reason="not_lifted").get_column("source_pos").to_list() == [700_050]
    checks = AlleleChecks.read(ended.run.allele_checks).frame
    assert checks.filter(anchor="genome", orientation="as_given").height == 200
    assert Comparison.read(ended.run.comparison).frame.height == 200
    estimates = Estimates.read(ended.run.estimates).frame.filter(model="motif", stratum="all")
    signed = estimates.filter(label_name="effect").get_column("value")
    assert signed.is_nan().all()
    ranked = estimates.filter(label_name="magnitude_median", metric="auroc").row(0, named=True)
    assert ranked["n"] == 200
    assert 0.3 < ranked["value"] < 0.7


def test_dsqtl__declared_as_hg19_is_found_by_the_genome(tmp_path: Path) -> None:
    study = _dsqtl(tmp_path)
    make_world(tmp_path, source="GRCh37")
    text = re.sub(r'"hg18"', '"GRCh37"', study.read_text(encoding="utf-8")).replace("hg18ToHg38", "hg19ToHg38")
    # Of the two assemblies only the lift differs here: by one base, so that nothing is where it was.
    chain = (tmp_path / "hg19ToHg38.over.chain").read_text(encoding="utf-8")
    (tmp_path / "hg19ToHg38.over.chain").write_text(
        chain.replace("+ 1000 600000", "+ 1001 600000").replace("599000", "598999")
    )
    study.write_text(text, encoding="utf-8")
    ended = run_study(prepare(study), out=tmp_path / "runs")
    assert ended.exit_code == ExitCode.FATAL_FINDING
    assert "AL001" in {finding.code for finding in ended.findings if finding.is_open}


@pytest.mark.slow
def test_dsqtl__writes_its_report(tmp_path: Path) -> None:
    ended = run_study(prepare(_dsqtl(tmp_path)), out=tmp_path / "runs")
    assert (ended.reached, ended.exit_code) == ("report", ExitCode.DONE)
    assert ended.run.report.is_file()
