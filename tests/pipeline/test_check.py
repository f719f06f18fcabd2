from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.columns import Reason
from refalt.errors import UserError
from refalt.pipeline.check import Checked, FilesBeside, check_members, check_study, check_table
from refalt.pipeline.undescribed import Told
from refalt.studies.sections import RowFilter
from refalt.testing.builders import snv_alleles
from refalt.testing.toy_study import ToyStudy

N = 400
LENGTH = 500 * N


def table(seed: int = 1) -> tuple[dict[str, Any], str]:
    """An eQTL table without fault, and the contig it is on."""
    rng = np.random.default_rng(seed)
    sequence = rng.choice(list("ACGT"), LENGTH)
    pos = np.sort(rng.choice(np.arange(20_000, LENGTH), N, replace=False))
    ref, alt = snv_alleles(N, rng=rng)
    sequence[pos - 1] = ref
    beta, error = rng.normal(size=N), np.full(N, 0.4)
    columns = {"chrom": ["chr1"] * N, "pos": pos.tolist(), "ref": ref, "alt": alt, "beta": beta.round(5).tolist()}
    columns |= {"se": error.tolist(), "p": np.exp(-np.abs(beta / error)).tolist(), "gene": [f"g{i}" for i in range(N)]}
    return columns, "".join(sequence)


def written(folder: Path, columns: Mapping[str, Any], name: str = "a.tsv") -> Path:
    pl.DataFrame(dict(columns)).write_csv(folder / name, separator="\t")
    return folder / name


def fasta(folder: Path, sequence: str, width: int = 60) -> Path:
    path = folder / "g.fa"
    lines = (sequence[i : i + width] for i in range(0, len(sequence), width))
    path.write_text(">chr1\n" + "\n".join(lines) + "\n", encoding="ascii")
    return path


def codes(checked: Checked, severity: Severity | None = None) -> list[str]:
    return [f.code for f in checked.findings if f.is_open and severity in (None, f.severity)]


def finding(checked: Checked, code: str) -> Finding:
    return next(found for found in checked.findings if found.code == code)


NOTHING = FilesBeside()


def test_check_table__finds_nothing_bad_in_a_table_without_fault(tmp_path: Path) -> None:
    columns, sequence = table()
    path = written(tmp_path, columns)
    told = Told(assembly="simulated-a", of="alt", of_source="the simulation")
    checked = check_table(path, told, FilesBeside(genome=fasta(tmp_path, sequence)))
    assert codes(checked) == []
    assert finding(checked, "AL001").outcome is Outcome.CLEAR
    assert finding(checked, "EF001").outcome is Outcome.CLEAR
    assert (checked.n_rows, checked.set_aside) == (N, {})


def test_check_table__gives_the_same_findings_when_columns_are_renamed(tmp_path: Path) -> None:
    columns, sequence = table()
    columns["beta"] = columns["p"]
    odd = {name: f"c{i}" for i, name in enumerate(columns)}
    fields = {"beta": "effect", "se": "standard_error", "p": "p_value", "gene": "target_id"}
    told = {fields.get(name, name): column for name, column in odd.items()}
    beside = FilesBeside(genome=fasta(tmp_path, sequence))
    plain = check_table(written(tmp_path, columns), Told(assembly="simulated-a"), beside)
    renamed = written(tmp_path, {odd[name]: cells for name, cells in columns.items()}, "b.tsv")
    other = check_table(renamed, Told(columns=told, assembly="simulated-a"), beside)
    assert "EF001" in codes(plain)
    seen = [[(f.code, f.outcome, f.severity, f.n_affected) for f in checked.findings] for checked in (plain, other)]
    assert seen[0] == seen[1]
    statistics = [[f.statistic for f in checked.findings] for checked in (plain, other)]
    assert statistics[0] == pytest.approx(statistics[1])


@pytest.mark.parametrize("column", ["p", "minus_log10"])
def test_check_table__finds_a_p_value_read_as_the_effect(tmp_path: Path, column: str) -> None:
    columns, _ = table(3)
    columns["minus_log10"] = (-np.log10(columns["p"])).tolist()
    checked = check_table(written(tmp_path, columns), Told(columns={"effect": column, "p_value": "p"}), NOTHING)
    assert "EF001" in codes(checked, Severity.FATAL)


