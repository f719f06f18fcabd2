"""The order of the stages."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from refalt.audits.base import Finding, Phase, Severity, open_findings, withheld_metrics
from refalt.audits.runner import check_waivers, run_audits, unused_waivers
from refalt.errors import ExitCode
from refalt.evaluation.controls import Control
from refalt.evaluation.join import Joined
from refalt.files import sha256_of, write_bytes, write_text
from refalt.pipeline import stages
from refalt.pipeline.beside import look_around, look_beside, train_kmers
from refalt.pipeline.citations import citations
from refalt.pipeline.prepare import Prepared
from refalt.plots import Figure, draw_all
from refalt.plots.record import ERRORS
from refalt.provenance import library_versions
from refalt.report import render
from refalt.runs import RunFolder
from refalt.scoring.metered import Metering
from refalt.tables import Estimates

STAGES: Final = ("measurements", "alleles", "audits", "predictions", "comparison", "estimates", "report")
#: Stages after which somebody has seen a result.
SHOWN: Final = ("estimates", "report")
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
    run.note("started", at=_now(), **_frozen_choices(prepared))
    ended = Ended(run)
    started = _now()
    notes: dict[str, Any] = {"citations": citations(prepared)}
    with contextlib.suppress(_Stop):
        _through_the_stages(prepared, ended, _Manner(until, notify, metering), notes)
    _write_findings(ended)
    _write_provenance(prepared, run, started=started, notes=notes)
    run.note("finished", at=_now(), reached=ended.reached, exit_code=int(ended.exit_code))
    # The page shows the whole history, so that it comes out the same when it is rendered again.
    if ended.reached in ("audits", "report"):
        notify("page")
        render(run)
    return ended


def _through_the_stages(prepared: Prepared, ended: Ended, manner: _Manner, notes: dict[str, Any]) -> None:
    run, evidence = ended.run, _first_evidence(prepared, ended.run.root.parent)

    def begin(stage: str) -> None:
        if ended.reached == manner.until:
            raise _Stop
        manner.notify(stage)
        ended.reached = stage

    begin("measurements")
    read = stages.read_measurements(prepared)
    notes["notes"] = list(read.remarks)
    read.measurements.write(run.measurements)
    if len(read.inputs):
        read.inputs.write(run.inputs)
    begin("alleles")
    genome = stages.open_fasta(prepared)
    checks = stages.check_variants(read, genome)
    checks.write(run.allele_checks)
    clusters = stages.cluster(prepared, read)
    covariates = look_around(prepared, read, genome)
    covariates.balance.write(run.balance)
    notes["clusters"] = {"kind": clusters.kind, "note": clusters.note}
    begin("audits")
    evidence |= {"measurements": read.measurements, "checks": checks, "clusters": clusters, "genome": genome}
    evidence |= {"inputs": read.inputs if len(read.inputs) else None}
    evidence |= {"lifts": {(prepared.source_assembly, prepared.genome_assembly): read.lift} if read.lift else None}
    ended.findings += _audit(Phase.PREFLIGHT, evidence, prepared)
    _stop_if_fatal(ended, prepared)
    begin("predictions")
    scored = stages.predict(prepared, read, checks, genome, notify=manner.notify, metering=manner.metering)
    for name, predictions in scored.predictions.items():
        predictions.write(run.predictions(name))
    scored.tracks.write(run.tracks)
    scored.failures.write(run.failures)
    begin("comparison")
    joined = stages.compare(prepared, read, checks, scored, clusters, covariates.rows)
    joined.comparison.write(run.comparison)
    write_bytes(run.attrition, joined.attrition.frame.write_csv(separator="\t").encode())
    begin("estimates")
    trained = train_kmers(prepared, read, checks, genome, joined)
    estimates, controls = _estimate(prepared, joined, trained, ended)
    notes["citations"] = citations(prepared, estimates)
    evidence |= {"predictions": scored.predictions, "failures": scored.failures, "tracks": scored.tracks}
    evidence |= {"joined": joined, "estimates": estimates, "controls": controls, "table_digests": _digests(run)}
    ended.findings += _audit(Phase.POST, evidence, prepared)
    unused_waivers(ended.findings, prepared.study.audits.waive)
    _set_exit_code(ended, n_failed=len(scored.failures), n_asked=sum(map(len, scored.predictions.values())))
    begin("report")
    for figure in _draw(prepared, run, joined, estimates, controls):
        if figure.failed:
            # A figure changes no number: the run goes on to its page, and says at its end that something is wrong.
            manner.notify(f"figure {figure.svg} {figure.failed}; traceback in {run.plots / ERRORS}")
            ended.exit_code = ended.exit_code or ExitCode.BUG


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
) -> tuple[Estimates, Sequence[Control]]:
    run, withheld = ended.run, withheld_metrics(ended.findings)
    estimates, controls = stages.estimate(prepared, joined, withheld=withheld, trained=trained)
    estimates.write(run.estimates)
    beside = look_beside(prepared, joined, estimates, withheld=withheld, trained=trained)
    beside.diagnostics.write(run.diagnostics)
    beside.comparisons.write(run.comparisons)
    beside.power.write(run.power)
    beside.heterogeneity.write(run.heterogeneity)
    return estimates, controls


def _first_evidence(prepared: Prepared, out: Path) -> dict[str, object]:
    return {
        "declared": prepared.declared,
        "study": prepared.study,
        "files": prepared.files,
        "scores": prepared.scores,
        "genes": stages.gene_tables(prepared),
        "past_events": _earlier_runs(prepared, out),
    }


def _audit(phase: Phase, evidence: Mapping[str, object], prepared: Prepared) -> list[Finding]:
    present = {name: thing for name, thing in evidence.items() if thing is not None}
    return run_audits(phase, present, waivers=prepared.study.audits.waive)


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


def _frozen_choices(prepared: Prepared) -> dict[str, Any]:
    """What must not change after a result was seen, so that a change is visible in the history."""
    effect = prepared.declared.effect
    return {
        "digest": prepared.resolved.digest,
        "dataset": prepared.declared.name,
        "dataset_files": _dataset_digests(prepared),
        "inputs": {found.name: found.sha256 for found in prepared.files},
        "effect": effect.model_dump(mode="json") if effect else None,
        "scores": [score.model_dump(mode="json", exclude_none=True) for score in prepared.scores],
    }


def _dataset_digests(prepared: Prepared) -> list[str]:
    roles = {needed.role for needed in prepared.dataset.needed_files()}
    return sorted(found.sha256 for found in prepared.files if found.role in roles)


def _earlier_runs(prepared: Prepared, out: Path) -> list[Mapping[str, Any]]:
    """Starts of runs beside this one that showed estimates of the same dataset files."""
    same = _dataset_digests(prepared)
    events: list[Mapping[str, Any]] = []
    for folder in sorted(path.parent for path in out.glob("*/history.jsonl")):
        past = RunFolder(folder).past()
        if any(event.get("reached") in SHOWN for event in past):
            events += [event for event in past if event.get("dataset_files") == same]
    return events


def _write_findings(ended: Ended) -> None:
    ended.findings.sort(key=lambda finding: (finding.code, finding.subject))
    ended.run.write_json(ended.run.findings, {"findings": [finding.as_json() for finding in ended.findings]})


def _write_provenance(prepared: Prepared, run: RunFolder, *, started: str, notes: Mapping[str, Any]) -> None:
    run.write_json(
        run.provenance,
        {
            "digest": prepared.resolved.digest,
            "refalt": library_versions()["refalt"],
            "versions": dict(library_versions()),
            "started": started,
            "finished": _now(),
            "simulated": prepared.simulated,
            "command": f"refalt run {prepared.path.name}",
            "tables": _digests(run),
            "licences": sorted({model.licence for model in prepared.models.values() if model.licence}),
            **notes,
        },
    )


def _digests(run: RunFolder) -> dict[str, str]:
    tables = [*sorted(run.root.glob("*.parquet")), *sorted(run.root.glob("3-predictions/*.parquet"))]
    tables += [path for path in (run.attrition,) if path.is_file()]
    return {path.relative_to(run.root).as_posix(): sha256_of(path) for path in tables}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
