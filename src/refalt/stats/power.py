"""What a sample of this size can and cannot show: power, detectable effects, and equivalence to nothing.

`n` counts independent rows: give the effective n (see `dependence`) where rows depend on one another.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from refalt.stats.measured import UndefinedError, measured

# An area this close to 1 is as far as the search for a detectable one goes.
NEARLY_ONE = 1 - 1e-12


@measured
def correlation_power(r: float, n: float, *, alpha: float = 0.05) -> float:
    """Power of the two-sided test of no correlation when the true one is `r`.

    Fisher's z with its bias r / (2 (n - 1)), against the critical value of Student's t on n - 2 degrees of freedom
    (Cohen 1988, as in R's pwr.r.test).
    """
    return _correlation_power(abs(r), n, alpha)


@measured
def detectable_correlation(n: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest |r| that the two-sided test at `alpha` finds with probability `power`."""
    return _crossing(lambda r: _correlation_power(r, n, alpha) - power, 0.0, NEARLY_ONE)


def _correlation_power(r: float, n: float, alpha: float) -> float:
    from scipy.special import ndtr, stdtrit

    if n < 4 or not 0 <= r < 1:
        raise UndefinedError(f"a correlation of {r:g} at n = {n:g} has no power to speak of: n of 4 and |r| < 1 needed")
    critical = float(stdtrit(n - 2, 1 - alpha / 2))
    beyond = math.atanh(critical / math.sqrt(critical**2 + n - 2))
    centre, root = math.atanh(r) + r / (2 * (n - 1)), math.sqrt(n - 3)
    return float(ndtr((centre - beyond) * root) + ndtr((-centre - beyond) * root))


@measured
def auroc_power(auroc: float, n_positive: float, n_negative: float, *, alpha: float = 0.05) -> float:
    """Power of the two-sided test of AUROC = 0.5, with the standard errors of Hanley and McNeil (1982)."""
    return _auroc_power(max(auroc, 1 - auroc), n_positive, n_negative, alpha)


@measured
def detectable_auroc(n_positive: float, n_negative: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest AUROC above 0.5 that the two-sided test at `alpha` finds with probability `power`."""
    return _crossing(lambda area: _auroc_power(area, n_positive, n_negative, alpha) - power, 0.5, NEARLY_ONE)


def _auroc_power(area: float, n_positive: float, n_negative: float, alpha: float) -> float:
    from scipy.special import ndtr, ndtri

    if min(n_positive, n_negative) < 2 or not 0.5 <= area < 1:
        raise UndefinedError(f"an area of {area:g} with {n_positive:g} positives and {n_negative:g} negatives")
    beyond = float(ndtri(1 - alpha / 2)) * _hanley_mcneil(0.5, n_positive, n_negative)
    error = _hanley_mcneil(area, n_positive, n_negative)
    return float(ndtr((area - 0.5 - beyond) / error) + ndtr((0.5 - area - beyond) / error))


def _hanley_mcneil(area: float, n_positive: float, n_negative: float) -> float:
    """Standard error of an AUROC for exponentially distributed scores."""
    two_positives, two_negatives = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area)
    variance += (n_positive - 1) * (two_positives - area**2) + (n_negative - 1) * (two_negatives - area**2)
    return math.sqrt(variance / (n_positive * n_negative))


def _crossing(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    if function(high) < 0:
        raise UndefinedError("no effect, however large, would be found with that probability at this n")
    if function(low) >= 0:
        raise UndefinedError("the power asked for does not exceed alpha")
    return float(brentq(function, low, high, xtol=1e-13))


@measured
def correlation_equivalence(r: float, n: float, *, margin: float) -> float:
    """p-value that the true correlation lies within -margin to +margin: the larger of two one-sided tests (TOST).

    On Fisher's z with standard error 1 / sqrt(n - 3). Small p: "no correlation worth naming" may be said.
    """
    if n < 4 or not -1 < r < 1:
        raise UndefinedError(f"a correlation of {r:g} at n = {n:g} has no equivalence test")
    return _two_one_sided(math.atanh(r), 1 / math.sqrt(n - 3), math.atanh(margin), None)


@measured
def equivalence(value: float, standard_error: float, *, margin: float, df: float | None = None) -> float:
    """p-value that a difference from chance lies within -margin to +margin, by two one-sided tests.

    Args:
        value: the estimate minus its chance value.
        standard_error: of the estimate, dependence included.
        margin: the difference below which nothing is worth naming, in the units of `value`.
        df: degrees of freedom (clusters - 1); None for the normal distribution.
    """
    if not (math.isfinite(value) and math.isfinite(standard_error) and standard_error > 0):
        raise UndefinedError("an equivalence test needs an estimate and its standard error")
    return _two_one_sided(value, standard_error, margin, df)


def _two_one_sided(value: float, error: float, margin: float, df: float | None) -> float:
    from scipy.special import ndtr, stdtr

    if margin <= 0:
        raise UndefinedError(f"an equivalence margin is positive, got {margin:g}")
    nearer = (abs(value) - margin) / error
    return float(ndtr(nearer) if df is None else stdtr(df, nearer))
