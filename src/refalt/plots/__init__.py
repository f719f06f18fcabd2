"""Figures of a run: drawn from the tables only, each with its estimate, interval and counts."""

from refalt.plots.draw import draw_across, draw_all
from refalt.plots.record import Figure, inline, read_figures

__all__ = ["Figure", "draw_across", "draw_all", "inline", "read_figures"]
