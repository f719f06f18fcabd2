"""p-values of a family of tests, corrected for their number. Tests without a p-value (NaN) are not of the family."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from refalt.stats.measured import FloatArray, column_of


def bonferroni(p_values: ArrayLike) -> FloatArray:
    """p times the number of tests, at most 1: the family-wise error is controlled. NaN stays NaN.

    Raises:
        ValueError: a p-value lies outside [0, 1].
    """
    column = _p_column(p_values)
    return np.minimum(column * np.count_nonzero(~np.isnan(column)), 1)


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """q-values by Benjamini and Hochberg: the false discovery rate at which each test would be called. NaN stays NaN.

    Raises:
        ValueError: a p-value lies outside [0, 1].
    """
    column = _p_column(p_values)
    tested = np.flatnonzero(~np.isnan(column))
    descending = tested[np.argsort(-column[tested], kind="stable")]
    rank = np.arange(descending.size, 0, -1)
    adjusted = np.full(column.size, np.nan)
    adjusted[descending] = np.minimum.accumulate(np.minimum(column[descending] * (descending.size / rank), 1))
    return adjusted


def _p_column(p_values: ArrayLike) -> FloatArray:
    column = column_of(p_values)
    outside = column[(column < 0) | (column > 1)]
    if outside.size:
        raise ValueError(f"p-values lie between 0 and 1, got {outside[0]:g}")
    return column
