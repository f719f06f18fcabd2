"""IN: what may be said of an estimate, and what it has to be held against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.prose import wrong_p
from refalt.audits.rows import FEWEST, Floats, floats
from refalt.columns import WHOLE
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import BESIDE
from refalt.provenance import seed_from
from refalt.stats.association import spearman
from refalt.stats.comparison import Difference, paired_difference
from refalt.stats.metric import METRICS
from refalt.stats.power import detectable_correlation
from refalt.stats.reliability import ceiling_from_reliability, reliability_from_errors
from refalt.studies.claims import Claim
from refalt.studies.study import ScoreSection, Study
from refalt.tables import Estimates

#: Half as wide again is the difference between an interval to believe and one to forget.
WIDENED: Final = 1.5
#: Variance of Fisher's z of a rank correlation of independent rows, times n - 3 (Fieller, Hartley and Pearson 1957).
RANKS: Final = 1.06
#: Above this the measurement's noise hardly limits a correlation.
HIGH_CEILING: Final = 0.9
#: Enough to tell the sign of a difference; rows beyond these are left out cluster by cluster, at random.
RESAMPLES, MOST_ROWS = 500, 200_000


@dataclass(frozen=True)
class _Rho:
    """A rank correlation with the effect and its cluster interval, on Fisher's z where an error is asked."""

    name: str
    value: float
    lower: float
    upper: float
    level: float
    n: int

    @property
    def error(self) -> float:
        """Standard error of Fisher's z that the interval implies."""
        from scipy.special import ndtri

        return (math.atanh(self.upper) - math.atanh(self.lower)) / (2 * float(ndtri((1 + self.level) / 2)))


def _rhos(estimates: Estimates) -> list[_Rho]:
    wanted = {"label_name": "effect", "metric": "spearman_rho", "stratum": WHOLE}
    rows = estimates.frame.filter(~pl.col("model").is_in(BESIDE), *(pl.col(k) == v for k, v in wanted.items()))
    rows = rows.filter(pl.col("value").is_finite() & (pl.col("lower") > -1) & (pl.col("upper") < 1))
    names = ("score_name", "value", "lower", "upper", "level", "n")
    return [_Rho(*row) for row in rows.select(names).iter_rows()]


class ClaimSurvivesDependence(Audit):
    """IN001.

    The standard error over clusters is over one and a half times the one over rows, or zero lies in one interval
    and not in the other.
    """

    code = "IN001"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "The conclusion is the same whether rows or clusters are counted."
    why = (
        "6,963 rows of 18 loci gave p = 1e-9 where 18 observations give none. Where rows depend on each other, the "
        "interval that ignores it claims what the data do not hold."
    )
    example = "The interval over clusters is 3.1 times as wide as the one over rows, and holds zero."
    remedy = "Quote the interval over clusters, which is the one in the tables; take no p-value from n rows."

    def check(self, *, estimates: Estimates) -> Iterator[Finding]:
        """Hold the cluster interval of each rank correlation against the one for independent rows."""
        rhos = _rhos(estimates)
        if not rhos:
            yield self.skipped("no rank correlation has an interval")
        for rho in rhos:
            naive = math.sqrt(RANKS / (rho.n - 3)) if rho.n > 3 else math.nan
            ratio = rho.error / naive
            from_rows = abs(math.atanh(rho.value)) / naive > 1.96
            from_clusters = rho.lower > 0 or rho.upper < 0
            said = f"{rho.name}: the standard error over clusters is {ratio:.2f} times the one over {rho.n:,} rows"
            numbers: Numbers = {"subject": rho.name, "n_examined": rho.n, "statistic": ratio, "threshold": WIDENED}
            if ratio <= WIDENED and from_rows == from_clusters:
                yield self.clear(f"{said}.", **numbers)
            else:
                changed = ", and the decision about zero changes" if from_rows != from_clusters else ""
                yield self.found(f"{said}{changed}.", n_affected=rho.n, **numbers)


