"""Changes of 1,019 motifs by table look-up, against a NumPy matrix product (GEMM) in the same run.

    python benchmarks/motifs.py [--dsqtl degner2012_lcl_dsqtl.tsv]

Nine variants in ten are substitutions, the rest insertions and deletions of 1 to 10 bases. The matrix product scores
the same windows, one-hot against all motifs of one width, in single precision, by blocks of rows, in as many threads
as there are cores, each with its own BLAS; with or without the exponentials that occupancy needs. refalt always does
both measures. With the dsQTL table it also prints how the summaries agree with measured effects.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

# Threads over blocks beat threads inside the products of a block, and the two together are slowest.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from scipy.stats import pearsonr, spearmanr

from refalt.motifs import MotifChanges, MotifScore, MotifSet, motif_changes, motif_summaries, shipped_motifs
from refalt.motifs.changes import COMPILED_FROM, FLOOR_BITS
from refalt.motifs.summary import Measure, WithinFamily
from refalt.motifs.touched import touched

VARIANTS = 8_192
EVERY = 4
CENTRE = 60
LENGTH = 140
GEMM_ROWS = 256
OFFSET = 49


@dataclass(frozen=True)
class Variants:
    """Rows as `motif_changes` takes them."""

    ref_codes: np.ndarray
    alt_codes: np.ndarray
    variant_start: np.ndarray
    ref_len: np.ndarray
    alt_len: np.ndarray

    def some(self, rows: slice) -> Variants:
        return Variants(*(array[rows] for array in vars(self).values()))


def main() -> None:
    """Print variants per second of both and the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsqtl", type=Path, help="the table of Degner et al. 2012 with its sequences")
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    motifs = shipped_motifs()
    everything = drawn(np.random.default_rng(1))
    some = everything.some(slice(0, VARIANTS // EVERY))
    contenders: dict[str, tuple[Variants, Callable[[Variants], object]]] = {
        "refalt, both measures": (everything, lambda rows: motif_changes(**vars(rows), motifs=motifs)),
        "refalt, summary": (everything, lambda rows: motif_summaries(**vars(rows), motifs=motifs)),
        "GEMM, best hit": (some, lambda rows: gemm(rows, motifs, occupancy=False)),
        "GEMM, both measures": (some, lambda rows: gemm(rows, motifs, occupancy=True)),
    }
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for repeat in range(arguments.repeats + 1):
        for name, (rows, score) in contenders.items():
            took = timed(lambda score=score, rows=rows: score(rows))
            if repeat:
                seconds[name].append((took[0] / len(rows.ref_len), took[1] / len(rows.ref_len)))
    medians = {name: np.median(times, axis=0) for name, times in seconds.items()}
    for name, (wall, processor) in medians.items():
        fastest, slowest = min(seconds[name])[0], max(seconds[name])[0]
        print(
            f"{name:22s} {1 / wall:9,.0f} variants/s   ({1 / slowest:,.0f} to {1 / fastest:,.0f});   "
            f"{processor * 1e6:5.0f} us of processor time a variant"
        )
    for theirs, words in (
        ("GEMM, best hit", "both measures to best hit alone"),
        ("GEMM, both measures", "both to both"),
    ):
        wall, processor = medians[theirs] / medians["refalt, both measures"]
        print(f"{words}: {wall:.1f} times the GEMM, {processor:.1f} times by processor time")
    print(f"largest difference: {disagreement(some, motifs):.1e} bits")
    if arguments.dsqtl:
        agreement_with_dsqtl(arguments.dsqtl, motifs)


def drawn(rng: np.random.Generator) -> Variants:
    """Random sequence with a variant at CENTRE: substitutions, and one indel in ten."""
    ref = rng.integers(0, 4, (VARIANTS, LENGTH)).astype(np.uint8)
    alt = ref.copy()
    alt[:, CENTRE] = (ref[:, CENTRE] + rng.integers(1, 4, VARIANTS)) % 4
    ref_len, alt_len = np.ones((2, VARIANTS), dtype=np.int64)
    for row in range(0, VARIANTS, 10):
        size = int(rng.integers(1, 11))
        alt[row] = ref[row]
        if row % 20:
            ref_len[row] = size + 1
            alt[row, CENTRE + 1 : LENGTH - size] = ref[row, CENTRE + 1 + size :]
        else:
            alt_len[row] = size + 1
            alt[row, CENTRE + 1 : CENTRE + 1 + size] = rng.integers(0, 4, size)
            alt[row, CENTRE + 1 + size :] = ref[row, CENTRE + 1 : LENGTH - size]
    return Variants(ref, alt, np.full(VARIANTS, CENTRE), ref_len, alt_len)


def gemm(rows: Variants, motifs: MotifSet, *, occupancy: bool) -> MotifChanges:
    """The same changes by matrix products; rows that touch equally many bases form rectangular blocks."""
    bases = touched(rows.ref_codes, rows.alt_codes, rows.variant_start, rows.ref_len, rows.alt_len)
    filters = [
        (
            group.width,
            group.motif,
            np.ascontiguousarray(group.log_odds.reshape(-1, 4 * group.width).T, dtype=np.float32),
        )
        for group in motifs.groups
    ]
    scored = np.empty((2, 2, len(rows.ref_len), len(motifs)), dtype=np.float32)
    blocks = []
    for allele, (codes, end) in enumerate(((rows.ref_codes, bases.ref_end), (rows.alt_codes, bases.alt_end))):
        span = end - bases.begin
        for width in np.unique(span):
            alike = np.flatnonzero(span == width)
            blocks += [
                (allele, codes, part, int(width)) for part in np.split(alike, range(GEMM_ROWS, alike.size, GEMM_ROWS))
            ]
    one_hot = np.eye(5, 4, dtype=np.float32)

    def score(block: tuple[int, np.ndarray, np.ndarray, int]) -> None:
        allele, codes, part, span = block
        for width, motif, matrix in filters:
            at = bases.begin[part, None] - width + 1 + np.arange(span + 2 * width - 2)
            strip = one_hot[np.take_along_axis(codes[part], at, axis=1)].reshape(part.size, -1)
            windows = np.lib.stride_tricks.sliding_window_view(strip, 4 * width, axis=1)[:, ::4]
            bits = (windows.reshape(-1, 4 * width) @ matrix).reshape(part.size, -1, 2 * motif.size)
            best = bits.max(axis=1).reshape(part.size, 2, -1).max(axis=1)
            scored[0, allele, part[:, None], motif] = np.maximum(best, np.float32(FLOOR_BITS))
            if occupancy:
                total = np.exp2(bits, out=bits).sum(axis=1).reshape(part.size, 2, -1).sum(axis=1)
                scored[1, allele, part[:, None], motif] = np.log2(total + np.float32(2**FLOOR_BITS))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(score, blocks))
    return MotifChanges(scored[0, 1] - scored[0, 0], scored[1, 1] - scored[1, 0])


def disagreement(rows: Variants, motifs: MotifSet) -> float:
    """Largest difference between the look-up and the GEMM, in bits."""
    repeated = Variants(*(np.concatenate([array] * (-(-COMPILED_FROM // len(array)))) for array in vars(rows).values()))
    ours, theirs = motif_changes(**vars(repeated), motifs=motifs), gemm(rows, motifs, occupancy=True)
    n = len(rows.ref_len)
    return float(
        max(np.abs(ours.best_hit[:n] - theirs.best_hit).max(), np.abs(ours.occupancy[:n] - theirs.occupancy).max())
    )


def agreement_with_dsqtl(table: Path, motifs: MotifSet) -> None:
    """Print Spearman over all variants with sequences and Pearson over the dsQTLs, for every summary."""
    with table.open() as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["ref_seq_100bp"]]
    code = np.full(256, 4, dtype=np.uint8)
    code[np.frombuffer(b"ACGT", dtype=np.uint8)] = range(4)
    ref, alt = (
        np.stack([code[np.frombuffer(row[column].encode(), dtype=np.uint8)] for row in rows])
        for column in ("ref_seq_100bp", "alt_seq_100bp")
    )
    beta = np.array([float(row["beta"]) for row in rows])
    dsqtl = np.array([row["label"] == "1" for row in rows])
    print(f"{len(rows):,} variants, {np.count_nonzero(dsqtl)} dsQTLs; floor {FLOOR_BITS:g} bits, and 0 for comparison")
    for floor in (FLOOR_BITS, 0.0):
        for measure in get_args(Measure):
            for within in get_args(WithinFamily):
                score = MotifScore(measure=measure, floor_bits=floor, within_family=within)
                summary = motif_summaries(
                    ref, alt, variant_start=OFFSET, ref_len=1, alt_len=1, motifs=motifs, score=score
                )
                rho, r = spearmanr(summary, beta)[0], pearsonr(summary[dsqtl], beta[dsqtl])[0]
                print(f"{score!s:82s} Spearman {rho:6.3f}   Pearson in dsQTLs {r:6.3f}")


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds that passed, and seconds of processor time; the second means more where others use the machine."""
    begin = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


if __name__ == "__main__":
    main()
