"""Rank correlation with a covariate taken out, with its interval over clusters."""

from __future__ import annotations

import numpy as np

from refalt.evaluation.beside.asked import Case
from refalt.evaluation.beside.limits import Statistic, interval_of_counts
from refalt.evaluation.held import Held, no_number
from refalt.evaluation.labels import Floats
from refalt.stats.association import partial_spearman
from refalt.stats.intervals import Interval
from refalt.stats.measured import UndefinedError
from refalt.stats.metric import METRICS
from refalt.stats.prepared import counted_statistic
from refalt.stats.resampling import dense_codes


def partial_interval(held: Held, covariate: Floats, case: Case, rng: np.random.Generator) -> Interval:
    """Partial Spearman of target and score given one covariate.

    In each resample from its three rank correlations, (r_ts - r_tc r_sc) / sqrt((1 - r_tc^2)(1 - r_sc^2)), which is
    what regressing ranks on ranks gives where there is one covariate (Fisher 1924).

    Args:
        held: Rows.
        covariate: float64[n].
        case: For what fixes the numbers.
        rng: Source of the resamples.
    """
    reason = case.withheld("spearman_rho")
    if reason is not None:
        return no_number(held, case.terms, reason)
    codes = dense_codes(held.codes)
    n_clusters = int(codes.max(initial=-1)) + 1
    try:
        statistic = _statistic(held, covariate, codes, n_clusters)
        value = partial_spearman(held.target, held.score, covariates=covariate)
    except UndefinedError as error:
        return no_number(held, case.terms, str(error))
    return interval_of_counts(
        value, statistic, n_clusters,
        n=held.rows.height, rng=rng, level=case.terms.level, resamples=case.terms.settings.resamples,
        scale="fisher_z",
    )  # fmt: skip


def _statistic(
    held: Held, covariate: Floats, codes: np.ndarray[tuple[int], np.dtype[np.int32]], n_clusters: int
) -> Statistic:
    pairs = ((held.target, held.score), (held.target, covariate), (held.score, covariate))
    rho = METRICS["spearman_rho"]
    three = [counted_statistic(rho, *pair, codes, n_clusters=n_clusters) for pair in pairs]

    def partial(counts: Floats) -> Floats:
        both, of_target, of_score = (statistic(counts) for statistic in three)
        with np.errstate(invalid="ignore", divide="ignore"):
            left: Floats = (both - of_target * of_score) / np.sqrt((1 - of_target**2) * (1 - of_score**2))
        return left

    return partial
