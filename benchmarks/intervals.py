"""Which of 2.4 million variants lie in 150,000 peaks, against bioframe and the way by BED files and bedtools.

    python benchmarks/intervals.py

bioframe is given pandas frames with categorical contigs. Bedtools is timed where it is installed: tables written as
BED, `bedtools intersect -u`, the answer read back. All are checked to agree. Needs `pip install bioframe`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import bioframe
import numpy as np
import polars as pl

from refalt.genome import chromosome_lengths
from refalt.sources.intervals import IntervalSet

VARIANTS, PEAKS = 2_400_000, 150_000


def main() -> None:
    """Print the seconds of each, and how many times as long as refalt it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--bedtools", default=shutil.which("bedtools"), help="the program, where it is not on the path")
    arguments = parser.parse_args()
    rng = np.random.default_rng(1)
    variants = spans(VARIANTS, np.ones(VARIANTS, dtype=np.int64), rng=rng)
    peaks = spans(PEAKS, rng.integers(150, 1500, PEAKS), rng=rng)
    with tempfile.TemporaryDirectory() as folder:
        frames = [table.with_columns(pl.col("chrom").cast(pl.Categorical)).to_pandas() for table in (variants, peaks)]
        contenders: dict[str, Callable[[], np.ndarray]] = {
            "refalt": lambda: by_refalt(variants, peaks),
            "bioframe": lambda: bioframe.count_overlaps(*frames)["count"].to_numpy() > 0,
        }
        if arguments.bedtools:
            ask = partial(by_bedtools, variants, peaks, folder=Path(folder), program=arguments.bedtools)
            contenders["BED by pandas, bedtools"] = partial(ask, write=write_by_pandas)
            contenders["BED by polars, bedtools"] = partial(ask, write=write_by_polars)
        report(contenders, arguments.repeats)


def report(contenders: dict[str, Callable[[], np.ndarray]], repeats: int) -> None:
    """Time all in turn and print their medians."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        answers = []
        for name, work in contenders.items():
            begin = time.perf_counter()
            answers.append(work())
            seconds[name].append(time.perf_counter() - begin)
        if not all(np.array_equal(answers[0], other) for other in answers):
            raise SystemExit("the contenders disagree")
    print(f"{VARIANTS:,} variants, {PEAKS:,} peaks, {answers[0].sum():,} variants inside")
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    for name, median in medians.items():
        print(f"    {name:24s} {median:7.3f} s   {median / medians['refalt']:6.1f} x refalt")


def by_refalt(variants: pl.DataFrame, peaks: pl.DataFrame) -> np.ndarray:
    """Sorting and merging the peaks included."""
    inside = IntervalSet.of("GRCh38", peaks["chrom"], peaks["start"], peaks["end"])
    return inside.overlaps(variants["chrom"], variants["start"], variants["end"])


def by_bedtools(
    variants: pl.DataFrame,
    peaks: pl.DataFrame,
    *,
    folder: Path,
    program: str,
    write: Callable[[pl.DataFrame, Path], None],
) -> np.ndarray:
    """Write both as BED, intersect, and find the rows of the answer by their number in the name column."""
    paths = [folder / "variants.bed", folder / "peaks.bed"]
    write(variants.with_row_index("name").select("chrom", "start", "end", "name"), paths[0])
    write(peaks, paths[1])
    command = [program, "intersect", "-u", "-a", str(paths[0]), "-b", str(paths[1])]
    with (folder / "inside.bed").open("wb") as answer:
        subprocess.run(command, stdout=answer, check=True)
    rows = pl.read_csv(folder / "inside.bed", separator="\t", has_header=False, columns=[3]).to_series().to_numpy()
    inside = np.zeros(variants.height, dtype=np.bool_)
    inside[rows] = True
    return inside


def write_by_pandas(table: pl.DataFrame, path: Path) -> None:
    """As most scripts do."""
    table.to_pandas().to_csv(path, sep="\t", header=False, index=False)


def write_by_polars(table: pl.DataFrame, path: Path) -> None:
    """As fast as it goes."""
    table.write_csv(path, separator="\t", include_header=False)


def spans(n: int, width: np.ndarray, *, rng: np.random.Generator) -> pl.DataFrame:
    """n spans over the chromosomes in proportion to their lengths, sorted."""
    lengths = chromosome_lengths("GRCh38")
    sizes = np.array(list(lengths.values()))
    which = rng.choice(sizes.size, n, p=sizes / sizes.sum())
    start = (rng.random(n) * (sizes[which] - width)).astype(np.int64)
    order = np.lexsort((start, which))
    chrom = pl.Series(list(lengths)).gather(which[order])
    return pl.DataFrame({"chrom": chrom, "start": start[order], "end": start[order] + width[order]})


if __name__ == "__main__":
    main()
