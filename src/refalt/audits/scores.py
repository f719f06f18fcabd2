"""MD: are the numbers that stand as predictions predictions, each of its own?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import FEWEST, floats, share
from refalt.audits.shapes import repeated_beyond_chance
from refalt.evaluation.join import RECORDED, Joined
from refalt.stats.association import spearman
from refalt.studies.study import ScoreSection
from refalt.tables import Predictions

#: Computed scores of different inputs coincide only where nothing changes (exact zeros, set aside).
DISTINCT_SCORES: Final = 0.9
#: A score that ranks rows exactly as the measurement does was made from it.
COPIES: Final = 0.99999
#: Rows that are looked at before all of them are.
PROBED: Final = 10_000
#: A score in [-1, 1] that lies at its limits this often has lost its sizes there.
AT_LIMIT, MOST_AT_LIMIT = 0.99, 0.05


class RawForMagnitude(Audit):
    """MD003.

    All scores lie within [-1, 1], and over one in twenty at a limit.
    """

    code = "MD003"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Scores keep their sizes: none is a quantile squeezed into [-1, 1]."
    why = (
        "Quantile scores show where a variant stands among common ones, and end at 1. A linear correlation or a "
        "calibration with them measures how many variants lie at the end."
    )
    example = "All scores lie in [-1, 1] and 31 % of them beyond 0.99 in size."
    remedy = "Use raw scores for correlation and calibration; show quantiles."

    def check(self, *, joined: Joined, scores: Sequence[ScoreSection]) -> Iterator[Finding]:
        """Look at the limits of each score."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            size = np.abs(floats(joined.comparison.frame.filter(pl.col("score_name") == score.name), "score"))
            if size.size < FEWEST:
                yield self.skipped(f"{size.size} rows are too few", subject=score.name)
                continue
            at_limit = int((size >= AT_LIMIT).sum()) if size.max() <= 1 else 0
            numbers: Numbers = {"subject": score.name, "n_affected": at_limit, "n_examined": size.size}
            numbers |= {"statistic": at_limit / size.size, "threshold": MOST_AT_LIMIT}
            said = f"Sizes of {score.name} reach {size.max():.3g}; {share(at_limit, size.size)} lie at a limit of 1"
            saturated = at_limit > MOST_AT_LIMIT * size.size
            yield self.found(f"{said}.", **numbers) if saturated else self.clear(f"{said}.", **numbers)


