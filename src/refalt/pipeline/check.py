"""The pre-flight audits alone: of a study before anything is predicted, or of any table or VCF."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from refalt.audits.base import Finding, Outcome, Phase, Severity
from refalt.audits.runner import check_waivers, run_audits, unused_waivers
from refalt.columns import Reason
from refalt.datasets.guessing import Guess
from refalt.datasets.placement import measurements, place
from refalt.evaluation.orientation import counted
from refalt.genome import canonical_assembly, chromosome_lengths
from refalt.pipeline import opened, stages
from refalt.pipeline.prepare import Prepared, prepare
from refalt.pipeline.source_columns import source_columns
from refalt.pipeline.undescribed import Told, Undescribed, read_undescribed
from refalt.pipeline.which_assembly import WhichAssembly, declared_or_stated, genome_assembly, weigh
from refalt.sources.annotation import read_genes
from refalt.sources.fasta import Genome, open_genome
from refalt.sources.fetch import Fetch
from refalt.sources.liftover import LiftOver, read_chain
from refalt.studies.study import GenomeSection, Study, StudySection
from refalt.tables import Measurements

_SEVERITIES: Final = tuple(Severity)
#: What these affirm is about a declared assembly; with none they have nothing to hold evidence against.
_NEED_DECLARATION: Final = ("AS001", "AS002", "AS004")
_LENGTHS: Final = "AL007"
_NEED_ASSEMBLY: Final = (*_NEED_DECLARATION, "AS005")


@dataclass(frozen=True)
class FilesBeside:
    """Files beside a table that audits may look into.

    Attributes:
        genome: FASTA file.
        genome_assembly: Of the genome, where the user says it.
        genes: Assembly -> gene table.
        chains: (source, target) assembly -> chain file.
    """

    genome: Path | None = None
    genome_assembly: str | None = None
    genes: Mapping[str, Path] = field(default_factory=dict)
    chains: Mapping[tuple[str, str], Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """What the audits found.

    Attributes:
        path: What was checked.
        n_rows: Rows of the table.
        set_aside: Reason -> rows that have it.
        assembly: What rows are taken to be in; None for a study, which declares it.
        guess: How the columns of a table were read; None for a study or a VCF.
        effect: The effect's declaration in words; None where there is no effect.
        remarks: What else a reader should know.
        oriented: What was done to alleles and signs -> rows; adds up to all rows.
        findings: Of all pre-flight audits, in order of code.
    """

    path: Path
    n_rows: int
    set_aside: Mapping[Reason, int]
    findings: Sequence[Finding]
    assembly: WhichAssembly | None = None
    guess: Guess | None = None
    effect: str | None = None
    remarks: tuple[str, ...] = ()
    oriented: Mapping[str, int] = field(default_factory=dict)

    def fails_on(self, least: Severity) -> bool:
        """Whether an unwaived finding is as bad as this or worse."""
        bad = _SEVERITIES[_SEVERITIES.index(least) :]
        return any(finding.is_open and finding.severity in bad for finding in self.findings)


def check_study(path: Path, *, folders: Sequence[Path] = (), fetch: Fetch | None = None) -> Checked:
    """Read what a study file names and run the pre-flight audits; nothing is predicted or written.

    Raises:
        UserError: any mistake in the study file or in the files it names.
    """
    return _check(prepare(path, folders=folders, fetch=fetch), path)


def check_members(path: Path, *, folders: Sequence[Path] = (), fetch: Fetch | None = None) -> Sequence[Checked]:
    """What `check_study` says of a study, or of every member of a suite.

    Raises:
        UserError: any mistake in the suite file, a study file or the files they name.
    """
    from refalt.pipeline.suite import prepare_members

    members = prepare_members(path, folders=folders, fetch=fetch)
    return [_check(one, one.path if len(members) > 1 else path) for one in members]


def _check(prepared: Prepared, path: Path) -> Checked:
    from refalt.pipeline.beside import leave_unmatched, look_around

    waive = prepared.study.audits.waive
    check_waivers(waive)
    read, genome = stages.read_measurements(prepared), opened.open_fasta(prepared)
    read = leave_unmatched(prepared, read, look_around(prepared, read, genome))
    checks = stages.check_variants(read, genome)
    evidence = {
        "declared": prepared.declared,
        "study": prepared.study,
        "files": prepared.files,
        "scores": prepared.scores,
        "genes": opened.gene_tables(prepared),
        "folds": opened.folds(prepared),
        "measurements": read.measurements,
        "source_columns": source_columns(prepared, len(read.measurements)),
        "checks": checks,
        "clusters": stages.cluster(prepared, read),
        "genome": genome,
        "inputs": read.inputs if len(read.inputs) else None,
        "lifts": opened.chains(prepared, read.lift),
    }
    findings = run_audits(Phase.PREFLIGHT, evidence, waivers=waive)
    rows = read.measurements
    oriented = counted(rows, checks, prepared.declared)
    return Checked(path, len(rows), _set_aside(rows), findings, remarks=read.remarks, oriented=oriented)


def check_table(path: Path, told: Told, beside: FilesBeside, *, waive: Mapping[str, str] | None = None) -> Checked:
    """Read a table or VCF that no study describes and run the pre-flight audits on it.

    Args:
        path: TSV, CSV, parquet or VCF.
        told: What the user says of it.
        beside: Files that audits may look into.
        waive: Code -> the reason for which its findings are accepted.

    Raises:
        UserError: the file or one beside it cannot be read, the table does not say what its rows are, or a waiver is
            of an audit that does not exist or found nothing.
    """
    check_waivers(waive or {})
    read = read_undescribed(path, told)
    genes = {name: read_genes(file, name) for name, file in beside.genes.items()}
    lifts = {pair: _open_chain(file, pair) for pair, file in beside.chains.items()}
    said = declared_or_stated(told.assembly, read.stated)
    genome = _open_genome(beside, said)
    if said is None and genome is not None and not lifts:
        said = WhichAssembly(genome.assembly, "stated", f"{genome.assembly}, taken to be that of the genome given")
    plain = measurements(place(read.published.rows, source_assembly="source", lift=None, same_assembly=True))
    which = said or weigh(plain, genome=genome, genes=genes, lifts=lifts)
    target = genome.assembly if genome else which.name
    is_placed = target == which.name or not which.is_known
    rows = plain if is_placed else _lifted(read, which.name, lifts.get((which.name, target)))
    declared = read.declared.model_copy(update={"assembly": which.name})
    inputs = stages.carried_inputs(read.published.sequences, rows.frame)
    checks = stages.check_variants(stages.Read(rows, inputs, None, ()), genome)
    evidence = {
        "measurements": rows,
        "source_columns": read.source_columns,
        "declared": declared,
        "study": _study_of(declared.model_dump(mode="json"), genome) if genome else None,
        "checks": checks,
        "inputs": inputs if len(inputs) else None,
        "genome": genome,
        "genes": genes or None,
        "lifts": lifts or None,
    }
    findings = run_audits(Phase.PREFLIGHT, evidence, waivers=waive or {})
    unused_waivers(findings, waive or {})
    remarks = (*(read.guess.remarks if read.guess else ()), *read.published.remarks)
    return Checked(
        path, len(rows), _set_aside(rows), [_unclaimed(finding, which) for finding in findings], which, read.guess,
        _effect_words(read), remarks, counted(rows, checks, declared),
    )  # fmt: skip


def _open_chain(path: Path, pair: tuple[str, str]) -> LiftOver:
    lift = read_chain(path)
    sizes = [chromosome_lengths(name) for name in pair]
    if all(sizes):
        lift.require_pair(*sizes, source_name=pair[0], target_name=pair[1])
    return lift


def _open_genome(beside: FilesBeside, said: WhichAssembly | None) -> Genome | None:
    """The genome, named by the user, the chains that lead to it, the table, or the lengths of its chromosomes."""
    if beside.genome is None:
        return None
    targets = {target for _, target in beside.chains}
    target = targets.pop() if len(targets) == 1 else None
    genome = open_genome(beside.genome, "as given")
    known = genome_assembly(genome, (beside.genome_assembly, target, said.name if said else None))
    return dataclasses.replace(genome, assembly=known)


def _lifted(read: Undescribed, assembly: str, lift: LiftOver | None) -> Measurements:
    """Rows in the genome's assembly; without a lift-over they have no place there."""
    return measurements(place(read.published.rows, source_assembly=assembly, lift=lift))


