"""`refalt report`: a report rendered again from a run's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")]) -> int:
    """Render a report again from the tables of a run."""
    from refalt.report import render
    from refalt.runs import RunFolder

    folder = RunFolder(run)
    folder.require()
    typer.echo(str(render(folder)))
    return 0
