"""`refalt serve`: a local model behind AlphaGenome's own protocol."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    genome: Annotated[Path, typer.Option(help="Genome that intervals come from.", metavar="FASTA")],
    model: Annotated[str, typer.Option(help="Name of a local model.", metavar="NAME")] = "motif",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 lets the system choose.")] = 0,
    host: Annotated[str, typer.Option(help="Address; traffic is not encrypted.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, help="Requests answered at the same time.")] = 4,
) -> int:
    """Serve a local model to every AlphaGenome client, until interrupted."""
    from refalt.serve.start import serve_forever

    # To interrupt it is how a server is ended.
    with contextlib.suppress(KeyboardInterrupt):
        serve_forever(model, genome, port=port, host=host, max_workers=workers, announce=_announced)
    return 0


def _announced(address: str) -> None:
    typer.echo(f"listening on {address}; interrupt to stop")
