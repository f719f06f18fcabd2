"""Genes for the gene scorers: laid out along every contig by rule, or given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

#: Simulated genes: one in every stretch of this many bases, beginning at `_FIRST` within it.
SPACING: Final = 10_000
_FIRST: Final = 2_000
_LENGTH: Final = 6_000
#: Exons of a simulated gene, from its start, and ends of its transcripts, all on the forward strand's coordinates.
_EXONS: Final = ((0, 400), (1_500, 1_700), (3_000, 3_300), (5_000, 6_000))
_ENDS_FORWARD: Final = (5_400, 5_999)
_ENDS_REVERSE: Final = (0, 250)


@dataclass(frozen=True)
class Gene:
    """A gene.

    Attributes:
        start: 0-based.
        end: End, excluded.
        strand: "+" or "-".
        exons: (start, end) of each on the contig, ascending.
        ends: 0-based places where transcripts may end and be polyadenylated, ascending.
    """

    gene_id: str
    name: str
    biotype: str
    start: int
    end: int
    strand: str
    exons: tuple[tuple[int, int], ...]
    ends: tuple[int, ...]

    @property
    def introns(self) -> tuple[tuple[int, int], ...]:
        """(start, end) between neighbouring exons."""
        pairs = zip(self.exons, self.exons[1:], strict=False)
        return tuple((before[1], after[0]) for before, after in pairs)


class Annotation(Protocol):
    """Where genes lie."""

    def overlapping(self, contig: str, start: int, end: int) -> list[Gene]:
        """Genes that share a base with [start, end), 0-based, in order of their starts."""
        ...


@dataclass(frozen=True)
class SimulatedGenes:
    """One gene of 6 kb every 10 kb of every contig, on alternating strands, each third one not coding for a protein.

    Attributes:
        length_of: Contig -> bases, 0 for one that is not known.
    """

    length_of: Callable[[str], int]

    def overlapping(self, contig: str, start: int, end: int) -> list[Gene]:
        """See `Annotation.overlapping`."""
        within = self.length_of(contig)
        numbers = range(max(start, 0) // SPACING, min(max(end, 0), within) // SPACING + 1)
        genes = (_simulated_gene(contig, number) for number in numbers)
        return [gene for gene in genes if gene.start < end and gene.end > start and gene.end <= within]


@dataclass(frozen=True)
class ListedGenes:
    """Genes as given: contig -> its genes, in order of their starts."""

    by_contig: Mapping[str, tuple[Gene, ...]]

    def overlapping(self, contig: str, start: int, end: int) -> list[Gene]:
        """See `Annotation.overlapping`."""
        return [gene for gene in self.by_contig.get(contig, ()) if gene.start < end and gene.end > start]


def _simulated_gene(contig: str, number: int) -> Gene:
    start = number * SPACING + _FIRST
    strand = "+-"[number % 2]
    return Gene(
        gene_id=f"SIMG-{contig}-{number:06d}",
        name=f"SIM{number}-{contig}",
        biotype="lncRNA" if number % 3 == 2 else "protein_coding",
        start=start,
        end=start + _LENGTH,
        strand=strand,
        exons=tuple((start + first, start + last) for first, last in _EXONS),
        ends=tuple(start + place for place in (_ENDS_FORWARD if strand == "+" else _ENDS_REVERSE)),
    )
