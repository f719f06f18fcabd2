"""Where simulated variants lie: a genome, an older assembly of it with its chain, and gene starts in both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.sources.fasta import Genome, genome_from_sequences
from refalt.sources.fetch import FoundFile
from refalt.sources.intervals import IntervalSet
from refalt.sources.liftover import LiftOver, read_chain

Ints = npt.NDArray[np.int64]
ASSEMBLY, OLD, SPECIES = "GRCh38", "GRCh37", "human"
CONTIGS, LENGTH, GENES = 20, 2_500_000, 120
#: Share of A, C, G, T in human DNA.
COMPOSITION = (0.295, 0.205, 0.205, 0.295)
_LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
#: The older assembly lacks the first bases of each contig, so each contig is shifted by another distance.
_LACKS = 15_000


@dataclass(frozen=True)
class World:
    """A genome of `CONTIGS` contigs. Positions are 1-based and on GRCh38 unless said.

    Attributes:
        letters: uint8[CONTIGS, LENGTH], ASCII.
        tss: int64[CONTIGS, GENES], gene starts, ascending.
        folder: Where its chain and a stand-in for the source file lie.
    """

    letters: npt.NDArray[np.uint8]
    tss: Ints
    folder: Path

    @cached_property
    def genome(self) -> Genome:
        """The letters as a genome."""
        return genome_from_sequences(
            {name: self.letters[i].tobytes().decode() for i, name in enumerate(NAMES)}, ASSEMBLY
        )

    @cached_property
    def held_out(self) -> dict[str, IntervalSet]:
        """Folds of which all that this world has lies in the one that the simulated model was not trained on."""
        return {"fold0": IntervalSet.of(ASSEMBLY, NAMES, [0] * len(NAMES), [self.letters.shape[1]] * len(NAMES))}

    @cached_property
    def genes(self) -> dict[str, pl.DataFrame]:
        """Gene starts in both assemblies."""
        contig = np.repeat(np.arange(CONTIGS), GENES)
        names = gene_names(contig, np.tile(np.arange(GENES), CONTIGS))
        frame = pl.DataFrame({"chrom": contig_names(contig), "gene_name": names, "gene_id": names})
        places = {ASSEMBLY: self.tss.ravel(), OLD: self.tss.ravel() - shift(contig)}
        return {
            name: frame.with_columns(pl.Series("tss_pos", pos), strand=pl.lit("+"), assembly=pl.lit(name))
            for name, pos in places.items()
        }

    @cached_property
    def lift(self) -> LiftOver:
        """From the older assembly to this one."""
        path = self.folder / "old.chain"
        lines = []
        for i, name in enumerate(NAMES):
            lost = int(shift(np.array([i]))[0])
            size = LENGTH - lost
            lines.append(f"chain {size} {name} {size} + 0 {size} {name} {LENGTH} + {lost} {LENGTH} {i + 1}\n{size}\n\n")
        path.write_text("".join(lines), encoding="ascii")
        return read_chain(path)

    @cached_property
    def source(self) -> FoundFile:
        """A file that stands for the published table."""
        path = self.folder / "source.tsv"
        path.write_text("simulated\n", encoding="ascii")
        return FoundFile("dataset", "source.tsv", path, ASSEMBLY)

    def cut(self, contig: Ints, pos: Ints, before: int, after: int) -> list[str]:
        """Letters from `before` bases in front of each position to `after` bases behind it."""
        index = pos[:, None] - 1 + np.arange(-before, after + 1)
        whole = self.letters[contig[:, None], index].tobytes().decode()
        width = before + after + 1
        return [whole[i : i + width] for i in range(0, len(whole), width)]


NAMES = tuple(f"chr{i + 1}" for i in range(CONTIGS))


def contig_names(contig: Ints) -> pl.Series:
    """Names of contigs by number."""
    return pl.Series(NAMES).gather(contig)


def gene_names(contig: Ints, gene: Ints) -> pl.Series:
    """Ensembl-like names of genes by contig and number."""
    return pl.Series([f"ENSG{i:011d}" for i in range(CONTIGS * GENES)]).gather(contig * GENES + gene)


def shift(contig: Ints) -> Ints:
    """How many bases a position lies further left in the older assembly."""
    return _LACKS + 7_000 * contig


def make_world(folder: Path, seed: int = 0) -> World:
    """Draw the genome and the genes."""
    rng = np.random.default_rng(seed)
    table = np.repeat(_LETTERS, [round(256 * share) for share in COMPOSITION])
    letters = table[rng.integers(0, 256, (CONTIGS, LENGTH), dtype=np.uint8)]
    tss = np.sort(rng.integers(400_000, LENGTH - 100_000, (CONTIGS, GENES)), axis=1)
    return World(letters, tss, folder)
