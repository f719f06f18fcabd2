from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons
from tests.datasets.qtl_world import World, draws, make_world, with_motif_alone

from refalt.datasets.gse116193 import Gse116193Section
from refalt.errors import ExitCode, UserError
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import run_study
from refalt.tables import Comparison, Estimates

HEADER = "epiQTL rsID,Chr,Bp (hg19),Ref Allelec,Alt Alleled,log2 (effect size),H3K27ac p-valueb,H3K4me1 p-valueb"
BOTH = "rs1,1,1000,A,G,0.8,1e-9,0.01"
ACETYLATED = "rs2,chr2,2000,C,T,-0.3,0.001,."
METHYLATED = "rs3,X,3000,G,GA,0.5,.,0.02"
NEITHER = "rs4,3,4000,G,A,0.5,.,."
LINES = [HEADER, BOTH, ACETYLATED, METHYLATED, NEITHER]
SETTINGS = {"file": "t.csv"}


def test_gse116193__footnotes_in_the_header_are_no_part_of_a_name(write: Write, read_dataset: ReadDataset) -> None:
    found = read_dataset("gse116193", {"dataset": write("t.csv", LINES)}, **SETTINGS)
    columns = ("source_chrom", "source_pos", "rsid", "ref", "alt", "beta")
    assert found.rows.select(columns).rows()[:3] == [
        ("chr1", 1000, "rs1", "A", "G", 0.8),
        ("chr2", 2000, "rs2", "C", "T", -0.3),
        ("chrX", 3000, "rs3", "G", "GA", 0.5),
    ]
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("printed", "other"),
    [("Ref Allelec", "Ref Allele"), ("Ref Allelec", "ref allele c"), ("Bp (hg19)", "Bp (hg19)a"), ("Chr", "Chr ")],
)
def test_gse116193__with_other_footnotes_or_none_it_is_the_same_table(
    write: Write, read_dataset: ReadDataset, printed: str, other: str
) -> None:
    both = [read_dataset("gse116193", {"dataset": write("t.csv", [header, *LINES[1:]])}, **SETTINGS).rows
            for header in (HEADER, HEADER.replace(printed, other))]  # fmt: skip
    assert both[0].equals(both[1])


def test_gse116193__each_row_says_for_which_marks_it_was_tested(write: Write, read_dataset: ReadDataset) -> None:
    rows = read_dataset("gse116193", {"dataset": write("t.csv", LINES)}, **SETTINGS).rows
    assert rows.get_column("stratum.marks").to_list() == ["both", "H3K27ac only", "H3K4me1 only", None]
    assert "p_value" not in rows.columns


@pytest.mark.parametrize(
    ("mark", "p_values", "left_out"),
    [
        ("H3K27ac", [1e-9, 0.001, None, None], [None, None, "filtered", "filtered"]),
        ("H3K4me1", [0.01, None, 0.02, None], [None, "filtered", None, "filtered"]),
    ],
)
def test_gse116193__a_row_joins_a_mark_only_where_it_has_its_p_value(
    write: Write, read_dataset: ReadDataset, mark: str, p_values: list[float | None], left_out: list[str | None]
) -> None:
    found = read_dataset("gse116193", {"dataset": write("t.csv", LINES)}, mark=mark, **SETTINGS)
    assert found.rows.get_column("p_value").to_list() == p_values
    assert found.rows.get_column("context_id").to_list() == [mark] * 4
    assert reasons(found) == left_out


def test_gse116193__the_direction_is_not_settled() -> None:
    effect = Gse116193Section.model_validate({"name": "gse116193"}).effect
    assert effect is not None
    assert (effect.of, effect.scale, effect.null) == ("unknown", "log2_fold_change", 0.0)


def test_gse116193__the_assembly_in_the_header_must_be_the_declared_one(
    write: Write, read_dataset: ReadDataset
) -> None:
    path = write("t.csv", [HEADER.replace("hg19", "hg38"), BOTH])
    with pytest.raises(UserError, match="the header says that positions are of GRCh38.*assembly = 'GRCh38'"):
        read_dataset("gse116193", {"dataset": path}, **SETTINGS)
    assert reasons(read_dataset("gse116193", {"dataset": path}, assembly="hg38", **SETTINGS)) == [None]


