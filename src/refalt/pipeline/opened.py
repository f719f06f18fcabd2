"""The files beside the dataset that a study names, opened and held to their assemblies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from refalt.errors import UserError
from refalt.genome import canonical_assembly, chromosome_lengths
from refalt.pipeline.prepare import Prepared
from refalt.sources.fasta import Genome, open_genome
from refalt.sources.intervals import IntervalSet, read_bed, read_intervals
from refalt.sources.liftover import LiftOver, read_chain
from refalt.studies.claims import Claim, read_claims


def open_fasta(prepared: Prepared) -> Genome | None:
    """The genome, where the study names one."""
    path = prepared.file("genome")
    return open_genome(path, prepared.genome_assembly) if path else None


def open_chain(prepared: Prepared) -> LiftOver | None:
    """The lift-over from the dataset's assembly to the genome's; None where they are the same or none is given.

    Raises:
        UserError: the chain is between other assemblies.
    """
    path, source = prepared.file("chain"), prepared.source_assembly
    return None if path is None or source == prepared.genome_assembly else _chain(path, source, prepared)


def chains(prepared: Prepared, used: LiftOver | None) -> Mapping[tuple[str, str], LiftOver] | None:
    """(source, target) -> lift-over: the one that was used and those that audits try; None where there is none."""
    target = prepared.genome_assembly
    found = {(prepared.source_assembly, target): used} if used else {}
    for name in prepared.study.genome.other_chains if prepared.study.genome else ():
        source = canonical_assembly(name, where=f"{prepared.path}, [genome] other_chains")
        path = prepared.file(f"chain {source}")
        if path is not None:
            found[source, target] = _chain(path, source, prepared)
    return found or None


def _chain(path: Path, source: str, prepared: Prepared) -> LiftOver:
    lift, target = read_chain(path), prepared.genome_assembly
    sizes = (chromosome_lengths(source), chromosome_lengths(target))
    if all(sizes):
        lift.require_pair(*sizes, source_name=source, target_name=target)
    return lift


def ld_blocks(prepared: Prepared) -> IntervalSet | None:
    """The LD blocks, where the study names a file of them in the genome's assembly.

    Raises:
        UserError: they are of another assembly.
    """
    path = prepared.file("ld_blocks")
    if path is None or prepared.study.genome is None or prepared.study.genome.ld_blocks is None:
        return None
    assembly = canonical_assembly(prepared.study.genome.ld_blocks.assembly)
    if assembly != prepared.genome_assembly:
        raise UserError(
            f"{path.name} is of another assembly than the genome",
            where=f"{prepared.path}, [genome] ld_blocks",
            expected=prepared.genome_assembly,
            got=assembly,
        )
    return read_intervals(path, assembly)


def gene_tables(prepared: Prepared) -> Mapping[str, pl.DataFrame] | None:
    """Assembly -> transcription start sites, of the gene tables that the study names."""
    prefix = "genes "
    found = {file.role.removeprefix(prefix): file.path for file in prepared.files if file.role.startswith(prefix)}
    if not found:
        return None
    from refalt.sources.annotation import read_genes

    return {assembly: read_genes(path, assembly) for assembly, path in found.items()}


def claims(prepared: Prepared) -> Sequence[Claim] | None:
    """What prose states, where the study names a file of it."""
    path = prepared.file("claims")
    return read_claims(path) if path else None


def folds(prepared: Prepared) -> Mapping[str, IntervalSet] | None:
    """Fold -> its intervals, where the study names a file of a model's folds in the genome's assembly.

    Raises:
        UserError: they are of another assembly, or their fourth column is missing.
    """
    path, declared = prepared.file("folds"), prepared.study.evaluation.folds
    if path is None or declared is None:
        return None
    assembly, where = canonical_assembly(declared.assembly), f"{prepared.path}, [evaluation] folds"
    if assembly != prepared.genome_assembly:
        raise UserError("the folds are of another assembly than the genome", where=where,
                        expected=prepared.genome_assembly, got=assembly)  # fmt: skip
    bed = read_bed(path)
    if len(bed.columns) < 4:
        raise UserError("the folds have no names", where=where, expected="a fourth column such as fold3")
    parts = bed.partition_by(bed.columns[3], as_dict=True)
    return {
        str(name): IntervalSet.of(assembly, part["chrom"], part["start"], part["end"])
        for (name,), part in parts.items()
    }
