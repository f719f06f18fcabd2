"""Columns of the tables of results: estimates, and what stands beside them."""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.columns.column import Column, key

_SUBJECT = (
    key("model", pl.String, "model that made the score; `recorded` when the source carries it; `baseline`; `control`"),
    key("score_name", pl.String, "score"),
    key("dataset", pl.String, "dataset"),
    key("label_name", pl.String, "what the score is held against: effect, magnitude, or the name of a label"),
)
_METRIC = key("metric", pl.String, "metric, by its registered name")
_STRATUM = key("stratum", pl.String, "`all`, or column=value, or `mean over column`")
_INTERVAL = (
    Column("value", pl.Float64, "the number; NaN where there is nothing to measure or it is withheld"),
    Column("lower", pl.Float64, "lower end of the interval"),
    Column("upper", pl.Float64, "upper end of the interval"),
    key("level", pl.Float64, "coverage the interval aims at"),
    key("method", pl.String, "how the interval was made"),
)
_COUNTS = (
    key("n", pl.Int64, "rows with both values", "rows"),
    key("n_variants", pl.Int64, "distinct variants or elements among them"),
    key("n_inputs", pl.Int64, "distinct model inputs among them"),
    key("n_clusters", pl.Int64, "clusters among them"),
    key("n_missing", pl.Int64, "rows of the stratum that hold the measured value and have no score", "rows"),
)
_REASON = Column("reason", pl.String, "why something is missing")

ESTIMATES: Final = (
    *_SUBJECT,
    _METRIC,
    _STRATUM,
    *_INTERVAL,
    Column(
        "p_value",
        pl.Float64,
        "two-sided p-value, by exchange of scores between inputs, whole clusters; of a mean, by t",
    ),
    Column("q_value", pl.Float64, "p-value adjusted over the declared family, by Benjamini and Hochberg"),
    Column("p_bonferroni", pl.Float64, "p-value times the number of tests of the family, at most 1"),
    Column("chance", pl.Float64, "what a score without information gives in expectation"),
    Column("prevalence", pl.Float64, "share of positives, for label metrics"),
    *_COUNTS,
    Column("reason", pl.String, "why value, interval or p-value is missing"),
)

DIAGNOSTICS: Final = (
    *_SUBJECT,
    key("diagnostic", pl.String, "what stands beside the estimates, by name"),
    key("stratum", pl.String, "`all`, or column=value, or a part of these"),
    *_INTERVAL,
    *_COUNTS,
    key("meaning", pl.String, "what the number says, in one sentence"),
    _REASON,
)

COMPARISONS: Final = (
    key("dataset", pl.String, "dataset"),
    key("label_name", pl.String, "what the scores are held against"),
    _METRIC,
    _STRATUM,
    key("first", pl.String, "score that the other is taken from"),
    key("second", pl.String, "the other score"),
    Column("difference", pl.Float64, "first minus second, on the rows that have both"),
    Column("lower", pl.Float64, "lower end of the interval of the difference"),
    Column("upper", pl.Float64, "upper end of the interval of the difference"),
    *_INTERVAL[3:],
    Column("p_value", pl.Float64, "two-sided p-value of no difference, by the same resamples"),
    Column("q_value", pl.Float64, "p-value adjusted over all comparisons of the study, by Benjamini and Hochberg"),
    Column("p_bonferroni", pl.Float64, "p-value times the number of comparisons, at most 1"),
    Column("delong_p", pl.Float64, "p-value by DeLong's variance extended to clusters; AUROC only"),
    Column("williams_p", pl.Float64, "p-value by Williams' t at the effective number of rows; correlations only"),
    Column("steiger_p", pl.Float64, "p-value by Steiger's z at the effective number of rows; correlations only"),
    Column("first_value", pl.Float64, "the metric of the first score on the rows that have both"),
    Column("second_value", pl.Float64, "the metric of the second score on the rows that have both"),
    Column("first_own_value", pl.Float64, "the metric of the first score on all rows that have it"),
    Column("second_own_value", pl.Float64, "the metric of the second score on all rows that have it"),
    key("n", pl.Int64, "rows that have both scores", "rows"),
    key("n_clusters", pl.Int64, "clusters among them"),
    key("first_own_n", pl.Int64, "rows that have the first score", "rows"),
    key("second_own_n", pl.Int64, "rows that have the second score", "rows"),
    _REASON,
)

