"""Models that need nothing but a sequence: what they give the server for every base, and those it knows by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from refalt.errors import unknown_name
from refalt.motifs.log_odds import log_odds
from refalt.motifs.motif_set import MotifSet, shipped_motifs
from refalt.sequences import Codes

Activity = npt.NDArray[np.float32]

#: Factors of the default panel: bound in the cell types of the synthetic track table.
PANEL: Final = ("CTCF", "GATA1", "SPI1", "FOXA1", "CEBPB", "REST", "IRF4", "YY1")
#: Activity is rounded to whole multiples of this, so that its sums are exact.
UNIT: Final = 2.0**-24
#: A site is bound half the time when its score reaches this share of the best score its motif can have.
HALF_BOUND: Final = 0.6
_LETTERS: Final = 5
_RUN: Final = 4


class LocalModel(Protocol):
    """A model the server can answer from.

    Attributes:
        channels: Names of what it sees, such as transcription factors; a ChIP track of that factor follows it.
    """

    @property
    def channels(self) -> tuple[str, ...]: ...

    def activity(self, codes: Codes) -> Activity:
        """What one strand of a sequence shows, read from its first base to its last.

        The server asks for both strands, so what a model says of one need not heed the other.

        Args:
            codes: uint8[length]; A=0, C=1, G=2, T=3, N=4.

        Returns:
            float32[length, channels], none negative; the same for the same sequence, always.
        """
        ...


@dataclass(frozen=True, eq=False)
class MotifModel:
    """Occupancy of binding sites: a base's activity is how often the sites that cover it are bound, summed.

    A site of score s (log-odds, bits) is bound with the probability 1 / (1 + 2 ** (mu - s)), the equilibrium of one
    kind of protein at a fixed concentration (Berg & von Hippel 1987, J Mol Biol 193:723), mu being `HALF_BOUND` of the
    motif's best score. A site with an N is never bound.
    """

    channels: tuple[str, ...]
    _tables: tuple[tuple[npt.NDArray[np.float32], ...], ...] = field(repr=False)
    _widths: tuple[int, ...] = field(repr=False)

    @classmethod
    def of(cls, motifs: MotifSet, factors: tuple[str, ...] = PANEL) -> MotifModel:
        """The model of some factors, of each the first of its matrices; case is not heeded, as JASPAR's differs.

        Raises:
            UserError: a factor has no matrix.
        """
        ends = np.cumsum(motifs.lengths)
        names = [name.upper() for name in motifs.names]
        tables, widths = [], []
        for factor in factors:
            if factor not in names:
                raise unknown_name("motif", factor, PANEL, where=motifs.release)
            number = names.index(factor)
            width = int(motifs.lengths[number])
            scores = log_odds(motifs.counts[ends[number] - width : ends[number]])
            tables.append(_run_tables(scores - HALF_BOUND * scores.max(axis=1).sum() / width))
            widths.append(width)
        return cls(factors, tuple(tables), tuple(widths))

    def activity(self, codes: Codes) -> Activity:
        """See `LocalModel.activity`."""
        activity = np.zeros((codes.size, len(self.channels)), dtype=np.float32)
        runs = _run_numbers(codes)
        for channel, (tables, width) in enumerate(zip(self._tables, self._widths, strict=True)):
            sites = codes.size - width + 1
            if sites < 1:
                continue
            score = np.zeros(sites, dtype=np.float32)
            for number, table in enumerate(tables):
                score += table[runs[number * _RUN : number * _RUN + sites]]
            bound = np.rint(1.0 / UNIT / (1.0 + np.exp2(-score, dtype=np.float64)))
            # A base is covered by the sites that begin up to `width - 1` before it: a difference of running sums.
            begun = np.pad(np.cumsum(bound), (width, width - 1), mode="constant", constant_values=(0, bound.sum()))
            activity[:, channel] = (begun[width:] - begun[:-width]) * UNIT
        return activity


def local_model(name: str) -> LocalModel:
    """The local model of that name.

    Raises:
        UserError: there is none.
    """
    if name not in LOCAL_MODELS:
        raise unknown_name("local model", name, LOCAL_MODELS)
    return LOCAL_MODELS[name]()


#: Name -> how to make the model.
LOCAL_MODELS: Final[Mapping[str, Callable[[], LocalModel]]] = MappingProxyType(
    {"motif": lambda: MotifModel.of(shipped_motifs())}
)


def _run_tables(scores: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float32], ...]:
    """For every four columns of float64[width, 4] scores, the score of each of the 625 runs of four letters.

    The last run may hang over the motif's end; what hangs over scores nothing. A letter N scores minus infinity.
    """
    width = len(scores)
    padded = np.zeros((-(-width // _RUN) * _RUN, _LETTERS))
    padded[:width, :4] = scores
    padded[:width, 4] = -np.inf
    tables = []
    for begin in range(0, len(padded), _RUN):
        first, second, third, fourth = padded[begin : begin + _RUN]
        table = first[:, None, None, None] + second[:, None, None] + third[:, None] + fourth
        tables.append(table.ravel().astype(np.float32))
    return tuple(tables)


def _run_numbers(codes: Codes) -> npt.NDArray[np.intp]:
    """The number of the run of four letters that begins at each base, counted in base 5; N after the end."""
    letters = np.concatenate([codes, np.full(_RUN, 4, dtype=np.uint8)]).astype(np.intp)
    numbers = letters[: codes.size].copy()
    for offset in range(1, _RUN):
        numbers *= _LETTERS
        numbers += letters[offset : offset + codes.size]
    return numbers
