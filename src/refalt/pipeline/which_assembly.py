"""Which assembly rows are in when nobody declares it: what the file states, else what evidence decides, else open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from refalt.audits import builds
from refalt.audits.builds import ASSEMBLIES, GeneTables, Lifts, Reading
from refalt.errors import UserError, shown
from refalt.genome import chromosome_lengths
from refalt.sources.fasta import Genome
from refalt.sources.intervals import contig_numbers
from refalt.tables import Measurements

#: One position in a hundred may lie on a contig or beyond an end that an assembly does not have.
MOST_OUTSIDE: Final = 0.01
#: In this order an assembly is taken to look at positions when nothing decides: the one in use today first.
_IN_USE: Final = ("GRCh38", "GRCh37", "hg18", "mm10", "mm9")


@dataclass(frozen=True)
class WhichAssembly:
    """The assembly that rows are taken to be in.

    Attributes:
        name: Canonical; where `how` is "open", only one that the positions do not refute.
        how: "declared" by the user, "stated" by the file, "decided" by evidence, or "open".
        words: In a sentence.
    """

    name: str
    how: str
    words: str

    @property
    def is_known(self) -> bool:
        """Whether anything says or shows it."""
        return self.how != "open"


def declared_or_stated(declared: str | None, stated: Mapping[str, str]) -> WhichAssembly | None:
    """What the user or else the file says; None when neither does, or the file contradicts itself."""
    if declared is not None:
        others = [f"{name} by {where}" for name, where in stated.items() if name != declared]
        mind = f"; but it is {' and '.join(others)}" if others else ""
        return WhichAssembly(declared, "declared", f"{declared}, as declared{mind}")
    if len(stated) == 1:
        ((name, where),) = stated.items()
        return WhichAssembly(name, "stated", f"{name}, by {where}")
    return None


def weigh(measurements: Measurements, *, genome: Genome | None, genes: GeneTables, lifts: Lifts) -> WhichAssembly:
    """Hold the positions against everything at hand, most trusted evidence first; what does not decide claims nothing.

    Args:
        measurements: Rows with `source_chrom` and `source_pos`.
        genome: Whose bases tell.
        genes: Assembly -> gene starts.
        lifts: From each assembly that is a hypothesis to the genome's.
    """
    fits = builds.fits_by_sequence(measurements, genome, lifts) if genome else []
    kinds: list[tuple[Iterable[str], Callable[[str], Reading]]] = [
        ([fit.assembly for fit in fits], lambda name: builds.reading_of_sequence(name, fits)),
        (ASSEMBLIES, lambda name: builds.reading_of_lengths(name, measurements)),
        (list(genes), lambda name: builds.reading_of_own_genes(name, measurements, genes)),
    ]
    for names, reading_of in kinds:
        for name in names:
            reading = reading_of(name)
            if reading.decides_for == name:
                return WhichAssembly(
                    name, "decided", f"{name}, not declared but decided by {reading.kind}: {reading.words}"
                )
    return _still_open(measurements)


def _still_open(measurements: Measurements) -> WhichAssembly:
    n, outside = _outside(measurements)
    if not n:
        return WhichAssembly(_IN_USE[0], "open", "not declared, and no row that is left states a position")
    fitting = [name for name in _IN_USE if outside[name] <= MOST_OUTSIDE * n]
    counts = ", ".join(f"{name} {count:,}" for name, count in outside.items())
    words = (
        f"not declared, and nothing at hand decides; positions that have no place in an assembly, of {n:,}: {counts}"
    )
    best = fitting[0] if fitting else min(_IN_USE, key=outside.__getitem__)
    return WhichAssembly(best, "open", words)


def _outside(measurements: Measurements) -> tuple[int, dict[str, int]]:
    """How many positions there are, and for each assembly how many it has no place for."""
    placed = pl.col("source_pos").is_not_null() & pl.col("source_chrom").is_not_null()
    rows = measurements.kept(recorded=True).filter(placed)
    counts = {}
    for name in ASSEMBLIES:
        length = pl.col("source_chrom").replace_strict(
            dict(chromosome_lengths(name)), default=None, return_dtype=pl.Int64
        )
        inside = (pl.col("source_pos") <= length).fill_null(value=False)
        # Contigs besides the chromosomes have many names, and tell nothing.
        plain = pl.col("source_chrom").str.contains("^chr([0-9]+|X|Y)$")
        counts[name] = rows.filter(plain & ~inside).height
    return rows.height, counts


def assembly_of_lengths(lengths: Mapping[str, int | None]) -> str | None:
    """The assembly that contigs of these lengths are of; None when they fit none, or several.

    Args:
        lengths: Contig, in any spelling -> length in bases.
    """
    given = {name: length for name, length in lengths.items() if length is not None}
    fitting = []
    for assembly in ASSEMBLIES:
        known = chromosome_lengths(assembly)
        number = contig_numbers(list(given), list(known))
        sizes = list(known.values())
        same = [sizes[i] == length for i, length in zip(number.tolist(), given.values(), strict=True) if i >= 0]
        if same and all(same):
            fitting.append(assembly)
    return fitting[0] if len(fitting) == 1 else None


def genome_assembly(genome: Genome, candidates: Iterable[str | None]) -> str:
    """The assembly of a genome file: by the lengths of its chromosomes, else the first candidate that is known.

    Raises:
        UserError: its lengths are of another assembly than the first candidate, or nothing says what it is.
    """
    said = [name for name in candidates if name is not None]
    found = assembly_of_lengths(genome.lengths)
    if found is not None and said and said[0] != found:
        raise UserError(
            f"the genome's chromosomes have the lengths of {found}",
            where=genome.where,
            expected=said[0],
            remedy=f"give the genome of {said[0]}, or --genome {found}=FILE if that is meant",
        )
    if found is None and not said:
        raise UserError(
            "nothing says which assembly the genome is",
            where=genome.where,
            got=f"contigs {shown(genome.contigs)}",
            remedy="write --genome ASSEMBLY=FILE, or declare --assembly",
        )
    return found or said[0]