class FamilyWasCorrected(Audit):
    """IN002.

    There are several p-values, and some have no adjusted value.
    """

    code = "IN002"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Where several tests were made, their p-values are adjusted."
    why = "Of 42 stratum tests two are below 0.05 by chance alone, and those two are the ones that get reported."
    example = "Six scores in seven strata, 42 p-values, and none adjusted."
    remedy = "Read q_value, adjusted over all tests of the study, in place of p_value."

    def check(self, *, estimates: Estimates, claims: Sequence[Claim] = ()) -> Iterator[Finding]:
        """Count p-values and adjusted ones, in the tables and then in what prose states."""
        yield self._tables(estimates)
        stated = [claim for claim in claims if claim.p is not None and claim.value is not None and claim.n]
        if len({(claim.score, claim.label, claim.stratum) for claim in stated}) > 1:
            yield self._stated(stated)

    def _tables(self, estimates: Estimates) -> Finding:
        tests = estimates.frame.filter(pl.col("p_value").is_finite() & (~pl.col("model").is_in(BESIDE)))
        bare = tests.filter(~pl.col("q_value").is_finite().fill_null(value=False))
        if tests.height < 2:
            return self.skipped(f"{tests.height} p-values: there is no family to correct")
        numbers: Numbers = {"n_affected": bare.height, "n_examined": tests.height}
        said = f"{bare.height:,} of {tests.height:,} p-values are not adjusted"
        return self.found(f"{said}.", **numbers) if bare.height else self.clear(f"{said}.", **numbers)

    def _stated(self, stated: Sequence[Claim]) -> Finding:
        """A p-value that is the one of its own r and n was adjusted for nothing."""
        bare = [claim for claim in stated if not list(wrong_p(str(claim.value), str(claim.p), claim.n))]
        numbers: Numbers = {"subject": "claims", "n_affected": len(bare), "n_examined": len(stated)}
        said = f"{len(bare)} of {len(stated)} stated p-values are those of one test each"
        if len(bare) < 2:
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said}: none is adjusted.", examples=tuple(f"{c}, p {c.p}" for c in bare), **numbers)


class NullIsANull(Audit):
    """IN003.

    The interval of a rank correlation holds zero and reaches beyond the declared margin. The message names the
    correlation that the data could have told from zero.
    """

    code = "IN003"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Where a correlation is not told from zero, it is known to be small."
    why = (
        "A study said that the model has no predictive power, with 99 % power for r > 0.01. Neither was so: that an "
        "interval holds zero says nothing about how far from zero it reaches."
    )
    example = "r = 0.02 with an interval from -0.14 to 0.18 and a margin of 0.1."
    remedy = "Say that the data cannot tell; the message names the correlation they could have told from zero."

    def check(self, *, estimates: Estimates, study: Study) -> Iterator[Finding]:
        """Where the interval holds zero, ask whether it lies inside the equivalence margin."""
        rhos = _rhos(estimates)
        margin = study.evaluation.equivalence_margin
        if not rhos:
            yield self.skipped("no rank correlation has an interval")
        for rho in rhos:
            said = f"{rho.name}: Spearman {rho.value:.3f}, from {rho.lower:.3f} to {rho.upper:.3f}"
            numbers: Numbers = {"subject": rho.name, "n_examined": rho.n, "threshold": margin}
            numbers["statistic"] = max(abs(rho.lower), abs(rho.upper))
            if rho.lower > 0 or rho.upper < 0:
                yield self.clear(f"{said}, is not zero.", **numbers)
            elif max(abs(rho.lower), abs(rho.upper)) <= margin:
                yield self.clear(f"{said}, lies within the margin of {margin:g}: no effect may be said.", **numbers)
            else:
                n_effective = min(float(rho.n), 3 + RANKS / rho.error**2)
                detectable = detectable_correlation(n_effective, alpha=study.study.alpha).value
                yield self.found(
                    f"{said}, holds zero and goes beyond the margin of {margin:g}: nothing is decided. The effective n "
                    f"of {n_effective:,.0f} tells a correlation of {detectable:.3f} from zero in four of five studies.",
                    n_affected=rho.n,
                    **numbers,
                )


