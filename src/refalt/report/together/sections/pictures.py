"""Figures that show several runs at once."""

from __future__ import annotations

from typing import Any

from refalt.report.sections.base import Section
from refalt.report.sections.figures import MOST_BYTES, picture_of
from refalt.report.together.evidence import Together

HELP = (
    "Every figure bears its intervals and counts, and lies beside the page as PNG, SVG and the CSV of the points "
    "drawn. What an audit withholds is listed with its reason."
)


def build(together: Together) -> Section | None:
    """The section; left out where nothing was drawn."""
    if not together.figures:
        return None
    spent, shown = 0, []
    for figure in together.figures:
        picture: dict[str, Any] = dict(picture_of(figure, together.plots, room=MOST_BYTES - spent))
        spent += len(picture["markup"])
        shown.append({"figure": figure, **picture})
    group = {"score_name": "all", "figures": shown, "folded": []}
    failed = [figure for figure in together.figures if figure.failed]
    content = {"groups": [group], "folder": together.plots.name, "failed": failed}
    files = {"plots/figures.json": f"{together.plots.name}/figures.json"}
    return Section("figures", "Figures", "Runs side by side.", HELP, content, files)
