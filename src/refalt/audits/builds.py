"""Which assembly do positions come from? Each hypothesis is held against sequence, contig lengths and genes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from refalt.alleles import reverse_complement
from refalt.genome import canonical_assembly
from refalt.provenance import seed_from
from refalt.sources.fasta import Genome
from refalt.sources.liftover import LiftOver
from refalt.tables import Measurements

Lifts = Mapping[tuple[str, str], LiftOver]

#: Variants looked up in the genome: a share is then known to a third of a percent.
SAMPLED: Final = 20_000
#: Fewer bases than this cannot tell a right assembly (all match) from a wrong one (half match by chance).
FEWEST_BASES: Final = 20


@dataclass(frozen=True)
class Fit:
    """How a hypothesis meets the genome: of `n` variants it reaches, `fitting` have REF or ALT there."""

    assembly: str
    n: int
    fitting: int

    @property
    def share(self) -> float:
        """Share of variants that fit; NaN when none is reached."""
        return self.fitting / self.n if self.n else float("nan")


def fits_by_sequence(measurements: Measurements, genome: Genome, lifts: Lifts) -> list[Fit]:
    """Take source positions to be in the genome's assembly, and in each one that a chain leads from.

    A single-base variant fits when the genome has its REF or its ALT there; by chance half of them do. The better
    of the two strands counts, so that a table given on the other strand does not look like another assembly.

    Returns:
        Best first; hypotheses that reach fewer than `FEWEST_BASES` variants are left out.
    """
    target = canonical_assembly(genome.assembly)
    single = (
        (pl.col("ref").str.len_bytes() == 1) & (pl.col("alt").str.len_bytes() == 1) & pl.col("source_pos").is_not_null()
    )
    variants = measurements.frame.filter(single).unique("variant_id", maintain_order=True)
    if variants.height > SAMPLED:
        variants = variants.sample(SAMPLED, seed=seed_from("builds", variants.height))
    chrom, pos = variants.get_column("source_chrom"), variants.get_column("source_pos").to_numpy()
    fits = [_fit(target, variants, chrom, pos, np.ones(pos.size, dtype=np.int8), genome)]
    for (source, leads_to), lift in lifts.items():
        if canonical_assembly(leads_to) == target:
            lifted = lift.lift(chrom, pos)
            fits.append(_fit(source, variants, lifted.contig.cast(pl.String), lifted.pos, lifted.strand, genome))
    return sorted((fit for fit in fits if fit.n >= FEWEST_BASES), key=lambda fit: -fit.share)


def _fit(
    assembly: str, variants: pl.DataFrame, chrom: pl.Series, pos: np.ndarray, strand: np.ndarray, genome: Genome
) -> Fit:
    base = genome.bases_at(chrom, pos, 1)
    held = variants.select("ref", "alt", base.alias("base"), pl.Series("turned", strand == -1)).filter(
        pl.col("base").is_in(["A", "C", "G", "T"])
    )
    read = pl.when("turned").then(reverse_complement(pl.col("base"))).otherwise("base")
    same = (read == pl.col("ref")) | (read == pl.col("alt"))
    other = (reverse_complement(read) == pl.col("ref")) | (reverse_complement(read) == pl.col("alt"))
    counts = held.select(same.sum().alias("same"), other.sum().alias("other")).row(0)
    return Fit(assembly, held.height, max(counts))