def test_check_table__finds_the_column_that_was_tested_among_those_not_read(tmp_path: Path) -> None:
    columns, _ = table(4)
    columns["what_was_tested"] = columns["beta"]
    columns["beta"] = np.random.default_rng(9).normal(size=N).tolist()
    checked = check_table(written(tmp_path, columns), Told(), NOTHING)
    assert "column `what_was_tested`" in finding(checked, "EF001").message


def test_check_table__holds_alleles_against_the_genome(tmp_path: Path) -> None:
    columns, sequence = table()
    columns["ref"], columns["alt"] = columns["alt"], columns["ref"]
    checked = check_table(
        written(tmp_path, columns), Told(assembly="simulated-a"), FilesBeside(genome=fasta(tmp_path, sequence, width=7))
    )
    swapped = finding(checked, "AL003")
    assert swapped.outcome is Outcome.CLEAR
    assert f"{N} of {N} (100.0 %) rows have ALT where the genome has REF" in swapped.message
    columns["pos"] = [pos + 1 for pos in columns["pos"]]
    moved = check_table(
        written(tmp_path, columns), Told(assembly="simulated-a"), FilesBeside(genome=fasta(tmp_path, sequence))
    )
    assert {"AL001", "AL003"} <= {*codes(moved, Severity.FATAL)}


def test_check_table__finds_sequences_that_hold_the_variant_elsewhere(tmp_path: Path) -> None:
    columns, sequence = table()
    starts = [pos - 31 for pos in columns["pos"]]
    columns["ref_seq"] = [sequence[start : start + 60] for start in starts]
    columns["alt_seq"] = [
        text[:30] + alt + text[31:] for text, alt in zip(columns["ref_seq"], columns["alt"], strict=True)
    ]
    good = check_table(written(tmp_path, columns), Told(), NOTHING)
    assert finding(good, "SQ001").outcome is Outcome.CLEAR
    assert finding(good, "AL001").outcome is Outcome.CLEAR
    columns["ref"], columns["alt"] = [*columns["ref"][1:], "A"], [*columns["alt"][1:], "C"]
    assert "SQ001" in codes(check_table(written(tmp_path, columns), Told(), NOTHING), Severity.FATAL)


def test_check_table__counts_pairs_of_sequences_of_unequal_length(tmp_path: Path) -> None:
    columns, sequence = table()
    columns["ref_seq"] = [sequence[pos - 31 : pos + 29] for pos in columns["pos"]]
    columns["alt_seq"] = [
        text[:30] + alt + text[31 : 60 - i % 2]
        for i, (text, alt) in enumerate(zip(columns["ref_seq"], columns["alt"], strict=True))
    ]
    checked = check_table(written(tmp_path, columns), Told(), NOTHING)
    assert f"{N // 2} change length by another number of bases" in finding(checked, "SQ002").message


def test_check_table__claims_no_assembly_that_nothing_says(tmp_path: Path) -> None:
    columns, _ = table()
    checked = check_table(written(tmp_path, columns), Told(), NOTHING)
    assert checked.assembly is not None
    assert not checked.assembly.is_known
    for code in ("AS001", "AS002", "AS004", "AS005"):
        assert finding(checked, code).outcome is Outcome.SKIPPED
    assert finding(checked, "AL007").message.endswith("GRCh38 was only taken for its lengths.")


def test_check_table__takes_a_genome_for_the_table_s_own_assembly(tmp_path: Path) -> None:
    columns, sequence = table()
    beside = FilesBeside(genome=fasta(tmp_path, sequence), genome_assembly="simulated-a")
    checked = check_table(written(tmp_path, columns), Told(), beside)
    assert checked.assembly is not None
    assert checked.assembly.words == "simulated-a, taken to be that of the genome given"
    assert finding(checked, "AS002").outcome is not Outcome.FOUND


def test_check_table__finds_a_genome_of_another_assembly_without_chain(tmp_path: Path) -> None:
    columns, sequence = table()
    beside = FilesBeside(genome=fasta(tmp_path, sequence), genome_assembly="GRCh38")
    checked = check_table(written(tmp_path, columns), Told(assembly="hg18"), beside)
    assert "AS001" in codes(checked, Severity.FATAL)