def test_gse116193__two_columns_of_one_name_are_refused(write: Write, read_dataset: ReadDataset) -> None:
    path = write("t.csv", [HEADER + ",Ref Allelea", BOTH + ",T"])
    with pytest.raises(UserError, match="several columns are called 'Ref Allele'.*Ref Allelec.*Ref Allelea"):
        read_dataset("gse116193", {"dataset": path}, **SETTINGS)


@pytest.mark.parametrize("name", HEADER.split(","))
def test_gse116193__each_column_is_needed(write: Write, read_dataset: ReadDataset, name: str) -> None:
    path = write("t.csv", [HEADER.replace(name, "other"), BOTH])
    with pytest.raises(UserError, match="there is no column"):
        read_dataset("gse116193", {"dataset": path}, **SETTINGS)


def test_gse116193__cells_that_cannot_be_are_ledgered(write: Write, read_dataset: ReadDataset) -> None:
    rows = [BOTH, BOTH.replace("1e-9", "1.2"), BOTH.replace("1000", "1kb"), BOTH.replace(",G,", ",R,"), BOTH]
    found = read_dataset("gse116193", {"dataset": write("t.csv", [HEADER, *rows])}, **SETTINGS)
    assert reasons(found) == [None, "unparsable", "unparsable", "bad_allele", None]
    assert "rows of which it does not hold that `H3K27ac p-valueb` lies in [0, 1]: 1 (row 2)" in found.remarks
    assert "row 3, column Bp (hg19): '1kb'" in found.remarks[0]


def _hqtl_world(folder: Path) -> World:
    world = make_world(folder, source="GRCh37")
    lines = [HEADER]
    for number, (site, effect) in enumerate(zip(world.sites, draws(200), strict=True)):
        p_values = ("1e-4,0.2", "0.03,.", ".,0.6", "0.5,1e-3")[number % 4]
        lines.append(f"{site.rsid},1,{site.old_pos},{site.ref},{site.alt},{effect},{p_values}")
    world.write("Pelikan_et_al_hQTL_summary.csv", lines)
    return world


def _hqtl(folder: Path, mark: str) -> Path:
    return with_motif_alone(_hqtl_world(folder), f"hqtl-{mark.lower()}")


@pytest.mark.parametrize(("mark", "strata"), [("H3K27ac", {"both": 100, "H3K27ac only": 50}),
                                              ("H3K4me1", {"both": 100, "H3K4me1 only": 50})])  # fmt: skip
def test_hqtl__runs_with_the_motif_model_on_the_rows_of_its_mark(
    tmp_path: Path, mark: str, strata: dict[str, int]
) -> None:
    ended = run_study(prepare(_hqtl(tmp_path, mark)), out=tmp_path / "runs", until="estimates")
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.DONE)
    assert {finding.code: finding for finding in ended.findings}["EF005"].is_open
    compared = Comparison.read(ended.run.comparison).frame
    assert dict(compared.group_by("stratum.marks").len().iter_rows()) == strata
    estimates = Estimates.read(ended.run.estimates).frame.filter(model="motif", metric="auroc")
    of_size = estimates.filter(pl.col("label_name") == "magnitude_median").select("stratum", "n")
    assert dict(of_size.filter(~pl.col("stratum").str.starts_with("chrom")).iter_rows()) == {
        "all": 150, **{f"marks={name}": n for name, n in strata.items()},
    }  # fmt: skip


@pytest.mark.slow
def test_hqtl__writes_its_report(tmp_path: Path) -> None:
    ended = run_study(prepare(_hqtl(tmp_path, "H3K27ac")), out=tmp_path / "runs")
    assert (ended.reached, ended.exit_code) == ("report", ExitCode.DONE)
    assert ended.run.report.is_file()
