from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.audits.assemblies import (
    LiftOverLostLittle,
    OneAssembly,
    PositionsAreOfTheDeclaredAssembly,
    SelectedInTheDeclaredAssembly,
    SpeciesAreTheSame,
)
from refalt.audits.base import Finding, Outcome, Severity
from refalt.sources.annotation import read_genes
from refalt.sources.fasta import Genome, genome_from_sequences
from refalt.sources.fetch import FoundFile
from refalt.sources.liftover import LiftOver, read_chain
from refalt.tables import Measurements
from refalt.testing.builders import build_declared, build_measurements, build_study

from .conftest import Audited

DSQTL = "dsqtl/degner2012_lcl_dsqtl.tsv"
PEAKS = {"file": "peaks.bed", "assembly": "hg19"}


def one_assembly(assembly: str, files: list[FoundFile] | None = None, **sections: Any) -> Finding:
    study = build_study(**sections)
    return OneAssembly().check(declared=build_declared(assembly=assembly), study=study, files=files or [])


@pytest.mark.parametrize("name", ["hg38", "GRCh38", "b38"])
def test_as001__clear_of_synonyms(name: str) -> None:
    peaks = {"within": {"file": "peaks.bed", "assembly": "GRCh38"}}
    assert one_assembly(name, genome={"assembly": "hg38"}, filter=peaks).outcome is Outcome.CLEAR


def test_as001__clear_where_a_chain_leads() -> None:
    assert one_assembly("hg18", genome={"assembly": "hg38", "chain": "a.chain.gz"}).outcome is Outcome.CLEAR


def test_as001__clear_of_gene_tables_of_several_assemblies() -> None:
    files = [FoundFile(f"genes {name}", "TSS.bed", Path("TSS.bed"), name) for name in ("hg19", "hg38")]
    assert one_assembly("hg38", files).outcome is Outcome.CLEAR


@pytest.mark.parametrize("name", ["hg19", "b37"])
def test_as001__finds_peaks_of_another_assembly(name: str) -> None:
    found = one_assembly("hg38", filter={"within": {"file": "p.bed", "assembly": name}})
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "p.bed is in GRCh37" in found.message


def test_as001__finds_a_genome_that_no_chain_leads_to() -> None:
    found = one_assembly("hg18", genome={"assembly": "hg38"})
    assert found.outcome is Outcome.FOUND
    assert "the dataset is in hg18" in found.message


def test_as001__finds_peaks_that_the_dataset_s_chain_does_not_lift() -> None:
    found = one_assembly("hg18", genome={"assembly": "hg38", "chain": "a.chain.gz"}, filter={"within": PEAKS})
    assert found.outcome is Outcome.FOUND


def test_as001__finds_a_file_without_assembly() -> None:
    found = one_assembly("hg38", [FoundFile("within", "peaks.bed", Path("peaks.bed"), None)])
    assert "peaks.bed declares no assembly" in found.message


