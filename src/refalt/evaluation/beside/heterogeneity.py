"""Strata side by side: whether they differ by more than chance, and each drawn to the mean by how uncertain it is.

The largest of many strata is large partly by luck; its shrunken value is what to expect of it on other rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from refalt.columns import WHOLE
from refalt.evaluation.held import framed
from refalt.evaluation.labels import BASELINE, Floats
from refalt.stats.intervals import BOOTSTRAP_CLUSTERS
from refalt.stats.metric import METRICS
from refalt.tables import Heterogeneity

_SUBJECT: Final = ("model", "score_name", "dataset", "label_name", "metric")
_KEPT: Final = ("stratum", "value", "n", "n_clusters")
#: There and back: the scale on which a metric is closest to normal.
_SCALES: Final[Mapping[str | None, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]]] = {
    "fisher_z": (np.arctanh, np.tanh),
    "logit": (lambda share: np.log(share) - np.log1p(-share), lambda logit: 1 / (1 + np.exp(-logit))),
    None: (lambda value: value, lambda value: value),
}


@dataclass(frozen=True)
class Pooled:
    """Strata taken together, on the normalising scale.

    Attributes:
        mean: Random-effects mean.
        tau_squared: Variance between strata, by DerSimonian and Laird.
        q: Cochran's Q.
        p_value: Of Q against chi-squared on k - 1 degrees of freedom.
        i_squared: Share of the spread that is more than chance.
    """

    mean: float
    tau_squared: float
    q: float
    p_value: float
    i_squared: float


def pooled(values: Floats, errors: Floats) -> Pooled:
    """Random-effects meta-analysis (DerSimonian and Laird 1986; I squared: Higgins and Thompson 2002).

    Args:
        values: float64[k], k of 2 or more.
        errors: float64[k], standard errors above zero.
    """
    from scipy.special import chdtrc

    weight = errors**-2.0
    fixed = float(np.average(values, weights=weight))
    q, df = float((weight * (values - fixed) ** 2).sum()), values.size - 1
    spare = float(weight.sum() - (weight**2).sum() / weight.sum())
    tau_squared = max((q - df) / spare, 0.0)
    mean = float(np.average(values, weights=1 / (errors**2 + tau_squared)))
    return Pooled(mean, tau_squared, q, float(chdtrc(df, q)), max(1 - df / q, 0.0) if q > 0 else 0.0)


def heterogeneity(estimates: pl.DataFrame) -> pl.DataFrame:
    """Rows of Heterogeneity: one a stratum of every metric of every score; baselines and controls left out."""
    scores = estimates.filter(~pl.col("model").is_in([BASELINE, "control"]))
    parts = scores.filter(pl.col("stratum").str.contains("="))
    parts = parts.with_columns(pl.col("stratum").str.split_exact("=", 1).struct.field("field_0").alias("column"))
    whole = {
        tuple(row[name] for name in _SUBJECT): row["n_clusters"]
        for row in scores.filter(pl.col("stratum") == WHOLE).iter_rows(named=True)
    }
    rows: list[dict[str, Any]] = []
    for keys, group in parts.group_by([*_SUBJECT, "column"], maintain_order=True):
        rows += _family(group, n_clusters=whole.get(keys[:-1]))
    return framed(rows, Heterogeneity)


def _family(group: pl.DataFrame, *, n_clusters: int | None) -> Iterator[dict[str, Any]]:
    there, back = _SCALES[METRICS[group.get_column("metric")[0]].scale_transform]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = there(group.get_column("value").to_numpy())
        errors = _errors(group, there)
    usable = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    shrunken = np.full(values.size, math.nan)
    found = None
    if usable.sum() > 1:
        found = pooled(values[usable], errors[usable])
        kept = found.tau_squared / (found.tau_squared + errors[usable] ** 2)
        shrunken[usable] = back(found.mean + kept * (values[usable] - found.mean))
    rank = np.empty(values.size, dtype=np.int64)
    # Strata that shrink to one value, up to rounding, are placed by their own.
    order = np.lexsort((-np.nan_to_num(values), np.where(usable, -shrunken.round(9), math.inf)))
    rank[order] = np.arange(1, values.size + 1)
    shared = None if n_clusters is None else int(group.get_column("n_clusters").sum()) > n_clusters
    family = _of_family(found, back, n_strata=int(usable.sum())) | {"shares_clusters": shared}
    for number, row in enumerate(group.iter_rows(named=True)):
        yield {
            **{name: row[name] for name in (*_SUBJECT, "column", *_KEPT)},
            "standard_error": float(errors[number]),
            "shrunken": float(shrunken[number]),
            "rank": int(rank[number]),
            **family,
            "reason": row["reason"] or (None if found else "fewer than two strata have an interval"),
        }


def _of_family(found: Pooled | None, back: Callable[[Floats], Floats], *, n_strata: int) -> dict[str, Any]:
    if found is None:
        return {"n_strata": n_strata}
    return {
        "n_strata": n_strata,
        "pooled": float(back(np.array([found.mean]))[0]),
        "q_statistic": found.q,
        "p_value": found.p_value,
        "i_squared": found.i_squared,
        "tau_squared": found.tau_squared,
    }


def _errors(group: pl.DataFrame, there: Callable[[Floats], Floats]) -> Floats:
    """Half the width of each interval on the normalising scale, over the quantile it was made with."""
    from scipy.special import ndtri, stdtrit

    lower, upper = (there(group.get_column(name).to_numpy()) for name in ("lower", "upper"))
    share = (1 + group.get_column("level").to_numpy()) / 2
    n_clusters = group.get_column("n_clusters").to_numpy()
    by_t = stdtrit(np.maximum(n_clusters - 1, 1), share)
    errors: Floats = (upper - lower) / (2 * np.where(n_clusters < BOOTSTRAP_CLUSTERS, by_t, ndtri(share)))
    return errors