POWER: Final = (
    *_SUBJECT,
    _METRIC,
    _STRATUM,
    *_INTERVAL[:3],
    key("n", pl.Int64, "rows with both values", "rows"),
    key("n_clusters", pl.Int64, "clusters among them"),
    Column("icc_target", pl.Float64, "intraclass correlation of what was measured, by clusters"),
    Column("icc_score", pl.Float64, "intraclass correlation of the score, by clusters"),
    Column("cluster_size_kish", pl.Float64, "average cluster size as a row sees it, sum n^2 / N", "rows"),
    Column("cluster_size_anova", pl.Float64, "average cluster size n0 of the analysis of variance", "rows"),
    Column("n_effective_kish", pl.Float64, "independent rows that the target's mean is worth, size by Kish", "rows"),
    Column("n_effective_anova", pl.Float64, "the same, size by the analysis of variance", "rows"),
    Column("design_effect", pl.Float64, "factor by which clusters inflate the variance of a correlation near zero"),
    Column("n_effective", pl.Float64, "rows divided by the design effect", "rows"),
    Column("detectable", pl.Float64, "smallest |r| or AUROC found with 80 % power at the effective number of rows"),
    key("margin", pl.Float64, "distance from chance under which a value counts as none"),
    Column("equivalence_p", pl.Float64, "p-value that the value lies within the margin, by two one-sided tests"),
    key("verdict", pl.String, "what may be said: a difference from chance, no effect, or nothing"),
    _REASON,
)

HETEROGENEITY: Final = (
    *_SUBJECT,
    _METRIC,
    key("column", pl.String, "what the strata are made of"),
    key("stratum", pl.String, "column=value"),
    Column("value", pl.Float64, "the metric in the stratum"),
    Column("standard_error", pl.Float64, "of the metric on its normalising scale, as its interval has it"),
    Column("shrunken", pl.Float64, "the value drawn towards the mean of all strata, by as much as it is uncertain"),
    key("rank", pl.Int64, "place of the stratum by its shrunken value, the largest first"),
    Column("pooled", pl.Float64, "the mean of all strata that the values are drawn to"),
    key("n", pl.Int64, "rows with both values", "rows"),
    key("n_clusters", pl.Int64, "clusters among them"),
    key("n_strata", pl.Int64, "strata with an interval, which the test is made of"),
    Column("q_statistic", pl.Float64, "Cochran's Q: squared distances from the mean in units of their errors"),
    Column("p_value", pl.Float64, "p-value that all strata share one value, Q against chi-squared"),
    Column("shares_clusters", pl.Boolean, "clusters lie in several strata: the test then errs towards no difference"),
    Column("i_squared", pl.Float64, "share of the spread between strata that is more than chance", "fraction"),
    Column("tau_squared", pl.Float64, "variance between strata on the normalising scale (DerSimonian and Laird)"),
    _REASON,
)

BALANCE: Final = (
    key(
        "covariate", pl.String, "what positives and controls are compared in; `name=value` for one value of a category"
    ),
    Column(
        "before", pl.Float64, "standardised difference between positives and all controls; of a category, of its shares"
    ),
    Column("after", pl.Float64, "the same between positives and the controls chosen for them"),
    key("n_positives", pl.Int64, "positives that have controls", "rows"),
    key("n_lacking", pl.Int64, "controls that positives asked for and did not get", "rows"),
    key("n_controls", pl.Int64, "controls chosen", "rows"),
    key("n_set_aside", pl.Int64, "controls set aside because they are associated themselves", "rows"),
    _REASON,
)