def gene_tables(n: int, *, shift: int = 200_000, seed: int = 0) -> dict[str, pl.DataFrame]:
    """n genes, 3 Mb apart over ten chromosomes, `shift` bp further along in GRCh37 than in GRCh38."""
    tss = 5_000_000 + 3_000_000 * (np.arange(n) // 10) + np.random.default_rng(seed).integers(0, 1_000_000, n)
    named = {"chrom": [f"chr{1 + i % 10}" for i in range(n)], "gene_id": [f"G{i}" for i in range(n)]}
    frames = {}
    for assembly, moved in (("GRCh38", 0), ("GRCh37", shift)):
        columns = {"tss_pos": tss + moved, "strand": "+", "gene_name": named["gene_id"], "assembly": assembly}
        frames[assembly] = pl.DataFrame(named | columns, strict=False).with_columns(pl.col("tss_pos").cast(pl.Int64))
    return frames


def rows_at(
    genes: pl.DataFrame, offset: np.ndarray, *, own: pl.DataFrame | None = None, **columns: Any
) -> Measurements:
    """One row a gene, `offset` bp from its start; its own gene's id where `own` is given."""
    ids = genes.get_column("gene_id").to_list() if own is not None else [f"row{i}" for i in range(genes.height)]
    pos = genes.get_column("tss_pos").to_numpy() + offset
    chrom = genes.get_column("chrom").to_list()
    return build_measurements(genes.height, chrom=chrom, pos=pos, target_id=ids, **columns)


N_GENES = 400


def spread(width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-width, width, N_GENES)


def positions(rows: Measurements, assembly: str, **evidence: Any) -> Finding:
    return PositionsAreOfTheDeclaredAssembly().check(
        measurements=rows, declared=build_declared(assembly=assembly), **evidence
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_as002__clear_by_nearness_to_the_own_gene(seed: int) -> None:
    genes = gene_tables(N_GENES)
    rows = rows_at(genes["GRCh38"], spread(50_000, seed), own=genes["GRCh38"])
    found = positions(rows, "hg38", genes=genes)
    assert found.outcome is Outcome.CLEAR
    assert f"{N_GENES} for GRCh38 and 0 for GRCh37" in found.message


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("published", [False, True])
def test_as002__finds_another_assembly_by_own_genes(seed: int, published: bool) -> None:
    genes = gene_tables(N_GENES)
    away = spread(400_000 if published else 50_000, seed)
    distance = {"tss_distance": -away} if published else {}
    rows = rows_at(genes["GRCh38"], away, own=genes["GRCh38"], **distance)
    found = positions(rows, "hg19", genes=genes)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "positions are of GRCh38, not of GRCh37" in found.message
    assert ("published distances" in found.message.lower()) == published


def test_as002__finds_neither_of_two_readings_from_gene_starts_alone() -> None:
    genes = gene_tables(N_GENES)
    found = positions(rows_at(genes["GRCh37"], spread(200, 0)), "hg38", genes=genes)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert "Either positions are of GRCh37, or rows were selected" in found.message


def test_as002__skips_what_no_evidence_can_tell() -> None:
    genes = gene_tables(N_GENES)
    rows = rows_at(genes["GRCh38"], spread(1_000_000, 0))
    assert positions(rows, "hg38", genes=genes).outcome is Outcome.SKIPPED
    assert positions(rows, "hg38").outcome is Outcome.SKIPPED
    few = rows_at(genes["GRCh37"].head(100), spread(200, 0)[:100])
    assert "200 are needed" in positions(few, "hg38", genes=genes).reason


def test_as002__finds_positions_that_only_another_assembly_has() -> None:
    """Chromosome 17 of GRCh38 is two megabases longer than that of its predecessors."""
    rows = build_measurements(100, chrom="chr17", pos=82_000_000 + 5_000 * np.arange(100))
    found = positions(rows, "hg19")
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "positions are of GRCh38" in found.message
    assert positions(rows, "hg38").outcome is Outcome.CLEAR


def genome_with(rows: Measurements, *, share: float = 1.0, assembly: str = "GRCh38") -> Genome:
    """A genome that holds the REF of (a share of) the rows, and something else everywhere else."""
    length = int(rows.frame.get_column("pos").max()) + 1  # type: ignore[arg-type]
    letters = np.random.default_rng(5).choice(np.frombuffer(b"ACGT", dtype=np.uint8), length)
    kept = rows.frame.head(int(share * len(rows)))
    letters[kept.get_column("pos").to_numpy() - 1] = np.frombuffer("".join(kept["ref"]).encode(), dtype=np.uint8)
    return genome_from_sequences({"chr1": letters.tobytes().decode()}, assembly)


def test_as002__clear_by_the_bases_of_the_genome() -> None:
    rows = build_measurements(200, pos=1_000 + 100 * np.arange(200))
    assert positions(rows, "hg38", genome=genome_with(rows)).outcome is Outcome.CLEAR
    assert positions(rows, "hg38", genome=genome_with(rows, share=0.0)).outcome is Outcome.SKIPPED


CHR22 = """
[dataset]
name = "table"
file = "dsqtl/degner2012_lcl_dsqtl.tsv"
assembly = "{assembly}"
effect = {{ column = "beta", of = "alt", source = "header" }}
columns = {{ chrom = "chrom", pos = "pos_hg18", ref = "ref", alt = "alt" }}
recorded = {{ deltasvm = {{ column = "deltasvm_lee2015" }} }}
"""


@pytest.fixture
def lifted_genome(real_input: Callable[[str], Path]) -> tuple[Genome, dict[tuple[str, str], LiftOver]]:
    """GRCh38 chr22 that holds the published REF at the published GRCh38 position, and both chains that lead there."""
    table = pl.read_csv(real_input(DSQTL), separator="\t", infer_schema=False, null_values="")
    known = pl.col("ref").is_not_null() & pl.col("pos_hg38").is_not_null()
    rows = table.filter((pl.col("chrom_hg38") == "chr22") & known)
    pos = rows.get_column("pos_hg38").cast(pl.Int64).to_numpy()
    letters = np.random.default_rng(3).choice(np.frombuffer(b"ACGT", dtype=np.uint8), pos.max())
    letters[pos - 1] = np.frombuffer("".join(rows.get_column("ref")).encode(), dtype=np.uint8)
    chains = {"hg18": "chain/hg18ToHg38.over.chain.gz", "GRCh37": "chain/hg19ToHg38.over.chain.gz"}
    lifts = {(source, "GRCh38"): read_chain(real_input(name)) for source, name in chains.items()}
    return genome_from_sequences({"chr22": letters.tobytes().decode()}, "GRCh38"), lifts


def test_as002__finds_published_hg18_positions_declared_as_hg19(audited: Audited, lifted_genome: Any) -> None:
    genome, lifts = lifted_genome
    evidence = {"genome": genome, "lifts": lifts}
    found = audited(CHR22.format(assembly="hg19"), **evidence)["AS002"]
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "hg18 100.0 %" in found.message
    assert "positions are of hg18, not of GRCh37" in found.message
    assert audited(CHR22.format(assembly="hg18"), **evidence)["AS002"].outcome is Outcome.CLEAR


def lifted(n_lost: int, n_merged: int, n: int = 200) -> Finding:
    source = 1_000_000 + 1_000 * np.arange(n)
    target = (source + 500).tolist()
    for i in range(n_merged):
        target[i] = 99
    reason = ["not_lifted"] * n_lost + [None] * (n - n_lost)
    target = [None if why else place for why, place in zip(reason, reversed(target), strict=True)]
    rows = build_measurements(n, pos=target, source_pos=source, source_chrom="chr1", reason=reason, lift_strand=1,
                              target_id=[f"t{i}" for i in range(n)])  # fmt: skip
    return LiftOverLostLittle().check(measurements=rows, lifts={("hg18", "GRCh38"): None})


@pytest.mark.parametrize(("n_lost", "n_merged"), [(0, 0), (4, 0), (0, 2)])
def test_as003__clear_of_a_few_losses(n_lost: int, n_merged: int) -> None:
    assert lifted(n_lost, n_merged).outcome is Outcome.CLEAR


@pytest.mark.parametrize(("n_lost", "n_merged"), [(5, 0), (0, 10)])
def test_as003__finds_many_losses_and_shared_places(n_lost: int, n_merged: int) -> None:
    found = lifted(n_lost, n_merged)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, n_lost + n_merged)


def species(assembly: str, organism: str | None, genome: str | None = None) -> Finding:
    section = {} if organism is None else {"organism": organism}
    more = {"genome": {"assembly": genome}} if genome else {}
    study = build_study(models={"alphagenome": section}, **more)
    return SpeciesAreTheSame().check(declared=build_declared(assembly=assembly), study=study)


def test_as004__clear_of_one_species() -> None:
    assert species("mm9", "mouse", "mm10").outcome is Outcome.CLEAR
    assert species("hg19", "human").outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    "parts", [("mm9", "human", None), ("mm9", None, None), ("hg38", "mouse", None), ("mm9", "mouse", "hg38")]
)
def test_as004__finds_mouse_sequences_with_human_outputs(parts: tuple[str, str | None, str | None]) -> None:
    found = species(*parts)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)


