"""The known mistakes, planted one at a time: what each does to the table and to what the study file declares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from refalt.testing.simulation.effects import planted_score
from refalt.testing.simulation.table import place_background
from refalt.testing.simulation.world import World, old_position

#: How many distinct sequences the pseudoreplicated study shows its model.
DISTINCT_INPUTS: Final = 18
SEQUENCE_LENGTH: Final = 40


@dataclass(frozen=True)
class Broken:
    """A table with a mistake in it, and what the study file says of it.

    Attributes:
        table: The rows.
        effect_column: What is declared as the effect.
        within: File of the declared interval filter, "" for none.
        columns: Fields of Measurements and their columns, where they differ from the sound study's.
        activity: Whether elements with activities are measured, in place of variants with effects.
    """

    table: pl.DataFrame
    effect_column: str = "beta"
    within: str = ""
    columns: Mapping[str, str | None] = field(default_factory=dict)
    activity: bool = False


@dataclass(frozen=True)
class Mistake:
    """A mistake that reached print.

    Attributes:
        words: What was done.
        caught_by: The audits that must find it, any of them.
        plant: Makes the broken study out of the sound one.
    """

    words: str
    caught_by: tuple[str, ...]
    plant: Callable[[pl.DataFrame, World, np.random.Generator], Broken]


def _pvalue_as_effect(table: pl.DataFrame, _world: World, _rng: np.random.Generator) -> Broken:
    return Broken(table, effect_column="p_value")


def _placeholder_alleles(table: pl.DataFrame, _world: World, _rng: np.random.Generator) -> Broken:
    placeholder = {"A": "G", "G": "A", "C": "T", "T": "C"}
    return Broken(table.with_columns(alt=pl.col("ref").str.slice(0, 1).replace(placeholder)))


def _wrong_assembly(table: pl.DataFrame, _world: World, _rng: np.random.Generator) -> Broken:
    old = pl.Series("pos", [old_position(pos) for pos in table.get_column("pos")])
    return Broken(table.with_columns(old))


def _wrong_assembly_peaks(_table: pl.DataFrame, world: World, rng: np.random.Generator) -> Broken:
    return Broken(place_background(world, rng, old_peaks=True), within="peaks.old.bed")


def _pseudoreplication(table: pl.DataFrame, world: World, _rng: np.random.Generator) -> Broken:
    first = [
        world.letters(chrom, pos, SEQUENCE_LENGTH)
        for chrom, pos in table.select("chrom", "pos").head(DISTINCT_INPUTS).iter_rows()
    ]
    shown = [first[row % DISTINCT_INPUTS] for row in range(table.height)]
    named = table.with_columns(
        pl.Series("sequence", shown), pl.format("{}_{}_{}{}", "chrom", "pos", "ref", "alt").alias("element")
    )
    gone = dict.fromkeys(("chrom", "pos", "ref", "alt", "maf", "pip", "tss_distance", "target_id"))
    return Broken(named, columns={**gone, "element_id": "element"}, activity=True)


def _flipped_sign(table: pl.DataFrame, _world: World, _rng: np.random.Generator) -> Broken:
    return Broken(table.with_columns(beta=-pl.col("beta")))


def _ld_tags_as_causal(table: pl.DataFrame, _world: World, rng: np.random.Generator) -> Broken:
    """Every effect is that of one causal variant of its gene, seen through linkage; none is fine-mapped."""
    gene = table.get_column("gene").rank("dense").cast(pl.Int64).to_numpy() - 1
    causal = rng.normal(0, 8, int(gene.max()) + 1)
    linkage = rng.choice([-1, 1], table.height) * rng.uniform(0.6, 1, table.height)
    is_first = table.select(pl.col("gene").is_first_distinct()).to_series().to_numpy()
    beta = np.where(is_first, 1.0, linkage) * causal[gene] + rng.normal(0, table.get_column("se").to_numpy())
    z = np.abs(beta / table.get_column("se").to_numpy())
    tagged = table.with_columns(
        pl.Series("beta", beta.round(6)),
        pl.Series("p_value", _two_sided(z)),
        pl.Series("planted", planted_score(rng, beta, gene).round(6)),
    )
    return Broken(tagged.drop("pip"), columns={"pip": None})


def _two_sided(z: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    return [math.erfc(value / math.sqrt(2)) for value in z]


MISTAKES: Final[Mapping[str, Mistake]] = MappingProxyType(
    {
        "pvalue-as-effect": Mistake("the p-value column is read as the effect", ("EF001",), _pvalue_as_effect),
        "placeholder-alleles": Mistake("ALT is made up from REF", ("AL002",), _placeholder_alleles),
        "wrong-assembly": Mistake("positions of the old assembly, declared new", ("AL001", "AS002"), _wrong_assembly),
        "wrong-assembly-peaks": Mistake("variants chosen with old peaks", ("AS005",), _wrong_assembly_peaks),
        "pseudoreplication": Mistake("the model sees 18 distinct inputs", ("SA001",), _pseudoreplication),
        "flipped-sign": Mistake("the effect is for the other allele", ("EF006",), _flipped_sign),
        "ld-tags-as-causal": Mistake("tags of one causal variant per gene", ("IN008",), _ld_tags_as_causal),
    }
)
