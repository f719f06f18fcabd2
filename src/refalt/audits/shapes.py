"""What the values of a column look like: the measures that tell an effect from a p-value or a ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.stats.association import spearman

Floats = npt.NDArray[np.float64]
#: Two printed forms of one number agree to about four digits.
SAME: Final = 1e-3
#: Distinct values on either side that say how often rounding repeats a value here.
NEIGHBOURS: Final = 50
#: Under half a percent of the rows an invented value changes no rank correlation visibly.
REPEATED_SHARE, FEWEST_REPEATS = 0.005, 10
#: Counts of neighbouring values on one rounding grid differ by a factor of two or so, never of ten. On a coarse grid,
#: where neighbours stand in several rows themselves, a factor of three is enough where chance does not reach it.
REPEATED_FACTOR, REPEATED_ON_GRID = 10.0, 3.0
#: Standard errors between a count and its neighbours' mean, both on the square-root scale, where a count has one half.
BEYOND_CHANCE: Final = 6.0
#: Where counts fall faster than this beside a value, the grid is too coarse to say what a count should be.
LEVEL: Final = 2.0


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


def correlation_without(target: Floats, score: Floats, clusters: npt.NDArray[np.int64]) -> Floats:
    """Pearson correlation without each cluster in turn: float64[clusters], from sums over clusters.

    Of mid-ranks it is Spearman's up to the ranks that the cluster's own rows take, which moves it by less than the
    cluster's share of rows.
    """
    x, y = target - target.mean(), score - score.mean()
    sums = [np.bincount(clusters, weights=part) for part in (np.ones(x.size), x, y, x * x, y * y, x * y)]
    n, sx, sy, sxx, syy, sxy = (part.sum() - part for part in sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        left: Floats = (sxy - sx * sy / n) / np.sqrt((sxx - sx**2 / n) * (syy - sy**2 / n))
    return left


@dataclass(frozen=True)
class Repeat:
    """A value that stands in too many rows: `count` of them, where its neighbours have `usual` on average."""

    value: float
    count: int
    usual: float


def repeated_beyond_chance(values: Floats) -> list[Repeat]:
    """Values that occur far more often than the values next to them, most frequent first.

    Rounding makes repeats, and makes as many of every neighbour: a value is judged by the mean count of the
    `NEIGHBOURS` nearest distinct values on either side, or of the nearest one where that is more. It must hold
    `REPEATED_SHARE` of the rows, and `REPEATED_FACTOR` times that mean or, `BEYOND_CHANCE`, `REPEATED_ON_GRID` times.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size < 2:
        return [Repeat(float(distinct[0]), int(counts[0]), 0.0)] if values.size else []
    fifty = _mean_around(counts, NEIGHBOURS)
    # On a coarse grid the density changes from one value to the next: the two beside it say more than the fifty.
    beside, farther = _mean_around(counts, 1), _mean_around(counts, 3, 1)
    usual = np.maximum(fifty, beside)
    is_level = beside <= LEVEL * farther
    stands_out = 2 * (np.sqrt(counts) - np.sqrt(usual)) > BEYOND_CHANCE
    too_many = (counts > REPEATED_FACTOR * usual) | (is_level & stands_out & (counts > REPEATED_ON_GRID * usual))
    many = (counts >= REPEATED_SHARE * values.size) & (counts >= FEWEST_REPEATS) & too_many
    order = np.flatnonzero(many)[np.argsort(-counts[many], kind="stable")]
    return [Repeat(float(distinct[i]), int(counts[i]), float(usual[i])) for i in order]


def _mean_around(counts: npt.NDArray[np.int64], reach: int, without: int = 0) -> Floats:
    """Mean count of the values up to `reach` places away on either side, those up to `without` left out: float64[n]."""
    padded = np.concatenate([[0], np.cumsum(counts)])
    at = np.arange(counts.size)
    wide = np.maximum(at - reach, 0), np.minimum(at + reach + 1, counts.size)
    narrow = np.maximum(at - without, 0), np.minimum(at + without + 1, counts.size)
    total = (padded[wide[1]] - padded[wide[0]]) - (padded[narrow[1]] - padded[narrow[0]])
    held = (wide[1] - wide[0]) - (narrow[1] - narrow[0])
    mean: Floats = total / np.maximum(held, 1)
    return mean
