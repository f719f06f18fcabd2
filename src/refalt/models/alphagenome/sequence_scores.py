"""Scores made from predicted tracks of sequences: "Sequence(DNASE, 501, MEAN, LOG2_RATIO)", "Element(DNASE, MEAN)"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from refalt.errors import UserError, unknown_name
from refalt.models.alphagenome.requests import KEPT, Reduction
from refalt.models.alphagenome.scorers import LINEAR_OUTPUTS
from refalt.models.base import Floats

COMPARISONS: Final = ("DIFFERENCE", "LOG2_RATIO")
#: Added to both activities of a ratio; what AlphaGenome's own log fold change by gene adds to its means.
PSEUDOCOUNT: Final = 1e-3
_EXAMPLES: Final = {"sequence": "Sequence(DNASE, 501, MEAN, LOG2_RATIO)", "element": "Element(DNASE, MEAN)"}


@dataclass(frozen=True)
class SequenceScore:
    """How a sequence becomes one number a track.

    Attributes:
        output: The output that is predicted.
        reduction: MEAN or MAX of the bases that count, or CENTRE, the base of the variant alone.
        width: Bases that count, around the variant; None for the whole window (of an element: the element).
        comparison: DIFFERENCE, ALT minus REF; LOG2_RATIO, log2((ALT + 0.001) / (REF + 0.001)); "" for an element.
    """

    output: str
    reduction: str
    width: int | None = None
    comparison: str = ""

    def of(self, activity: Floats) -> Floats:
        """float64[T], the score of one sequence from its activity, float64[T]; a variant has ALT's minus REF's."""
        return np.log2(activity + PSEUDOCOUNT) if self.comparison == "LOG2_RATIO" else activity

    def reduction_at(self, centre: int, *, window: int) -> Reduction:
        """What is kept of a window whose variant stands at index `centre`: `width` bases, cut at the window's ends."""
        if self.width is None:
            return Reduction(0, window, centre)
        first = centre - self.width // 2
        return Reduction(max(first, 0), min(first + self.width, window), centre)


def parse_sequence_score(text: str, method: str, *, window: int, where: str = "scorer") -> SequenceScore:
    """Read the `scorer` of a score with method "sequence" or "element".

    Raises:
        UserError: it is written otherwise, or has an unknown output, reduction or comparison.
    """
    example = _EXAMPLES[method]
    match = re.fullmatch(r"(?P<kind>\w+)\((?P<arguments>[^()]*)\)", text.strip())
    given = [part.strip() for part in match["arguments"].split(",")] if match else []
    if match is None or match["kind"].lower() != method or len(given) != example.count(",") + 1:
        raise UserError(f'method "{method}" needs its scorer', where=where, expected=example, got=text or "nothing")
    allowed = [LINEAR_OUTPUTS, KEPT] if method == "element" else [LINEAR_OUTPUTS, None, KEPT, COMPARISONS]
    for kind, value, names in zip(
        ["output", "reduction"] if method == "element" else ["output", "width", "reduction", "comparison"],
        given,
        allowed,
        strict=True,
    ):
        if names is not None and value not in names:
            raise unknown_name(kind, value, names, where=where)
    if method == "element":
        return SequenceScore(given[0], given[1])
    return SequenceScore(given[0], given[2], _width(given[1], window, where), given[3])


def _width(text: str, window: int, where: str) -> int | None:
    if text == "None":
        return None
    if not text.isdecimal() or int(text) % 2 == 0 or int(text) > window:
        raise UserError(
            "a width is an odd number of bases, because the variant stands in its middle",
            where=where,
            expected=f"an odd number up to {window}, or None for the whole window",
            got=text,
        )
    return int(text)
