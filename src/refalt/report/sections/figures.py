"""The figures, in the page itself."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup

from refalt.columns import WHOLE
from refalt.plots.record import ERRORS, Figure, inline
from refalt.report.evidence import Evidence
from refalt.report.numbers import row_key
from refalt.report.sections.base import Section

HELP = (
    "Every figure bears its estimate, interval and counts, and lies beside the page as PNG, SVG and the CSV "
    "of the points drawn. A figure whose estimate is withheld is an empty frame with the reason. Figures "
    "beyond what one page should weigh are linked, not shown."
)
# The page stays under 5 MB: figures get this much of it, in the order of the study's scores.
MOST_BYTES = 2_300_000


def build(evidence: Evidence) -> Section | None:
    """The section; left out when nothing was drawn."""
    if not evidence.figures:
        return None
    spent, groups = 0, []
    ordered = sorted(evidence.figures, key=lambda figure: _place(evidence, figure))
    for name, members in groupby(ordered, lambda figure: figure.score_name):
        shown: dict[bool, list[Mapping[str, Any]]] = {False: [], True: []}
        for figure in members:
            picture = picture_of(figure, evidence.run.plots, room=MOST_BYTES - spent)
            spent += len(picture["markup"])
            shown[_is_folded(evidence, figure)].append({"figure": figure, **picture})
        groups.append({"score_name": name, "figures": shown[False], "folded": shown[True]})
    files = {"plots/figures.json": f"{evidence.run.plots.name}/figures.json"}
    description = "What was predicted beside what was measured."
    folder = evidence.run.plots.name
    failed = [figure for figure in evidence.figures if figure.failed]
    if failed:
        files[f"{folder}/{ERRORS}"] = f"{folder}/{ERRORS}"
    content = {"groups": groups, "folder": folder, "failed": failed}
    return Section("figures", "Figures", description, HELP, content, files)


def _place(evidence: Evidence, figure: Figure) -> tuple[bool, int, bool]:
    """Scores in the study file's order, figures of the whole study last; what is folded after what is not."""
    declared = [score["name"] for score in evidence.lock.get("score", [])]
    names = [*declared, *dict.fromkeys(found.score_name for found in evidence.figures)]
    return figure.score_name == WHOLE, names.index(figure.score_name), _is_folded(evidence, figure)


def _is_folded(evidence: Evidence, figure: Figure) -> bool:
    """Kinds that come once a metric are folded away, but for the primary estimate's."""
    primary = evidence.primary
    question = f"{primary['metric']}-{primary['label_name']}" if primary else ""
    kind, _, about = figure.name.partition("-")
    return kind in ("forest", "null") and about != question


def picture_of(figure: Figure, folder: Path, *, room: int) -> Mapping[str, Any]:
    """What a template shows of one figure in `folder`: its kind, its markup where there is room, its address."""
    key = row_key(figure.dataset, figure.score_name, figure.name)
    kind, content = inline(figure, folder, prefix=f"{figure.dataset}-{figure.score_name}-{figure.name}-")
    address = f"figures:{key}:subtitle"
    if len(content) > room:
        return {"kind": "linked", "markup": "", "address": address}
    # The SVG is our own drawing, its texts escaped by the drawing library; it is the only markup taken as it is.
    return {"kind": kind, "markup": Markup(content) if kind == "svg" else content, "address": address}
