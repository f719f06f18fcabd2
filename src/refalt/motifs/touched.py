"""Which bases of REF and ALT a variant touches, however its alleles were written.

An indel inside a repeat can be written at several places, and with or without bases that both alleles share. The
bases found here are those of every equivalent writing, so that two sequences have one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from refalt.motifs.log_odds import Codes, Indices

#: Repeats are followed this many bases from an indel.
REACH: Final = 256


@dataclass(frozen=True, eq=False)
class Touched:
    """Half-open, 0-based intervals in the rows of two arrays of codes; empty where bases are lost between two others.

    Attributes:
        begin: int64[n], in both.
        ref_end: int64[n], in REF.
        alt_end: int64[n], in ALT.
    """

    begin: Indices
    ref_end: Indices
    alt_end: Indices


def touched(ref: Codes, alt: Codes, start: Indices, ref_len: Indices, alt_len: Indices) -> Touched:
    """The touched bases of n variants in rows ref uint8[n, L] and alt uint8[n, L2] that agree up to `start`."""
    begin, ref_end = start.copy(), start + ref_len
    resized = ref_len != alt_len
    for rows, reach in ((np.flatnonzero(~resized), 0), (np.flatnonzero(resized), REACH)):
        if rows.size:
            begin[rows], ref_end[rows] = _intervals(
                ref[rows], alt[rows], start[rows], ref_len[rows], alt_len[rows], reach
            )
    return Touched(begin, ref_end, ref_end + alt_len - ref_len)


def _intervals(
    ref: Codes, alt: Codes, start: Indices, ref_len: Indices, alt_len: Indices, reach: int
) -> tuple[Indices, Indices]:
    """Begin and end in REF: from the leftmost to the rightmost writing."""
    reach += int(np.maximum(ref_len, alt_len).max())
    ref_end, alt_end = start + ref_len, start + alt_len
    # Read from the left the alleles first differ at the rightmost writing; read from the right, at the leftmost.
    rightmost = start + _agreeing(ref, alt, start, start, 1, reach)
    leftmost_end = ref_end - _agreeing(ref, alt, ref_end - 1, alt_end - 1, -1, reach)
    lost = np.maximum(ref_len - alt_len, 0)
    begin = np.minimum(rightmost, leftmost_end - lost)
    end = np.maximum(leftmost_end, rightmost + lost)
    same = (ref_len == alt_len) & (rightmost >= ref_end)
    return np.where(same, start, begin), np.where(same, ref_end, end)


def _agreeing(ref: Codes, alt: Codes, ref_from: Indices, alt_from: Indices, step: int, reach: int) -> Indices:
    """How many bases in a row agree, int64[n], going by `step` from one place in each; the ends of the rows differ."""
    away = step * np.arange(reach)
    agree = np.ones((len(ref), reach + 1), dtype=bool)
    agree[:, reach] = False
    ref_at, alt_at = ref_from[:, None] + away, alt_from[:, None] + away
    inside = (ref_at >= 0) & (ref_at < ref.shape[1]) & (alt_at >= 0) & (alt_at < alt.shape[1])
    ref_base = np.take_along_axis(ref, np.clip(ref_at, 0, ref.shape[1] - 1), axis=1)
    alt_base = np.take_along_axis(alt, np.clip(alt_at, 0, alt.shape[1] - 1), axis=1)
    agree[:, :reach] = inside & (ref_base == alt_base)
    count: Indices = np.argmin(agree, axis=1)
    return count
