"""The order of the stages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from refalt.audits.base import Finding, Phase, Severity, open_findings, withheld_metrics
from refalt.audits.runner import check_waivers, run_audits, unused_waivers
from refalt.errors import ExitCode, UserError
from refalt.evaluation.clusters import Clusters
from refalt.evaluation.controls import Control
from refalt.evaluation.join import Joined
from refalt.exports import write_exports
from refalt.files import write_bytes, write_text
from refalt.pipeline import opened, stages
from refalt.pipeline.beside import (
    Covariates,
    export_sequences,
    leave_unmatched,
    look_around,
    look_beside,
    probe_models,
    train_kmers,
    write_orientation,
)
from refalt.pipeline.citations import citations
from refalt.pipeline.history import SHOWN, earlier_runs, frozen_choices, now, table_digests, write_provenance
from refalt.pipeline.prepare import Prepared
from refalt.pipeline.source_columns import source_columns
from refalt.plots import Figure, draw_all
from refalt.plots.record import ERRORS
from refalt.report import render
from refalt.runs import RunFolder
from refalt.scoring.metered import Metering
from refalt.sources.fasta import Genome
from refalt.tables import AlleleChecks, Comparisons, Estimates

STAGES: Final = ("measurements", "alleles", "audits", "probes", "predictions", "comparison", "estimates", "report")
MOST_FAILURES: Final = 0.01
Notify = Callable[[str], None]


@dataclass
class Ended:
    """How a run ended.

    Attributes:
        run: The run folder.
        exit_code: For the process.
        findings: Of all audits that ran.
        reached: The last stage that was done.
    """

    run: RunFolder
    exit_code: ExitCode = ExitCode.DONE
    findings: list[Finding] = field(default_factory=list)
    reached: str = ""


@dataclass(frozen=True)
class _Manner:
    """How a run is done; nothing in here can change a number."""

    until: str
    notify: Notify
    metering: Metering | None


class _Stop(Exception):  # noqa: N818  (not an error: the run ends here)
    """The run ends early, as asked or by a fatal finding."""


def run_study(
    prepared: Prepared,
    *,
    out: Path,
    until: str = "report",
    notify: Notify = lambda _: None,
    metering: Metering | None = None,
) -> Ended:
    """Run a study to the end, or until a stage.

    Args:
        prepared: The study, looked up.
        out: The folder that holds run folders.
        until: The last stage to do, one of `STAGES`.
        notify: Told the name of each stage as it begins.
        metering: What metered models are asked with.

    Raises:
        UserError: a file is missing or not what it should be, or a waiver is unknown or unused.
    """
    check_waivers(prepared.study.audits.waive)
    run = RunFolder(out / prepared.resolved.run_name)
    write_text(run.lock, prepared.resolved.lock_text())
    run.note("started", at=now(), **frozen_choices(prepared))
    ended = Ended(run)
    started = now()
    notes: dict[str, Any] = {}
    try:
        with contextlib.suppress(_Stop):
            _through_the_stages(prepared, ended, _Manner(until, notify, metering), notes)
    except UserError:
        # What was found before a missing key or a full disk is the reason to mend the study before that.
        for finding in ended.findings:
            if finding.is_open:
                notify(f"{finding.severity.value.upper()} {finding.code} {finding.subject}: {finding.message}")
        raise
    _write_findings(ended)
    estimates = Estimates.read(run.estimates) if ended.reached in SHOWN else None
    notes["citations"] = citations(prepared, estimates)
    write_provenance(prepared, run, started=started, notes=notes)
    run.note("finished", at=now(), reached=ended.reached, exit_code=int(ended.exit_code))
    # The page shows the whole history, so that it comes out the same when it is rendered again.
    if ended.reached in ("audits", "probes", "report"):
        notify("page")
        render(run)
    if ended.reached == "report":
        write_exports(run)
    return ended


@dataclass(frozen=True)
class _Known:
    """What is known before a model is asked for anything but probes."""

    read: stages.Read
    genome: Genome | None
    checks: AlleleChecks
    clusters: Clusters
    covariates: Covariates


def _through_the_stages(prepared: Prepared, ended: Ended, manner: _Manner, notes: dict[str, Any]) -> None:
    def begin(stage: str) -> None:
        if ended.reached == manner.until:
            raise _Stop
        manner.notify(stage)
        ended.reached = stage

    known = _look_first(prepared, ended.run, begin, manner, notes)
    begin("audits")
    evidence = _evidence(prepared, known, out=ended.run.root.parent)
    beside = {"source_columns": source_columns(prepared, len(known.read.measurements))}
    _audit(Phase.PREFLIGHT, evidence | beside, prepared, ended)
    _write_findings(ended)
    _stop_if_fatal(ended, prepared)
    begin("probes")
    evidence["probes"] = probes = probe_models(
        prepared, known.read, known.checks, known.genome, metering=manner.metering
    )
    if probes is not None:
        probes.write(ended.run.probes)
    _audit(Phase.PROBE, evidence, prepared, ended)
    _stop_if_fatal(ended, prepared)
    _predict_and_judge(prepared, ended, known, evidence, begin, manner)


def _look_first(prepared: Prepared, run: RunFolder, begin: Notify, manner: _Manner, notes: dict[str, Any]) -> _Known:
    begin("measurements")
    read = stages.read_measurements(prepared, notify=manner.notify)
    notes["notes"] = list(read.remarks)
    read.measurements.write(run.measurements)
    if len(read.inputs):
        read.inputs.write(run.inputs)
    begin("alleles")
    genome = opened.open_fasta(prepared)
    checks = stages.check_variants(read, genome)
    checks.write(run.allele_checks)
    notes["orientation"] = dict(write_orientation(prepared, read, checks, run.orientation))
    clusters = stages.cluster(prepared, read)
    notes["clusters"] = {"kind": clusters.kind, "note": clusters.note}
    covariates = look_around(prepared, read, genome)
    covariates.balance.write(run.balance)
    read = leave_unmatched(prepared, read, covariates)
    read.measurements.write(run.measurements)
    return _Known(read, genome, checks, clusters, covariates)


def _predict_and_judge(
    prepared: Prepared, ended: Ended, known: _Known, evidence: dict[str, object], begin: Notify, manner: _Manner
) -> None:
    run, read, checks, genome = ended.run, known.read, known.checks, known.genome
    begin("predictions")
    export_sequences(prepared, read, checks, genome, path=run.exports / "sequences.parquet")
    scored = stages.predict(prepared, read, checks, genome, notify=manner.notify, metering=manner.metering)
    _write_scored(scored, run)
    begin("comparison")
    joined = stages.compare(prepared, read, checks, scored, known.clusters, known.covariates.rows)
    joined.comparison.write(run.comparison)
    write_bytes(run.attrition, joined.attrition.frame.write_csv(separator="\t").encode())
    begin("estimates")
    trained = train_kmers(prepared, read, checks, genome, joined)
    estimates, controls, comparisons = _estimate(prepared, joined, trained, ended)
    evidence |= {"predictions": scored.predictions, "failures": scored.failures, "tracks": scored.tracks}
    evidence |= {"joined": joined, "estimates": estimates, "controls": controls, "table_digests": table_digests(run)}
    evidence |= {"comparisons": comparisons, "clients": scored.clients}
    _audit(Phase.POST, evidence, prepared, ended)
    unused_waivers(ended.findings, prepared.study.audits.waive)
    _set_exit_code(
        ended, n_failed=scored.failures.unanswered.height, n_asked=sum(map(len, scored.predictions.values()))
    )
    begin("report")
    for figure in _draw(prepared, run, joined, estimates, controls):
        if figure.failed:
            # A figure changes no number: the run goes on to its page, and says at its end that something is wrong.
            manner.notify(f"figure {figure.svg} {figure.failed}; traceback in {run.plots / ERRORS}")
            ended.exit_code = ended.exit_code or ExitCode.BUG


def _write_scored(scored: stages.AllScored, run: RunFolder) -> None:
    for name, predictions in scored.predictions.items():
        predictions.write(run.predictions(name))
    scored.tracks.write(run.tracks)
    scored.failures.write(run.failures)


def _draw(
    prepared: Prepared, run: RunFolder, joined: Joined, estimates: Estimates, controls: Sequence[Control]
) -> list[Figure]:
    return draw_all(
        joined.comparison,
        estimates,
        joined.attrition,
        folder=run.plots,
        simulated=prepared.simulated,
        as_published=prepared.study.study.as_published,
        quantity=prepared.declared.quantity,
        nulls={
            (prepared.scores[0].name, control.metric, control.label_name): control.values
            for control in controls
            if control.name == "shuffled"
        },
    )


def _estimate(
    prepared: Prepared, joined: Joined, trained: pl.DataFrame | None, ended: Ended
) -> tuple[Estimates, Sequence[Control], Comparisons]:
    run, withheld = ended.run, withheld_metrics(ended.findings)
    estimates, controls = stages.estimate(prepared, joined, withheld=withheld, trained=trained)
    estimates.write(run.estimates)
    beside = look_beside(prepared, joined, estimates, withheld=withheld, trained=trained)
    beside.diagnostics.write(run.diagnostics)
    beside.comparisons.write(run.comparisons)
    beside.power.write(run.power)
    beside.heterogeneity.write(run.heterogeneity)
    return estimates, controls, beside.comparisons


def _evidence(prepared: Prepared, known: _Known, *, out: Path) -> dict[str, object]:
    return {
        "declared": prepared.declared,
        "study": prepared.study,
        "files": prepared.files,
        "scores": prepared.scores,
        "genes": opened.gene_tables(prepared),
        "folds": opened.folds(prepared),
        "claims": opened.claims(prepared),
        "past_events": earlier_runs(prepared, out),
        "measurements": known.read.measurements,
        "checks": known.checks,
        "clusters": known.clusters,
        "genome": known.genome,
        "inputs": known.read.inputs if len(known.read.inputs) else None,
        "lifts": opened.chains(prepared, known.read.lift),
    }


def _audit(phase: Phase, evidence: Mapping[str, object], prepared: Prepared, ended: Ended) -> None:
    present = {name: thing for name, thing in evidence.items() if thing is not None}
    ended.findings += run_audits(phase, present, waivers=prepared.study.audits.waive)


def _stop_if_fatal(ended: Ended, prepared: Prepared) -> None:
    if open_findings(ended.findings, Severity.FATAL):
        ended.exit_code = ExitCode.FATAL_FINDING
        if not prepared.study.study.as_published:
            raise _Stop


def _set_exit_code(ended: Ended, *, n_failed: int, n_asked: int) -> None:
    if open_findings(ended.findings, Severity.FATAL):
        ended.exit_code = ExitCode.FATAL_FINDING
    elif n_failed > MOST_FAILURES * (n_asked + n_failed):
        ended.exit_code = ExitCode.MANY_FAILURES


def _write_findings(ended: Ended) -> None:
    ended.findings.sort(key=lambda finding: (finding.code, finding.subject))
    ended.run.write_json(ended.run.findings, {"findings": [finding.as_json() for finding in ended.findings]})
