"""`refalt compare`: runs side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from refalt.report.together import Together


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders of suites.", metavar="RUN...")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write to; runs/comparison-<digest> when not given.", metavar="DIR"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> int:
    """Hold runs side by side: estimates, and paired differences on the rows they share."""
    from refalt.cli.run import progress
    from refalt.pipeline.compare import compare_runs
    from refalt.report.together import read_together

    together = read_together(compare_runs(runs, out=out, notify=progress))
    typer.echo(json.dumps(outcome_of(together), indent=2) if as_json else words_of(together))
    return 0


def outcome_of(together: Together) -> dict[str, Any]:
    """What the page shows, for machines; a missing number is null."""
    from refalt.report.together.sections.leaderboard import answers, leading_rows

    primary = {(member.label, row["score_name"]) for member, row in leading_rows(together)}
    estimates = [
        {"run": member.label, "primary": (member.label, row["score_name"]) in primary, **_plain(row)}
        for member, row in answers(together)
    ]
    return {
        "report": str(together.report),
        "estimates": estimates,
        "differences": [_plain(row) for row in together.comparisons.frame.iter_rows(named=True)],
        "windows": [_plain(row) for row in together.sweep.frame.iter_rows(named=True)] if together.sweep else [],
        "notes": list(together.notes),
    }


def words_of(together: Together) -> str:
    """The estimates, a line a score of a run, the differences that have an interval, and where the page lies."""
    from refalt.plots.words import label_words, metric_words, written
    from refalt.report.together.sections.leaderboard import answers

    lines = []
    for member, row in answers(together):
        ends = _ends(row)
        about = f"{metric_words(row['metric'])}, {label_words(row['label_name'])}"
        counts = f"{row['n']:,} rows, {row['n_clusters']:,} clusters"
        lines.append(
            f"{member.label}  {row['score_name']}  {about}: {written(row['value'], 'estimate')}{ends}; {counts}"
        )
    lines += [f"{member.label}  {member.ended}" for member in together.members if member.ended]
    for row in together.comparisons.frame.iter_rows(named=True):
        if row["lower"] is not None and row["lower"] == row["lower"]:
            about = f"{metric_words(row['metric'])}, {label_words(row['label_name'])}"
            difference = written(row["difference"], "estimate")
            lines.append(f"{row['first']} minus {row['second']}  {about}: {difference}{_ends(row)}; {row['n']:,} rows")
    return "\n".join([*lines, *together.notes, str(together.report)])


def _ends(row: Mapping[str, Any]) -> str:
    from refalt.plots.words import NOTHING, written

    lower, upper = (written(row[name], "estimate") for name in ("lower", "upper"))
    return " (no interval)" if lower == NOTHING else f" ({written(row['level'], 'share')} interval {lower} to {upper})"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, float) and value != value else value for name, value in row.items()}
