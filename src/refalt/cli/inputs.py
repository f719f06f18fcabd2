"""`refalt inputs`: every file a study needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from refalt.cli.run import InputFolders


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inputs")(inputs)


def inputs(
    study: Annotated[Path, typer.Argument(help="The study file, or a suite file.", metavar="STUDY")],
    folders: InputFolders = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List every file a study needs: found or missing, size, digest, where it comes from."""
    from refalt.errors import ExitCode
    from refalt.pipeline.suite import prepare_members

    members = prepare_members(study, folders=folders or [])
    # Members share most of their files: each is shown once.
    wanted = {(needed.role, needed.name): (one.finder, needed) for one in members for needed in one.needed}
    rows = []
    for finder, needed in wanted.values():
        found = finder.look_up(needed)
        rows.append(
            {
                "role": needed.role,
                "name": needed.name,
                "assembly": needed.assembly or "",
                "state": "found" if found else "missing",
                "bytes": found.size if found else None,
                "sha256": found.sha256 if found else None,
                "path": str(found.path) if found else None,
                "origin": needed.origin,
            }
        )
    typer.echo(json.dumps(rows, indent=2) if as_json else _table(rows))
    return int(ExitCode.DONE if all(row["state"] == "found" for row in rows) else ExitCode.USER_ERROR)


def _table(rows: list[dict[str, str | int | None]]) -> str:
    names = ("state", "role", "name", "assembly", "bytes", "sha256")
    cells = [names, *(tuple(_short(name, row[name]) for name in names) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _short(name: str, value: str | int | None) -> str:
    if value is None:
        return "-"
    return str(value)[:12] if name == "sha256" else str(value)