class CeilingIsKnown(Audit):
    """IN005.

    Standard errors leave a ceiling below nine tenths for any score's correlation.
    """

    code = "IN005"
    phase = Phase.POST
    severity = Severity.NOTE
    affirms = "The noise of the measurement hardly limits the correlation."
    why = "A perfect model does not correlate with noise: where half of the variance is noise it reaches r = 0.71."
    example = "Standard errors as large as the effects: a ceiling of 0.62, beside which r = 0.5 is good."
    remedy = "Quote the correlation beside its ceiling; keep rows that were measured well with a declared filter."

    def check(self, *, joined: Joined, scores: Sequence[ScoreSection]) -> Iterator[Finding]:
        """Compute the ceiling from the standard errors of the rows that each score is compared on."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            rows = joined.comparison.frame.filter(pl.col("score_name") == score.name)
            rows = rows.filter(pl.col("effect").is_finite() & pl.col("effect_se").is_finite())
            if rows.height < FEWEST:
                yield self.skipped("no standard errors: the noise of the measurement is unknown", subject=score.name)
                continue
            yield self._one(score.name, rows)

    def _one(self, name: str, rows: pl.DataFrame) -> Finding:
        reliability = reliability_from_errors(floats(rows, "effect"), floats(rows, "effect_se"))
        if reliability.reason is not None:
            said = f"{name}: {reliability.reason}"
            return self.found(f"{said}.", subject=name, n_affected=rows.height, n_examined=rows.height)
        ceiling = ceiling_from_reliability(reliability.value).value
        numbers: Numbers = {"subject": name, "n_examined": rows.height, "statistic": ceiling, "threshold": HIGH_CEILING}
        said = f"{name}: standard errors leave a reliability of {reliability.value:.3f}, so |r| reaches {ceiling:.3f}"
        if ceiling >= HIGH_CEILING:
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said} at most.", n_affected=rows.height, **numbers)


class SimpleBaselineIsBeaten(Audit):
    """IN007.

    The interval of the difference between |score| and nearness to the gene, or allele frequency, does not lie above
    zero, on the same rows and clusters.
    """

    code = "IN007"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "The score tells more than distance to the gene or allele frequency does."
    why = "Distance to the gene ranks eQTL effects better than many models do. What does not beat it has added nothing."
    example = "|score| ranks |slope| with 0.08, and nearness to the gene ranks it with 0.21."
    remedy = "Say so beside the estimate, or match controls on what the baseline knows."

    def check(self, *, joined: Joined, scores: Sequence[ScoreSection], study: Study) -> Iterator[Finding]:
        """Compare |score| with each known covariate on the same rows and the same clusters."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            rows = joined.comparison.frame.filter(pl.col("score_name") == score.name)
            yield self._one(score.name, _most_rows(rows, seed_from(study.study.seed, "baselines")), study.study.seed)

    def _one(self, name: str, rows: pl.DataFrame, seed: int) -> Finding:
        labels = rows.filter(pl.col("label").is_not_null())
        asks_labels = labels.get_column("label").n_unique() == 2
        held = labels if asks_labels else rows.filter(pl.col("effect").is_finite())
        target = floats(held, "label") if asks_labels else np.abs(floats(held, "effect"))
        beaten, words = True, []
        for baseline, values in _covariates(held).items():
            known = np.isfinite(values)
            if known.sum() < max(FEWEST, held.height / 2) or np.unique(values[known]).size < 2:
                continue
            part = held.filter(pl.Series(known))
            turned = _turned(values[known], target[known])
            rng = np.random.default_rng(seed_from(seed, "baseline", name, baseline))
            metric = METRICS["auroc" if asks_labels else "spearman_rho"]
            codes = part.get_column("cluster_id").rank("dense").cast(pl.Int64).to_numpy() - 1
            scored = np.abs(floats(part, "score"))
            gap = paired_difference(metric, target[known], scored, turned, codes, rng=rng, resamples=RESAMPLES)
            reached = metric.function(target[known], turned).value
            beaten &= gap.lower > 0
            words.append(f"{baseline} {reached:.3f} ({_difference(gap)})")
        if not words:
            return self.skipped("neither distance to the gene nor allele frequency is known", subject=name)
        own = METRICS["auroc" if asks_labels else "spearman_rho"].function(target, np.abs(floats(held, "score"))).value
        what = "AUROC for the labels" if asks_labels else "Spearman with |effect|"
        said = f"{what}: |{name}| {own:.3f}; {', '.join(words)}"
        numbers: Numbers = {"subject": name, "n_examined": held.height, "statistic": own}
        if beaten:
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said}.", n_affected=held.height, **numbers)


def _difference(gap: Difference) -> str:
    return f"score less baseline {gap.value:+.3f}, from {gap.lower:+.3f} to {gap.upper:+.3f}"


def _covariates(rows: pl.DataFrame) -> Mapping[str, Floats]:
    return {"nearness to the gene": -np.abs(floats(rows, "tss_distance")), "allele frequency": floats(rows, "maf")}


def _turned(values: Floats, target: Floats) -> Floats:
    """The covariate in the direction in which it ranks the target, which favours the baseline."""
    rho = spearman(target, values).value
    return -values if rho < 0 else values


def _most_rows(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """All rows, or whole clusters drawn at random until `MOST_ROWS` are there."""
    if rows.height <= MOST_ROWS:
        return rows
    sizes = rows.group_by("cluster_id", maintain_order=True).len("n").sample(fraction=1.0, shuffle=True, seed=seed)
    kept = sizes.filter(pl.col("n").cum_sum() <= MOST_ROWS)
    return rows.join(kept.select("cluster_id"), on="cluster_id", how="semi", maintain_order="left")
