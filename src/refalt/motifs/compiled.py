"""The scan of `plain`, compiled: table look-ups for runs of four letters, motifs side by side in vector registers.

Import this module only where there are variants enough to pay for numba. The scan releases the interpreter lock, and
threads may run it at once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from refalt.motifs.log_odds import BASES, LANES, RUN, RUNS, RUNS_WITHOUT_N, TILE, Changes, Codes, KmerTables, aligned
from refalt.motifs.touched import Touched


def scan(ref: Codes, alt: Codes, bases: Touched, tables: KmerTables, *, floor_bits: float) -> tuple[Changes, Changes]:
    """See `plain.scan`; the same changes to rounding."""
    best, total = (np.empty((len(ref), tables.motif.size), dtype=np.float32) for _ in range(2))
    _scan(
        _kmers(np.ascontiguousarray(ref), bases.begin, bases.ref_end, tables.width[0], tables.row),
        _kmers(np.ascontiguousarray(alt), bases.begin, bases.alt_end, tables.width[0], tables.row),
        tables.width, tables.first, tables.odds,
        np.float32(2.0**floor_bits), aligned(10 * TILE).reshape(5, 2 * TILE), best, total,
    )  # fmt: skip
    in_order = np.argsort(tables.motif)
    return _bits(best)[:, in_order], _bits(total)[:, in_order]


def _bits(fold: Changes) -> Changes:
    """Changes in bits, in place, from folds with the sign of the change."""
    return np.copysign(np.log2(np.abs(fold)), fold, out=fold)


@njit(cache=True, nogil=True)
def _scan(ref, alt, width, first, odds, floor, scratch, best_fold, total_fold):  # type: ignore[no-untyped-def]
    """Tile by tile over all rows, so that a tile's tables stay in the cache; ALT after REF finds most rows there.

    Results are folds with the sign of the change: ALT / REF, or -REF / ALT where that is less. Swapping the alleles
    then reverses the sign and nothing else, and half as many numbers leave the cache.
    """
    product, ref_best, ref_total, alt_best, alt_total = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    for tile in range(first.size):
        begin, end = tile * TILE, min(tile * TILE + TILE, width.size)
        widths = width[begin:end]
        table = odds[first[tile] :]
        product[:] = 1
        for row in range(len(best_fold)):
            _windows(ref, row, width[0], widths, table, product, ref_best, ref_total)
            _windows(alt, row, width[0], widths, table, product, alt_best, alt_total)
            _join_strands(ref_best, ref_total, floor)
            _join_strands(alt_best, alt_total, floor)
            _fold(ref_best, alt_best, best_fold[row, begin:end])
            _fold(ref_total, alt_total, total_fold[row, begin:end])
            if ref[3][row] or alt[3][row]:
                _mark_unscorable(ref, alt, row, width, begin, end, best_fold, total_fold)


# Without Python's check of every divisor, which is never under the floor, the loop vectorises.
@njit(cache=True, nogil=True, error_model="numpy")
def _fold(ref, alt, fold):  # type: ignore[no-untyped-def]
    for place in range(fold.size):
        change = max(ref[place], alt[place]) / min(ref[place], alt[place])
        fold[place] = change if alt[place] >= ref[place] else -change


@njit(cache=True, nogil=True)
def _join_strands(best, total, floor):  # type: ignore[no-untyped-def]
    """One number for each motif instead of two, in the first half."""
    for place in range(TILE):
        best[place] = max(best[2 * place], best[2 * place + 1], floor)
        total[place] = total[2 * place] + total[2 * place + 1] + floor


@njit(cache=True, nogil=True)
def _windows(allele, row, longest, widths, table, product, best, total):  # type: ignore[no-untyped-def]
    """Set `best` and `total` (lanes) from every window over an allele."""
    kmers, origin, span, _ = allele
    best[:] = 0
    total[:] = 0
    widest = widths[0]
    all_lanes = 2 * LANES * ((widths.size + LANES - 1) // LANES)
    reaching = 0
    for window in range(span[row] + widest - 1):
        # The first windows reach the variant with their last columns, which only the widest motifs have.
        while reaching < widths.size and widths[reaching] >= widest - window:
            reaching += 1
        lanes = 2 * reaching if reaching < widths.size else all_lanes
        runs = kmers[origin[row] + longest - widest + window :: RUN]
        for run in range(2, (widest + RUN - 1) // RUN):
            at = (RUNS * run + np.int64(runs[run])) * all_lanes
            odds = table[at : at + lanes]
            if run == 2:
                for lane in range(lanes):
                    product[lane] = odds[lane]
            else:
                for lane in range(lanes):
                    product[lane] *= odds[lane]
        at = np.int64(runs[0]) * all_lanes
        first = table[at : at + lanes]
        at = (RUNS + np.int64(runs[1])) * all_lanes
        second = table[at : at + lanes]
        for lane in range(lanes):
            of_window = first[lane] * second[lane] * product[lane]
            best[lane] = max(of_window, best[lane])
            total[lane] += of_window


@njit(cache=True, nogil=True)
def _mark_unscorable(ref, alt, row, width, begin, end, best_fold, total_fold):  # type: ignore[no-untyped-def]
    """NaN for the motifs that fit nowhere over one of the alleles; motifs of one width fare alike."""
    longest, looked_at, scorable = width[0], 0, True
    for place in range(begin, end):
        if width[place] != looked_at:
            looked_at = width[place]
            scorable = _scorable(ref, row, longest, looked_at) and _scorable(alt, row, longest, looked_at)
        if not scorable:
            best_fold[row, place] = total_fold[row, place] = np.nan


@njit(cache=True, nogil=True)
def _scorable(allele, row, longest, width):  # type: ignore[no-untyped-def]
    """Whether some window of this width over an allele has no N, which is also what lies outside the row."""
    kmers, origin, span, _ = allele
    begin = origin[row] + longest - width
    for window in range(begin, begin + span[row] + width - 1):
        holds_n = False
        for at in range(window, window + width - RUN + 1):
            holds_n |= kmers[at] >= RUNS_WITHOUT_N
        if not holds_n:
            return True
    return False


@njit(cache=True, nogil=True)
def _kmers(codes, begin, end, longest, table_row):  # type: ignore[no-untyped-def]
    """The letters that windows over `[begin, end)` can see, in runs of four.

    Returns the rows that the runs have in a table, one variant after another; where each variant begins; how many
    bases it touches; whether an N is seen.
    """
    span = end - begin
    origin = np.zeros(len(codes) + 1, dtype=np.int64)
    origin[1:] = np.cumsum(span + longest - 1 + RUN * max(1, (longest - 1) // RUN))
    kmers = np.empty(origin[-1], dtype=np.int16)
    holds_n = np.zeros(len(codes), dtype=np.bool_)
    for row in range(len(codes)):
        kmer = 0
        for seen in range(origin[row + 1] - origin[row] + RUN - 1):
            at = begin[row] - longest + 1 + seen
            code = BASES
            if 0 <= at < codes.shape[1] and codes[row, at] < BASES:
                code = codes[row, at]
            holds_n[row] |= code == BASES
            kmer = (kmer * (BASES + 1) + code) % RUNS
            if seen >= RUN - 1:
                kmers[origin[row] + seen - RUN + 1] = table_row[kmer]
    return kmers, origin, span, holds_n
