"""The mean of a metric over the values of a stratum, such as elements: every element counts once, whatever its rows.

Elements that share a cluster, as two clones of one locus do, are not independent of each other: the interval of the
mean, and its p-value, rest on the spread between groups of them. Nothing is permuted: where an element is a cluster, as
most are, whatever could change places within it is not independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.columns import MEAN_OVER
from refalt.evaluation.beside.significance import UNTESTED
from refalt.evaluation.blocks import dense, joined_by
from refalt.evaluation.held import Held, Terms, companions, framed, measured_rows, rows_of, why_withheld
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import Floats, Question, asked_questions
from refalt.evaluation.strata import strata
from refalt.stats.intervals import MIN_CLUSTERS
from refalt.stats.metric import METRICS, Metric
from refalt.studies.study import ScoreSection
from refalt.tables import Estimates


def mean_estimates(joined: Joined, scores: Sequence[ScoreSection], terms: Terms) -> pl.DataFrame:
    """Rows of Estimates, one a score, question and metric; none where the study asks for no mean."""
    return framed([row for score in scores for row in _one_score(joined, score, terms)], Estimates)


def _one_score(joined: Joined, score: ScoreSection, terms: Terms) -> Iterator[dict[str, Any]]:
    name = terms.settings.mean_over
    if name is None:
        return
    parts = [part for _, part in strata(rows_of(joined, score), [name])][1:]
    for question in asked_questions(terms.settings.labels, terms.quantity):
        held = [measured_rows(question, part) for part in parts]
        for metric in question.metrics:
            yield _mean(METRICS[metric], question, held, score=score, terms=terms)


@dataclass(frozen=True)
class Mean:
    """A mean with its interval; NaN with a reason where there is none.

    Attributes:
        value: The mean.
        lower, upper: Limits.
        n_groups: Groups of values that are independent of each other.
        p_value: Two-sided, of a mean of zero, by the same t.
        reason: Why something is missing.
    """

    value: float
    lower: float
    upper: float
    n_groups: int
    p_value: float = math.nan
    reason: str | None = None


def mean_of_groups(values: Floats, group: npt.NDArray[np.integer[Any]], *, level: float) -> Mean:
    """The mean of k values, with an interval from the spread between the groups they come in.

    Standard error sqrt(G / (G - 1) sum_g (sum_{i in g} (v_i - mean))^2) / k and Student's t on G - 1 degrees of
    freedom (cluster-robust variance of an intercept, Cameron and Miller 2015, doi:10.3368/jhr.50.2.317); each value
    its own group gives the usual standard error of a mean.

    Args:
        values: float64[k], finite.
        group: int[k], the group of each value.
        level: Of the interval.
    """
    from scipy.special import stdtr, stdtrit

    if not values.size:
        return Mean(math.nan, math.nan, math.nan, 0, reason="none of its parts has anything to measure")
    mean = float(values.mean())
    codes = np.unique(group, return_inverse=True)[1]
    n_groups = int(codes.max()) + 1
    if n_groups < MIN_CLUSTERS:
        reason = f"{n_groups} clusters: no interval under {MIN_CLUSTERS}"
        return Mean(mean, math.nan, math.nan, n_groups, reason=reason)
    sums = np.bincount(codes, weights=values - mean)
    error = math.sqrt(n_groups / (n_groups - 1) * float((sums**2).sum())) / values.size
    if error == 0:
        return Mean(mean, math.nan, math.nan, n_groups, reason=f"every cluster gives {mean:g}: no interval")
    half = float(stdtrit(n_groups - 1, (1 + level) / 2)) * error
    p = 2 * float(stdtr(n_groups - 1, -abs(mean) / error))
    return Mean(mean, mean - half, mean + half, n_groups, p)


def _mean(
    metric: Metric, question: Question, held: Sequence[Held], *, score: ScoreSection, terms: Terms
) -> dict[str, Any]:
    level, name = 1 - terms.alpha, terms.settings.mean_over
    withheld = why_withheld(metric.name, question, score=score, withheld=terms.withheld)
    values = np.array([math.nan if part.selected else metric.function(part.target, part.score).value for part in held])
    used = [part for part, value in zip(held, values, strict=True) if np.isfinite(value)]
    found = mean_of_groups(values[np.isfinite(values)], _groups(used), level=level)
    if withheld:
        found = Mean(math.nan, math.nan, math.nan, found.n_groups, reason=withheld)
    has_interval = math.isfinite(found.lower)
    chances = np.array([metric.chance(part.target, part.score).value for part in used])
    beyond = mean_of_groups(values[np.isfinite(values)] - chances, _groups(used), level=level)
    tested = has_interval and metric.name not in UNTESTED and terms.settings.permutations > 0
    tested = tested and terms.tests(f"{MEAN_OVER}{name}") and math.isfinite(beyond.p_value)
    return {
        "model": score.model,
        "score_name": score.name,
        "dataset": terms.dataset,
        "label_name": question.name,
        "metric": metric.name,
        "stratum": f"{MEAN_OVER}{name}",
        "value": found.value,
        "lower": found.lower,
        "upper": found.upper,
        "level": level,
        "method": f"t on clusters of {len(used)} of {len(held)} values of {name}" if has_interval else "none",
        "p_value": beyond.p_value if tested else None,
        "q_value": None,
        "chance": float(chances.mean()) if chances.size and not withheld else math.nan,
        "prevalence": _prevalence(used) if metric.needs == "label" else None,
        **_counted(used, held, n_groups=found.n_groups),
        "reason": found.reason,
    }


def _counted(used: Sequence[Held], held: Sequence[Held], *, n_groups: int) -> dict[str, int]:
    """Companions over all parts; clusters are the groups that the interval rests on."""
    if not used:
        return dict.fromkeys(("n", "n_variants", "n_inputs"), 0) | {"n_clusters": 0, "n_missing": 0}
    whole = Held(
        pl.concat([part.rows for part in used]), used[0].target, used[0].score, sum(part.n_missing for part in held)
    )
    return companions(whole) | {"n_clusters": n_groups}


def _prevalence(used: Sequence[Held]) -> float | None:
    return float(np.concatenate([part.target for part in used]).mean()) if used else None


def _groups(parts: Sequence[Held]) -> npt.NDArray[np.integer[Any]]:
    """The group of each part, int[k]: parts with a cluster in common, directly or through others, are of one group."""
    if not parts:
        return np.zeros(0, dtype=np.int64)
    pairs = pl.concat(
        part.rows.select(pl.lit(number, pl.Int64).alias("part"), pl.col("cluster_id")).unique(maintain_order=True)
        for number, part in enumerate(parts)
    )
    part = pairs.get_column("part").to_numpy()
    group = joined_by(part, dense(pairs.get_column("cluster_id")))
    return group[np.unique(part, return_index=True)[1]]
