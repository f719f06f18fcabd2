"""`refalt inputs`: every file a study needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from refalt.cli.fetching import Download, fetch_of
from refalt.cli.run import InputFolders, progress

if TYPE_CHECKING:
    from refalt.pipeline.prepare import Prepared
    from refalt.sources.fetch import InputFinder, NeededFile

_Row = dict[str, str | int | None]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inputs")(inputs)


def inputs(
    study: Annotated[Path, typer.Argument(help="The study file, or a suite file.", metavar="STUDY")],
    folders: InputFolders = None,
    download: Download = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List every file a study needs: found or missing, size, digest, where it comes from."""
    from refalt.errors import ExitCode
    from refalt.pipeline.suite import prepare_members

    members = prepare_members(study, folders=folders or [], fetch=fetch_of(download))
    # Members share most of their files: each is shown once.
    wanted = {(needed.role, needed.name): (one.finder, needed) for one in members for needed in one.needed}
    rows = [_row(needed, finder) for finder, needed in wanted.values()]
    if all(row["state"] == "found" for row in rows):
        rows += [row for one in members for row in _rsids(one)]
    typer.echo(json.dumps(rows, indent=2) if as_json else _table(rows))
    return int(ExitCode.DONE if all(row["state"] == "found" for row in rows) else ExitCode.USER_ERROR)


def _row(needed: NeededFile, finder: InputFinder) -> _Row:
    from refalt.errors import UserError

    found, trouble = finder.look_up(needed), None
    if found is None and finder.may_fetch and needed.published:
        # One file that cannot be had does not keep the others from coming.
        try:
            found = finder.find(needed)
        except UserError as error:
            trouble = str(error)
    return {
        "role": needed.role,
        "name": needed.name,
        "assembly": needed.assembly or "",
        "state": "found" if found else "missing",
        "bytes": found.size if found else None,
        "sha256": found.sha256 if found else None,
        "path": str(found.path) if found else None,
        "origin": needed.origin,
        "url": needed.published.url if needed.published else None,
        "remedy": None if found else trouble or _remedy(needed, finder),
    }


def _rsids(prepared: Prepared) -> list[_Row]:
    """A row on what has to be asked of a service of rsIDs; it is asked if the user lets it."""
    from refalt.cli.asking import look_up_line
    from refalt.pipeline.stages import read_measurements, rsids_to_ask

    look_up = rsids_to_ask(prepared)
    if look_up and look_up.to_ask and prepared.finder.may_fetch:
        read_measurements(prepared, notify=progress)
        look_up = rsids_to_ask(prepared)
    if look_up is None:
        return []
    return [
        {
            "role": "rsids",
            "name": look_up.host,
            "assembly": prepared.genome_assembly,
            "state": "missing" if look_up.to_ask else "found",
            "bytes": None,
            "sha256": None,
            "path": None,
            "origin": "",
            "url": None,
            "remedy": look_up_line("rsIDs", look_up) if look_up.to_ask else None,
        }
    ]


def _remedy(needed: NeededFile, finder: InputFinder) -> str:
    by_hand = finder.by_hand(needed) or "put it beside the study or into a folder given with --inputs"
    return f"run again with --download, or {by_hand}" if needed.published else by_hand


def _table(rows: list[_Row]) -> str:
    names = ("state", "role", "name", "assembly", "bytes", "sha256")
    cells = [names, *(tuple(_short(name, row[name]) for name in names) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(names))]
    table = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join([*table, *(f"{row['name']}: {row['remedy']}" for row in rows if row["remedy"])])


def _short(name: str, value: str | int | None) -> str:
    if value is None:
        return "-"
    return str(value)[:12] if name == "sha256" else str(value)
