"""Reading and checking a GTEx table of significant pairs: a line loop, pandas, the bare polars scan, and refalt.

A file in the published layout is made first. Contenders take turns; what is printed are medians and their ratios.
refalt's time is for its own whole step: names bound by header, ids taken apart, every row checked and given its reason.

    python benchmarks/reading.py [--rows 2400000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl


def make_table(path: Path, n: int) -> None:
    """Write n pairs in the portal's layout."""
    rng = np.random.default_rng(1)
    bases = np.array(list("ACGT"))
    ref = rng.integers(0, 4, n)
    frame = pl.DataFrame(
        {
            "chrom": np.sort(rng.integers(1, 23, n)),
            "pos": rng.integers(10_000, 240_000_000, n),
            "ref": bases[ref],
            "alt": bases[(ref + rng.integers(1, 4, n)) % 4],
        }
    ).select(
        pl.format("chr{}_{}_{}_{}_b38", "chrom", "pos", "ref", "alt").alias("variant_id"),
        (pl.lit("ENSG") + (pl.int_range(pl.len()) // 195 + 100_000).cast(pl.String).str.zfill(11) + ".5").alias(
            "gene_id"
        ),
        pl.Series("tss_distance", rng.integers(-1_000_000, 1_000_000, n)),
        pl.Series("ma_samples", rng.integers(10, 400, n)),
        pl.Series("ma_count", rng.integers(10, 600, n)),
        pl.Series("maf", rng.uniform(0.01, 0.5, n).round(7)),
        pl.Series("pval_nominal", 10 ** -rng.uniform(4, 60, n)),
        pl.Series("slope", rng.normal(0, 0.4, n).round(6)),
        pl.Series("slope_se", rng.uniform(0.02, 0.2, n).round(7)),
        pl.lit(1.5e-4).alias("pval_nominal_threshold"),
        pl.Series("min_pval_nominal", 10 ** -rng.uniform(10, 80, n)),
        pl.Series("pval_beta", 10 ** -rng.uniform(5, 70, n)),
    )
    with gzip.open(path, "wb", compresslevel=6) as stream:
        stream.write(frame.write_csv(separator="\t").encode())


def line_loop(path: Path) -> int:
    """What a script does: split each line, keep five fields."""
    rows = []
    with gzip.open(path, "rt") as stream:
        next(stream)
        for line in stream:
            fields = line.rstrip("\n").split("\t")
            chrom, pos, ref, alt, _ = fields[0].split("_")
            rows.append((chrom, int(pos), ref, alt, fields[1], float(fields[7])))
    return len(rows)


def with_pandas(path: Path) -> int:
    """The same with pandas."""
    import pandas as pd

    frame = pd.read_csv(path, sep="\t")
    frame[["chrom", "pos", "ref", "alt", "build"]] = frame["variant_id"].str.split("_", expand=True)
    frame["pos"] = frame["pos"].astype(int)
    return len(frame)


def with_polars(path: Path) -> int:
    """The bare scan of the same columns, ids taken apart, nothing checked."""
    wanted = ["variant_id", "gene_id", "tss_distance", "maf", "pval_nominal", "slope", "slope_se"]
    parts = pl.col("variant_id").str.extract_groups(r"^([^_]+)_([0-9]+)_([A-Z]+)_([A-Z]+)_b38$").struct
    return (
        pl.scan_csv(path, separator="\t")
        .select(wanted)
        .with_columns(chrom=parts["1"], pos=parts["2"].cast(pl.Int64), ref=parts["3"], alt=parts["4"])
        .collect(engine="streaming")
        .height
    )


def with_refalt(path: Path) -> int:
    """refalt's own step."""
    from refalt.datasets.gtex_eqtl import GtexEqtl, GtexSection

    section = GtexSection.model_validate({"name": "gtex_eqtl", "file": path.name})
    return GtexEqtl(section).read({"dataset": path}).rows.height


CONTENDERS: dict[str, Callable[[Path], int]] = {
    "line loop": line_loop,
    "pandas": with_pandas,
    "polars scan": with_polars,
    "refalt": with_refalt,
}


def _few_rows(path: Path) -> Path:
    few = path.with_name("few.txt.gz")
    with gzip.open(path, "rb") as whole, gzip.open(few, "wb") as part:
        part.writelines(whole.readline() for _ in range(100))
    return few


def timed(name: str, path: Path) -> tuple[float, float, int]:
    """Seconds, peak memory in MB and rows of one contender, in a process of its own."""
    script = [sys.executable, __file__, "--contender", name, "--file", str(path)]
    seconds, peak, rows = subprocess.run(script, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(peak), int(rows)


def main() -> None:
    """Print the table, or run one contender when asked to by itself."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_400_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--contender")
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.contender:
        # What a contender imports is not reading.
        CONTENDERS[asked.contender](_few_rows(asked.file))
        begin = time.perf_counter()
        rows = CONTENDERS[asked.contender](asked.file)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(time.perf_counter() - begin, peak, rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.txt.gz"
        # In a process of its own: on Linux a child begins with the peak memory of its parent.
        maker = multiprocessing.get_context("spawn").Process(target=make_table, args=(path, asked.rows))
        maker.start()
        maker.join()
        runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in CONTENDERS}
        for _ in range(asked.repeats):
            for name in CONTENDERS:
                runs[name].append(timed(name, path))
    if len({run[2] for each in runs.values() for run in each}) != 1:
        raise SystemExit("the contenders disagree about the number of rows")
    medians = {name: statistics.median(run[0] for run in each) for name, each in runs.items()}
    print(f"{'contender':12} {'seconds':>8} {'peak MB':>8} {'refalt is':>12}")
    for name, each in runs.items():
        ratio = medians[name] / medians["refalt"]
        print(f"{name:12} {medians[name]:8.2f} {max(run[1] for run in each):8.0f} {ratio:10.2f} x")


if __name__ == "__main__":
    main()