def test_check_table__works_on_positions_alone_and_on_elements(tmp_path: Path) -> None:
    columns, _ = table()
    positions = {name: columns[name] for name in ("chrom", "pos")}
    checked = check_table(written(tmp_path, positions), Told(), NOTHING)
    assert finding(checked, "AL007").outcome is Outcome.CLEAR
    elements = {"construct": columns["gene"], "activity": columns["beta"]}
    checked = check_table(written(tmp_path, elements), Told(), NOTHING)
    assert checked.effect == "an activity"
    assert finding(checked, "EF004").outcome is Outcome.CLEAR


def test_check_table__accepts_a_finding_with_its_reason(tmp_path: Path) -> None:
    columns, _ = table()
    columns["beta"] = np.abs(columns["beta"]).tolist()
    path = written(tmp_path, columns)
    assert check_table(path, Told(), NOTHING).fails_on(Severity.SERIOUS)
    waived = check_table(
        path, Told(of="alt", of_source="here"), NOTHING, waive={"EF003": "sizes only", "AL004": "known"}
    )
    assert finding(waived, "EF003").outcome is Outcome.WAIVED
    assert not waived.fails_on(Severity.SERIOUS)
    with pytest.raises(UserError, match="EF001 is waived but found nothing"):
        check_table(path, Told(), NOTHING, waive={"EF001": "why not"})
    with pytest.raises(UserError, match="no audit named 'EF9'"):
        check_table(path, Told(), NOTHING, waive={"EF9": "why not"})


def test_check_table__reads_a_vcf(tmp_path: Path) -> None:
    columns, sequence = table()
    rows = zip(columns["pos"], columns["ref"], columns["alt"], strict=True)
    lines = [f"chr1\t{pos}\t.\t{ref}\t{alt}" for pos, ref, alt in rows]
    path = tmp_path / "a.vcf"
    names = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n"
    path.write_text(names + "\n".join([*lines, "chr1\t50000\t.\tA\t<DEL>"]) + "\n", encoding="ascii")
    checked = check_table(path, Told(assembly="simulated-a"), FilesBeside(genome=fasta(tmp_path, sequence)))
    assert codes(checked, Severity.FATAL) == []
    assert {reason.value: n for reason, n in checked.set_aside.items()} == {"bad_allele": 1}
    assert finding(checked, "EF001").reason == "no effect column is declared"


def test_check_study__runs_the_audits_and_writes_nothing(toy: ToyStudy) -> None:
    before = sorted(toy.path.parent.rglob("*"))
    checked = check_study(toy.path)
    assert checked.n_rows == toy.table.height
    assert not checked.fails_on(Severity.FATAL)
    assert finding(checked, "AL001").outcome is Outcome.CLEAR
    toy.edit('column = "beta"', 'column = "p"')
    assert "EF001" in codes(check_study(toy.path), Severity.FATAL)
    assert sorted(toy.path.parent.rglob("*")) == before


def test_check_members__checks_every_study_of_a_suite(toy: ToyStudy) -> None:
    folder, text = toy.path.parent, toy.path.read_text(encoding="utf-8")
    wrong = text.replace('name     = "toy"', 'name     = "wrong"').replace('column = "beta"', 'column = "p"')
    (folder / "wrong.toml").write_text(wrong, encoding="utf-8")
    suite = folder / "s.toml"
    suite.write_text('[suite]\nname = "s"\nstudies = ["toy.toml", "wrong.toml"]\n', encoding="utf-8")
    right, other = check_members(suite)
    assert [one.path.name for one in (right, other)] == ["toy.toml", "wrong.toml"]
    assert "EF001" not in codes(right, Severity.FATAL)
    assert "EF001" in codes(other, Severity.FATAL)
    assert [one.findings for one in check_members(toy.path)] == [check_study(toy.path).findings]


def test_check_table__finds_the_published_p_values_and_the_other_assembly_s_peaks(real_inputs: Path) -> None:
    names = {"GRCh37": "CollapsedGeneBounds.hg19.TSS500bp.bed", "GRCh38": "CollapsedGeneBounds.hg38.TSS500bp.bed"}
    beside = FilesBeside(genes={assembly: real_inputs / "genes" / name for assembly, name in names.items()})
    path = real_inputs / "gtex/alphagenome_gtex1000_2kb.csv"
    checked = check_table(path, Told(columns={"effect": "slope"}), beside)
    assert codes(checked, Severity.FATAL) == ["AS005", "EF001"]
    effect = finding(checked, "EF001")
    assert effect.statistic == pytest.approx(3.4e-107, rel=0.02)
    assert "values from 2.51e-151 to 0.000489" in effect.message
    assert finding(checked, "AS002").outcome is Outcome.CLEAR
    assert "rows were chosen with intervals of GRCh37" in finding(checked, "AS005").message
    assert checked.assembly is not None
    assert checked.assembly.words == "GRCh38, by the identifiers in 'variant_id'"
    without = check_table(path, Told(), FilesBeside())
    assert codes(without, Severity.FATAL) == ["EF001"]


