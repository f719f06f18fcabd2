"""The outcome of a statistic: a finite number, or NaN with the reason why there was nothing to measure."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, ParamSpec

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
P = ParamSpec("P")


class UndefinedError(Exception):
    """Raised inside the package where a statistic is undefined; `measured` turns it into a reason."""


@dataclass(frozen=True)
class Measured:
    """A statistic. `reason` is None exactly when `value` is a finite number; otherwise `value` is NaN."""

    value: float
    reason: str | None = None

    def __post_init__(self) -> None:
        if math.isfinite(self.value) == (self.reason is not None) or math.isinf(self.value):
            raise ValueError(f"a value is finite or NaN with a reason, got {self.value} with {self.reason!r}")


def nothing(reason: str) -> Measured:
    """NaN for `reason`."""
    return Measured(math.nan, reason)


def measured(function: Callable[P, float]) -> Callable[P, Measured]:
    """Let a function that returns a float, or raises UndefinedError, return a `Measured`."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Measured:
        try:
            return Measured(float(function(*args, **kwargs)))
        except UndefinedError as reason:
            return nothing(str(reason))

    return wrapped


class Rows(NamedTuple):
    """Rows a statistic can use: float64 (n,) arrays of equal length, every weight positive."""

    target: FloatArray
    score: FloatArray
    weights: FloatArray


def paired_rows(target: ArrayLike, score: ArrayLike, weights: ArrayLike | None, *, minimum: int = 3) -> Rows:
    """Check that two columns can be compared, and leave out rows of weight 0.

    Raises:
        ValueError: the arrays are not one-dimensional or differ in length.
        UndefinedError: NaN or infinity in a column, negative weights, or fewer than `minimum` rows.
    """
    columns = [column_of(target), column_of(score)]
    columns.append(np.ones(columns[0].size) if weights is None else column_of(weights))
    if len({column.size for column in columns}) != 1:
        raise ValueError(f"columns differ in length: {[column.size for column in columns]}")
    for name, column in zip(("target", "score", "weights"), columns, strict=True):
        require_finite(name, column)
    if weights is not None:
        if (columns[2] < 0).any():
            raise UndefinedError("weights has negative values")
        columns = [column[columns[2] > 0] for column in columns]
    if columns[0].size < minimum:
        raise UndefinedError(f"{columns[0].size} rows, at least {minimum} are needed")
    return Rows(*columns)


def column_of(values: ArrayLike) -> FloatArray:
    """`values` as a one-dimensional float64 array.

    Raises:
        ValueError: the array has another number of dimensions.
    """
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise ValueError(f"a column has one dimension, got shape {column.shape}")
    return column


def require_finite(name: str, column: FloatArray) -> None:
    """Raise UndefinedError where `column` holds NaN or infinity."""
    missing = column.size - int(np.isfinite(column).sum())
    if missing:
        raise UndefinedError(f"{name} has {missing} values that are NaN or infinite")


def scaled_deviations(column: FloatArray) -> tuple[FloatArray, float]:
    """The column about its mean in units of its largest distance from it, and that unit (1 where there is none).

    Squares of values such as 1e-200 vanish, and those of 1e200 overflow, unless they are taken in such a unit.
    """
    size = float(np.abs(column).max(initial=0.0)) or 1.0
    away = column / size
    away -= away.mean()
    unit = float(np.abs(away).max(initial=0.0)) or 1.0
    return away / unit, unit * size


def is_constant(column: FloatArray) -> bool:
    """Whether all values are equal (an empty column is constant)."""
    return column.size == 0 or bool((column == column[0]).all())
