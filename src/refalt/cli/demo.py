"""`refalt demo`: a simulated study with planted truth, through the whole pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the study and its run to.", metavar="DIR")] = Path(
        "demo"
    ),
    mistake: Annotated[
        str | None, typer.Option("--break", help="Plant a known mistake and see it caught.", metavar="NAME")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulation.")] = 1,
) -> int:
    """Simulate a study with planted truth, run all of it, and compare."""
    from refalt.cli.run import progress, words_of
    from refalt.errors import ExitCode
    from refalt.pipeline.prepare import prepare
    from refalt.pipeline.run import run_study
    from refalt.testing.simulation.breaks import MISTAKES
    from refalt.testing.simulation.study import write_simulated_study

    progress("simulation")
    study = write_simulated_study(out, seed=seed, mistake=mistake)
    ended = run_study(prepare(study), out=out / "runs", notify=progress)
    typer.echo(words_of(ended))
    if mistake is None:
        truth = json.loads((out / "truth.json").read_text(encoding="utf-8"))
        typer.echo(_beside_truth(ended.run.estimates, truth["planted"]["pearson_r"]))
        return int(ended.exit_code)
    found = {finding.code for finding in ended.findings if finding.is_open} & set(MISTAKES[mistake].caught_by)
    typer.echo(f"Planted: {MISTAKES[mistake].words}. Caught by: {', '.join(sorted(found)) or 'nothing'}.")
    return int(ended.exit_code if found else ExitCode.BUG)


def _beside_truth(estimates: Path, planted: float) -> str:
    from refalt.tables import Estimates

    rows = Estimates.read(estimates).frame
    wanted = {"score_name": "planted", "metric": "pearson_r", "label_name": "effect", "stratum": "all"}
    row = rows.filter(**wanted).row(0, named=True)
    within = "covers" if row["lower"] <= planted <= row["upper"] else "does not cover"
    return (
        f"The planted score was made with Pearson r {planted}; measured {row['value']:.3f}, and the "
        f"{row['level']:.0%} interval {row['lower']:.3f} to {row['upper']:.3f} {within} it."
    )