UNDER_FDR = Told(keep=[RowFilter(column="fdr_comb_pval", op="<", value=0.05)], columns={"effect_allele": "pref_allele"})
CLEAN: Sequence[tuple[str, Told, int]] = (
    ("dsqtl/degner2012_lcl_dsqtl.tsv", Told(), 33_359),
    ("hqtl/grubert2015_lcl_h3k27ac_hqtl.tsv", Told(), 2_452),
    ("satmut/kircher_elements.tsv.gz", Told(keep=[RowFilter(column="Release", op="==", value="GRCh38")]), 44_647),
    ("satmut/kircher_elements.tsv.gz", Told(keep=[RowFilter(column="Release", op="==", value="GRCh37")]), 44_647),
    ("cagi4/train_df.csv", Told(columns={"effect": "LogSkew.Comb"}), 3_044),
    ("cagi5/cagi5_training_with_ensemble_prediction.csv", Told(), 4_650),
    ("asca/udacha_k562_atac.tsv", UNDER_FDR, 472),
    ("eqtl_catalogue/BLUEPRINT_PE.T-cell_ge.nominal.sorted.tsv.gz", Told(), 17_653),
    ("eqtl_catalogue/FUSION_muscle_HMGCR_gene.tsv.gz", Told(), 29_542),
    ("gtex/gtex_v8_allpairs_chr1.fastqtl.gz", Told(), 9_999),
)


@pytest.mark.parametrize(("name", "told", "n_kept"), CLEAN, ids=[f"{name}-{n}" for name, _, n in CLEAN])
def test_check_table__raises_no_fatal_finding_on_a_clean_table(
    real_inputs: Path, name: str, told: Told, n_kept: int
) -> None:
    checked = check_table(real_inputs / name, told, FilesBeside())
    assert codes(checked, Severity.FATAL) == []
    assert checked.n_rows - sum(checked.set_aside.values()) == n_kept
    assert finding(checked, "EF001").outcome is Outcome.CLEAR
    assert finding(checked, "AL002").outcome is Outcome.CLEAR


@pytest.mark.parametrize("name", ["dsqtl/degner2012_lcl_dsqtl.tsv", "hqtl/grubert2015_lcl_h3k27ac_hqtl.tsv"])
def test_check_table__holds_alleles_against_the_sequences_a_table_carries(real_inputs: Path, name: str) -> None:
    checked = check_table(real_inputs / name, Told(), FilesBeside())
    assert checked.guess is not None
    assert checked.guess.offset == 49
    assert {finding(checked, code).outcome for code in ("AL001", "AL003", "SQ001")} == {Outcome.CLEAR}


def test_check_table__lifts_rows_to_the_genome_s_assembly_by_the_chain(real_inputs: Path) -> None:
    beside = FilesBeside(
        genome=real_inputs / "refseq/hg38_chr22_32000000_32300000.fa",
        chains={("hg18", "GRCh38"): real_inputs / "chain/hg18ToHg38.over.chain.gz"},
    )
    checked = check_table(real_inputs / "dsqtl/degner2012_lcl_dsqtl.tsv", Told(), beside)
    assert checked.set_aside == {Reason.NOT_LIFTED: 38}
    assert {finding(checked, code).outcome for code in ("AS001", "AS003")} == {Outcome.CLEAR}
    assert codes(checked, Severity.FATAL) == []
    wrong = FilesBeside(chains={("GRCh38", "GRCh37"): real_inputs / "chain/hg18ToHg38.over.chain.gz"})
    with pytest.raises(UserError, match="does not lift from GRCh38"):
        check_table(real_inputs / "dsqtl/degner2012_lcl_dsqtl.tsv", Told(), wrong)


def test_check_study__raises_no_fatal_finding_on_cagi4_skew(real_inputs: Path) -> None:
    assert not check_study(Path("cagi4-skew"), folders=[real_inputs]).fails_on(Severity.FATAL)
