"""REF and ALT windows of variants as codes and as one-hot, against pyfaidx and against copying as many bytes.

    python benchmarks/windows.py [genome.fa]

Without a file, 64 Mb of random sequence is written to a temporary one. All make the windows batch by batch, as a
model would be fed, and are checked to agree. Needs `pip install pyfaidx`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyfaidx

from refalt.sequences import CODE_OF_BYTE, Codes, encode_alleles, one_hot, variant_windows
from refalt.sources.fasta import Genome, open_genome

CODES = np.frombuffer(CODE_OF_BYTE, dtype=np.uint8)
#: Bases between variants.
SPACING = 1300
#: window length -> variants in a batch (half a megabyte of codes), batches, variants given to pyfaidx.
SIZES = {2048: (256, 40, 2000), 16384: (32, 40, 400), 131072: (4, 40, 100)}


@dataclass(frozen=True)
class Variants:
    """What every contender is asked: one contig, a tenth of the variants deletions or insertions."""

    contig: str
    pos: np.ndarray
    ref_length: np.ndarray
    alt: list[str]

    def first(self, n: int) -> Variants:
        """The first n of them."""
        return Variants(self.contig, self.pos[:n], self.ref_length[:n], self.alt[:n])

    def batches(self, size: int) -> Iterator[slice]:
        """Rows of each batch in turn."""
        return (slice(at, at + size) for at in range(0, self.pos.size, size))


def main() -> None:
    """Print variants per second of each contender, and how they compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fasta", type=Path, nargs="?")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fasta = arguments.fasta or random_fasta(Path(folder) / "random.fa")
        genome, seconds = timed_decoding(fasta)
        bases = sum(genome.lengths.values())
        print(f"FASTA to codes: {bases / 1e6:.0f} Mb in {seconds:.2f} s, {seconds * 320e6 / bases:.2f} s for 320 Mb")
        indexed = pyfaidx.Fasta(str(fasta), as_raw=True, sequence_always_upper=True)
        for length, (batch, n_batches, n_slow) in SIZES.items():
            variants = drawn(genome, batch * n_batches, length)
            compare(genome, indexed, variants, length=length, batch=batch, n_slow=n_slow, repeats=arguments.repeats)


