"""Lift-over of 2.4 million positions, against pyliftover in the same run.

    python benchmarks/liftover.py hg19ToHg38.over.chain.gz

Both are asked the same positions and their answers compared; pyliftover gets every 24th of them.
Needs `pip install pyliftover`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
import pyliftover

from refalt.sources.liftover import Lifted, LiftOver, read_chain

Result = TypeVar("Result")
ROWS = 2_400_000
EVERY = 24


def main() -> None:
    """Print rows per second of both, for a sorted and for an unsorted table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chain", type=Path, nargs="?", help="a UCSC chain file; else one from $REFALT_INPUTS")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    path = arguments.chain or Path(os.environ.get("REFALT_INPUTS", ".")) / "chain" / "hg19ToHg38.over.chain.gz"
    if not path.is_file():
        print(f"skipped: there is no chain file {path.name}; name one, or set $REFALT_INPUTS")
        return
    chain = read_chain(path)
    theirs = pyliftover.LiftOver(str(path))
    for order in ("sorted", "unsorted"):
        compare(chain, theirs, order=order, repeats=arguments.repeats)


def compare(chain: LiftOver, theirs: pyliftover.LiftOver, *, order: str, repeats: int) -> None:
    """Time both in turn and print one line."""
    contig, pos = positions(chain, order == "sorted")
    some = list(zip(contig.gather_every(EVERY).to_list(), (pos[::EVERY] - 1).tolist(), strict=True))
    ours, others = [], []
    for _ in range(repeats):
        seconds, lifted = timed(lambda: chain.lift(contig, pos))
        ours.append(seconds)
        seconds, hits = timed(lambda: [theirs.convert_coordinate(name, at) for name, at in some])
        others.append(seconds * EVERY)
    mine, other = statistics.median(ours), statistics.median(others)
    print(
        f"{order:9s} refalt {ROWS / mine / 1e6:6.2f} M/s   pyliftover {ROWS / other / 1e6:6.3f} M/s   "
        f"ratio {other / mine:5.1f}   equal answers {agreeing(lifted, hits):,} of {len(some):,}"
    )


def positions(chain: LiftOver, in_order: bool) -> tuple[pl.Series, np.ndarray]:
    """Positions drawn evenly from the autosomes, contig by contig or fully shuffled."""
    rng = np.random.default_rng(1)
    names = [f"chr{number}" for number in range(1, 23)]
    sizes = np.array([chain.source_sizes[name] for name in names])
    which = rng.choice(len(names), ROWS, p=sizes / sizes.sum())
    pos = (rng.random(ROWS) * sizes[which]).astype(np.int64) + 1
    order = np.lexsort((pos, which)) if in_order else np.arange(ROWS)
    return pl.Series(names).gather(which[order]), pos[order]


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds and result of one call."""
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def agreeing(lifted: Lifted, hits: list[list[tuple[str, int, str, int]]]) -> int:
    """Number of rows where contig, position and strand are those of pyliftover's first hit."""
    contig = lifted.contig.gather_every(EVERY).to_list()
    ours = zip(contig, lifted.pos[::EVERY].tolist(), lifted.strand[::EVERY].tolist(), strict=True)
    first = ((hit[0][0], hit[0][1] + 1, 1 if hit[0][2] == "+" else -1) if hit else (None, -1, 0) for hit in hits)
    return sum(mine == their for mine, their in zip(ours, first, strict=True))


if __name__ == "__main__":
    main()
