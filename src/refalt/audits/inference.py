"""IN: does the statistics support what is said?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Outcome, Phase, Severity
from refalt.audits.rows import FEWEST, Floats, floats
from refalt.audits.shapes import correlation_without
from refalt.evaluation.controls import Control
from refalt.evaluation.join import Joined
from refalt.stats.association import mid_ranks
from refalt.stats.metric import METRICS
from refalt.studies.study import ScoreSection

#: Beyond this many Monte-Carlo standard errors one control in 16,000 falls by chance.
MONTE_CARLO: Final = 4.0
#: Where a control has no spread it must be exact, up to rounding.
EXACT: Final = 1e-9
FEWEST_DRAWS: Final = 200
#: A cluster that moves the estimate by its own standard error decides it: among equals each moves it by about one
#: over the square root of their number.
DECIDES: Final = 1.0
#: With fewer clusters each one weighs so much that this says nothing about any of them.
FEWEST_CLUSTERS: Final = 10
#: Signed scores are held against effects; only these two can be turned by a single value.
INFLUENCED: Final = ("pearson_r", "spearman_rho")


class TheHarnessWorks(Audit):
    """IN006.

    The mean of 200 shuffled scores is further than four Monte-Carlo errors from chance, or the measurement itself,
    measured again, misses its ceiling.
    """

    code = "IN006"
    phase = Phase.POST
    severity = Severity.FATAL
    affirms = "A shuffled score meets chance, and the measurement itself meets its ceiling."
    why = (
        "A metric that rewards noise, or a join that turns rows against each other, makes every model look good or "
        "every model look useless. Only scores with a known answer can tell."
    )
    example = "Two hundred shuffles average an AUROC of 0.56."
    remedy = "This is a fault of the comparison, not of the model or the data: please report it with the run folder."

    def check(self, *, controls: Sequence[Control]) -> Iterator[Finding]:
        """Hold the mean of each control's draws against what it must meet."""
        if not controls:
            yield self.skipped("no metric could be computed, so there is nothing to control")
        answers = [(control.name, self._one(control)) for control in controls]
        for name in dict.fromkeys(name for name, _ in answers):
            clear = [found for said, found in answers if said == name and found.outcome is Outcome.CLEAR]
            yield from self._together(name, clear)
            yield from (found for said, found in answers if said == name and found.outcome is not Outcome.CLEAR)

    def _together(self, name: str, clear: Sequence[Finding]) -> Iterator[Finding]:
        """One line for all metrics that meet what they must, with the one that is farthest from it."""
        if len(clear) <= 1:
            yield from clear
            return
        farthest = max(clear, key=lambda found: (found.statistic or 0.0) / (found.threshold or EXACT))
        yield self.clear(
            f"All {len(clear)} metrics of the {name} control meet what they must; the farthest: {farthest.message}",
            subject=name,
            n_examined=sum(found.n_examined for found in clear),
            statistic=farthest.statistic,
            threshold=farthest.threshold,
        )

    def _one(self, control: Control) -> Finding:
        subject = f"{control.name}, {control.metric} of {control.label_name}"
        n = int(control.values.size)
        if n == 0 or (control.name == "shuffled" and n < FEWEST_DRAWS) or not math.isfinite(control.expected):
            return self.skipped(f"{n} draws gave a value; {FEWEST_DRAWS} are needed", subject=subject)
        spread = float(control.values.std(ddof=1)) if n > 1 else 0.0
        # The oracle's ceiling is a formula that holds up to a term of the size of one draw's own spread.
        error = spread / math.sqrt(n) if control.name == "shuffled" else spread
        distance = abs(control.mean - control.expected)
        allowed = max(MONTE_CARLO * error, EXACT)
        what = "chance" if control.name == "shuffled" else "the ceiling"
        said = (
            f"{n} {control.name} draws average {control.mean:.4f} in {control.metric}; {what} is {control.expected:.4f}"
        )
        numbers: Numbers = {"subject": subject, "n_examined": n, "statistic": distance, "threshold": allowed}
        if distance <= allowed:
            return self.clear(f"{said}.", **numbers)
        return self.found(
            f"{said}, which is {distance / max(error, EXACT):.1f} standard errors away.", n_affected=n, **numbers
        )


