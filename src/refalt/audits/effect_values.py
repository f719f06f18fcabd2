"""EF: are the effects' values measured ones, and is the whole of their distribution there?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import (
    FEWEST,
    Floats,
    effect_rows,
    floats,
    published_effects,
    sample_words,
    sampled,
    share,
    shown_rows,
)
from refalt.audits.shapes import Repeat, repeated_beyond_chance
from refalt.evaluation.join import Joined
from refalt.stats.association import split_by_sign
from refalt.stats.metric import METRICS
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection
from refalt.tables import Measurements

#: What tables write where there is no value.
SENTINELS: Final = (-9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0)
#: A sentinel lies far outside of what was measured.
SENTINEL_BEYOND: Final = 5.0
#: The 1st percentile of |effect| over its median is .01 to .02 in whole tables, .45 to .7 in tables of discoveries.
EMPTY_BAND: Final = 0.2
#: Whole tables have p-values up to 1.
SIGNIFICANT: Final = 0.05
WITHHELD: Final = ("calibration_slope",)


class NoInventedEffects(Audit):
    """EF004.

    A value such as -9 or 999 stands far outside of all others; or one value stands in more rows than rounding gives
    its neighbours, by a factor that no density explains. Variants nobody carries are left out, and variants in
    perfect linkage count once.
    """

    code = "EF004"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Effects were measured, none was filled in."
    why = (
        "Missing effects filled with zero, with the mean or with -9 are measured by nobody, and every model is wrong "
        "about them."
    )
    example = "One value in twenty is exactly 0 while its neighbours on the rounding grid occur once; or some are -9."
    remedy = "Leave the cells empty, or filter them out in [filter] keep."

    def check(self, *, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Count sentinels, and values repeated more often than rounding repeats their neighbours."""
        whole = effect_rows(measurements)
        drawn = sampled(whole)
        rows = _tested(drawn)
        if declared.effect is None or rows.height < FEWEST:
            return self.skipped(f"{rows.height} effects are too few")
        beta = floats(rows, "beta")
        # A sentinel may stand in a few rows only, so it is looked for in all of them.
        counted = rows if drawn.height == whole.height else whole
        sentinels = [Repeat(value, count, 0.0) for value, count in _sentinels(floats(counted, "beta")).items()]
        repeats = [*sentinels, *repeated_beyond_chance(beta)]
        untested = drawn.height - rows.height
        aside = f" ({untested:,} untested or linked rows set aside)" if untested else ""
        aside += sample_words(drawn.height, whole.height)
        if not repeats:
            return self.clear(f"No value of {beta.size:,} repeats beyond rounding{aside}.", n_examined=beta.size)
        values = [repeat.value for repeat in repeats]
        filled = counted.filter(pl.col("beta").is_in(values))
        words = [f"{r.value:g} stands in {r.count:,} rows, values beside it in {r.usual:.1f}" for r in repeats[:5]]
        return self.found(
            f"{share(filled.height, counted.height)} effects look filled in{aside}: {'; '.join(words)}.",
            n_affected=filled.height,
            n_examined=counted.height,
            examples=shown_rows(filled, "beta"),
        )


def _tested(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that were tested, each group of perfectly linked variants of a target once.

    A variant nobody carries (maf = 0) has an effect of 0 by definition; variants in perfect linkage share slope,
    standard error and p-value.
    """
    carried = rows.filter((pl.col("maf") != 0).fill_null(value=True))
    linked = [name for name in ("standard_error", "p_value") if carried.get_column(name).null_count() < carried.height]
    return carried.unique(["target_id", "beta", *linked], maintain_order=True) if linked else carried


def _sentinels(beta: Floats) -> dict[float, int]:
    ordinary = beta[~np.isin(beta, SENTINELS)]
    reach = SENTINEL_BEYOND * float(np.quantile(np.abs(ordinary), 0.99)) if ordinary.size else 0.0
    counts = {value: int((beta == value).sum()) for value in SENTINELS if abs(value) > reach}
    return {value: count for value, count in counts.items() if count > 1 or (count and abs(value) >= 99)}


class NotTruncatedBySignificance(Audit):
    """EF007.

    Nearly all effects keep away from the null, and no p-value is over the usual level. Once scores are there, the
    correlations within each sign are printed beside the whole.
    """

    code = "EF007"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.SERIOUS
    affirms = "The measured effects were not selected by their significance, or the study says so."
    why = (
        "A table of discoveries has no small effects. What is left is larger than the truth (the winner's curse), "
        "and a correlation over two far-apart clouds comes mostly from their signs: of one published r = 0.73, 0.72 "
        "is the sign alone, and within the signs it is 0.14 and 0.24."
    )
    example = "5,671 slopes, all with p below 0.0012, and none between -0.2 and 0.2."
    remedy = (
        "Read the correlations within each sign beside r; waive EF007 to say that discoveries are what is asked about."
    )

    def check(
        self,
        *,
        measurements: Measurements,
        declared: DatasetSection,
        joined: Joined | None = None,
        scores: Sequence[ScoreSection] = (),
    ) -> Iterator[Finding]:
        """Look for an empty band around the null; once scores are there, say what r owes to the signs."""
        finding = self._band(effect_rows(measurements), declared)
        if joined is None:
            yield finding
        elif finding.is_open:
            for score in scores:
                yield self._within_signs(score, joined)

    def _band(self, rows: pl.DataFrame, declared: DatasetSection) -> Finding:
        if declared.effect is None:
            return self.skipped("no effect is declared")
        if declared.quantity == "activity":
            return self.skipped("activities have no null to be missing around")
        if rows.height < FEWEST:
            return self.skipped(f"{rows.height} effects are too few")
        away = np.abs(published_effects(rows, declared.effect))
        away = away[np.isfinite(away)]
        band = float(np.quantile(away, 0.01) / np.median(away)) if away.size and np.median(away) > 0 else 0.0
        p_value = rows.get_column("p_value").drop_nulls()
        largest = float(p_value.max()) if p_value.len() else None  # type: ignore[arg-type]
        numbers: Numbers = {"n_examined": away.size, "statistic": band, "threshold": EMPTY_BAND}
        said = f"99 % of {away.size:,} effects are over {band:.2f} of the median effect" + (
            f", and no p-value is over {largest:.2g}" if largest is not None else ""
        )
        if band <= EMPTY_BAND or (largest is not None and largest > SIGNIFICANT):
            return self.clear(f"{said}.", **numbers)
        said = f"{said}: only discoveries are there, larger than the truth"
        return self.found(f"{said}.", n_affected=away.size, withholds=WITHHELD, **numbers)

    def _within_signs(self, score: ScoreSection, joined: Joined) -> Finding:
        rows = joined.comparison.frame.filter((pl.col("score_name") == score.name) & pl.col("effect").is_finite())
        if not score.signed or rows.height < FEWEST:
            return self.skipped("the score has no sign, or too few rows", subject=score.name)
        effect, said = floats(rows, "effect"), floats(rows, "score")
        whole, split = METRICS["pearson_r"].function(effect, said), split_by_sign(effect, said)
        return self.found(
            f"r = {whole.value:.3f} of {score.name} with the effect is {split.sign_alone.value:.3f} with its sign, "
            f"{split.within_positive.value:.3f} among {split.n_positive:,} positive effects and "
            f"{split.within_negative.value:.3f} among {split.n_negative:,} negative ones.",
            subject=score.name,
            n_affected=rows.height,
            n_examined=rows.height,
            withholds=WITHHELD,
        )
