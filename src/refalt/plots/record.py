"""What is known of a drawn figure, and how it is put into a page."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from refalt.errors import UserError
from refalt.files import write_text

WHOLE_STUDY = "_all"
INDEX = "figures.json"
#: Tracebacks of figures that could not be drawn.
ERRORS = "errors.txt"
# Above this an SVG costs the page more than its PNG and draws more slowly: large scatters.
LARGEST_INLINE_SVG = 90_000


@dataclass(frozen=True)
class Figure:
    """One figure on disk.

    Attributes:
        name: File name without ending, and the figure's name in the report.
        dataset: Dataset it is of.
        score_name: Score it is of; `all` where it shows every score.
        metric: Metric of the estimate it shows; empty where it shows none or many.
        label_name: What that estimate holds the score against; likewise.
        title: What it is called.
        subtitle: The estimate, its interval and counts, as written on the figure.
        description: One line: what is seen.
        help: How to read it.
        png: Path under the folder of figures, with `/`; `svg` and `csv` likewise.
        withheld: Why the figure is an empty frame; None when it is drawn.
        failed: The error that kept it from being drawn; None where there was none.
    """

    name: str
    dataset: str
    score_name: str
    metric: str
    label_name: str
    title: str
    subtitle: str
    description: str
    help: str
    png: str
    svg: str
    csv: str
    withheld: str | None = None
    failed: str | None = None


def write_index(figures: Sequence[Figure], folder: Path) -> None:
    """Write `figures.json` beside the figures."""
    content = {"figures": [dataclasses.asdict(figure) for figure in figures]}
    write_text(folder / INDEX, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_figures(folder: Path) -> list[Figure]:
    """The figures that `draw_all` left in `folder`; none when it drew nothing there.

    Raises:
        UserError: the index is damaged, or names a file outside the folder.
    """
    index = folder / INDEX
    if not index.is_file():
        return []
    try:
        figures = [Figure(**fields) for fields in json.loads(index.read_text(encoding="utf-8"))["figures"]]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{INDEX} is not an index of figures", where=str(folder), remedy="run the study again"
        ) from error
    root = folder.resolve()
    for path in (Path(text) for figure in figures for text in (figure.png, figure.svg, figure.csv)):
        if not (root / path).resolve().is_relative_to(root):
            raise UserError(f"{INDEX} names a file outside its folder", where=str(folder), got=str(path))
    return figures


def inline(figure: Figure, folder: Path, *, prefix: str) -> tuple[str, str]:
    """A figure as something to put in a page: ("svg", markup) or, when large, ("png", data URI).

    `prefix` goes before every id of the SVG, so that two figures on one page do not share one.

    Raises:
        UserError: the figure's file is missing.
    """
    try:
        markup = (folder / figure.svg).read_text(encoding="utf-8")
        if len(markup) <= LARGEST_INLINE_SVG:
            return "svg", _page_svg(markup, prefix)
        picture = base64.b64encode((folder / figure.png).read_bytes()).decode()
    except FileNotFoundError as error:
        raise UserError(
            f"the figure {figure.name} is missing", where=str(folder), remedy="run the study again"
        ) from error
    return "png", f"data:image/png;base64,{picture}"


def _page_svg(markup: str, prefix: str) -> str:
    """The `<svg>` element alone: no prolog, no metadata block, ids of its own."""
    element = re.sub(r"\s*<metadata>.*?</metadata>", "", markup[markup.index("<svg") :], flags=re.DOTALL)
    element = re.sub(r'(<[^<>]*?\s)id="', rf'\1id="{prefix}', element)
    return re.sub(r'(url\(#|href="#)', rf"\1{prefix}", element)
