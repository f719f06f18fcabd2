"""What a local model sees of one sequence on both strands, summed and smoothed exactly.

Activity is kept in whole multiples of `UNIT`, as running sums of integers. A sum over any stretch is then the
difference of two numbers and does not depend on the order of additions: sequences that agree over a stretch have
exactly the same sums there, on every machine, and the reverse complement has exactly the mirrored ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from refalt.sequences import Codes, reverse_complement
from refalt.serve.simulation.local_models import UNIT, LocalModel

Sums = npt.NDArray[np.int64]
Signal = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Profile:
    """Running sums of activity along a sequence.

    Attributes:
        length: Bases.
        forward: int64[length + 1, channels], sums over the bases before each place, of the strand as given.
        reverse: The same of the other strand, in the order of the strand as given.
    """

    length: int
    forward: Sums
    reverse: Sums

    @classmethod
    def of(cls, model: LocalModel, codes: Codes) -> Profile:
        """The profile of uint8[length] codes."""
        return cls(
            codes.size,
            _running_sums(model.activity(codes)),
            _running_sums(model.activity(reverse_complement(codes))[::-1]),
        )

    def at(self, strand: str, bins: Sums, *, resolution: int, reach: int = 0) -> Signal:
        """Activity in bins.

        Args:
            strand: "+", "-", or "." for the sum of both.
            bins: int64[n], numbers of the bins.
            resolution: Bases of a bin; its activity is the sum over its bases.
            reach: Bases on either side of a bin that count with it; the sum is then scaled to the bin's own size.
                Beyond the ends of the sequence all is silent.

        Returns:
            float32[channels, n].
        """
        first = np.clip(bins * resolution - reach, 0, self.length)
        last = np.clip((bins + 1) * resolution + reach, 0, self.length)
        total = np.sum([sums[last] - sums[first] for sums in self._of(strand)], axis=0)
        return np.ascontiguousarray(total.T * (UNIT * resolution / (resolution + 2 * reach)), dtype=np.float32)

    def _of(self, strand: str) -> tuple[Sums, ...]:
        return {"+": (self.forward,), "-": (self.reverse,), ".": (self.forward, self.reverse)}[strand]


def _running_sums(activity: npt.NDArray[np.float32]) -> Sums:
    sums = np.zeros((len(activity) + 1, activity.shape[1]), dtype=np.int64)
    np.cumsum(np.rint(activity.astype(np.float64) / UNIT).astype(np.int64), axis=0, out=sums[1:])
    return sums
