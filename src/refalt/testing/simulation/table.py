"""The simulated QTL table: variants in and beside planted sites, their effects, and published columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from refalt.testing.simulation.effects import binding_change, planted_score, published_effects
from refalt.testing.simulation.world import BLOCK, CONTIG_LENGTH, SITES, Gene, World, old_position

#: Where sites lie around a gene's start, in bases: half of them where promoters are, half farther out; never closer
#: than a site with its control beside it is long.
SLOTS: Final = (-180, -90, 90, 180, -900, -500, 500, 900)
JITTER: Final = 25
FLANK: Final = 20
#: One variant in this many is a control beside any site, one in that many a deletion.
CONTROL_EVERY: Final = 3
DELETION_EVERY: Final = 17


@dataclass(frozen=True)
class Placed:
    """A variant before it has an effect; `pos` is 1-based."""

    gene: Gene
    pos: int
    ref: str
    alt: str
    in_site: bool


def place_variants(world: World, rng: np.random.Generator) -> list[Placed]:
    """Plant sites around every gene start and put a variant into each, or beside it for a control."""
    names = list(SITES)
    placed: list[Placed] = []
    for gene in world.genes:
        for slot in SLOTS:
            pos = gene.tss + slot + int(rng.integers(-JITTER, JITTER))
            site = SITES[names[int(rng.integers(len(names)))]]
            at = int(rng.integers(1, len(site) - 2))
            is_control = len(placed) % CONTROL_EVERY == 0
            gains = not is_control and rng.uniform() < 0.5
            planted = _changed(site, at, rng) if gains else site
            world.plant(gene.chrom, pos, planted)
            if gains:
                placed.append(Placed(gene, pos + at, planted[at], site[at], in_site=True))
                continue
            beside = pos + (len(site) + 5 if is_control else at)
            deletion = len(placed) % DELETION_EVERY == 0
            placed.append(_variant(world, gene, beside, rng, deletion=deletion, in_site=not is_control))
    return placed


def _changed(site: str, at: int, rng: np.random.Generator) -> str:
    """The site with the letter at index `at` replaced by its transition in two of three cases, else by another."""
    return site[:at] + _other_letter(site[at], rng) + site[at + 1 :]


def _other_letter(letter: str, rng: np.random.Generator) -> str:
    # Transitions twice as often as transversions, as in natural variation.
    transition = {"A": "G", "G": "A", "C": "T", "T": "C"}[letter]
    others = [base for base in "ACGT" if base not in (letter, transition)]
    return transition if rng.uniform() < 2 / 3 else others[int(rng.integers(2))]


def _variant(world: World, gene: Gene, pos: int, rng: np.random.Generator, *, deletion: bool, in_site: bool) -> Placed:
    if deletion:
        length = int(rng.integers(1, 3))
        # Left-aligned, as callers publish them: the last base lost is not the one in front.
        while world.letters(gene.chrom, pos + length, 1) == world.letters(gene.chrom, pos, 1):
            length += 1
        ref = world.letters(gene.chrom, pos, 1 + length)
        return Placed(gene, pos, ref, ref[0], in_site)
    ref = world.letters(gene.chrom, pos, 1)
    return Placed(gene, pos, ref, _other_letter(ref, rng), in_site)


def make_table(world: World, placed: list[Placed], rng: np.random.Generator) -> pl.DataFrame:
    """The table as a study would publish it, in order of position."""
    change = np.zeros(len(placed))
    for row, variant in enumerate(placed):
        flanked = world.letters(variant.gene.chrom, variant.pos - FLANK, 2 * FLANK + len(variant.ref))
        change[row] = binding_change(flanked, FLANK, variant.ref, variant.alt) if variant.in_site else 0.0
    change /= max(float(change.std()), 1e-9)
    block = np.array([_block_of(variant) for variant in placed])
    se = rng.uniform(0.3, 0.6, len(placed))
    effect = published_effects(rng, change, block, se=se)
    planted = planted_score(rng, effect, block)
    table = pl.DataFrame(
        {
            "chrom": [variant.gene.chrom for variant in placed],
            "pos": [variant.pos for variant in placed],
            "ref": [variant.ref for variant in placed],
            "alt": [variant.alt for variant in placed],
            "gene": [variant.gene.name for variant in placed],
            "tss_distance": [variant.pos - variant.gene.tss for variant in placed],
            "maf": rng.uniform(0.05, 0.5, len(placed)).round(4),
            "pip": rng.uniform(0.9, 1.0, len(placed)).round(4),
            "beta": effect.round(6),
            "se": se.round(6),
            "p_value": [_two_sided(value) for value in effect / se],
            "is_qtl": [int(variant.in_site) for variant in placed],
            "planted": planted.round(6),
        }
    )
    return table.unique(["chrom", "pos"], keep="first", maintain_order=True).sort("chrom", "pos")


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _block_of(variant: Placed) -> int:
    contig = int(variant.gene.chrom.removeprefix("chr")) - 1
    return contig * (CONTIG_LENGTH // BLOCK) + (variant.pos - 1) // BLOCK


def place_background(world: World, rng: np.random.Generator, *, old_peaks: bool, flank: int = 200) -> pl.DataFrame:
    """Variants anywhere in the genome that fall into open chromatin around gene starts, with effects of nothing.

    Args:
        world: The genome.
        rng: Source of the draws.
        old_peaks: Take the peaks where the older assembly has them, and use them on new positions.
        flank: Half of a peak's width.
    """
    placed = []
    for gene in world.genes:
        centre = old_position(gene.tss) if old_peaks else gene.tss
        for away in rng.choice(2 * flank - 10, len(SLOTS), replace=False):
            pos = max(centre - flank + 5, 1) + int(away)
            placed.append(_variant(world, gene, pos, rng, deletion=False, in_site=False))
    return make_table(world, placed, rng)