def timed_decoding(fasta: Path, repeats: int = 3) -> tuple[Genome, float]:
    """The genome with all contigs decoded, and the median seconds that opening and decoding it took."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        genome = open_genome(fasta, "benchmark")
        for contig in genome.contigs:
            genome.codes(contig)
        seconds.append(time.perf_counter() - begin)
    return genome, statistics.median(seconds)


def compare(
    genome: Genome, indexed: pyfaidx.Fasta, variants: Variants, *, length: int, batch: int, n_slow: int, repeats: int
) -> None:
    """Time all contenders in turn, `repeats` times, and print their medians."""
    n, few = variants.pos.size, variants.first(n_slow)
    agree(genome, indexed, variants.first(200), length)
    contenders: dict[str, tuple[int, Callable[[], None]]] = {
        "pyfaidx codes": (n_slow, lambda: by_pyfaidx(indexed, few, length, None)),
        "pyfaidx float one-hot": (n_slow, lambda: by_pyfaidx(indexed, few, length, np.float32)),
        "memcpy of the codes": (n, lambda: by_copying(variants, batch, np.zeros((batch, length), np.uint8))),
        "memcpy of the floats": (n, lambda: by_copying(variants, batch, np.zeros((batch, length, 4), np.float32))),
    }
    for compiled in (False, True):
        for hot, what in ((None, "codes"), (np.uint8, "uint8 one-hot"), (np.float32, "float one-hot")):
            contenders[f"{'compiled' if compiled else 'numpy'} {what}"] = (
                n,
                partial(by_refalt, genome, variants, length=length, batch=batch, compiled=compiled, hot=hot),
            )
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats + 1):
        for name, (rows, work) in contenders.items():
            begin = time.perf_counter()
            work()
            rates[name].append(rows / (time.perf_counter() - begin))
    print(f"window {length:,}: variants per second, REF and ALT")
    # The first round compiles and warms up.
    medians = {name: statistics.median(found[1:]) for name, found in rates.items()}
    for name, rate in medians.items():
        base = medians["pyfaidx float one-hot" if "float" in name else "pyfaidx codes"]
        print(f"    {name:24s} {rate:12,.0f}   {rate / base:7.1f} x pyfaidx")


def by_refalt(
    genome: Genome, variants: Variants, *, length: int, batch: int, compiled: bool, hot: type[np.generic] | None
) -> None:
    """Make the windows of all variants, batch by batch, encoding of ALT included."""
    codes = genome.codes(variants.contig)
    for rows in variants.batches(batch):
        alt = encode_alleles(variants.alt[rows])
        made = variant_windows(
            codes, variants.pos[rows], ref_length=variants.ref_length[rows], alt=alt, length=length, compiled=compiled
        )
        if hot:
            one_hot(made.reference, hot, compiled=compiled)
            one_hot(made.alternate, hot, compiled=compiled)


def by_pyfaidx(indexed: pyfaidx.Fasta, variants: Variants, length: int, hot: type[np.generic] | None) -> None:
    """The usual loop: one fetch a variant, the ALT sequence edited as text."""
    rows = np.eye(5, 4, dtype=hot) if hot else None
    for pair in pyfaidx_windows(indexed, variants, length):
        for codes in pair:
            if rows is not None:
                rows[codes]


def pyfaidx_windows(indexed: pyfaidx.Fasta, variants: Variants, length: int) -> Iterator[tuple[Codes, Codes]]:
    """REF and ALT window of each variant."""
    flank = length // 2 - 1
    contig = indexed[variants.contig]
    for pos, n_ref, alt in zip(variants.pos.tolist(), variants.ref_length.tolist(), variants.alt, strict=True):
        start = pos - 1 - flank
        text = contig[start : start + length + n_ref]
        edited = text[:flank] + alt + text[flank + n_ref :]
        yield (
            CODES[np.frombuffer(text[:length].encode(), dtype=np.uint8)],
            CODES[np.frombuffer(edited[:length].encode(), dtype=np.uint8)],
        )


def by_copying(variants: Variants, batch: int, filled: np.ndarray) -> None:
    """Copy as many bytes as the windows have."""
    for _ in variants.batches(batch):
        filled.copy()
        filled.copy()


def agree(genome: Genome, indexed: pyfaidx.Fasta, variants: Variants, length: int) -> None:
    """Stop unless pyfaidx, numpy and compiled windows are the same."""
    theirs = list(pyfaidx_windows(indexed, variants, length))
    for compiled in (False, True):
        made = variant_windows(
            genome.codes(variants.contig),
            variants.pos,
            ref_length=variants.ref_length,
            alt=encode_alleles(variants.alt),
            length=length,
            compiled=compiled,
        )
        np.testing.assert_array_equal(made.reference, [ref for ref, _ in theirs])
        np.testing.assert_array_equal(made.alternate, [alt for _, alt in theirs])


def drawn(genome: Genome, n: int, length: int) -> Variants:
    """Variants in order along the longest contig, as close together as those of a table of 2.4 million rows."""
    rng = np.random.default_rng(1)
    contig = max(genome.lengths, key=lambda name: genome.lengths[name])
    pos = length + np.sort(rng.integers(0, n * SPACING, n))
    bases = np.array(list("ACGT"))[rng.integers(0, 4, (n, 3))]
    kind = rng.choice(["substitution", "deletion", "insertion"], n, p=[0.9, 0.05, 0.05])
    alt = ["".join(row[: 3 if what == "insertion" else 1]) for row, what in zip(bases, kind, strict=True)]
    return Variants(contig, pos, np.where(kind == "deletion", 3, 1), alt)


def random_fasta(path: Path, megabases: int = 64) -> Path:
    """Random sequence in lines of 60 letters, lower case and N among them."""
    rng = np.random.default_rng(1)
    lines = np.frombuffer(b"ACGTACGTacgtN", dtype=np.uint8)[rng.integers(0, 13, (megabases * 1_000_000 // 60, 60))]
    path.write_bytes(b">chr1\n" + np.pad(lines, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes())
    return path


if __name__ == "__main__":
    main()