def selected(rows: Measurements, assembly: str, genes: dict[str, pl.DataFrame]) -> Finding:
    declared = build_declared(assembly=assembly)
    return SelectedInTheDeclaredAssembly().check(measurements=rows, declared=declared, genes=genes)


def test_as005__clear_of_rows_at_gene_starts_of_their_assembly() -> None:
    genes = gene_tables(N_GENES)
    rows = rows_at(genes["GRCh38"], spread(200, 1), own=genes["GRCh38"])
    assert selected(rows, "hg38", genes).outcome is Outcome.CLEAR
    far = rows_at(genes["GRCh38"], spread(50_000, 1), own=genes["GRCh38"])
    assert selected(far, "hg38", genes).outcome is Outcome.SKIPPED


def test_as005__finds_rows_chosen_with_another_assembly() -> None:
    """Own genes are near in GRCh38, and the places are gene starts of GRCh37."""
    genes = gene_tables(N_GENES, shift=60_000)
    rows = rows_at(genes["GRCh37"], spread(200, 1), own=genes["GRCh37"], tss_distance=60_000 + 0 * spread(2, 1))
    found = selected(rows, "hg38", genes)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert "chosen with intervals of GRCh37" in found.message


GTEX = """
[dataset]
name = "table"
file = "{file}"
assembly = "{assembly}"
effect = {{ column = "slope", of = "alt", source = "header" }}
columns = {{ chrom = "chrom", pos = "pos", ref = "ref", alt = "alt", target_id = "gene_id" }}
recorded = {{ delta = {{ column = "delta_pred" }} }}
"""


def test_as005__finds_the_published_selection_with_hg19_peaks(
    audited: Audited, real_input: Callable[[str], Path], tmp_path: Path
) -> None:
    names = {"GRCh37": "hg19", "GRCh38": "hg38"}
    bed = "genes/CollapsedGeneBounds.{}.TSS500bp.bed"
    genes = {assembly: read_genes(real_input(bed.format(name)), assembly) for assembly, name in names.items()}
    table = pl.read_csv(real_input("gtex/alphagenome_gtex1000_2kb.csv"))
    parts = pl.col("variant_id").str.split("_")
    columns = {name: parts.list.get(index) for index, name in enumerate(("chrom", "pos", "ref", "alt"))}
    table.with_columns(**columns).write_csv(tmp_path / "split.csv")
    findings = audited(GTEX.format(file="split.csv", assembly="GRCh38"), genes=genes)
    assert (findings["AS002"].outcome, findings["AS005"].outcome) == (Outcome.CLEAR, Outcome.FOUND)
    assert "13 for GRCh38 and 96 for GRCh37 over 377 bins" in findings["AS005"].message
    assert "259 for GRCh38 and 25 for GRCh37" in findings["AS005"].message
    wrong = audited(GTEX.format(file="split.csv", assembly="hg19"), genes=genes)
    assert "positions are of GRCh38, not of GRCh37" in wrong["AS002"].message