class NoRowDecides(Audit):
    """IN009.

    One cluster, left out, moves a correlation by more than the standard error that all others imply.
    """

    code = "IN009"
    phase = Phase.POST
    severity = Severity.NOTE
    affirms = "No single cluster decides an estimate."
    why = (
        "One of 573 published effects is -17.3 and the next is -3.5. A product-moment correlation can rest on such a "
        "row, and then says nothing about the others."
    )
    example = "Pearson r is 0.41 with all clusters and 0.12 without one of them."
    remedy = "Read the rank correlation beside it, and look at the cluster's rows in the source."

    def check(self, *, joined: Joined, scores: Sequence[ScoreSection]) -> Iterator[Finding]:
        """Leave each cluster out in turn, and all those that decide at once."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            rows = joined.comparison.frame.filter((pl.col("score_name") == score.name) & pl.col("effect").is_finite())
            yield self._one(score, rows)

    def _one(self, score: ScoreSection, rows: pl.DataFrame) -> Finding:
        n_clusters = rows.get_column("cluster_id").n_unique()
        if not score.signed:
            return self.skipped("the score has no sign", subject=score.name)
        if rows.height < FEWEST or n_clusters < FEWEST_CLUSTERS:
            return self.skipped(f"{rows.height} rows in {n_clusters} clusters are too few", subject=score.name)
        leaves = [_without_the_influential(name, rows) for name in INFLUENCED]
        if any(math.isnan(leave.value) for leave in leaves):
            return self.skipped("effect or score is one value in all rows", subject=score.name)
        words = "; ".join(str(leave) for leave in leaves)
        worst = max(leaves, key=lambda leave: leave.influence)
        numbers: Numbers = {
            "subject": score.name,
            "n_affected": len(worst.clusters),
            "n_examined": n_clusters,
            "statistic": worst.influence,
            "threshold": DECIDES,
        }
        if worst.influence <= DECIDES:
            return self.clear(f"Without its most influential cluster: {words}.", **numbers)
        return self.found(f"An estimate rests on few clusters: {words}.", examples=worst.clusters, **numbers)


@dataclass(frozen=True)
class _Leave:
    """An estimate and what is left of it without its most influential clusters (one at least)."""

    metric: str
    value: float
    without: float
    influence: float
    clusters: tuple[str, ...]

    def __str__(self) -> str:
        said = f"{self.metric} {self.value:.4f} is {self.without:.4f} without {len(self.clusters)}"
        return f"{said} (moves by {self.influence:.2f} standard errors)"


def _without_the_influential(name: str, rows: pl.DataFrame) -> _Leave:
    clusters = rows.get_column("cluster_id").rank("dense").cast(pl.Int64).to_numpy() - 1
    effect, score = floats(rows, "effect"), floats(rows, "score")
    metric = METRICS[name]
    value = metric.function(effect, score).value
    columns = (mid_ranks(effect), mid_ranks(score)) if name == "spearman_rho" else (effect, score)
    moved = np.abs(correlation_without(*columns, clusters) - value)
    # The error that all other clusters imply: one that decides would inflate its own yardstick.
    top = int(np.nanargmax(moved)) if np.isfinite(moved).any() else 0
    influence = moved / _error_of_the_others(moved, top)
    chosen = np.flatnonzero(influence > DECIDES) if influence[top] > DECIDES else np.array([top])
    kept = ~np.isin(clusters, chosen)
    found = rows.filter(pl.Series(~kept)).get_column("cluster_id").unique(maintain_order=True)
    without = metric.function(effect[kept], score[kept]).value
    return _Leave(name, value, without, float(influence[top]), tuple(found))


def _error_of_the_others(moved: Floats, top: int) -> float:
    others = np.delete(moved, top)
    return max(math.sqrt(float(np.nansum(others**2)) * (others.size - 1) / max(others.size, 1)), EXACT)
