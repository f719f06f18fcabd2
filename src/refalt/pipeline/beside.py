"""Stages beside the main line: what rows are like before they are scored, and what stands beside the estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from refalt.columns import Reason
from refalt.evaluation.beside.comparisons import compare_scores
from refalt.evaluation.beside.diagnostics import diagnose
from refalt.evaluation.beside.heterogeneity import heterogeneity
from refalt.evaluation.beside.power import power_of
from refalt.evaluation.controls.baselines import TRAINED, baselines, beside_scores
from refalt.evaluation.controls.kmers import WORD, predict_by_kmers
from refalt.evaluation.held import rows_of
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import BASELINE
from refalt.evaluation.matching import match_controls
from refalt.evaluation.orientation import changed_rows, counts_of, orientation_of
from refalt.evaluation.surroundings import flanks, gc_content
from refalt.exports.sequences import sequences_of
from refalt.files import replacing, write_bytes
from refalt.pipeline.prepare import Prepared
from refalt.pipeline.stages import Read, terms_of
from refalt.scoring.metered import Metering
from refalt.scoring.plan import plan
from refalt.scoring.probes import probe
from refalt.sources.fasta import Genome
from refalt.studies.study import ScoreSection
from refalt.tables import (
    AlleleChecks,
    Balance,
    Comparisons,
    Diagnostics,
    Estimates,
    Heterogeneity,
    Measurements,
    Power,
    Probes,
    may_be_compared,
)


@dataclass(frozen=True)
class Covariates:
    """What is known of each row besides its measurement: source_row, gc, matched_label; and how well it was matched."""

    rows: pl.DataFrame
    balance: Balance


def look_around(prepared: Prepared, read: Read, genome: Genome | None) -> Covariates:
    """GC content of every row, and controls for the positives where the study asks for them.

    Raises:
        UserError: controls are to be matched on what no row has.
    """
    gc = gc_content(read.measurements, read.inputs, genome)
    settings = prepared.study.evaluation.controls
    if settings is None:
        return Covariates(gc.with_columns(matched_label=pl.lit(None, pl.Int8)), Balance.empty())
    kept = read.measurements.kept(recorded=True).join(gc, on="source_row", maintain_order="left")
    matched = match_controls(kept, settings)
    return Covariates(gc.join(matched.labels, on="source_row", how="left", maintain_order="left"), matched.balance)


def write_orientation(prepared: Prepared, read: Read, checks: AlleleChecks, path: Path) -> Mapping[str, int]:
    """Write what was done to alleles and signs; returns the counts, which add up to the rows of the source."""
    oriented = orientation_of(read.measurements, checks, prepared.declared)
    write_bytes(path, changed_rows(oriented).write_csv(separator="\t").encode())
    return counts_of(oriented)


def probe_models(
    prepared: Prepared, read: Read, checks: AlleleChecks, genome: Genome | None, *, metering: Metering | None = None
) -> Probes | None:
    """Ask each score what is known beforehand; None where the study turns probes off."""
    n, seed = prepared.study.audits.probes, prepared.study.study.seed
    if not n:
        return None
    found = []
    for score in prepared.scores:
        asked = plan(
            score, read.measurements, checks, inputs=read.inputs, genome=genome, flanks=prepared.declared.flanks
        )
        found.append(probe(prepared.models[score.model], asked, score, n=n, seed=seed, metering=metering).frame)
    return Probes(pl.concat(found))


def leave_unmatched(prepared: Prepared, read: Read, covariates: Covariates) -> Read:
    """The rows with `not_matched` on controls that no positive chose, where the study keeps the others only."""
    settings = prepared.study.evaluation.controls
    if settings is None or not settings.only:
        return read
    chosen = covariates.rows.filter(pl.col("matched_label").is_not_null()).get_column("source_row")
    spare = (pl.col("label") == 0) & ~pl.col("source_row").is_in(chosen.implode()) & may_be_compared(recorded=True)
    reason = pl.when(spare.fill_null(value=False)).then(pl.lit(Reason.NOT_MATCHED.value)).otherwise("reason")
    return replace(read, measurements=Measurements(read.measurements.frame.with_columns(reason.alias("reason"))))


@dataclass(frozen=True)
class Beside:
    """What stands beside the estimates."""

    diagnostics: Diagnostics
    comparisons: Comparisons
    power: Power
    heterogeneity: Heterogeneity


def look_beside(
    prepared: Prepared,
    joined: Joined,
    estimates: Estimates,
    *,
    withheld: Mapping[str, str],
    trained: pl.DataFrame | None = None,
) -> Beside:
    """Diagnostics, differences between scores and from baselines, what the rows can show, strata side by side."""
    terms, scores = terms_of(prepared, withheld), prepared.scores
    floor = baselines(joined, scores, trained)
    return Beside(
        Diagnostics(diagnose(joined, scores, terms)),
        Comparisons(compare_scores(beside_scores(joined, floor), [*scores, *floor.scores], terms)),
        Power(power_of(joined, scores, terms, estimates.frame)),
        Heterogeneity(heterogeneity(estimates.frame)),
    )


def export_sequences(
    prepared: Prepared, read: Read, checks: AlleleChecks, genome: Genome | None, *, path: Path
) -> None:
    """Write the sequences around the variants that models are asked for, where the study asks for them."""
    width = prepared.study.exports.sequences
    if width is None:
        return
    asked = plan(
        ScoreSection(name="sequences", model="exports"), read.measurements, checks, inputs=read.inputs, genome=genome
    )
    with replacing(path) as partial:
        sequences_of(asked, width).write_parquet(partial)


def train_kmers(
    prepared: Prepared, read: Read, checks: AlleleChecks, genome: Genome | None, joined: Joined
) -> pl.DataFrame | None:
    """source_row and score of the k-mer baseline, where the study asks for it and measures effects of alleles."""
    if not (prepared.study.evaluation.kmers and prepared.scores and prepared.declared.quantity == "effect"):
        return None
    score = ScoreSection(name=TRAINED, model=BASELINE)
    around = flanks(plan(score, read.measurements, checks, inputs=read.inputs, genome=genome), WORD - 1)
    rows = rows_of(joined, prepared.scores[0]).join(around, on="asked_id", how="left", maintain_order="left")
    return predict_by_kmers(rows, seed=prepared.study.study.seed)
