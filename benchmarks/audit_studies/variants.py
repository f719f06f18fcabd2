"""Variants of a simulated table: where they lie, their alleles, and how a table would publish them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from audit_studies.world import CONTIGS, GENES, LENGTH, Ints, World, contig_names, gene_names

Floats = npt.NDArray[np.float64]
_TRANSITION = {"A": "G", "G": "A", "C": "T", "T": "C"}
_OTHERS = {"A": ("C", "T"), "G": ("C", "T"), "C": ("A", "G"), "T": ("A", "G")}
BASES = "ACGT"


@dataclass(frozen=True)
class Variants:
    """n variants in order of place; `pos` is 1-based on GRCh38, alleles are the genome's REF first.

    Attributes:
        contig: Number of the contig.
        gene: Number of the gene on it that each one is near.
        ref, alt: Alleles, anchored and left-aligned where they are of different lengths.
    """

    contig: Ints
    pos: Ints
    gene: Ints
    ref: list[str]
    alt: list[str]

    def __len__(self) -> int:
        return self.pos.size

    def columns(self, world: World) -> dict[str, pl.Series]:
        """Columns that all published tables have, and the gene with the distance to its start."""
        return {
            "source_row": pl.int_range(1, len(self) + 1, eager=True, dtype=pl.Int64),
            "kind": pl.Series(["variant"]).new_from_index(0, len(self)),
            "source_chrom": contig_names(self.contig),
            "source_pos": pl.Series(self.pos),
            "ref": pl.Series(self.ref),
            "alt": pl.Series(self.alt),
            "target_id": gene_names(self.contig, self.gene),
            "tss_distance": pl.Series(self.pos - world.tss[self.contig, self.gene]),
        }


def near_genes(n: int, world: World, rng: np.random.Generator, *, per_gene: float = 0.0, reach: float = 0) -> Variants:
    """Variants around gene starts, no two at one place.

    Args:
        n: How many; fewer come back where genes are too few for `per_gene`.
        world: The genome.
        rng: Source of the draws.
        per_gene: Variants of one gene on average; 0 spreads them over all genes.
        reach: Typical distance from the start in bp; 0 draws one.
    """
    reach = reach or float(rng.choice([3_000, 20_000, 80_000]))
    n_genes = min(CONTIGS * GENES, max(round(n / per_gene), 1)) if per_gene else CONTIGS * GENES
    chosen = rng.permutation(CONTIGS * GENES)[:n_genes]
    at = rng.choice(chosen, round(1.4 * n) + 20) if per_gene != 1 else rng.permutation(chosen)
    contig, gene = np.divmod(at, GENES)
    pos = world.tss[contig, gene] + np.rint(rng.laplace(0, reach, at.size)).astype(np.int64)
    inside = (pos > 20_000) & (pos < LENGTH - 1_000)
    contig, gene, pos = contig[inside], gene[inside], pos[inside]
    first = np.unique(contig * LENGTH + pos, return_index=True)[1]
    kept = np.sort(rng.permutation(first)[:n])
    order = kept[np.lexsort((pos[kept], contig[kept]))]
    return with_alleles(contig[order], pos[order], gene[order], world, rng)


def with_alleles(contig: Ints, pos: Ints, gene: Ints, world: World, rng: np.random.Generator) -> Variants:
    """Alleles of natural variants: transitions 1.4 to 2.7 times as often as transversions, some indels."""
    ratio, indels = rng.uniform(1.4, 2.7), rng.choice([0.0, 0.05, 0.12])
    context = world.cut(contig, pos, 0, 5)
    ref = [letters[0] for letters in context]
    alt = substituted(ref, ratio, rng)
    for row in np.flatnonzero(rng.random(pos.size) < indels):
        ref[row], alt[row] = _indel(context[row], rng)
    return Variants(contig, pos, gene, ref, alt)


def substituted(ref: list[str], ratio: float, rng: np.random.Generator) -> list[str]:
    """Another base for each, with this ratio of transitions to transversions."""
    turns = rng.random(len(ref)) < ratio / (1 + ratio)
    side = rng.integers(0, 2, len(ref))
    return [
        _TRANSITION[base] if turn else _OTHERS[base][which] for base, turn, which in zip(ref, turns, side, strict=True)
    ]


def _indel(context: str, rng: np.random.Generator) -> tuple[str, str]:
    """A deletion or an insertion after the first base that cannot be moved to the left."""
    length = int(rng.integers(1, 5))
    if rng.random() < 0.5 and context[length] != context[0]:
        return context[: length + 1], context[0]
    last = str(rng.choice([base for base in BASES if base != context[0]]))
    return context[0], context[0] + "".join(rng.choice(list(BASES), length - 1)) + last


def saturating(n: int, n_loci: int, world: World, rng: np.random.Generator) -> Variants:
    """All substitutions of consecutive bases in a few elements, in order of place."""
    each = max(n // (3 * n_loci), 8)
    at = np.sort(rng.permutation(CONTIGS * GENES)[:n_loci])
    contig, gene = np.divmod(at, GENES)
    pos = (world.tss[contig, gene][:, None] - each // 2 + np.arange(each)).ravel()
    contig, gene = np.repeat(contig, each), np.repeat(gene, each)
    ref = [letters[0] for letters in world.cut(contig, pos, 0, 0)]
    alt = [other for base in ref for other in BASES if other != base]
    three = np.repeat(np.arange(pos.size), 3)
    measured = rng.random(three.size) < 0.97
    rows = three[measured]
    return Variants(
        contig[rows], pos[rows], gene[rows], [ref[i] for i in rows],
        [letter for letter, kept in zip(alt, measured, strict=True) if kept],
    )  # fmt: skip
