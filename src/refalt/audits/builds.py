"""Which assembly do positions come from? Each hypothesis is held against sequence, contig lengths and genes.

A hypothesis is the name of an assembly; a reading says which one a kind of evidence decides for, if any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.alleles import reverse_complement
from refalt.genome import canonical_assembly, chromosome_lengths, species_of
from refalt.provenance import seed_from
from refalt.sources.annotation import distance_to_nearest_tss, look_up
from refalt.sources.fasta import Genome
from refalt.sources.liftover import LiftOver
from refalt.tables import Measurements

Lifts = Mapping[tuple[str, str], LiftOver]
GeneTables = Mapping[str, pl.DataFrame]
Mask = npt.NDArray[np.bool_]

ASSEMBLIES: Final = ("hg18", "GRCh37", "GRCh38", "mm9", "mm10")
#: Variants looked up in the genome: a share is then known to a third of a percent.
SAMPLED: Final = 20_000
#: So many rows for each of these are drawn first, since one variant has several.
OVERSAMPLED: Final = 10
#: Fewer bases than this cannot tell a right assembly (all match) from a wrong one (half match by chance).
FEWEST_BASES: Final = 20
#: In the right assembly nearly all single-base variants fit, in a wrong one about half.
FITS, MISFITS = 0.98, 0.9
#: One position beyond a contig's end may be a typing error.
FEWEST_BEYOND: Final = 3
#: Windows around gene starts as gene tables have them; and how far a start must have moved to tell assemblies apart.
AT_START, MOVED = 250, 5_000
#: Effects on expression crowd within this distance of their own gene's start.
NEAR_OWN_GENE: Final = 100_000
#: A published distance and one computed from another release of the gene table differ by less than this.
SAME_DISTANCE: Final = 5_000
#: One vote a bin, because variants of one peak or gene are one observation. Fewer bins or hits decide nothing.
BIN, BINS_IN_GENOME = 1_000_000, 400
FEWEST_BINS, FEWEST_OWN_BINS, FEWEST_HITS = 200, 10, 30
RATIO, CHANCE = 3.0, 1e-6


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


@dataclass(frozen=True)
class Reading:
    """What one kind of evidence says.

    Attributes:
        kind: In words.
        decides_for: The assembly, or None when the evidence does not suffice.
        words: The numbers.
        n_against: Rows that the declared assembly does not explain.
        n: Rows that were looked at.
    """

    kind: str
    decides_for: str | None
    words: str
    n_against: int = 0
    n: int = 0


def fits_by_sequence(measurements: Measurements, genome: Genome, lifts: Lifts) -> list[Fit]:
    """Take source positions to be in the genome's assembly, and in each one that a chain leads from.

    A single-base variant fits when the genome has its REF or its ALT there; by chance half of them do. The better
    of the two strands counts, so that a table given on the other strand does not look like another assembly.

    Returns:
        Best first; hypotheses that reach fewer than `FEWEST_BASES` variants are left out. From tables of more than
        `SAMPLED` variants a sample is drawn.
    """
    target = canonical_assembly(genome.assembly)
    lengths = [pl.col(allele).str.len_bytes() == 1 for allele in ("ref", "alt")]
    single = pl.all_horizontal(*lengths, pl.col("source_pos").is_not_null())
    rows = measurements.frame.select("variant_id", "source_chrom", "source_pos", "ref", "alt").filter(single)
    if rows.height > OVERSAMPLED * SAMPLED:
        rows = rows.sample(OVERSAMPLED * SAMPLED, seed=seed_from("builds", rows.height))
    variants = rows.unique("variant_id", maintain_order=True)
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
    assembly: str,
    variants: pl.DataFrame,
    chrom: pl.Series,
    pos: npt.NDArray[np.int64],
    strand: npt.NDArray[np.int8],
    genome: Genome,
) -> Fit:
    base = genome.bases_at(chrom, pos, 1)
    held = variants.select("ref", "alt", base.alias("base"), pl.Series("turned", strand == -1)).filter(
        pl.col("base").is_in(["A", "C", "G", "T"])
    )
    read = pl.when("turned").then(reverse_complement(pl.col("base"))).otherwise("base")
    same = (read == pl.col("ref")) | (read == pl.col("alt"))
    other = (reverse_complement(read) == pl.col("ref")) | (reverse_complement(read) == pl.col("alt"))
    counts = held.select(same.sum().alias("same"), other.sum().alias("other")).row(0)
    return Fit(canonical_assembly(assembly), held.height, max(counts))


def reading_of_sequence(declared: str, fits: list[Fit]) -> Reading:
    """REF and ALT against the genome."""
    words = ", ".join(f"{fit.assembly} {100 * fit.share:.1f} % of {fit.n:,}" for fit in fits)
    own = next((fit for fit in fits if fit.assembly == declared), None)
    decides: str | None = None
    if own and own.share >= FITS:
        decides = declared
    elif fits and fits[0].share >= FITS and (own is None or own.share < MISFITS):
        decides = fits[0].assembly
    against = own.n - own.fitting if own else 0
    return Reading(
        "bases of the genome", decides, f"REF or ALT stands there when taken as {words}", against, own.n if own else 0
    )


def reading_of_lengths(declared: str, measurements: Measurements) -> Reading:
    """Positions beyond the end of their contig: they refute an assembly, and may leave only one.

    Positions that lie beyond in every assembly are no positions, which is another finding's business.
    """
    rows = _placed(measurements)
    outside = {
        name: int(_beyond(rows, chromosome_lengths(name)).sum())
        for name in ASSEMBLIES
        if species_of(name) == species_of(declared)
    }
    beyond = outside.get(declared, 0)
    whole = [name for name, count in outside.items() if count == 0]
    words = "positions beyond the end of their contig: " + ", ".join(f"{n:,} in {name}" for name, n in outside.items())
    refuted = [name for name, count in outside.items() if count >= FEWEST_BEYOND]
    decides: str | None = None
    if beyond and whole and beyond >= min(FEWEST_BEYOND, rows.height):
        decides = whole[0] if len(whole) == 1 else "another assembly"
    elif whole == [declared] and len(refuted) == len(outside) - 1:
        decides = declared
    return Reading("contig lengths", decides, words, beyond, rows.height)


def _beyond(rows: pl.DataFrame, lengths: Mapping[str, int]) -> pl.Series:
    length = pl.col("source_chrom").replace_strict(dict(lengths), default=None, return_dtype=pl.Int64)
    return rows.select((pl.col("source_pos") > length).fill_null(value=False)).to_series()


def telling_genes(genes: GeneTables) -> GeneTables:
    """The tables cut down to genes that all of them hold and that lie elsewhere in some, by id or else by name.

    A table with more genes has more chance hits; a gene that stands in one place says nothing about the assembly.
    """
    if len(genes) < 2:
        return genes
    have_ids = all(table.get_column("gene_id").null_count() < table.height for table in genes.values())
    key = "gene_id" if have_ids else "gene_name"
    starts = pl.concat([table.select(key, "chrom", "tss_pos", "assembly") for table in genes.values()])
    starts = starts.drop_nulls(key).unique([key, "assembly"], keep="first", maintain_order=True)
    places = starts.group_by(key).agg(
        pl.len().alias("n"),
        pl.col("chrom").n_unique().alias("n_contigs"),
        (pl.col("tss_pos").max() - pl.col("tss_pos").min()).alias("moved"),
    )
    telling = places.filter((pl.col("n") == len(genes)) & ((pl.col("moved") > MOVED) | (pl.col("n_contigs") > 1)))
    return {name: table.join(telling.select(key), on=key, how="semi") for name, table in genes.items()}


def reading_of_own_genes(declared: str, measurements: Measurements, genes: GeneTables) -> Reading:
    """Distance to the start of the row's own gene: as published where it is, else by its being near."""
    rows = _placed(measurements).filter(pl.col("target_id").is_not_null())
    published = rows.filter(pl.col("tss_distance").is_not_null())
    by_distance = published.height > 0
    held = published if by_distance else rows
    near = {name: _own(held, table, by_distance=by_distance) for name, table in telling_genes(genes).items()}
    kind = "published distances to the own gene" if by_distance else "nearness to the own gene"
    return _vote(kind, declared, held, near, fewest_bins=FEWEST_OWN_BINS)


