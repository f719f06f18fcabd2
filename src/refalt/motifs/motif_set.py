"""Transcription-factor matrices as JASPAR publishes them: counts, with the names and families of the factors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources

import numpy as np
import numpy.typing as npt

from refalt.errors import UserError, shown
from refalt.motifs.log_odds import RUN, KmerTables, WidthGroup, kmer_tables, width_groups

SHIPPED = "jaspar_2026_core_vertebrates.npz"
#: Between the partners of a dimer, in factor names, families and classes.
PARTNERS = "::"


@dataclass(frozen=True, eq=False)
class MotifSet:
    """m matrices, in a fixed order that the columns of every result follow.

    Attributes:
        ids: m matrix identifiers with version, such as `MA0139.2`.
        names: m factor names; those of a dimer are joined by `::`.
        families: m factor families, likewise; empty where none is published.
        classes: m structural classes of the DNA-binding domains, likewise.
        lengths: int64[m], columns (base pairs) of each matrix.
        counts: float64[sum of lengths, 4], one matrix after another, in the order A, C, G, T.
        release: what the matrices are and of which release.
        licence: under which they may be used.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    families: tuple[str, ...]
    classes: tuple[str, ...]
    lengths: npt.NDArray[np.int64]
    counts: npt.NDArray[np.float64]
    release: str
    licence: str

    def __post_init__(self) -> None:
        """Refuse matrices that cannot be scored.

        Raises:
            UserError: no matrix, one of fewer than 4 columns, a negative count, or a column without any.
        """
        columns = np.repeat(np.arange(len(self.ids)), self.lengths)
        unusable = self.lengths < RUN
        empty = ~(self.counts >= 0).all(axis=1) | ~(self.counts.sum(axis=1) > 0)
        unusable[columns[empty]] = True
        if unusable.any() or not self.ids:
            raise UserError(
                "there are matrices that cannot be scored" if self.ids else "there is no matrix",
                where=self.release,
                expected=f"at least {RUN} columns, in each at least one count and none negative",
                got=shown([self.ids[i] for i in np.flatnonzero(unusable)]) or None,
            )

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def by_family(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The motifs ordered by family, int64[m], and where each family begins in that order, int64[families].

        Partners of a dimer count in either order; a motif without a family is one of its own.
        """
        labels = [
            PARTNERS.join(sorted(set(family.split(PARTNERS)))) or motif_id
            for family, motif_id in zip(self.families, self.ids, strict=True)
        ]
        _, family = np.unique(labels, return_inverse=True)
        order = np.argsort(family, kind="stable")
        return order, np.searchsorted(family[order], np.arange(family.max() + 1))

    @cached_property
    def groups(self) -> tuple[WidthGroup, ...]:
        """Log-odds scores, motifs of one width together."""
        return width_groups(self.lengths, self.counts)

    @cached_property
    def tables(self) -> KmerTables:
        """What the compiled scan looks up (some 7 MB for the shipped set)."""
        return kmer_tables(self.groups)

    def limited_to(self, factors: Iterable[str]) -> MotifSet:
        """The motifs whose factors are all in `factors`, such as those expressed in the cells that were measured.

        Names are compared without regard to case, because JASPAR spells mouse factors as mouse genes. Names that no
        matrix has are passed over: most expressed genes are no transcription factors.

        Raises:
            UserError: no motif is left.
        """
        wanted = {factor.upper() for factor in factors}
        kept = np.array([wanted.issuperset(name.upper().split(PARTNERS)) for name in self.names], dtype=bool)
        if not kept.any():
            raise UserError(
                "none of the listed factors has a matrix",
                where=self.release,
                expected=f"gene symbols such as {shown(self.names)}",
                got=shown(sorted(wanted)) or "an empty list",
            )
        rows = np.flatnonzero(kept)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in rows),
            names=tuple(self.names[i] for i in rows),
            families=tuple(self.families[i] for i in rows),
            classes=tuple(self.classes[i] for i in rows),
            lengths=self.lengths[rows],
            counts=self.counts[np.repeat(kept, self.lengths)],
        )


def shipped_motifs() -> MotifSet:
    """The JASPAR 2026 CORE vertebrate matrices that come with refalt: 1,019, under CC BY 4.0."""
    with (
        resources.files("refalt.motifs").joinpath(SHIPPED).open("rb") as file,
        np.load(file, allow_pickle=False) as npz,
    ):
        texts = {
            name: tuple(text.decode() for text in npz[name].tolist())
            for name in ("ids", "names", "families", "classes", "release", "licence")
        }
        return MotifSet(
            ids=texts["ids"],
            names=texts["names"],
            families=texts["families"],
            classes=texts["classes"],
            lengths=npz["lengths"],
            counts=npz["counts"],
            release=texts["release"][0],
            licence=texts["licence"][0],
        )
