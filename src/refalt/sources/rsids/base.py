"""What every source of rsIDs gives, and the closed list of why one stays without alleles."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

from refalt.columns import Reason

#: What a source said of one rsID, as it said it; kept on disk, so that a better reading needs no new question.
Documents = Sequence[Mapping[str, object]]

RSID: Final = re.compile(r"rs[1-9][0-9]{0,14}")
#: Bases, or "-" for none.
ALLELE: Final = re.compile(r"[ACGT]+|-")

#: Columns of `resolve`: one row a candidate, or one row with a reason where there is none.
RESOLVED: Final = {
    "rsid": pl.String,
    "chrom": pl.String,
    "pos": pl.Int64,
    "ref": pl.String,
    "alt": pl.String,
    "assembly": pl.String,
    "source": pl.String,
    "merged_into": pl.String,
    "reason": pl.String,
}


class Unresolved(enum.StrEnum):
    """Why an rsID gives no alleles, in the order in which a cause hides those after it; each is a row's `Reason`."""

    NOT_AN_RSID = Reason.NOT_AN_RSID.value
    NOT_FOUND = Reason.RSID_NOT_FOUND.value
    UNMAPPED = Reason.RSID_UNMAPPED.value
    UNREADABLE = Reason.RSID_UNREADABLE.value
    OTHER_CHROMOSOME = Reason.RSID_OTHER_CHROMOSOME.value
    OTHER_POSITION = Reason.RSID_OTHER_POSITION.value
    REF_MISMATCH = Reason.RSID_REF_MISMATCH.value
    ALLELES_DISAGREE = Reason.RSID_ALLELES_DISAGREE.value
    SEVERAL_POSITIONS = Reason.RSID_SEVERAL_POSITIONS.value
    SEVERAL_ALLELES = Reason.RSID_SEVERAL_ALLELES.value

    @property
    def meaning(self) -> str:
        """The reason in a reader's words."""
        return Reason(self.value).meaning


@dataclass(frozen=True)
class Candidate:
    """One pair of alleles at one place.

    Attributes:
        chrom: As the source spells it.
        pos: 1-based position of the first base of `ref`; where `ref` is "-", of the base that `alt` goes before.
        ref: Bases on the forward strand, "-" for none.
        alt: Likewise.
        merged_into: The rsID that took the place of the one asked for, if another did.
    """

    chrom: str
    pos: int
    ref: str
    alt: str
    merged_into: str | None = None


class RsidSource(Protocol):
    """One door to dbSNP."""

    @property
    def name(self) -> str:
        """How the study file names it."""

    @property
    def assembly(self) -> str:
        """Canonical name of the assembly its positions are in."""

    @property
    def address(self) -> str:
        """Where it is asked; "" when it needs no network, and then its answers are not kept."""

    @property
    def question(self) -> str:
        """All that an answer depends on beside the rsID: answers to other questions are other answers."""

    @property
    def batch(self) -> int:
        """How many rsIDs are asked for at once."""

    def ask(self, rsids: Sequence[str]) -> Mapping[str, Documents]:
        """What it says of each rsID; nothing of one it does not know.

        Raises:
            UserError: it cannot be asked.
        """

    def read(self, rsid: str, documents: Documents, /) -> Sequence[Candidate] | Unresolved:
        """Every pair of alleles in what it said, or why there is none."""


#: Gets how many rsIDs are answered, and how many there are.
Progress = Callable[[int, int], None]


def readable(candidates: Sequence[Candidate | None]) -> Sequence[Candidate] | Unresolved:
    """The candidates, each once; none at all if one of them could not be read, because it might be the right one."""
    if not candidates or any(each is None or not _stated(each) for each in candidates):
        return Unresolved.UNREADABLE
    return list(dict.fromkeys(each for each in candidates if each))


def _stated(candidate: Candidate) -> bool:
    both = (candidate.ref, candidate.alt)
    return candidate.ref != candidate.alt and all(ALLELE.fullmatch(allele) for allele in both)
