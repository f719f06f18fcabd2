"""The shipped matrices once, small ones made by hand, and variants of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from refalt.motifs import MotifSet, shipped_motifs

Codes = npt.NDArray[np.uint8]


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

    def other_strand(self) -> Variants:
        """Both rows read from the other strand; the bases that the rows end in differ after an indel, so N is first."""
        complement = np.array([3, 2, 1, 0, 4], dtype=np.uint8)
        length = self.ref_codes.shape[1]
        start = length - self.variant_start - self.ref_len
        ref = complement[self.ref_codes[:, ::-1]]
        shifted = np.full_like(ref, 4)
        for row, (alt, shift) in enumerate(zip(self.alt_codes, self.alt_len - self.ref_len, strict=True)):
            turned = complement[alt[::-1]]
            kept = turned[: length - shift] if shift < 0 else turned[: length]
            begin = -shift if shift < 0 else 0
            shifted[row, begin : begin + kept.size - begin] = kept[: kept.size - begin]
        return Variants(ref, shifted, start, self.ref_len, self.alt_len)


def put_in(flanks: str, start: int, ref: str, alt: str) -> tuple[str, str]:
    """REF and ALT sequences of one length, the alleles at `start`, the flanks around them."""
    left, right = flanks[:start], flanks[start:]
    length = min(len(left) + len(ref), len(left) + len(alt)) + len(right)
    return (left + ref + right)[:length], (left + alt + right)[:length]


def codes_of(*sequences: str) -> Codes:
    """uint8[n, L] of sequences of one length."""
    return np.array([["ACGTN".index(base) for base in sequence] for sequence in sequences], dtype=np.uint8)


def one_variant(flanks: str, start: int, ref: str, alt: str) -> Variants:
    """A single row."""
    ref_row, alt_row = put_in(flanks, start, ref, alt)
    lengths = (np.array([number]) for number in (start, len(ref), len(alt)))
    return Variants(codes_of(ref_row), codes_of(alt_row), *lengths)


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
            counts=np.array(counts),
            release="made by hand",
            licence="none",
        )

    return make


def drawn(n: int, *, length: int = 90, seed: int = 3, n_share: float = 0.0) -> Variants:
    """Random rows with substitutions, insertions and deletions of 0 to 6 bases in their middle."""
    rng = np.random.default_rng(seed)
    refs, alts, start, ref_len, alt_len = [], [], [], [], []
    for _ in range(n):
        flanks = "".join(rng.choice(list("ACGTN"), length, p=[(1 - n_share) / 4] * 4 + [n_share]))
        place = int(rng.integers(length // 2 - 5, length // 2 + 5))
        ref, alt = ("".join(rng.choice(list("ACGT"), int(rng.integers(0, 7)))) for _ in range(2))
        pair = put_in(flanks, place, ref, alt)
        refs.append(pair[0].ljust(length + 6, "N"))
        alts.append(pair[1].ljust(length + 6, "N"))
        start.append(place)
        ref_len.append(len(ref))
        alt_len.append(len(alt))
    return Variants(codes_of(*refs), codes_of(*alts), np.array(start), np.array(ref_len), np.array(alt_len))
