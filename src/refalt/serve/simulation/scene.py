"""One variant in one window: the sequences a model is shown, and ALT's values laid back onto REF's places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from refalt.sequences import LETTERS, N_CODE, Codes, encode, windows
from refalt.serve.methods import invalid
from refalt.serve.simulation.predictor import Indices, Predictor, Values
from refalt.serve.simulation.profile import Profile
from refalt.sources.fasta import Genome


@dataclass(frozen=True)
class Window:
    """An interval of a contig: 0-based start, which may lie before the contig, and length in bases."""

    contig: str
    start: int
    length: int

    @property
    def end(self) -> int:
        """End, excluded; it may lie beyond the contig."""
        return self.start + self.length


@dataclass(frozen=True)
class Variant:
    """REF at `pos` (1-based) replaced by ALT; letters A, C, G, T, N; either may be empty."""

    contig: str
    pos: int
    ref: str
    alt: str

    @property
    def start(self) -> int:
        """0-based place of the first base of REF."""
        return self.pos - 1

    @property
    def end(self) -> int:
        """End of REF, 0-based, excluded."""
        return self.start + len(self.ref)


@dataclass(frozen=True, eq=False)
class Scene:
    """A variant in a window, with what the model sees of REF and of ALT.

    Attributes:
        offset: Place of the variant's first base in the window.
    """

    window: Window
    variant: Variant
    ref: Profile
    alt: Profile

    @property
    def offset(self) -> int:
        return self.variant.start - self.window.start

    def aligned_alt(self, predictor: Predictor, output: str, places: Indices) -> Values:
        """ALT's values of a one-base output at places of the REF window, float32[n, tracks] for int64[n].

        As the open model code aligns them: the alleles are taken to differ after the last base they share the length
        of. A deleted base is 0; of inserted bases and the one before them the highest value stands at that one; what
        an insertion pushes out of the window is 0.
        """
        gained = len(self.variant.alt) - len(self.variant.ref)
        anchor = self.offset + min(len(self.variant.alt), len(self.variant.ref)) - 1
        source = np.where(places > anchor, places + gained, places)
        silent = (source >= self.window.length) | ((places > anchor) & (source <= anchor))
        aligned = predictor.values(self.alt, output, bins=np.clip(source, 0, self.window.length - 1))
        aligned[silent] = 0
        if gained > 0:
            inserted = np.arange(max(anchor, 0), min(anchor + gained + 1, self.window.length))
            aligned[places == anchor] = predictor.values(self.alt, output, bins=inserted).max(axis=0)
        return aligned


def reference_codes(genome: Genome, window: Window) -> Codes:
    """uint8[length] of the genome in a window, N outside the contig.

    Raises:
        RefusedError: the genome has no such contig, or the window lies wholly outside it.
    """
    if not genome.has(window.contig):
        raise invalid(f"Chromosome {window.contig!r} is not in the genome.")
    contig = genome.codes(window.contig)
    if window.start >= contig.size or window.end <= 0:
        raise invalid(f"The interval {window.contig}:{window.start}-{window.end} lies outside the chromosome.")
    cut, _ = windows(contig, [window.start], window.length)
    return np.asarray(cut[0])


def allele_codes(genome: Genome, window: Window, variant: Variant) -> tuple[Codes, Codes]:
    """REF and ALT sequences of a variant in a window, uint8[length] each.

    The caller's REF is written over the genome's bases. ALT is cut at the window's end where it is longer than REF,
    and goes on with the contig's next bases where it is shorter.

    Raises:
        RefusedError: as `reference_codes`.
    """
    lost = max(len(variant.ref) - len(variant.alt), 0)
    wide = reference_codes(genome, Window(window.contig, window.start, window.length + lost)).copy()
    at = variant.start - window.start
    before, after = wide[:at], wide[at + len(variant.ref) :]
    ref, alt = (np.concatenate([before, encode(allele), after]) for allele in (variant.ref, variant.alt))
    return ref[: window.length], alt[: window.length]


def single_base_changes(codes: Codes, stretch: Window) -> Iterator[Variant]:
    """Every change of one base of a stretch, by place and then in the order A, C, G, T; none of a base N.

    Args:
        codes: uint8[at least the stretch's length], its bases first.
        stretch: Where they lie.
    """
    for place, code in enumerate(codes[: stretch.length].tolist()):
        for other in range(N_CODE):
            if N_CODE != code != other:
                yield Variant(stretch.contig, stretch.start + place + 1, chr(LETTERS[code]), chr(LETTERS[other]))
