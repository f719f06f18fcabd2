"""`refalt run`: everything a study file asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from refalt.cli.asking import Rescore, StoreFolder, Workers, cost_line, look_up_line, metering_of
from refalt.cli.fetching import Download, fetch_of

if TYPE_CHECKING:
    from refalt.pipeline.prepare import Prepared
    from refalt.pipeline.rsids import LookUp
    from refalt.pipeline.run import Ended
    from refalt.pipeline.suite import PreparedSuite
    from refalt.scoring.metered import Cost, Metering

InputFolders = Annotated[
    list[Path] | None, typer.Option("--inputs", help="Folder to look for input files in; repeatable.", metavar="DIR")
]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder that holds run folders.", metavar="DIR")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    study: Annotated[Path, typer.Argument(help="The study file, or a suite file.", metavar="STUDY")],
    inputs: InputFolders = None,
    out: OutFolder = Path("runs"),
    download: Download = False,
    until: Annotated[str, typer.Option(help="Last stage to do.", metavar="STAGE")] = "report",
    limit: Annotated[int | None, typer.Option(min=1, help="Pilot on N random rows; the report says so.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Member of a suite to run; repeatable.", metavar="NAME")
    ] = None,
    store: StoreFolder = None,
    workers: Workers = None,
    rescore: Rescore = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would ask and cost, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> int:
    """Run a study or a suite: audits, predictions, estimates, figures, one report."""
    from refalt.errors import UserError, unknown_name
    from refalt.pipeline.prepare import prepare, study_file
    from refalt.pipeline.run import STAGES, run_study
    from refalt.pipeline.suite import prepare_suite
    from refalt.studies.suite import is_suite

    if until not in STAGES:
        raise unknown_name("stage", until, STAGES, where="--until")
    # What is only counted is not asked for.
    fetch = fetch_of(download and not dry_run)
    metering = metering_of(store, workers, rescore=rescore)
    if is_suite(study_file(study)):
        if until != STAGES[-1]:
            raise UserError("--until is for studies, a suite runs to its page", remedy="run the study file itself")
        suite = prepare_suite(study, folders=inputs or [], limit=limit, fetch=fetch)
        if dry_run:
            return _say_costs({one.label: one.prepared for one in suite.members}, metering, as_json=as_json)
        return _run_suite(suite, out=out, only=only or [], metering=metering, as_json=as_json)
    if only:
        raise UserError("--only is for suites", got=str(study), remedy="leave it out")
    prepared = prepare(study, folders=inputs or [], limit=limit, fetch=fetch)
    if dry_run:
        return _say_costs({"": prepared}, metering, as_json=as_json)
    ended = run_study(prepared, out=out, until=until, notify=progress, metering=metering)
    typer.echo(json.dumps(_outcome(ended), indent=2) if as_json else words_of(ended))
    return int(ended.exit_code)


def _say_costs(studies: Mapping[str, Prepared], metering: Metering, *, as_json: bool) -> int:
    import dataclasses

    from refalt.pipeline.cost import costs
    from refalt.pipeline.stages import rsids_to_ask

    found: dict[str, Cost] = {}
    rsids: dict[str, LookUp] = {}
    for label, prepared in studies.items():
        name = f"{label}: " if label else ""
        if look_up := rsids_to_ask(prepared):
            rsids[f"{name}rsIDs"] = look_up
        if look_up is None or not look_up.to_ask:
            found |= {name + score: cost for score, cost in costs(prepared, metering=metering).items()}
    if as_json:
        rows = {name: dataclasses.asdict(cost) | {"to_ask": cost.to_ask} for name, cost in found.items()}
        for row in rows.values():
            row.update({key: None for key, value in row.items() if value != value})  # JSON has no NaN
        typer.echo(json.dumps({name: dataclasses.asdict(each) for name, each in rsids.items()} | rows, indent=2))
    else:
        lines = [look_up_line(name, each) for name, each in rsids.items()]
        lines += [cost_line(name, cost) for name, cost in found.items()]
        typer.echo("\n".join(lines) or "nothing to pay for: no score is of a metered model")
    return 0


def _run_suite(suite: PreparedSuite, *, out: Path, only: list[str], metering: Metering, as_json: bool) -> int:
    from refalt.cli.compare import outcome_of
    from refalt.cli.compare import words_of as words_of_several
    from refalt.pipeline.suite import run_suite
    from refalt.report.together import read_together

    ended = run_suite(suite, out=out, only=only, notify=progress, metering=metering)
    together = read_together(ended.root)
    outcome = {"run": str(ended.root), "exit_code": int(ended.exit_code), **outcome_of(together)}
    typer.echo(json.dumps(outcome, indent=2) if as_json else words_of_several(together))
    return int(ended.exit_code)


def progress(stage: str) -> None:
    """Say on standard error what is being done."""
    typer.echo(f"... {stage}", err=True)


def _outcome(ended: Ended) -> dict[str, object]:
    return {
        "run": str(ended.run.root),
        "exit_code": int(ended.exit_code),
        "reached": ended.reached,
        "report": str(ended.run.report) if ended.run.report.is_file() else None,
        "findings": [finding.as_json() for finding in ended.findings],
    }


def words_of(ended: Ended) -> str:
    """How a run ended: open findings, the answer, where the report lies."""
    from refalt.cli.findings import lines_of
    from refalt.report.headline import headline

    lines = list(lines_of(ended.findings))
    if ended.run.estimates.is_file() and ended.reached == "report":
        lines.append(headline(ended.run))
    shown = ended.run.report if ended.run.report.is_file() else ended.run.root
    return "\n".join([*lines, f"{shown}"])
