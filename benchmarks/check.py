"""Time and memory of `refalt check` on 2.4 million rows of 12 columns and a genome, against the least anyone does.

    python benchmarks/check.py [--rows 2400000] [--repeats 3] [--profile]

The least is to read the table with polars and to look each REF up in the genome, with nothing else asked. Each is a
process of its own, and they take turns; processor time tells more than the clock on a busy machine. Table (laid out
as GTEx's significant pairs) and genome (chr20 to chr22 at their own lengths, 162 Mb) are written once, in a temporary
folder. The limits are 4 times the time, and 3 GB.
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

from refalt.genome import chromosome_lengths

LEAST = """
import sys
import polars as pl
from refalt.sources.fasta import open_genome
table = pl.read_csv(sys.argv[1], separator="\t")
name = pl.col("variant_id").str.split_exact("_", 4).struct.rename_fields(["chrom", "pos", "ref", "alt", "build"])
parts = table.select(name.alias("name")).unnest("name").with_columns(pl.col("pos").cast(pl.Int64))
held = open_genome(__import__("pathlib").Path(sys.argv[2]), "GRCh38").bases_at(
    parts["chrom"], parts["pos"], parts["ref"].str.len_bytes().cast(pl.Int64))
assert (held == parts["ref"]).all()
"""
CONTIGS = ("chr20", "chr21", "chr22")
MOST_TIMES, MOST_MB = 4.0, 3_000
LINE = 60


def main() -> None:
    """Print seconds and peak memory of both, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_400_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="print where refalt check spends its time instead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        genome, table = Path(folder) / "genome.fa", Path(folder) / "pairs.txt"
        write_table(table, arguments.rows, write_genome(genome))
        sizes = f"{table.stat().st_size / 1e6:.0f} MB of text, genome of {genome.stat().st_size / 1e6:.0f} MB"
        print(f"{arguments.rows:,} rows x 12 columns, {sizes}", flush=True)
        ours = ["refalt", "check", str(table), "--genome", f"GRCh38={genome}", "--fail-on", "never"]
        if arguments.profile:
            subprocess.run([sys.executable, "-m", "cProfile", "-s", "cumtime", "-m", *ours], check=True)
            return
        commands = {
            "read, look REF up": [sys.executable, "-c", LEAST, str(table), str(genome)],
            "refalt check": [sys.executable, "-m", *ours],
        }
        runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
        for _ in range(arguments.repeats):
            for name, command in commands.items():
                runs[name].append(measured(command))
    medians = {name: [statistics.median(column) for column in zip(*pairs, strict=True)] for name, pairs in runs.items()}
    for name, (seconds, busy, megabytes) in medians.items():
        print(f"{name:18s} {seconds:6.1f} s   {busy:6.1f} s of processor time   {megabytes:6.0f} MB at its peak")
    (least_s, least_busy, least_mb), (ours_s, ours_busy, ours_mb) = medians.values()
    kept = "under" if ours_s < MOST_TIMES * least_s and ours_mb < MOST_MB else "OVER"
    times = f"time {ours_s / least_s:.2f}, processor time {ours_busy / least_busy:.2f}"
    print(f"ratios: {times}, memory {ours_mb / least_mb:.2f}")
    print(f"{kept} the limits of {MOST_TIMES:g} times the time and {MOST_MB:,} MB")


def write_genome(path: Path) -> dict[str, np.ndarray]:
    """Contigs of random letters; returns them as ASCII."""
    rng = np.random.default_rng(1)
    lengths = chromosome_lengths("GRCh38")
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    contigs = {name: letters[rng.integers(0, 4, lengths[name], dtype=np.uint8)] for name in CONTIGS}
    with path.open("wb") as stream:
        for name, codes in contigs.items():
            whole = codes.size // LINE * LINE
            lines = np.full((whole // LINE, LINE + 1), ord("\n"), dtype=np.uint8)
            lines[:, :LINE] = codes[:whole].reshape(-1, LINE)
            stream.write(b">" + name.encode() + b"\n" + lines.tobytes() + codes[whole:].tobytes() + b"\n")
    return contigs


def write_table(path: Path, n: int, genome: dict[str, np.ndarray]) -> None:
    """Significant variant-gene pairs: variants in order, each on several genes, REF from the genome."""
    rng = np.random.default_rng(2)
    n_variants = n // 2
    contig = np.sort(rng.integers(0, len(CONTIGS), n_variants))
    pos = np.concatenate([
        np.sort(rng.choice(np.arange(100_001, genome[name].size - 100), int((contig == i).sum()), replace=False))
        for i, name in enumerate(CONTIGS)
    ])  # fmt: skip
    ref = np.concatenate([genome[name][pos[contig == i] - 1] for i, name in enumerate(CONTIGS)])
    code = np.searchsorted(np.frombuffer(b"ACGT", dtype=np.uint8), ref)
    # Codes 0 and 2, 1 and 3 are each other's transition.
    alt = (code + rng.choice([1, 2, 3], n_variants, p=[0.16, 0.68, 0.16])) % 4
    variants = pl.DataFrame(
        {"chrom": np.array(CONTIGS)[contig], "pos": pos, "ref": np.array(list("ACGT"))[code],
         "alt": np.array(list("ACGT"))[alt], "maf": np.exp(rng.uniform(np.log(0.01), np.log(0.5), n_variants)).round(6)}
    )  # fmt: skip
    rows = variants[np.sort(rng.integers(0, n_variants, n))]
    z = rng.choice([-1, 1], n) * (4 + rng.exponential(2.5, n))
    error = rng.uniform(0.03, 0.3, n)
    gene = rows["pos"].to_numpy() // 150_000 * 4 + np.arange(n) % 4 + 10_000 * rows["chrom"].rank("dense").to_numpy()
    maf = rows["maf"].to_numpy()
    rows.select(
        pl.format("{}_{}_{}_{}_b38", "chrom", "pos", "ref", "alt").alias("variant_id"),
        pl.format("ENSG{}.1", pl.Series("gene", gene).cast(pl.String).str.zfill(11)).alias("gene_id"),
        pl.Series("tss_distance", rng.integers(-1_000_000, 1_000_000, n)),
        pl.Series("ma_samples", np.rint(1_300 * maf).astype(np.int64)),
        pl.Series("ma_count", np.rint(1_340 * maf).astype(np.int64)),
        "maf",
        pl.Series("pval_nominal", np.exp(-(z**2) / 2)),
        pl.Series("slope", (z * error).round(6)),
        pl.Series("slope_se", error.round(6)),
        pl.Series("pval_nominal_threshold", rng.uniform(1e-5, 2e-4, n)),
        pl.Series("min_pval_nominal", np.exp(-(z**2) / 2) / 10),
        pl.Series("pval_beta", rng.uniform(0, 1e-3, n)),
    ).unique(["variant_id", "gene_id"], maintain_order=True).write_csv(path, separator="\t")


def measured(command: list[str]) -> tuple[float, float, float]:
    """Seconds, seconds of processor time, and the largest resident memory in megabytes, of one process."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
