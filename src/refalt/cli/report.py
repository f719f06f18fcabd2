"""`refalt report`: a report rendered again from a run's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(run: Annotated[Path, typer.Argument(help="Folder of a run, or of several.", metavar="RUN")]) -> int:
    """Render a report again from the tables of a run, a suite or a comparison, and write a run's exports again."""
    from refalt.exports import write_exports
    from refalt.report import render
    from refalt.report.together import holds_several, render_together
    from refalt.runs import RunFolder

    if holds_several(run):
        typer.echo(str(render_together(run)))
        return 0
    folder = RunFolder(run)
    folder.require()
    page = render(folder)
    if folder.estimates.is_file():
        write_exports(folder)
    typer.echo(str(page))
    return 0
