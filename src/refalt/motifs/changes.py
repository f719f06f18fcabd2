"""How a variant changes the hits and the occupancy of transcription-factor motifs.

Both measures compare windows that touch the variant, on both strands, and are differences ALT minus REF in bits:

    best hit    max(best ALT score, floor) - max(best REF score, floor)
    occupancy   log2(2^floor + Z_ALT) - log2(2^floor + Z_REF),  Z = sum over windows and strands of 2^score

A log-odds score stands for a binding energy (Berg & von Hippel 1987, J Mol Biol 193:723), so Z is the partition
function of the bound states, 2^floor the weight of the unbound one, and the occupancy change a difference of free
energies: a lone site at the floor is bound half of the time. Summing over windows follows GOMER (Granek & Clarke 2005,
Genome Biol 6:R87). A floor of -126 is none at all.

The default floor of 10 bits bounds chance hits alike for every motif, however informative: odds average 1 over the
background, so at most one window in 2^10 reaches 10 bits by chance (Markov's inequality).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.errors import UserError
from refalt.motifs import plain
from refalt.motifs.log_odds import Changes, Codes, Indices
from refalt.motifs.motif_set import MotifSet
from refalt.motifs.touched import Touched, touched

Scan = Callable[[Codes, Codes, Touched], tuple[Changes, Changes]]

FLOOR_BITS: Final = 10.0
#: Single precision holds odds from 2^-126 to 2^127; a floor at the lower end leaves scores as they are.
LARGEST_FLOOR: Final = 126.0
#: From here on loading numba costs less than scanning without it.
COMPILED_FROM: Final = 2_000
ROWS_AT_ONCE: Final = 512
#: Why a change is NaN.
UNSCORED: Final = "no window over the variant is free of N and inside the sequence"


@dataclass(frozen=True, eq=False)
class MotifChanges:
    """float32[n, m] in bits, ALT minus REF; NaN where an allele has no window that could be scored (`UNSCORED`)."""

    best_hit: Changes
    occupancy: Changes


@dataclass(frozen=True, eq=False)
class ScannedVariants:
    """Variants and the motifs to score them with, cut into blocks of rows.

    Rows should hold as many bases on each side of the variant as the longest motif has, less one.

    Attributes:
        ref_codes: uint8[n, L], A=0, C=1, G=2, T=3, N=4.
        alt_codes: uint8[n, L2], equal to `ref_codes` up to the variant and, past the alleles, base for base.
        start: int64[n], 0-based place of the first allele base in both.
        ref_len: int64[n], bases of REF; 0 for a plain insertion.
        alt_len: int64[n], bases of ALT; 0 for a plain deletion.
        motifs: the m motifs; columns of a result follow their order.
        floor_bits: log-odds below which a site counts as unbound.
    """

    ref_codes: Codes
    alt_codes: Codes
    start: Indices
    ref_len: Indices
    alt_len: Indices
    motifs: MotifSet
    floor_bits: float

    def __post_init__(self) -> None:
        """Refuse what cannot be scanned.

        Raises:
            UserError: a floor that single precision cannot hold.
            ValueError: codes of another shape or type, a negative length.
        """
        require_floor(self.floor_bits)
        for codes in (self.ref_codes, self.alt_codes):
            if codes.dtype != np.uint8 or codes.ndim != 2 or len(codes) != len(self.ref_codes):
                raise ValueError(f"codes must be uint8[n, length], not {codes.dtype}{list(codes.shape)}")
        if min(self.ref_len.min(initial=0), self.alt_len.min(initial=0)) < 0:
            raise ValueError("allele lengths must not be negative")

    @classmethod
    def of(
        cls,
        ref_codes: Codes,
        alt_codes: Codes,
        *,
        variant_start: npt.ArrayLike,
        ref_len: npt.ArrayLike,
        alt_len: npt.ArrayLike,
        motifs: MotifSet,
        floor_bits: float = FLOOR_BITS,
    ) -> ScannedVariants:
        """The same from numbers that may be one for all variants."""
        start, ref_length, alt_length = (
            np.broadcast_to(np.asarray(numbers, dtype=np.int64), len(ref_codes))
            for numbers in (variant_start, ref_len, alt_len)
        )
        return cls(ref_codes, alt_codes, start, ref_length, alt_length, motifs, floor_bits)

    def each_block(self, write: Callable[[slice, MotifChanges], None], *, threads: int | None = None) -> None:
        """Call `write` with every block of rows and its changes, from `threads` threads (all cores by default)."""
        n = len(self.ref_codes)
        compiled = n >= COMPILED_FROM
        blocks = [slice(begin, min(begin + ROWS_AT_ONCE, n)) for begin in range(0, n, ROWS_AT_ONCE)]
        scan = self._scan(compiled=compiled)

        def one(rows: slice) -> None:
            write(rows, self._changes(rows, scan))

        # Matrix products bring threads of their own.
        with ThreadPoolExecutor((threads or os.cpu_count()) if compiled else 1) as pool:
            for _ in pool.map(one, blocks):
                pass

    def _scan(self, *, compiled: bool) -> Scan:
        """The scan for this many variants; numba is not loaded before the compiled one is asked for."""
        if not compiled:
            return partial(plain.scan, groups=self.motifs.groups, floor_bits=self.floor_bits)
        from refalt.motifs import compiled as lookup

        return partial(lookup.scan, tables=self.motifs.tables, floor_bits=self.floor_bits)

    def _changes(self, rows: slice, scan: Scan) -> MotifChanges:
        ref, alt = self.ref_codes[rows], self.alt_codes[rows]
        bases = touched(ref, alt, self.start[rows], self.ref_len[rows], self.alt_len[rows])
        return MotifChanges(*scan(ref, alt, bases))


def motif_changes(
    ref_codes: Codes,
    alt_codes: Codes,
    *,
    variant_start: npt.ArrayLike,
    ref_len: npt.ArrayLike,
    alt_len: npt.ArrayLike,
    motifs: MotifSet,
    floor_bits: float = FLOOR_BITS,
    threads: int | None = None,
) -> MotifChanges:
    """Change of the best hit and of the occupancy of every motif, for n variants.

    Only windows that touch the variant count (where bases are lost: windows that hold the base before and the base
    after). An indel in a repeat has one answer wherever it was placed, see `touched`. A window with an N, or one that
    leaves its row, is impossible. The arguments are those of `ScannedVariants`; one number may stand for all variants.

    Raises:
        UserError: a floor beyond 126 bits.
        ValueError: codes that are not uint8[n, length], a negative length.
    """
    variants = ScannedVariants.of(
        ref_codes,
        alt_codes,
        variant_start=variant_start,
        ref_len=ref_len,
        alt_len=alt_len,
        motifs=motifs,
        floor_bits=floor_bits,
    )
    shape = len(ref_codes), len(motifs)
    whole = MotifChanges(np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32))

    def write(rows: slice, changes: MotifChanges) -> None:
        whole.best_hit[rows] = changes.best_hit
        whole.occupancy[rows] = changes.occupancy

    variants.each_block(write, threads=threads)
    return whole


def require_floor(floor_bits: float) -> None:
    """Refuse a floor that single precision cannot hold.

    Raises:
        UserError: says which floors it can.
    """
    if not -LARGEST_FLOOR <= floor_bits <= LARGEST_FLOOR:
        raise UserError(
            "the floor of the motif scores is out of range",
            expected=f"{-LARGEST_FLOOR:g} to {LARGEST_FLOOR:g} bits",
            got=f"{floor_bits:g}",
        )