def _study_of(dataset: Mapping[str, Any], genome: Genome) -> Study:
    """What a study file would say of a table and a genome."""
    return Study(
        study=StudySection(name="check", question="Is the table what it seems?"),
        dataset=dict(dataset),
        genome=GenomeSection(assembly=canonical_assembly(genome.assembly)),
    )


def _unclaimed(finding: Finding, which: WhichAssembly) -> Finding:
    """A finding about the assembly says nothing when none is declared or known."""
    if which.how in ("declared", "stated"):
        return finding
    if finding.code == _LENGTHS and not which.is_known:
        return dataclasses.replace(finding, message=f"{finding.message} {which.name} was only taken for its lengths.")
    if finding.code not in (_NEED_DECLARATION if which.is_known else _NEED_ASSEMBLY):
        return finding
    reason = finding.reason or f"no assembly is declared ({which.words})"
    return Finding(finding.code, finding.subject, Outcome.SKIPPED, finding.severity, finding.affirms, reason=reason)


def _set_aside(rows: Measurements) -> dict[Reason, int]:
    counts = rows.frame.get_column("reason").drop_nulls().value_counts(sort=True)
    return {Reason(name): count for name, count in counts.iter_rows()}


def _effect_words(read: Undescribed) -> str | None:
    effect = read.declared.effect
    if effect is None or read.declared.quantity == "activity":
        return None if effect is None else "an activity"
    of = {"alt": "for ALT", "ref": "for REF", "unknown": "for an allele that nothing declares"}
    whose = of.get(str(effect.of), f"for the allele in {getattr(effect.of, 'column', '')!r}")
    return f"{effect.scale.replace('_', ' ')} {whose}, no effect is {effect.null:g}"