class PredictionsArePredictions(Audit):
    """MD007.

    A score is one value throughout; or has fewer distinct values than inputs by more than rounding; or shares its
    REF values between places; or ranks the rows exactly as their effects do. Repeats of a recorded score are
    serious at most.
    """

    code = "MD007"
    phase = Phase.POST
    severity = Severity.FATAL
    affirms = "Each score was computed from its own input, and from nothing that was measured."
    why = (
        "Where a service failed, a pipeline once went on with random or constant numbers, and nothing in its tables "
        "told them from predictions."
    )
    example = "One score for all rows; 40 distinct scores for 3,000 inputs; or a score that ranks as the effects do."
    remedy = "Score again and let failures be failures; look at where the column of a recorded score comes from."

    def check(
        self, *, joined: Joined, scores: Sequence[ScoreSection], predictions: Mapping[str, Predictions] | None = None
    ) -> Iterator[Finding]:
        """Look for constants, for repeats beyond chance, for shared REF scores and for copies of the effect."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            rows = joined.comparison.frame.filter(pl.col("score_name") == score.name)
            yield self._one(score, rows, (predictions or {}).get(score.name))

    def _one(self, score: ScoreSection, rows: pl.DataFrame, predicted: Predictions | None) -> Finding:
        if rows.height < FEWEST:
            return self.skipped(f"{rows.height} rows are too few", subject=score.name)
        values = floats(rows, "score")
        complaint = _copy(rows) or _repeats(rows, recorded=score.model == RECORDED)
        if complaint is None and predicted is not None:
            complaint = _shared_reference(predicted.frame)
        n_distinct = int(np.unique(values).size)
        numbers: Numbers = {"subject": score.name, "n_examined": rows.height}
        if complaint is None:
            said = f"{n_distinct:,} distinct scores for {rows.get_column('input_id').n_unique():,} inputs"
            return self.clear(f"{score.name}: {said}.", **numbers)
        constant = n_distinct == 1
        mild = score.model == RECORDED and not constant
        return self.found(
            f"{score.name}: {complaint}.",
            severity=Severity.SERIOUS if mild else self.severity,
            n_affected=rows.height,
            **numbers,
        )


def _copy(rows: pl.DataFrame) -> str | None:
    measured = rows.filter(pl.col("effect").is_finite())
    # What copies the effect copies it in every hundredth row too.
    for part in (measured.gather_every(max(measured.height // PROBED, 1)), measured):
        if part.height < FEWEST:
            return None
        rho = spearman(floats(part, "effect"), floats(part, "score"))
        if not abs(rho.value) > COPIES:
            return None
    return f"it ranks {measured.height:,} rows exactly as their effects do"


def _repeats(rows: pl.DataFrame, *, recorded: bool) -> str | None:
    once = rows.unique(["input_id", "score"], maintain_order=True)
    values = floats(once, "score")
    if np.unique(values).size == 1:
        return f"all {rows.height:,} rows have the score {values[0]:g}"
    values = values[values != 0]
    if recorded:
        # Printed scores are rounded: only a value that stands out from its neighbours was filled in.
        repeats = repeated_beyond_chance(values)
        words = [f"{r.value:g} stands in {r.count:,} rows, values beside it in {r.usual:.1f}" for r in repeats]
        return words[0] if words else None
    n_distinct, n_inputs = int(np.unique(values).size), int(values.size)
    if n_inputs >= FEWEST and n_distinct < DISTINCT_SCORES * n_inputs:
        return f"{n_inputs:,} inputs have {n_distinct:,} distinct scores other than 0"
    return None


def _shared_reference(predicted: pl.DataFrame) -> str | None:
    """Windows are centred on their variant, so nearly every variant has a REF input of its own."""
    place = pl.col("asked_id").str.extract(r"^(.*:\d+):")
    known = predicted.filter(pl.col("ref_score").is_not_null() & (pl.col("ref_score") != 0)).with_columns(place=place)
    n_inputs = known.get_column("place").drop_nulls().n_unique()
    n_distinct = known.get_column("ref_score").n_unique()
    if n_inputs < FEWEST or n_distinct >= DISTINCT_SCORES * n_inputs:
        return None
    return f"{n_inputs:,} places have {n_distinct:,} distinct REF scores"


class TwoLabelsAreTwoThings(Audit):
    """MD009.

    Two scores have equal values for everything that both were asked.
    """

    code = "MD009"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Scores with different names are different scores."
    why = (
        "Three modalities of a benchmark, ATAC, DNase and a histone mark, came from one and the same readout. Their "
        "agreement was then reported as robustness."
    )
    example = "`ag-atac` and `ag-dnase` have equal values in all 3,317 rows."
    remedy = "Look at output and tracks of both [[score]] sections, and drop one."

    def check(self, *, predictions: Mapping[str, Predictions]) -> Iterator[Finding]:
        """Compare the answers of each pair of scores on the questions they share."""
        if len(predictions) < 2:
            yield self.skipped("there is one score")
            return
        pairs = itertools.combinations(sorted(predictions), 2)
        twins = [(one, other) for one, other in pairs if _equal(predictions[one], predictions[other])]
        if not twins:
            yield self.clear(f"{len(predictions)} scores are {len(predictions)} vectors.", n_examined=len(predictions))
        for one, other in twins:
            said = f"{one} and {other} have equal values for everything they were both asked"
            yield self.found(f"{said}.", subject=f"{one}, {other}", n_affected=2, n_examined=len(predictions))


def _equal(one: Predictions, other: Predictions) -> bool:
    names = ["made_for", "target_id", "context_id"]
    value = pl.col("raw").list.mean().alias("value")
    both = one.frame.select(*names, value).join(
        other.frame.select(*names, value), on=names, nulls_equal=True, suffix="_other"
    )
    return both.height >= FEWEST and bool((both.get_column("value") == both.get_column("value_other")).all())
