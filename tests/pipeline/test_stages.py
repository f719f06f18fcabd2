from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.pipeline import opened, stages
from refalt.pipeline.prepare import prepare
from refalt.sources.fasta import genome_from_sequences
from refalt.tables import Inputs, Measurements
from refalt.testing.toy_study import ToyStudy, write_toy_study


def test_read_measurements__every_source_row_is_there(toy: ToyStudy) -> None:
    read = stages.read_measurements(prepare(toy.path))
    assert read.measurements.frame.get_column("source_row").to_list() == list(range(1, len(toy.table) + 1))


def test_check_variants__the_genome_turns_swapped_and_names_mismatched_rows(toy: ToyStudy) -> None:
    first = toy.table.row(0, named=True)
    other = next(base for base in "ACGT" if base not in (first["ref"], first["alt"]))
    third = next(base for base in "ACGT" if base not in (first["ref"], first["alt"], other))
    complement = {"A": "T", "C": "G", "G": "C", "T": "A"}
    mismatch = complement[first["ref"]] not in (other, third)
    rows = toy.table.with_row_index().with_columns(
        ref=pl.when(pl.col("index") == 0).then(pl.lit(other)).when(pl.col("index") == 1).then("alt").otherwise("ref"),
        alt=pl.when(pl.col("index") == 0).then(pl.lit(third)).when(pl.col("index") == 1).then("ref").otherwise("alt"),
    )
    toy.rewrite(rows.drop("index"))
    prepared = prepare(toy.path)
    read = stages.read_measurements(prepared)
    checks = stages.check_variants(read, opened.open_fasta(prepared)).frame
    assert checks.get_column("anchor").unique().to_list() == ["genome"]
    assert checks.row(1, named=True)["orientation"] == "swapped"
    assert checks.row(1, named=True)["sign"] == -1
    expected = "unresolved" if mismatch else {"complement", "complement_swapped"}
    assert checks.row(0, named=True)["orientation"] in expected


def test_read_measurements__intervals_of_another_assembly_are_refused(toy: ToyStudy) -> None:
    (toy.path.parent / "peaks.bed").write_text("chr1\t0\t1000\n")
    toy.edit("[evaluation]", '[filter]\nwithin = { file = "peaks.bed", assembly = "hg19" }\n\n[evaluation]')
    with pytest.raises(UserError, match="peaks.bed is of another assembly"):
        stages.read_measurements(prepare(toy.path))


def test_read_measurements__filters_leave_reasons(toy: ToyStudy) -> None:
    (toy.path.parent / "peaks.bed").write_text("chr1\t0\t8000\n")
    toy.edit(
        "[evaluation]",
        '[filter]\nwithin = { file = "peaks.bed", assembly = "simulated-toy" }\n'
        'keep = [{ column = "p", op = "<", value = 0.5 }]\nsample = { n = 5, seed = 42 }\n\n[evaluation]',
    )
    frame = stages.read_measurements(prepare(toy.path)).measurements.frame
    counts = dict(frame.group_by("reason").len().rows())
    assert counts[None] == 5
    assert counts["filtered"] == toy.table.filter(pl.col("p") >= 0.5).height
    inside = toy.table.filter((pl.col("p") < 0.5) & (pl.col("chrom") == "chr1") & (pl.col("pos") <= 8000)).height
    assert counts["not_sampled"] == inside - 5
    assert sum(counts.values()) == len(toy.table)


def test_check_variants__indels_are_left_aligned_on_the_genome() -> None:
    names = ["chr1:6:T>-", "chr1:1:A>-", "chr1:5:T>G", "chr2:5:T>-"]
    parts = [name.replace(">", ":").split(":") for name in names]
    rows = pl.DataFrame(
        {
            "source_row": range(1, 5),
            "kind": ["variant"] * 4,
            "variant_id": names,
            "chrom": [part[0] for part in parts],
            "pos": [int(part[1]) for part in parts],
            "ref": [part[2] for part in parts],
            "alt": [part[3] for part in parts],
            "flags": [[] for _ in parts],
        },
        schema_overrides={"flags": pl.List(pl.String)},
    )
    genome = genome_from_sequences({"chr1": "ACCTTTGACAC"}, "GRCh38")
    read = stages.Read(Measurements(rows), Inputs.empty(), None, ())
    checks = stages.check_variants(read, genome).frame
    assert checks.get_column("asked_id").to_list() == ["chr1:3:CT>C", "chr1:1:A>-", "chr1:5:T>G", "chr2:5:T>-"]
    assert checks.get_column("reason").to_list() == [None, None, None, "no_contig"]


@pytest.mark.parametrize(
    ("old", "fresh"),
    [
        ("[dataset]", '[dataset]\nbatch = "plat"'),
        ('good = { column = "good"', 'good = { seen = { stratum = "plat", value = "1" }, column = "good"'),
    ],
)
def test_require_strata__what_names_a_stratum_names_one_of_the_dataset(tmp_path: Path, old: str, fresh: str) -> None:
    toy = write_toy_study(tmp_path)
    toy.edit("[dataset]", '[dataset]\nstrata = { plate = "chrom" }')
    stages.read_measurements(prepare(toy.path))
    toy.edit(old, fresh)
    with pytest.raises(UserError, match="'plat'") as error:
        stages.read_measurements(prepare(toy.path))
    assert "plate" in str(error.value)


def test_read_measurements__limits_leave_peaks_out_and_say_so(toy: ToyStudy) -> None:
    peaks = ["chr1\t0\t8000\ta\t0\t.\t9\t9\t9\t1", "chr1\t0\t900000\tb\t0\t.\t9\t9\t1\t1"]
    (toy.path.parent / "peaks.bed").write_text("\n".join(peaks) + "\n")
    within = 'within = { file = "peaks.bed", assembly = "simulated-toy"%s }\n\n[evaluation]'
    toy.edit("[evaluation]", "[filter]\n" + within % "")
    everything = stages.read_measurements(prepare(toy.path)).measurements.kept(recorded=True)
    toy.edit(within % "", within % ", q_value = 0.01, max_width = 10000")
    read = stages.read_measurements(prepare(toy.path))
    assert 0 < len(read.measurements.kept(recorded=True)) < len(everything)
    assert "1 of 2 intervals of peaks.bed keep the limits of [filter] within" in read.remarks
