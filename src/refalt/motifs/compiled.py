"""The scan of `plain`, compiled: table look-ups for runs of four bases, motifs side by side in vector registers.

Import this module only where there are variants enough to pay for numba. The scan releases the interpreter lock, and
threads may run it at once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from refalt.motifs.log_odds import BASES, RUN, RUNS_OF_BASES, Codes, KmerTables, Odds
from refalt.motifs.touched import Touched

UNSCORABLE = -1


def scan(ref: Codes, alt: Codes, bases: Touched, tables: KmerTables) -> tuple[Odds, Odds]:
    """See `plain.scan`; the same odds to rounding."""
    best, total = (np.empty((2, len(ref), int(tables.lanes.sum())), dtype=np.float32) for _ in range(2))
    _scan(
        _kmers(np.ascontiguousarray(ref), bases.begin, bases.ref_end, tables.longest),
        _kmers(np.ascontiguousarray(alt), bases.begin, bases.alt_end, tables.longest),
        tables.longest, tables.width, tables.first, tables.lanes, tables.odds,
        best, total,
    )  # fmt: skip
    return best[:, :, tables.column], total[:, :, tables.column]


@njit(cache=True, nogil=True)
def _scan(ref, alt, longest, width, first, lanes, odds, best, total):  # type: ignore[no-untyped-def]
    """Tile by tile over all rows, so that a tile's tables stay in the cache; ALT after REF finds most rows there."""
    most = 2 * lanes.max()
    best_lane, total_lane = np.empty(most, dtype=np.float32), np.empty(most, dtype=np.float32)
    product = np.empty(most, dtype=np.float32)
    begin = 0
    for tile in range(width.size):
        strand = lanes[tile]
        table = odds[first[tile] :]
        inset = longest - width[tile]
        product[:] = 1
        for row in range(best.shape[1]):
            for allele in range(2):
                kmers, origin = ref if allele == 0 else alt
                windows = kmers[origin[row] + inset : origin[row + 1] - inset]
                best_lane[:] = 0
                total_lane[:] = 0
                scored = _windows(windows, table, width[tile], 2 * strand, product, best_lane, total_lane)
                best_out = best[allele, row, begin : begin + strand]
                total_out = total[allele, row, begin : begin + strand]
                if scored:
                    for lane in range(strand):
                        best_out[lane] = max(best_lane[lane], best_lane[lane + strand])
                        total_out[lane] = total_lane[lane] + total_lane[lane + strand]
                else:
                    best_out[:] = np.nan
                    total_out[:] = np.nan
        begin += strand


@njit(cache=True, nogil=True)
def _windows(kmers, table, width, lanes, product, best, total):  # type: ignore[no-untyped-def]
    """Raise `best` and `total` (lanes) by every window that can be scored; say whether there was one."""
    runs = (width + RUN - 1) // RUN
    unscorable = _unscorable(kmers, 0, kmers.size)
    scored = False
    for window in range(kmers.size - width + RUN):
        # A window with an N or outside its row has such a run somewhere; most variants have none in reach.
        if unscorable and _unscorable(kmers, window, window + width - RUN + 1):
            continue
        scored = True
        for run in range(2, runs):
            begin = _row(kmers, window, run, width) * lanes
            odds = table[begin : begin + lanes]
            if run == 2:
                for lane in range(lanes):
                    product[lane] = odds[lane]
            else:
                for lane in range(lanes):
                    product[lane] *= odds[lane]
        begin = _row(kmers, window, 0, width) * lanes
        left = table[begin : begin + lanes]
        begin = _row(kmers, window, 1, width) * lanes
        right = table[begin : begin + lanes]
        for lane in range(lanes):
            window_odds = left[lane] * right[lane] * product[lane]
            best[lane] = max(window_odds, best[lane])
            total[lane] += window_odds
    return scored


@njit(cache=True, nogil=True)
def _unscorable(kmers, begin, end):  # type: ignore[no-untyped-def]
    """How many runs hold an N or leave their row."""
    count = 0
    for at in range(begin, end):
        count += kmers[at] == UNSCORABLE
    return count


@njit(cache=True, nogil=True)
def _row(kmers, window, run, width):  # type: ignore[no-untyped-def]
    """Which row of a tile's table holds one run of a window."""
    return RUNS_OF_BASES * run + np.int64(kmers[window + min(RUN * run, width - RUN)])


@njit(cache=True, nogil=True)
def _kmers(codes, begin, end, longest):  # type: ignore[no-untyped-def]
    """Runs of four bases around each interval as numbers 0-255, row after row, and where each row begins."""
    origin = np.zeros(len(codes) + 1, dtype=np.int64)
    for row in range(len(codes)):
        origin[row + 1] = origin[row] + end[row] - begin[row] + 2 * longest - 1 - RUN
    kmers = np.empty(origin[-1], dtype=np.int16)
    for row in range(len(codes)):
        at = begin[row] - longest + 1
        kmer, known = np.int64(0), 0
        for base in range(origin[row + 1] - origin[row] + RUN - 1):
            inside = 0 <= at + base < codes.shape[1]
            code = np.int64(codes[row, at + base]) if inside else np.int64(BASES)
            known = known + 1 if code < BASES else 0
            kmer = (kmer * BASES + code % BASES) % RUNS_OF_BASES
            if base >= RUN - 1:
                kmers[origin[row] + base - RUN + 1] = kmer if known >= RUN else UNSCORABLE
    return kmers, origin