def _own(rows: pl.DataFrame, genes: pl.DataFrame, *, by_distance: bool) -> Mask:
    start = look_up(genes, rows.get_column("target_id"))
    away = (rows.get_column("source_pos") - start.get_column("tss_pos")).abs()
    if by_distance:
        near = (away - rows.get_column("tss_distance").abs()).abs() <= SAME_DISTANCE
    else:
        near = away <= NEAR_OWN_GENE
    same_contig = (rows.get_column("source_chrom") == start.get_column("chrom")).fill_null(value=False)
    return (near.fill_null(value=False) & same_contig).to_numpy()


def reading_of_gene_starts(declared: str, measurements: Measurements, *, genes: GeneTables, lifts: Lifts) -> Reading:
    """Which assembly's gene starts do positions hit? Promoters are open, active and full of regulatory variants.

    Positions are taken as they stand in each assembly with a gene table, and lifted into one where only a chain
    leads from the hypothesis.
    """
    rows = _placed(measurements)
    chrom, pos = rows.get_column("source_chrom"), rows.get_column("source_pos")
    tables = telling_genes(genes)
    distance = {name: distance_to_nearest_tss(table, chrom, pos) for name, table in tables.items()}
    for (source, target), lift in lifts.items():
        if source not in distance and target in tables:
            lifted = lift.lift(chrom, pos)
            there = distance_to_nearest_tss(tables[target], lifted.contig.cast(pl.String), lifted.pos.clip(0))
            distance[source] = np.where(lifted.mapped, there, np.nan)
    near = {name: away <= AT_START for name, away in distance.items()}
    return _vote("hits of gene starts", declared, rows, near, fewest_bins=FEWEST_BINS)


