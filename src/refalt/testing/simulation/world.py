"""The simulated genome: contigs of random bases, genes, linkage blocks, and where an older assembly had them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

NEW, OLD = "simulated-demo", "simulated-demo-old"
CONTIGS: Final = ("chr1", "chr2", "chr3", "chr4")
CONTIG_LENGTH: Final = 640_000
BLOCK: Final = 16_000
GENES_PER_BLOCK: Final = 2
#: The new assembly has this many bases more near the beginning of each contig, so old positions are smaller.
INSERTED_AT: Final = 20_000
INSERTED: Final = 30_000
_BASE_SHARES: Final = (0.29, 0.21, 0.21, 0.29)

#: Sites that factors are known to prefer, by the letters of their consensus.
SITES: Final[Mapping[str, str]] = {
    "CTCF": "CCACCAGGGGGC",
    "FOS::JUN": "ATGACTCAT",
    "GATA1": "AGATAAGA",
    "SPI1": "AAAAAGAGGAAGTG",
    "NRF1": "GCGCATGCGC",
    "CREB1": "TGACGTCA",
    "HNF4A": "CAAAGTCCA",
    "RUNX1": "TGTGGTTT",
}


@dataclass(frozen=True)
class Gene:
    """A gene: `tss` is 1-based in the new assembly."""

    name: str
    chrom: str
    tss: int


@dataclass
class World:
    """A genome in the making: bases may still be planted.

    Attributes:
        bases: Contig -> its letters, index 0 is position 1.
        genes: In order along the genome.
    """

    bases: dict[str, list[str]]
    genes: list[Gene]

    def plant(self, chrom: str, pos: int, site: str) -> None:
        """Write a site's letters from `pos` (1-based) on."""
        self.bases[chrom][pos - 1 : pos - 1 + len(site)] = list(site)

    def letters(self, chrom: str, pos: int, length: int) -> str:
        """`length` letters from `pos` (1-based) on."""
        return "".join(self.bases[chrom][pos - 1 : pos - 1 + length])


def make_world(rng: np.random.Generator) -> World:
    """Random contigs with two genes a block."""
    letters = np.array(list("ACGT"))
    bases = {name: letters[rng.choice(4, CONTIG_LENGTH, p=_BASE_SHARES)].tolist() for name in CONTIGS}
    genes: list[Gene] = []
    for chrom in CONTIGS:
        for block in range(CONTIG_LENGTH // BLOCK):
            for part in range(GENES_PER_BLOCK):
                room = BLOCK // GENES_PER_BLOCK
                tss = block * BLOCK + part * room + int(rng.integers(1_500, room - 1_500))
                genes.append(Gene(f"GENE{len(genes) + 1:04d}", chrom, tss))
    return World(bases, genes)


def old_position(pos: int) -> int:
    """Where the older assembly has a position of the new one (1-based); the inserted bases have none and map back."""
    if pos <= INSERTED_AT:
        return pos
    return max(pos - INSERTED, INSERTED_AT + 1)


def fasta_text(world: World) -> str:
    """The genome as FASTA, 80 letters a line."""
    lines = []
    for chrom, letters in world.bases.items():
        lines.append(f">{chrom}")
        whole = "".join(letters)
        lines += [whole[at : at + 80] for at in range(0, len(whole), 80)]
    return "\n".join(lines) + "\n"


def genes_text(world: World, *, old: bool) -> str:
    """Gene starts as a BED of 500-bp windows, in the new assembly or the old one."""
    lines = ["#chr\tstart\tend\tname\tscore\tstrand\tEnsembl_ID\tgene_type"]
    for gene in world.genes:
        tss = old_position(gene.tss) if old else gene.tss
        start, end = max(tss - 250, 0), max(tss - 250, 0) + 500
        lines.append(f"{gene.chrom}\t{start}\t{end}\t{gene.name}\t0\t+\t{gene.name}\tprotein_coding")
    return "\n".join(lines) + "\n"


def blocks_text() -> str:
    """Linkage blocks as BED: they tile each contig."""
    starts = range(0, CONTIG_LENGTH, BLOCK)
    return "".join(f"{chrom}\t{start}\t{start + BLOCK}\n" for chrom in CONTIGS for start in starts)


def peaks_text(world: World, *, old: bool, flank: int = 200) -> str:
    """Open chromatin around gene starts as BED, in the new assembly or the old one."""
    lines = []
    for gene in world.genes:
        tss = old_position(gene.tss) if old else gene.tss
        lines.append(f"{gene.chrom}\t{max(tss - flank, 0)}\t{tss + flank}")
    return "\n".join(lines) + "\n"


def chain_text() -> str:
    """A chain from the old assembly to the new one."""
    lines = []
    for number, chrom in enumerate(CONTIGS, start=1):
        old_length = CONTIG_LENGTH - INSERTED
        head = f"chain 1000 {chrom} {old_length} + 0 {old_length} {chrom} {CONTIG_LENGTH} + 0 {CONTIG_LENGTH} {number}"
        lines += [head, f"{INSERTED_AT}\t0\t{INSERTED}", str(old_length - INSERTED_AT), ""]
    return "\n".join(lines) + "\n"
