"""`refalt new`: a file with its blanks marked."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import typer

KINDS: Final = {"study": "study.toml", "dataset": "dataset.py", "model": "model.py"}
_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9._-]{0,63}$")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("new")(new)


def new(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.", metavar="KIND")],
    name: Annotated[str, typer.Argument(help="Its name: lower-case letters, digits, . _ -", metavar="NAME")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write it to.", metavar="DIR")] = Path(),
) -> int:
    """Write a study, dataset or model file with its blanks marked."""
    from refalt.errors import UserError, unknown_name
    from refalt.files import write_text

    if kind not in KINDS:
        raise unknown_name("kind of file", kind, KINDS)
    stem = name if kind == "study" else name.replace("-", "_")
    if not _NAME.match(name) or (kind != "study" and not stem.isidentifier()):
        raise UserError(f"{name!r} cannot be a name", expected="lower-case letters, digits, and . _ - after the first")
    target = out / f"{stem}{Path(KINDS[kind]).suffix}"
    if target.exists():
        raise UserError(f"{target} exists", remedy="choose another name, or remove it first")
    blank = files("refalt.cli").joinpath("blanks", KINDS[kind]).read_text(encoding="utf-8")
    class_name = "".join(part.capitalize() for part in stem.split("_"))
    write_text(target, blank.replace("@NAME@", name).replace("@CLASS@", class_name))
    typer.echo(str(target))
    return 0