def _vote(kind: str, declared: str, rows: pl.DataFrame, near: Mapping[str, Mask], *, fewest_bins: int) -> Reading:
    """Hold the declared assembly against each other one: rows near in one of the two vote, once a bin."""
    if declared not in near or len(near) < 2:
        return Reading(kind, None, f"there are no gene tables of {declared} and of another assembly")
    bins, width = _bins(rows)
    n_bins = int(np.unique(bins).size)
    if n_bins < fewest_bins:
        return Reading(kind, None, f"only {n_bins} bins of {width:,} bp hold rows, {fewest_bins} are needed")
    spoken, winners, against_declared = [], [], [0]
    for name in near:
        if name != declared:
            for_declared, for_other = near[declared] & ~near[name], near[name] & ~near[declared]
            spoken.append(f"{int(for_declared.sum()):,} for {declared} and {int(for_other.sum()):,} for {name}")
            winners.append(_winner((declared, for_declared), (name, for_other), bins))
            against_declared.append(int(for_other.sum()))
    against = [name for name in winners if name not in (None, declared)]
    decides = against[0] if against else (declared if declared in winners else None)
    words = f"rows speak {', '.join(spoken)} over {n_bins} bins"
    return Reading(kind, decides, words, max(against_declared), rows.height)


def _winner(one: tuple[str, Mask], other: tuple[str, Mask], bins: npt.NDArray[np.int64]) -> str | None:
    from scipy.special import bdtrc

    (more, most), (_, least) = sorted((one, other), key=lambda pair: -int(pair[1].sum()))
    n_most, n_least = (np.unique(bins[mask]).size for mask in (most, least))
    enough = most.sum() >= FEWEST_HITS and most.sum() >= RATIO * least.sum() and n_most > n_least
    # Under the null a bin votes either way; the tail is one side's of two.
    return more if enough and 2 * float(bdtrc(n_most - 1, n_most + n_least, 0.5)) < CHANCE else None


def _bins(rows: pl.DataFrame) -> tuple[npt.NDArray[np.int64], int]:
    """Number of each row's bin, and the width of a bin in bp."""
    extent = rows.group_by("source_chrom").agg(pl.col("source_pos").max()).get_column("source_pos").sum() or 0
    width = max(min(BIN, int(extent) // BINS_IN_GENOME), 1)
    named = rows.select(pl.format("{}:{}", "source_chrom", pl.col("source_pos") // width)).to_series()
    return named.rank("dense").cast(pl.Int64).to_numpy(), width


def _placed(measurements: Measurements) -> pl.DataFrame:
    return measurements.kept(recorded=True).filter(
        pl.col("source_pos").is_not_null() & pl.col("source_chrom").is_not_null()
    )


def first_that_decides(readings: Iterable[Reading]) -> Reading | None:
    """The first reading, in order of trust, that decides for an assembly."""
    return next((reading for reading in readings if reading.decides_for is not None), None)
