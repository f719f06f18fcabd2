"""One self-contained page, rendered from a run folder and nothing else."""

from refalt.report.render import render

__all__ = ["render"]
