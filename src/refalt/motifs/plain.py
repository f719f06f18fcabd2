"""The scan as matrix products: right for a few thousand variants, where loading a compiler would take longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.motifs.log_odds import BASES, Codes, Indices, Odds, WidthGroup

_ONE_HOT: Final = np.eye(BASES + 1, BASES)
#: Windows of one motif width that are scored together; bounds the memory (some 300 float64 values a window).
WINDOWS_AT_ONCE: Final = 4096


def scan(codes: Codes, begin: Indices, end: Indices, groups: Sequence[WidthGroup]) -> tuple[Odds, Odds]:
    """Score every window that touches `[begin, end)`, on both strands.

    A window touches an empty interval if it holds the base before and the base after it. A window with an N (any code
    above 3), or one that leaves its row, is impossible: its odds are 0.

    Args:
        codes: uint8[n, L].
        begin: int64[n], 0-based.
        end: int64[n], at or after `begin`.
        groups: the m motifs.

    Returns:
        The highest odds of a window and the total over windows, each float32[n, m], odds being 2 to the power of the
        log-odds score; NaN where no window could be scored.
    """
    motifs = sum(group.motif.size for group in groups)
    best, total = (np.empty((len(codes), motifs), dtype=np.float32) for _ in range(2))
    longest = max(group.width for group in groups)
    for span in np.unique(end - begin).tolist():
        alike = np.flatnonzero(end - begin == span)
        step = max(1, WINDOWS_AT_ONCE // (span + longest))
        for rows in np.split(alike, range(step, alike.size, step)):
            strip = _strip(codes[rows], begin[rows] - longest + 1, span + 2 * (longest - 1))
            for group in groups:
                inset = longest - group.width
                odds = _window_odds(strip[:, inset : strip.shape[1] - inset], group)
                best[np.ix_(rows, group.motif)] = odds.max(axis=(1, 2))
                total[np.ix_(rows, group.motif)] = odds.sum(axis=(1, 2))
                unscored = rows[~(odds > 0).any(axis=(1, 2, 3))]
                best[np.ix_(unscored, group.motif)] = total[np.ix_(unscored, group.motif)] = np.nan
    return best, total


def _strip(codes: Codes, first: Indices, length: int) -> Codes:
    """Cut uint8[n, length] from each row at its own place, N outside the row."""
    at = first[:, None] + np.arange(length)
    cut = np.take_along_axis(codes, np.clip(at, 0, codes.shape[1] - 1), axis=1)
    cut[(at < 0) | (at >= codes.shape[1])] = BASES
    return np.minimum(cut, BASES)


def _window_odds(strip: Codes, group: WidthGroup) -> npt.NDArray[np.float64]:
    """Odds float64[n, windows, 2, g] of every window of the strips."""
    rows, width = len(strip), group.width
    bases = np.lib.stride_tricks.sliding_window_view(_ONE_HOT[strip].reshape(rows, -1), BASES * width, axis=1)
    windows = bases[:, ::BASES].reshape(-1, BASES * width)
    filters = group.log_odds.reshape(-1, BASES * width).T
    odds = np.exp2(windows @ filters).reshape(rows, -1, 2, group.motif.size)
    holds_n = np.lib.stride_tricks.sliding_window_view(strip == BASES, width, axis=1).any(axis=2)
    odds[holds_n] = 0.0
    return odds
