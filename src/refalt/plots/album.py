"""What is to be drawn: views, the kinds of figure that look at them, and one figure on disk."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final, Literal, NamedTuple

import polars as pl

from refalt.columns import WHOLE
from refalt.errors import UserError, redact
from refalt.files import replacing
from refalt.plots import across, figures, theme
from refalt.plots.base import Drawing, Subject, View
from refalt.plots.record import WHOLE_STUDY, Figure
from refalt.plugins import every_class

Kinds = Literal["figures", "across"]
_FOLDERS: Final = MappingProxyType[str, ModuleType]({"figures": figures, "across": across})


@dataclass(frozen=True)
class Album:
    """All figures of a page, not yet drawn.

    Attributes:
        views: What there is to look at, in the order of the page.
        kinds: Folder of the kinds of figure.
        folder: Where figures are written.
        simulated: Say on every figure, and in every CSV, that the values are simulated.
        as_published: Say on every figure that a published setting is reproduced as it was.
    """

    views: tuple[View, ...]
    kinds: Kinds
    folder: Path
    simulated: bool
    as_published: bool

    def leaves(self) -> Iterator[Leaf]:
        """One a figure, in the order of the page; no two have the same file."""
        found = every_class(_FOLDERS[self.kinds], Drawing)  # type: ignore[type-abstract]
        drawings = sorted((kind() for kind in found), key=lambda drawing: drawing.order)
        taken: set[str] = set()
        for view in self.views:
            for drawing in drawings:
                if drawing.whole_study == (view.score_name == WHOLE):
                    for subject in _subjects(drawing, view):
                        yield Leaf(drawing, subject, _free(_stem(drawing, subject), taken))


class Leaf(NamedTuple):
    """One figure of an album; `stem` is its path under the folder of figures, without ending."""

    drawing: Drawing
    subject: Subject
    stem: str


class Drawn(NamedTuple):
    """A figure on disk, and the traceback where drawing it failed."""

    figure: Figure
    traceback: str = ""


def draw_leaf(leaf: Leaf, album: Album) -> Drawn:
    """Draw one figure and write it with its points; call it inside `theme.applied()`.

    A figure that cannot be drawn is an empty frame that says so: one bad figure costs a run no other.

    Raises:
        UserError: the folder cannot be written to.
    """
    try:
        if leaf.subject.failed:
            raise leaf.subject.failed
        return Drawn(_draw(leaf, leaf.subject.withheld, album))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever a drawing raises is said on its own figure)
        why = redact(f"not drawn: {type(error).__name__}: {error}")
        text = redact("".join(traceback.format_exception(error)))
        return Drawn(_draw(leaf, why, album, failed=why), text)


def _draw(leaf: Leaf, empty: str | None, album: Album, *, failed: str | None = None) -> Figure:
    drawing, subject, stem = leaf
    view = subject.view
    owner = f"{view.dataset}" if drawing.whole_study else f"{view.score_name} on {view.dataset}"
    sheet = theme.sheet(f"{drawing.title}: {owner}", subject.lines, height=subject.height)
    if empty:
        theme.write_withheld(sheet, empty)
        points = pl.DataFrame({"withheld": [empty]})
    else:
        points = drawing.draw(sheet, subject)
    theme.stamp(sheet, simulated=album.simulated, as_published=album.as_published)
    theme.write(sheet, album.folder / stem)
    with replacing(album.folder / f"{stem}.csv") as partial:
        (points.with_columns(simulated=pl.lit(value=True)) if album.simulated else points).write_csv(partial)
    return _record(leaf, empty, failed)


def _record(leaf: Leaf, empty: str | None, failed: str | None) -> Figure:
    drawing, subject, stem = leaf
    only = subject.readings[0] if len(subject.readings) == 1 and not drawing.whole_study else None
    return Figure(
        name=stem.rpartition("/")[2],
        dataset=subject.view.dataset,
        score_name=subject.view.score_name,
        metric=only.metric if only else "",
        label_name=only.label_name if only else "",
        title=drawing.title,
        subtitle="; ".join(subject.lines),
        description=drawing.description,
        help=drawing.help,
        png=f"{stem}.png",
        svg=f"{stem}.svg",
        csv=f"{stem}.csv",
        withheld=empty,
        failed=failed,
    )


def _subjects(drawing: Drawing, view: View) -> list[Subject]:
    try:
        return list(drawing.subjects(view))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  (said on the one figure that stands for this kind)
        return [Subject(view, "", (), failed=error)]


def _stem(drawing: Drawing, subject: Subject) -> str:
    view = subject.view
    owner = WHOLE_STUDY if drawing.whole_study else path_part(view.score_name)
    name = path_part("-".join(part for part in (drawing.name, subject.suffix) if part))
    return f"{path_part(view.dataset)}/{owner}/{name}"


def _free(stem: str, taken: set[str]) -> str:
    """`stem`, with a number where another figure has it: names may differ only in what a path cannot hold."""
    found, number = stem, 1
    # Some file systems do not tell cases apart.
    while found.lower() in taken:
        number += 1
        found = f"{stem}-{number}"
    taken.add(found.lower())
    return found


def path_part(name: str) -> str:
    """`name` as one safe part of a path: lower and upper case letters, digits, dot, dash and underscore.

    Other characters become `_`, a leading dot is not kept, and at most 120 characters are.
    """
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:120] or "_"
