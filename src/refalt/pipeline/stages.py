"""The stages, one function each: tables in, tables out. None knows what comes before or after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from refalt.alleles import LEFT_CONTEXT, VARIANT_COLUMNS, check_alleles, is_single_base
from refalt.datasets.filters import mark_not_sampled, mark_outside
from refalt.datasets.placement import measurements, place
from refalt.errors import UserError
from refalt.evaluation.beside.significance import adjusted
from refalt.evaluation.clusters import Clusters, assign_clusters
from refalt.evaluation.controls import Control, control_estimates, run_controls
from refalt.evaluation.controls.baselines import baselines, terms_of_baselines
from refalt.evaluation.controls.ceilings import ceilings
from refalt.evaluation.evaluate import Terms, evaluate
from refalt.evaluation.join import Joined, join
from refalt.evaluation.means import mean_estimates
from refalt.genome import canonical_assembly, chromosome_lengths
from refalt.pipeline.prepare import Prepared
from refalt.scoring.metered import Metering
from refalt.scoring.plan import plan
from refalt.scoring.run import Scored, score_with
from refalt.sources.fasta import Genome, open_genome
from refalt.sources.intervals import IntervalSet, read_intervals
from refalt.sources.liftover import LiftOver, read_chain
from refalt.studies.sections import Sample
from refalt.tables import (
    AlleleChecks,
    Estimates,
    Failures,
    Inputs,
    Measurements,
    Predictions,
    Tracks,
)

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Read:
    """The source, read and placed."""

    measurements: Measurements
    inputs: Inputs
    lift: LiftOver | None
    remarks: tuple[str, ...]


def read_measurements(prepared: Prepared) -> Read:
    """Read the dataset, bring it to the genome's assembly, apply declared filters."""
    filters = prepared.study.filter
    files = {found.role: found.path for found in prepared.files}
    published = prepared.dataset.read(files, keep=filters.keep)
    lift = open_chain(prepared)
    rows = place(
        published.rows,
        source_assembly=prepared.source_assembly,
        lift=lift,
        same_assembly=prepared.source_assembly == prepared.genome_assembly,
    )
    if filters.within:
        rows = _inside(rows, prepared)
    if filters.sample:
        rows = mark_not_sampled(rows, filters.sample)
    if prepared.study.study.pilot:
        rows = mark_not_sampled(rows, Sample(n=prepared.study.study.pilot, seed=prepared.study.study.seed))
    return Read(measurements(rows), _inputs(published.sequences, rows), lift, published.remarks)


