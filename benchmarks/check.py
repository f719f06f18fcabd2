"""Memory and time of `refalt check` on a table of 1,000,000 rows and 12 columns, against reading it with polars.

    python benchmarks/check.py

Each is a process of its own, and they take turns. The table is written once, in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

BARE = "import polars as pl, sys; pl.read_csv(sys.argv[1], separator='\t')"
LIMIT_MB = 2_000


def main() -> None:
    """Print seconds and peak memory of both, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.tsv"
        write_table(path, arguments.rows)
        print(f"{arguments.rows:,} rows x 12 columns, {path.stat().st_size / 1e6:.0f} MB of text")
        commands = {
            "polars.read_csv": [sys.executable, "-c", BARE, str(path)],
            "refalt check": [sys.executable, "-m", "refalt", "check", str(path), "--fail-on", "never"],
        }
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(arguments.repeats):
            for name, command in commands.items():
                runs[name].append(measured(command))
    medians = {name: [statistics.median(column) for column in zip(*pairs, strict=True)] for name, pairs in runs.items()}
    for name, (seconds, megabytes) in medians.items():
        print(f"{name:16s} {seconds:6.1f} s   {megabytes:6.0f} MB at its peak")
    (bare_s, bare_mb), (ours_s, ours_mb) = medians.values()
    held = "under" if ours_mb < LIMIT_MB else "OVER"
    print(f"ratios: time {ours_s / bare_s:.1f}, memory {ours_mb / bare_mb:.1f}; {held} the limit of {LIMIT_MB:,} MB")


def write_table(path: Path, n: int) -> None:
    """An eQTL table: twelve columns, variants in order, five genes a neighbourhood."""
    rng = np.random.default_rng(1)
    ref = rng.integers(0, 4, n)
    alt = (ref + rng.choice([1, 2, 3], n, p=[0.2, 0.6, 0.2])) % 4
    bases = np.array(list("ACGT"))
    pos = np.sort(rng.integers(10_001, 240_000_000, n))
    beta, error = rng.normal(0, 0.3, n), rng.uniform(0.05, 0.3, n)
    pl.DataFrame(
        {
            "chrom": np.full(n, "chr1"),
            "pos": pos,
            "ref": bases[ref],
            "alt": bases[alt],
            "rsid": np.char.add("rs", np.arange(n).astype(str)),
            "gene_id": np.char.add("ENSG", np.char.zfill((pos // 200_000 * 5 + rng.integers(0, 5, n)).astype(str), 11)),
            "tss_distance": rng.integers(-1_000_000, 1_000_000, n),
            "maf": rng.uniform(0.01, 0.5, n).round(4),
            "beta": beta.round(6),
            "se": error.round(6),
            "pvalue": np.clip(np.exp(-(np.abs(beta / error) ** 2) / 2), 0, 1),
            "tissue": np.full(n, "Whole_Blood"),
        }
    ).write_csv(path, separator="\t")


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds, and the largest resident memory in megabytes, of one process."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
