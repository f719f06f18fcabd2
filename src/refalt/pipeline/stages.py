"""The stages, one function each: tables in, tables out. None knows what comes before or after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from refalt.alleles import LEFT_CONTEXT, VARIANT_COLUMNS, check_alleles, is_single_base
from refalt.columns import STRATUM_PREFIX
from refalt.datasets.base import Published
from refalt.datasets.filters import mark_not_sampled, mark_outside
from refalt.datasets.placement import measurements
from refalt.errors import UserError, unknown_name
from refalt.evaluation.beside.significance import adjusted
from refalt.evaluation.clusters import Clusters, assign_clusters
from refalt.evaluation.controls import Control, control_estimates, run_controls
from refalt.evaluation.controls.baselines import baselines, terms_of_baselines
from refalt.evaluation.controls.ceilings import ceilings
from refalt.evaluation.evaluate import Terms, evaluate
from refalt.evaluation.join import Joined, join
from refalt.evaluation.means import mean_estimates
from refalt.genome import canonical_assembly
from refalt.pipeline import opened
from refalt.pipeline.prepare import Prepared
from refalt.pipeline.rsids import LookUp, assembly_of_rsids, look_up_of, placed_with_alleles
from refalt.scoring.metered import Metering
from refalt.scoring.plan import plan
from refalt.scoring.run import Scored, score_with
from refalt.sources.fasta import Genome
from refalt.sources.liftover import LiftOver
from refalt.sources.peaks import PeakLimits, read_peaks
from refalt.studies.sections import PeakFile, Sample
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


def read_measurements(prepared: Prepared, *, notify: Notify = lambda _: None) -> Read:
    """Read the dataset, bring it to the genome's assembly, find alleles by rsID, apply declared filters."""
    filters = prepared.study.filter
    published, lift = _published(prepared), opened.open_chain(prepared)
    genome = opened.open_fasta(prepared) if assembly_of_rsids(prepared) else None
    rows, told = placed_with_alleles(published.rows, prepared, lift, genome, notify=notify)
    if filters.within:
        rows, remarks = _inside(rows, filters.within, prepared)
        told += remarks
    if filters.sample:
        rows = mark_not_sampled(rows, filters.sample)
    if prepared.study.study.pilot:
        rows = mark_not_sampled(rows, Sample(n=prepared.study.study.pilot, seed=prepared.study.study.seed))
    said = (*published.remarks, *told)
    return Read(measurements(rows), carried_inputs(published.sequences, rows), lift, said)


def rsids_to_ask(prepared: Prepared) -> LookUp | None:
    """What a run would ask of a service of rsIDs; None where it would ask nobody."""
    if assembly_of_rsids(prepared) is None:
        return None
    return look_up_of(_published(prepared).rows, prepared, opened.open_chain(prepared))


def _published(prepared: Prepared) -> Published:
    files = {found.role: found.path for found in prepared.files}
    published = prepared.dataset.read(files, keep=prepared.study.filter.keep)
    _require_strata(prepared, published.rows)
    return published


def _require_strata(prepared: Prepared, rows: pl.DataFrame) -> None:
    """Refuse a batch, or rows that a score was trained on, by a stratum that the dataset does not have.

    Raises:
        UserError: shows the nearest name.
    """
    strata = {name.removeprefix(STRATUM_PREFIX) for name in rows.columns if name.startswith(STRATUM_PREFIX)}
    named = {"batch": prepared.declared.batch}
    named |= {f"recorded.{name}.seen": r.seen.stratum for name, r in prepared.declared.recorded.items() if r.seen}
    for where, stratum in named.items():
        if stratum is not None and stratum not in strata:
            raise unknown_name("stratum", stratum, strata, where=f"{prepared.path}, [dataset] {where}")


def _inside(rows: pl.DataFrame, within: PeakFile, prepared: Prepared) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows marked that lie outside of the declared intervals, and how many of those limits leave."""
    assembly = canonical_assembly(within.assembly)
    if assembly != prepared.genome_assembly:
        raise UserError(
            f"{within.file} is of another assembly than the genome",
            where=f"{prepared.path}, [filter] within",
            expected=prepared.genome_assembly,
            got=assembly,
            remedy="use intervals of the genome's assembly",
        )
    limits = PeakLimits(within.p_value, within.q_value, within.min_width, within.max_width)
    [path] = [found.path for found in prepared.files if found.role == "within"]
    intervals, remark = read_peaks(path, assembly, limits)
    return mark_outside(rows, intervals), (remark,) if limits != PeakLimits() else ()


def carried_inputs(sequences: pl.DataFrame, rows: pl.DataFrame) -> Inputs:
    """Sequences that rows carry, beside the names of the rows in the genome's assembly."""
    if sequences.is_empty():
        return Inputs.empty()
    names = [name for name in ("variant_id", "element_id") if name in rows.columns]
    return Inputs(sequences.join(rows.select("source_row", *names), on="source_row", maintain_order="left"))


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
    """What all scores gave; `clients` is score -> version of the client -> answers, of metered models."""

    predictions: Mapping[str, Predictions]
    tracks: Tracks
    failures: Failures
    clients: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


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
        asked = plan(
            score, read.measurements, checks, inputs=read.inputs, genome=genome, flanks=prepared.declared.flanks
        )
        scored[score.name] = score_with(prepared.models[score.model], asked, score, metering=metering)
    return AllScored(
        {name: each.predictions for name, each in scored.items()},
        Tracks(pl.concat([each.tracks.frame for each in scored.values()])),
        Failures(pl.concat([each.failures.frame for each in scored.values()])),
        {name: each.tally.clients for name, each in scored.items() if each.tally},
    )


def cluster(prepared: Prepared, read: Read) -> Clusters:
    """The cluster of every row."""
    kind = prepared.study.evaluation.clusters
    return assign_clusters(
        read.measurements, kind, source_assembly=prepared.source_assembly, blocks=opened.ld_blocks(prepared)
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
