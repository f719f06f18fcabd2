"""`refalt explain`: what an audit does and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(code: Annotated[str, typer.Argument(help="Code of an audit, for example EF001.", metavar="CODE")]) -> int:
    """Explain an audit: what it affirms, why, an example, the remedy."""
    from refalt.audits.explain import page

    typer.echo(page(code.upper()))
    return 0
