"""The shipped matrices once, small ones made by hand, and variants of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from refalt.motifs import MotifSet, shipped_motifs

Codes = npt.NDArray[np.uint8]


#: Sequence around a variant without its alleles, where they go, REF, ALT.
Written = tuple[str, int, str, str]


@dataclass(frozen=True)
class Variants:
    """Rows as `motif_changes` takes them: `**vars(variants)`."""

    ref_codes: Codes
    alt_codes: Codes
    variant_start: npt.NDArray[np.int64]
    ref_len: npt.NDArray[np.int64]
    alt_len: npt.NDArray[np.int64]

    def swapped(self) -> Variants:
        return Variants(self.alt_codes, self.ref_codes, self.variant_start, self.alt_len, self.ref_len)


def rows_of(*written: Written) -> Variants:
    """The rows of variants; shorter sequences end in N."""
    alleles = (
        [flanks[:at] + ref + flanks[at:] for flanks, at, ref, _ in written],
        [flanks[:at] + alt + flanks[at:] for flanks, at, _, alt in written],
    )
    length = max(len(sequence) for sequences in alleles for sequence in sequences)
    codes = (codes_of(*(sequence.ljust(length, "N") for sequence in sequences)) for sequences in alleles)
    numbers = np.array([(at, len(ref), len(alt)) for _, at, ref, alt in written]).reshape(-1, 3)
    return Variants(*codes, *numbers.T)


def codes_of(*sequences: str) -> Codes:
    """uint8[n, L] of sequences of one length."""
    return np.array([["ACGTN".index(base) for base in sequence] for sequence in sequences], dtype=np.uint8)


def other_strand(written: Written) -> Written:
    """The same variant read from the other strand."""
    flanks, at, ref, alt = written
    turned, ref, alt = (sequence[::-1].translate(str.maketrans("ACGT", "TGCA")) for sequence in (flanks, ref, alt))
    return turned, len(flanks) - at, ref, alt


def drawn(n: int, *, flank: int = 45, seed: int = 3, n_share: float = 0.0) -> list[Written]:
    """Substitutions, insertions and deletions of 0 to 6 bases in random sequence; a share of the flanks is N."""
    rng = np.random.default_rng(seed)

    def sequence(length: int, of_n: float = 0.0) -> str:
        return "".join(rng.choice(list("ACGTN"), length, p=[(1 - of_n) / 4] * 4 + [of_n]))

    return [
        (sequence(2 * flank, n_share), flank, sequence(int(rng.integers(0, 7))), sequence(int(rng.integers(0, 7))))
        for _ in range(n)
    ]


@pytest.fixture(scope="session")
def shipped() -> MotifSet:
    return shipped_motifs()


@pytest.fixture
def make_motifs() -> Callable[..., MotifSet]:
    """A set of one matrix per sequence, which the matrix prefers 97 times in 100."""

    def make(*sites: str, families: tuple[str, ...] | None = None) -> MotifSet:
        counts = [[97.0 if base == wanted else 1.0 for base in "ACGT"] for site in sites for wanted in site]
        return MotifSet(
            ids=tuple(f"MA{number:04d}.1" for number in range(len(sites))),
            names=sites,
            families=families or ("",) * len(sites),
            classes=("",) * len(sites),
            lengths=np.array([len(site) for site in sites], dtype=np.int64),
            counts=np.array(counts).reshape(-1, 4),
            release="made by hand",
            licence="none",
        )

    return make
