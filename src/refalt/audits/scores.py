"""MD: are the numbers that stand as predictions predictions, each of its own?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import FEWEST, Floats, floats, share
from refalt.audits.shapes import repeated_beyond_chance
from refalt.evaluation.join import RECORDED, Joined
from refalt.scoring.aggregate import MEAN
from refalt.stats.association import spearman
from refalt.studies.study import ScoreSection
from refalt.tables import Predictions, Tracks

_LARGEST: Final = {"max": "the largest", "max_abs": "the one farthest from 0"}
#: Computed scores of different inputs coincide only where nothing changes (exact zeros, set aside).
DISTINCT_SCORES: Final = 0.9
#: A score that ranks rows exactly as the measurement does was made from it.
COPIES: Final = 0.99999
#: Rows that are looked at before all of them are.
PROBED: Final = 10_000
#: A score in [-1, 1] that lies at its limits this often has lost its sizes there.
AT_LIMIT, MOST_AT_LIMIT = 0.99, 0.05
#: Quantiles end at 0.99999 or so: a mean of such tracks lies this near a whole number of them. Chance puts 0.2 % of
#: sizes there, where a twentieth is asked for; of more tracks than this the whole numbers lie too near one another.
EXACTLY, MOST_COUNTED = 1e-3, 200


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
    example = (
        "All scores lie in [-1, 1] and 31 % of them beyond 0.99 in size; or half of them are k / 3 of three tracks."
    )
    remedy = "Use raw scores for correlation and calibration; show quantiles."

    def check(
        self, *, joined: Joined, scores: Sequence[ScoreSection], tracks: Tracks | None = None
    ) -> Iterator[Finding]:
        """Look at the limits of each score, and whether it is a count of tracks at their limits."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            size = np.abs(floats(joined.comparison.frame.filter(pl.col("score_name") == score.name), "score"))
            if size.size < FEWEST:
                yield self.skipped(f"{size.size} rows are too few", subject=score.name)
                continue
            n_tracks = tracks.frame.filter(pl.col("score_name") == score.name).height if tracks is not None else 0
            yield self._one(score, size, n_tracks if score.aggregate == MEAN else 0)

    def _one(self, score: ScoreSection, size: Floats, n_tracks: int) -> Finding:
        at_limit = int((size >= AT_LIMIT).sum()) if size.max() <= 1 else 0
        numbers: Numbers = {"subject": score.name, "n_affected": at_limit, "n_examined": size.size}
        numbers |= {"statistic": at_limit / size.size, "threshold": MOST_AT_LIMIT}
        said = f"Sizes of {score.name} reach {size.max():.3g}; {share(at_limit, size.size)} lie at a limit of 1"
        if at_limit > MOST_AT_LIMIT * size.size:
            return self.found(f"{said}.", **numbers)
        counted = _whole_tracks(size, n_tracks) if size.max() <= 1 else 0
        if counted > MOST_AT_LIMIT * size.size:
            said += (
                f"; {share(counted, size.size)} are whole {n_tracks}ths, as means of {n_tracks} tracks at 1 or -1 are"
            )
            numbers |= {"n_affected": counted, "statistic": counted / size.size}
            return self.found(f"{said}.", **numbers)
        return self.clear(f"{said}.", **numbers)


def _whole_tracks(size: Floats, n_tracks: int) -> int:
    """How many sizes are k / n for n tracks: tracks at their limits were counted. Nothing at all (0) is no limit."""
    if not 1 < n_tracks <= MOST_COUNTED:
        return 0
    counts = size * n_tracks
    return int(((np.abs(counts - np.round(counts)) <= EXACTLY) & (np.round(counts) > 0)).sum())


class OneScoreAVariant(Audit):
    """MD005.

    A score is the largest over the tracks or the genes of its selection, another one for each variant.
    """

    code = "MD005"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.SERIOUS
    affirms = "Each variant has one score that was named before anything was seen."
    why = (
        "The largest of hundreds of tracks is another track for every variant, and large for all of them: a benchmark "
        "that took it over all genes and tracks found AUROCs between 0.49 and 0.50. It measures how many there were to "
        "choose from."
    )
    example = "aggregate = 'max_abs' over 667 tracks and up to 30 genes."
    remedy = "Choose the tracks of the measured cell and assay, and the measured gene; take aggregate = 'mean'."

    def check(
        self, *, scores: Sequence[ScoreSection], predictions: Mapping[str, Predictions] | None = None
    ) -> Iterator[Finding]:
        """Before predictions: what is declared. After them: how many values there were to choose from."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            numbers: Numbers = {"subject": score.name, "n_examined": 1}
            if score.aggregate == MEAN:
                yield self.clear(f"{score.name} is the mean of its tracks.", **numbers)
            elif predictions is None:
                said = f"{score.name} is {_LARGEST[score.aggregate]} of its tracks, another one for each variant"
                yield self.found(f"{said}.", n_affected=1, **numbers)
            elif score.name in predictions:
                yield self._chosen(score, predictions[score.name].frame)

    def _chosen(self, score: ScoreSection, answers: pl.DataFrame) -> Finding:
        n_values = pl.col(score.value).list.len()
        each = answers.group_by("asked_id").agg(
            n_values.max().alias("tracks"), n_values.sum().alias("values"), pl.len()
        )
        if each.is_empty():
            return self.skipped("nothing was answered", subject=score.name)
        tracks, genes, values = (int(each.get_column(name).max()) for name in ("tracks", "len", "values"))  # type: ignore[arg-type]
        n_chosen = each.filter(pl.col("values") > 1).height
        numbers: Numbers = {"subject": score.name, "n_affected": n_chosen, "n_examined": each.height}
        numbers |= {"statistic": float(values), "threshold": 1.0}
        of = f"{tracks:,} tracks" + (f" and up to {genes:,} genes" if genes > 1 else "")
        said = f"{share(n_chosen, each.height)} scores of {score.name} are {_LARGEST[score.aggregate]} of {of}"
        said += f": one of up to {values:,} values"
        return self.found(f"{said}.", **numbers) if n_chosen else self.clear(f"{said}.", **numbers)


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

    def check(
        self, *, predictions: Mapping[str, Predictions], scores: Sequence[ScoreSection] = ()
    ) -> Iterator[Finding]:
        """Compare the answers of each pair of scores, read in one way, on the questions they share."""
        if len(predictions) < 2:
            yield self.skipped("there is one score")
            return
        pairs = itertools.combinations(sorted(predictions), 2)
        reads = {score.name: (score.value, score.aggregate) for score in scores}
        alike = [(one, other) for one, other in pairs if reads.get(one) == reads.get(other)]
        twins = [(one, other) for one, other in alike if _equal(predictions[one], predictions[other])]
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
