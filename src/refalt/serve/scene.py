"""One variant in one window: the sequences a model is shown, and ALT's values laid back onto REF's places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from refalt.sequences import Codes, encode, windows
from refalt.serve.methods import invalid
from refalt.serve.predictor import Predictor, Values
from refalt.serve.profile import Profile
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

    def aligned_alt(self, predictor: Predictor, output: str, begin: int, end: int) -> Values:
        """ALT's values of a one-base output at places `begin` to `end` of the REF window, float32[end - begin, tracks].

        As the open model code aligns them: the alleles are taken to differ after the last base they share the length
        of. A deleted base is 0; of inserted bases and the one before them the highest value stands at that one; what
        an insertion pushes out of the window is 0.
        """
        gained = len(self.variant.alt) - len(self.variant.ref)
        if gained == 0:
            return predictor.values(self.alt, output, begin=begin, end=end)
        anchor = self.offset + min(len(self.variant.alt), len(self.variant.ref)) - 1
        places = np.arange(begin, end)
        source = np.where(places > anchor, places + gained, places)
        silent = (source >= self.window.length) | ((places > anchor) & (source <= anchor))
        aligned = self._alt_values(predictor, output, np.clip(source, 0, self.window.length - 1))
        aligned[silent] = 0
        if gained > 0 and begin <= anchor < end:
            inserted = np.arange(anchor, min(anchor + gained + 1, self.window.length))
            aligned[anchor - begin] = self._alt_values(predictor, output, inserted).max(axis=0)
        return aligned

    def _alt_values(self, predictor: Predictor, output: str, places: npt.NDArray[np.int64]) -> Values:
        if not places.size:
            return predictor.values(self.alt, output, begin=0, end=0)
        first = int(places.min())
        return predictor.values(self.alt, output, begin=first, end=int(places.max()) + 1)[places - first]


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