def _inside(rows: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    within, path = prepared.study.filter.within, prepared.file("within")
    if within is None or path is None:
        return rows
    assembly = canonical_assembly(within.assembly)
    if assembly != prepared.genome_assembly:
        raise UserError(
            f"{within.file} is of another assembly than the genome",
            where=f"{prepared.path}, [filter] within",
            expected=prepared.genome_assembly,
            got=assembly,
            remedy="use intervals of the genome's assembly",
        )
    return mark_outside(rows, read_intervals(path, assembly))


def _inputs(sequences: pl.DataFrame, rows: pl.DataFrame) -> Inputs:
    if sequences.is_empty():
        return Inputs.empty()
    names = [name for name in ("variant_id", "element_id") if name in rows.columns]
    return Inputs(sequences.join(rows.select("source_row", *names), on="source_row", maintain_order="left"))


def open_chain(prepared: Prepared) -> LiftOver | None:
    """The lift-over from the dataset's assembly to the genome's; None where they are the same or none is given.

    Raises:
        UserError: the chain is between other assemblies.
    """
    path = prepared.file("chain")
    source, target = prepared.source_assembly, prepared.genome_assembly
    if path is None or source == target:
        return None
    lift = read_chain(path)
    sizes = (chromosome_lengths(source), chromosome_lengths(target))
    if all(sizes):
        lift.require_pair(*sizes, source_name=source, target_name=target)
    return lift


def open_fasta(prepared: Prepared) -> Genome | None:
    """The genome, where the study names one."""
    path = prepared.file("genome")
    return open_genome(path, prepared.genome_assembly) if path else None


def check_variants(read: Read, genome: Genome | None) -> AlleleChecks:
    """Hold each distinct variant against its anchor."""
    kept = read.measurements.kept(recorded=True).select(VARIANT_COLUMNS).filter(pl.col("variant_id").is_not_null())
    variants = kept.unique("variant_id", keep="first", maintain_order=True)
    variants = variants.join(_carried(read.inputs), on="variant_id", how="left", maintain_order="left")
    same_length = variants.select((pl.col("ref").str.len_bytes() == pl.col("alt").str.len_bytes()).all()).item()
    genome_ref = _held(genome, variants, "ref")
    variants = variants.with_columns(
        genome_ref=genome_ref,
        genome_alt=genome_ref if same_length else _held(genome, variants, "alt"),
        genome_left=_held_before(genome, variants),
    )
    return check_alleles(variants, has_genome=genome is not None)


def _carried(inputs: Inputs) -> pl.DataFrame:
    named = inputs.frame.filter(pl.col("variant_id").is_not_null())
    columns = ("variant_id", "ref_sequence", "alt_sequence", "offset")
    return named.unique("variant_id", keep="first", maintain_order=True).select(columns)


def _held(genome: Genome | None, variants: pl.DataFrame, allele: str) -> pl.Series:
    """What the genome holds over the length of an allele, null where it has no such place."""
    if genome is None or variants.is_empty():
        return pl.Series([None], dtype=pl.String).new_from_index(0, variants.height)
    length = variants.get_column(allele).str.len_bytes().fill_null(1).clip(1)
    held = genome.bases_at(variants.get_column("chrom"), variants.get_column("pos").fill_null(0), length)
    return held.set(variants.get_column("pos").is_null() | variants.get_column(allele).is_null(), None)


def _held_before(genome: Genome | None, variants: pl.DataFrame) -> pl.Series:
    """What the genome holds before each insertion or deletion, which is what tells how far left it can lie."""
    nowhere = pl.Series([None], dtype=pl.String).new_from_index(0, variants.height)
    indel = ~is_single_base(pl.col("ref"), pl.col("alt")) & (pl.col("pos") > 1)
    rows = variants.select(indel.fill_null(value=False).arg_true()).to_series()
    if genome is None or rows.is_empty():
        return nowhere
    length = (variants.get_column("pos").gather(rows) - 1).clip(upper_bound=LEFT_CONTEXT)
    first = variants.get_column("pos").gather(rows) - length
    return nowhere.scatter(rows, genome.bases_at(variants.get_column("chrom").gather(rows), first, length))


@dataclass(frozen=True)
class AllScored:
    """What all scores gave."""

    predictions: Mapping[str, Predictions]
    tracks: Tracks
    failures: Failures


def predict(
    prepared: Prepared,
    read: Read,
    checks: AlleleChecks,
    genome: Genome | None,
    *,
    notify: Notify,
    metering: Metering | None = None,
) -> AllScored:
    """Make every score; `metering` is what a metered model is asked with."""
    scored: dict[str, Scored] = {}
    for score in prepared.scores:
        notify(f"score {score.name}")
        asked = plan(score, read.measurements, checks, inputs=read.inputs, genome=genome)
        scored[score.name] = score_with(prepared.models[score.model], asked, score, metering=metering)
    return AllScored(
        {name: each.predictions for name, each in scored.items()},
        Tracks(pl.concat([each.tracks.frame for each in scored.values()])),
        Failures(pl.concat([each.failures.frame for each in scored.values()])),
    )


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


def cluster(prepared: Prepared, read: Read) -> Clusters:
    """The cluster of every row."""
    kind = prepared.study.evaluation.clusters
    return assign_clusters(
        read.measurements, kind, source_assembly=prepared.source_assembly, blocks=ld_blocks(prepared)
    )


def compare(
    prepared: Prepared,
    read: Read,
    checks: AlleleChecks,
    scored: AllScored,
    clusters: Clusters,
    covariates: pl.DataFrame | None = None,
) -> Joined:
    """Measurements beside scores."""
    return join(
        read.measurements,
        checks,
        scored.predictions,
        scores=prepared.scores,
        declared=prepared.declared,
        clusters=clusters,
        failures=scored.failures,
        covariates=covariates,
    )


def estimate(
    prepared: Prepared, joined: Joined, *, withheld: Mapping[str, str], trained: pl.DataFrame | None = None
) -> tuple[Estimates, Sequence[Control]]:
    """Every metric with its companions, beside floors and ceilings, and the controls that prove the harness."""
    terms, scores = terms_of(prepared, withheld), prepared.scores
    controls = run_controls(joined, scores, terms)
    floor = baselines(joined, scores, trained)
    natural = prepared.declared.design == "natural" and prepared.declared.quantity == "effect"
    parts = [
        evaluate(joined, scores, terms),
        mean_estimates(joined, scores, terms),
        evaluate(floor.joined, floor.scores, terms_of_baselines(terms)),
        control_estimates(controls, terms),
        ceilings(joined, scores, terms, natural=natural),
    ]
    return Estimates(adjusted(pl.concat(parts))), controls


def terms_of(prepared: Prepared, withheld: Mapping[str, str]) -> Terms:
    """What fixes the numbers besides the rows."""
    study, quantity = prepared.study, prepared.declared.quantity
    return Terms(prepared.dataset_name, study.evaluation, study.study.seed, study.study.alpha, withheld, quantity)


def gene_tables(prepared: Prepared) -> Mapping[str, pl.DataFrame] | None:
    """Assembly -> transcription start sites, of the gene tables that the study names."""
    prefix = "genes "
    found = {file.role.removeprefix(prefix): file.path for file in prepared.files if file.role.startswith(prefix)}
    if not found:
        return None
    from refalt.sources.annotation import read_genes

    return {assembly: read_genes(path, assembly) for assembly, path in found.items()}
