"""What the values of a column look like: the measures that tell an effect from a p-value or a ratio."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.stats.association import spearman

Floats = npt.NDArray[np.float64]
#: Two printed forms of one number agree to about four digits.
SAME: Final = 1e-3


def bottom_to_middle(values: Floats) -> float:
    """1st percentile of the non-zero magnitudes over their median; NaN when all are zero.

    Measured effects crowd around their noise (0.01 to 0.7); p-values of discoveries span orders of magnitude.
    """
    magnitudes = np.abs(values[values != 0])
    if not magnitudes.size:
        return math.nan
    low, middle = np.quantile(magnitudes, [0.01, 0.5])
    return float(low / middle)


def distance_from_uniform(values: Floats) -> float:
    """Largest distance of the empirical distribution from the uniform one on [0, 1] (Kolmogorov-Smirnov's D)."""
    ascending = np.sort(values)
    steps = np.arange(ascending.size + 1) / ascending.size
    return float(max((steps[1:] - ascending).max(), (ascending - steps[:-1]).max()))


def share_equal(first: Floats, second: Floats) -> float:
    """Share of rows in which two columns hold the same number, to about four digits."""
    scale = np.maximum(np.abs(first), np.abs(second))
    return float((np.abs(first - second) <= SAME * scale).mean()) if first.size else math.nan


def follows_p(effect: Floats, standard_error: Floats, p_value: Floats) -> float:
    """Spearman correlation of |effect / standard error| with -log10 p; NaN where there is none.

    It is 1 whatever the test's distribution, as long as all rows share its degrees of freedom: no normal p-value
    is computed. -p has the ranks of -log10 p, also where p is 0.
    """
    return spearman(np.abs(effect / standard_error), -p_value).value


def widest_gap(values: Floats, around: float) -> tuple[float, float]:
    """The nearest values below and above `around` (a value equal to it leaves no gap)."""
    below, above = values[values <= around], values[values >= around]
    return (float(below.max()) if below.size else -math.inf, float(above.min()) if above.size else math.inf)
