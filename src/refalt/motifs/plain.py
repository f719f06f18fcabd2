"""The scan as matrix products: right for a few thousand variants, where loading a compiler would take longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.motifs.log_odds import BASES, Changes, Codes, Indices, WidthGroup
from refalt.motifs.touched import Touched

_ONE_HOT: Final = np.eye(BASES + 1, BASES)
#: Windows of one motif width that are scored together; bounds the memory (some 300 float64 values a window).
WINDOWS_AT_ONCE: Final = 4096


def scan(
    ref: Codes, alt: Codes, bases: Touched, groups: Sequence[WidthGroup], *, floor_bits: float
) -> tuple[Changes, Changes]:
    """Changes of the best hit and of the occupancy, each float32[n, m], over windows that touch the variant.

    A window touches an empty interval if it holds the base before and the base after it. A window with an N (any code
    above 3), or one that leaves its row, is impossible: its odds are 0. NaN where an allele has no other window.

    Args:
        ref: uint8[n, L].
        alt: uint8[n, L2].
        bases: what the n variants touch.
        groups: the m motifs.
        floor_bits: log-odds below which a site counts as unbound.
    """
    ref_best, ref_total = _scan(ref, bases.begin, bases.ref_end, groups)
    alt_best, alt_total = _scan(alt, bases.begin, bases.alt_end, groups)
    floor = 2.0**floor_bits
    best = np.log2(np.maximum(alt_best, floor)) - np.log2(np.maximum(ref_best, floor))
    total = np.log2(alt_total + floor) - np.log2(ref_total + floor)
    return best.astype(np.float32), total.astype(np.float32)


def _scan(codes: Codes, begin: Indices, end: Indices, groups: Sequence[WidthGroup]) -> npt.NDArray[np.float64]:
    """Highest odds of a window and total over windows of one allele, float64[2, n, m].

    Variants that touch equally many bases are scored together.
    """
    odds = np.empty((2, len(codes), sum(group.motif.size for group in groups)))
    longest = max(group.width for group in groups)
    for span in np.unique(end - begin).tolist():
        alike = np.flatnonzero(end - begin == span)
        step = max(1, WINDOWS_AT_ONCE // (span + longest))
        for rows in np.split(alike, range(step, alike.size, step)):
            strip = _strip(codes[rows], begin[rows] - longest + 1, span + 2 * (longest - 1))
            for group in groups:
                inset = longest - group.width
                odds[:, rows[:, None], group.motif] = _best_and_total(strip[:, inset : strip.shape[1] - inset], group)
    return odds


def _strip(codes: Codes, first: Indices, length: int) -> Codes:
    """Cut uint8[n, length] from each row at its own place, N outside the row."""
    at = first[:, None] + np.arange(length)
    cut = np.take_along_axis(codes, np.clip(at, 0, codes.shape[1] - 1), axis=1)
    cut[(at < 0) | (at >= codes.shape[1])] = BASES
    return np.minimum(cut, BASES)


def _best_and_total(strip: Codes, group: WidthGroup) -> npt.NDArray[np.float64]:
    """Best and total over the windows of each strip, float64[2, n, g]."""
    rows, width = len(strip), group.width
    bases = np.lib.stride_tricks.sliding_window_view(_ONE_HOT[strip].reshape(rows, -1), BASES * width, axis=1)
    windows = bases[:, ::BASES].reshape(-1, BASES * width)
    odds = np.exp2(windows @ group.log_odds.reshape(-1, BASES * width).T).reshape(rows, -1, 2 * group.motif.size)
    known = np.lib.stride_tricks.sliding_window_view(strip < BASES, width, axis=1)
    scorable = np.logical_and.reduce(known, axis=2, keepdims=True)
    odds *= scorable
    best = odds.max(axis=1).reshape(rows, 2, -1).max(axis=1)
    total = odds.sum(axis=1).reshape(rows, 2, -1).sum(axis=1)
    return np.where(np.logical_or.reduce(scorable, axis=1), (best, total), np.nan)
