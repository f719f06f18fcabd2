"""The tables that flow from stage to stage: made of declared columns, validated at birth, never changed.

A table is a class with a name, its declared columns and a key. `Table(frame)` checks names, types, missing
values and the key; what passes is what every later stage may rely on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from refalt import columns
from refalt.tables.table import LAYOUT_VERSION, Table, TableError, n_repeated

__all__ = [
    "ALL_TABLES",
    "LAYOUT_VERSION",
    "AlleleChecks",
    "Attrition",
    "Balance",
    "Comparison",
    "Comparisons",
    "Diagnostics",
    "Estimates",
    "Failures",
    "Heterogeneity",
    "Inputs",
    "Measurements",
    "Orientation",
    "Power",
    "Predictions",
    "Probes",
    "Table",
    "TableError",
    "Tracks",
    "may_be_compared",
    "n_repeated",
]


def may_be_compared(*, recorded: bool) -> pl.Expr:
    """Whether a row's `reason` lets it be compared, with a recorded score or with a model's."""
    free = pl.col("reason").is_null()
    return free | pl.col("reason").is_in(columns.SPARING_RECORDED) if recorded else free


class Measurements(Table):
    """Every row of the source, parsed; unparsable ones included with their reason."""

    title = "Measurements"
    declared = columns.MEASUREMENTS
    key = ("source_row",)
    open_prefixes = (columns.RECORDED_PREFIX, columns.STRATUM_PREFIX)
    unique_when_kept: ClassVar[tuple[str, ...]] = ("variant_id", "element_id", "target_id", "context_id")

    def kept(self, *, recorded: bool) -> pl.DataFrame:
        """Rows that may be compared: with a recorded score (which needs no genome), or with a model's."""
        keeps = self.frame.select(may_be_compared(recorded=recorded)).to_series()
        return self.frame if keeps.all() else self.frame.filter(keeps)

    @property
    def recorded_names(self) -> tuple[str, ...]:
        """Names of the scores that the source carries."""
        prefix = columns.RECORDED_PREFIX
        return tuple(name.removeprefix(prefix) for name in self.frame.columns if name.startswith(prefix))

    @classmethod
    def _check_key(cls, frame: pl.DataFrame) -> None:
        super()._check_key(frame)
        repeated = n_repeated(frame.filter(may_be_compared(recorded=True)), cls.unique_when_kept)
        if repeated:
            raise TableError(f"{cls.title}: {repeated} kept rows repeat ({', '.join(cls.unique_when_kept)})")


class Inputs(Table):
    """Sequences that the source carries, one row a source row that has any."""

    title = "Inputs"
    declared = columns.INPUTS
    key = ("source_row",)


class AlleleChecks(Table):
    """What the anchor said of each distinct variant."""

    title = "AlleleChecks"
    declared = columns.ALLELE_CHECKS
    key = ("variant_id",)


class Orientation(Table):
    """What was done to the alleles and the sign of each row, and why."""

    title = "Orientation"
    declared = columns.ORIENTATION
    key = ("source_row",)


class Tracks(Table):
    """Outputs of a model that a score selects."""

    title = "Tracks"
    declared = columns.TRACKS
    key = ("score_name", "track_index")


class Predictions(Table):
    """Values of one score, one row an asked variant or element."""

    title = "Predictions"
    declared = columns.PREDICTIONS
    key = ("made_for", "target_id", "context_id")


class Probes(Table):
    """Answers to questions whose answer is known beforehand; never among the predictions."""

    title = "Probes"
    declared = columns.PROBES
    key = ("score_name", "probe", "asked_id", "target_id")


class Failures(Table):
    """What has no prediction, and why."""

    title = "Failures"
    declared = columns.FAILURES
    key = ("score_name", "asked_id")

    @property
    def unanswered(self) -> pl.DataFrame:
        """Rows that were asked and got no answer; an answer without a row's gene is one."""
        return self.frame.filter(pl.col("reason") == columns.Reason.PREDICTION_FAILED.value)


class Comparison(Table):
    """Measured quantities beside scores, both ALT over REF of the same asked variant."""

    title = "Comparison"
    declared = columns.COMPARISON
    key = ("source_row", "score_name")
    open_prefixes = (columns.STRATUM_PREFIX,)


class Attrition(Table):
    """Where rows were lost, stage by stage; kept and lost add up to what came in."""

    title = "Attrition"
    declared = columns.ATTRITION
    key = ("stage", "score_name", "reason")


class Estimates(Table):
    """Metrics with their companions."""

    title = "Estimates"
    declared = columns.ESTIMATES
    key = ("model", "score_name", "dataset", "label_name", "metric", "stratum")


class Diagnostics(Table):
    """Numbers that stand beside the estimates, each with its companions."""

    title = "Diagnostics"
    declared = columns.DIAGNOSTICS
    key = ("model", "score_name", "dataset", "label_name", "diagnostic", "stratum")


class Comparisons(Table):
    """Differences between two scores on the rows that have both."""

    title = "Comparisons"
    declared = columns.COMPARISONS
    key = ("dataset", "label_name", "metric", "stratum", "first", "second")


class Power(Table):
    """What the rows can and cannot show."""

    title = "Power"
    declared = columns.POWER
    key = ("model", "score_name", "dataset", "label_name", "metric", "stratum")


class Heterogeneity(Table):
    """Strata side by side: raw, drawn to their mean, and whether they differ."""

    title = "Heterogeneity"
    declared = columns.HETEROGENEITY
    key = ("model", "score_name", "dataset", "label_name", "metric", "stratum")


class Balance(Table):
    """How alike positives and their controls are."""

    title = "Balance"
    declared = columns.BALANCE
    key = ("covariate",)


ALL_TABLES: Sequence[type[Table]] = (
    Measurements, Inputs, AlleleChecks, Orientation, Tracks, Probes, Predictions, Failures, Comparison, Attrition,
    Estimates, Diagnostics, Comparisons, Power, Heterogeneity, Balance,
)  # fmt: skip
