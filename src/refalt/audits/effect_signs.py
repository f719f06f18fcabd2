"""EF: does the effect's sign mean what is declared?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.prose import prints_as
from refalt.audits.rows import effect_rows, floats, published_effects, share, shown_rows
from refalt.columns import WHOLE
from refalt.evaluation.evaluate import SIGNED
from refalt.evaluation.join import Joined
from refalt.stats.association import sign_agreement
from refalt.stats.metric import METRICS
from refalt.stats.resampling import jackknife, jackknife_error
from refalt.studies.claims import Claim
from refalt.studies.sections import AlleleColumn, DatasetSection, EffectSection
from refalt.studies.study import ScoreSection
from refalt.tables import Estimates, Measurements

#: Rows of a study's history that say what was frozen when it started.
STARTED: Final = "started"
#: Agreement in sign this far from what the margins give is no accident; an AUROC this near one half says that there
#: is nothing to agree about. The two contradict each other.
AGREES_BY, KNOWS_NOTHING_WITHIN = 5.0, 2.0
CONCORDANCE: Final = "sign_concordance"
#: By chance ten fair signs are all equal once in 512 tables.
FEWEST_SIGNS: Final = 10


class EffectsHaveTwoSigns(Audit):
    """EF003.

    Every effect that differs from its null lies on the same side of it. Under ten such effects nothing is said.
    """

    code = "EF003"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Effects have two signs, or the study says why not."
    why = (
        "Sizes without their sign pass for effects: agreement in sign then only counts how often the model says the "
        "one sign there is, and a correlation mixes size with direction."
    )
    example = "All 4,000 slopes are positive because the authors published |beta|."
    remedy = "Find the signed column; if one sign is the design, waive EF003 and say where that is written."

    def check(self, *, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Count both signs about the declared null."""
        if declared.quantity == "activity" or declared.effect is None:
            return self.skipped("activities have no sign" if declared.effect else "no effect column is declared")
        rows = effect_rows(measurements)
        away = published_effects(rows, declared.effect)
        above, below = int((away > 0).sum()), int((away < 0).sum())
        n = above + below
        if n < FEWEST_SIGNS:
            return self.skipped(f"{n} effects differ from their null: under {FEWEST_SIGNS} one sign can be chance")
        counts = f"{above:,} effects lie above their null of {declared.effect.null:g} and {below:,} below"
        numbers: Numbers = {"n_examined": n, "statistic": min(above, below) / n, "threshold": 0.0}
        if min(above, below):
            return self.clear(f"{counts}.", **numbers)
        return self.found(
            f"{counts}: the effects have one sign, so what reads it is withheld.",
            n_affected=n,
            examples=shown_rows(rows, "beta"),
            withholds=("sign_concordance", "direction"),
            **numbers,
        )


class EffectAlleleIsDeclared(Audit):
    """EF005.

    `effect.of` is "unknown"; or it has no source, which is fatal where it turns every sign; or rows name an effect
    allele that is neither REF nor ALT.
    """

    code = "EF005"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "The allele that the effect is for is declared, and so is where that is written."
    why = (
        "Half of the public tables give the effect of the alternate allele and half that of another one. A sign that "
        "was turned after a negative correlation was seen makes any model agree with any data."
    )
    example = "effect = { column = 'log2fc' } and nothing that says whose log2 fold change it is."
    remedy = "Set effect.of from the paper's own column definition, and quote it in effect.source."

    def check(self, *, declared: DatasetSection, measurements: Measurements | None = None) -> Finding:
        """Read the declaration; where a column names the allele, look whether it names one of the row's two."""
        effect = declared.effect
        if effect is None:
            return self.skipped("no effect column is declared")
        if declared.quantity == "activity":
            return self.skipped("an activity is for an element, not for an allele")
        if effect.of == "unknown":
            return self.found(
                f"The allele that `{effect.column}` is for is not declared: what reads its sign is withheld.",
                n_affected=1,
                n_examined=1,
                withholds=(SIGNED,),
            )
        if not effect.source.strip():
            flips = effect.of == "ref"
            said = f"`{effect.column}` is declared for {_words(effect)}, and no source is given for that"
            return self.found(
                f"{said}; turning every sign needs one." if flips else f"{said}.",
                severity=Severity.FATAL if flips else self.severity,
                n_affected=1,
                n_examined=1,
            )
        strangers = _neither_allele(effect, measurements)
        if strangers is not None and strangers.height:
            return self.found(
                f"{strangers.height:,} rows name an effect allele that is neither their REF nor their ALT: they have "
                "no effect to compare.",
                n_affected=strangers.height,
                n_examined=len(measurements or ()),
                examples=shown_rows(strangers, "ref", "alt", "effect_allele"),
            )
        return self.clear(f"The effect is for {_words(effect)}: {effect.source.strip()}", n_examined=1)


def _words(effect: EffectSection) -> str:
    if isinstance(effect.of, AlleleColumn):
        return f"the allele in column `{effect.of.column}`"
    return {"alt": "the alternate allele", "ref": "the reference allele"}[effect.of]


def _neither_allele(effect: EffectSection, measurements: Measurements | None) -> pl.DataFrame | None:
    if measurements is None or not isinstance(effect.of, AlleleColumn):
        return None
    named = pl.col("effect_allele")
    known = (named == pl.col("ref")) | (named == pl.col("alt")) | named.is_in(["REF", "ALT"])
    return effect_rows(measurements).filter(~known.fill_null(value=False))


class TheSignAgrees(Audit):
    """EF006.

    The interval of a signed score's rank correlation lies wholly below 0; or agreement in sign is far from what
    both margins give while the score knows nothing of the direction, so that one zero point is shifted. Another
    `effect.of` in an earlier run that showed estimates of the same files and scores is fatal.
    """

    code = "EF006"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "The sign of a score agrees with its declaration, and the declaration was not changed after a result."
    why = (
        "A study found a negative correlation, turned every sign, and reported the positive one. A turned sign can be "
        "right, but then the paper that measured the effects says so, and not the result."
    )
    example = "Spearman -0.31 with an interval from -0.36 to -0.26 for a score declared to rise with the effect."
    remedy = "Look up whose effect the column is and quote it in effect.source; refalt never turns a sign by itself."

    def check(
        self,
        *,
        estimates: Estimates,
        joined: Joined,
        scores: Sequence[ScoreSection],
        declared: DatasetSection,
        past_events: Sequence[Mapping[str, Any]] = (),
        claims: Sequence[Claim] = (),
    ) -> Iterator[Finding]:
        """Read the history, then each signed score, and what prose states of its sign."""
        yield self._history(declared, scores, past_events)
        for score in scores:
            if score.signed and declared.effect and declared.effect.of != "unknown":
                rows = joined.comparison.frame.filter(pl.col("score_name") == score.name)
                yield self._one(score.name, estimates, rows)
                stated = [claim for claim in claims if (claim.score, claim.metric) == (score.name, CONCORDANCE)]
                yield from self._zeros(stated, rows.filter(pl.col("effect").is_finite()))
            else:
                yield self.skipped("score or effect has no declared sign", subject=score.name)

    def _history(
        self, declared: DatasetSection, scores: Sequence[ScoreSection], events: Sequence[Mapping[str, Any]]
    ) -> Finding:
        names = {score.name for score in scores}
        of = declared.effect.model_dump(mode="json")["of"] if declared.effect else None
        others = [
            event["effect"]["of"]
            for event in events
            if event.get("event") == STARTED and event.get("dataset") == declared.name and event.get("effect")
            # While the allele was unknown nothing signed was shown, so declaring it then is no second thought.
            if names & {score["name"] for score in event.get("scores", ())}
            and event["effect"].get("of") not in (of, "unknown")
        ]
        if not others:
            return self.clear("No earlier run of this dataset and these scores declared another effect allele.")
        return self.found(
            f"effect.of is {of!r}, and was {others[-1]!r} in an earlier run of the same dataset and scores.",
            severity=Severity.FATAL,
            n_affected=len(others),
            n_examined=len(events),
        )

    def _one(self, name: str, estimates: Estimates, rows: pl.DataFrame) -> Finding:
        of_rho = {"score_name": name, "label_name": "effect", "metric": "spearman_rho", "stratum": "all"}
        rho = estimates.frame.filter(*(pl.col(column) == value for column, value in of_rho.items()))
        upper = rho.get_column("upper")[0] if rho.height else None
        n = rho.get_column("n")[0] if rho.height else 0
        if upper is not None and upper < 0:
            return self.found(
                f"The rank correlation of {name} with the effect is {rho.get_column('value')[0]:.4f}, and its interval "
                f"ends at {upper:.4f}: the score falls where the effect rises.",
                subject=name,
                n_affected=n,
                n_examined=n,
                statistic=upper,
                threshold=0.0,
            )
        away, distance = _sign_without_direction(rows)
        if away > AGREES_BY and distance < KNOWS_NOTHING_WITHIN:
            return self.found(
                f"{name} agrees in sign {away:.1f} standard errors away from what the shares of both signs give, and "
                f"its AUROC for direction is only {distance:.1f} from one half: one of its zero points is shifted.",
                subject=name,
                n_affected=n,
                n_examined=n,
                statistic=away,
                threshold=AGREES_BY,
            )
        said = "no interval" if upper is None else f"the interval of its rank correlation ends at {upper:.4f}"
        return self.clear(f"{name}: {said}.", subject=name, n_examined=n, statistic=upper, threshold=0.0)

    def _zeros(self, stated: Sequence[Claim], rows: pl.DataFrame) -> Iterator[Finding]:
        """Whether a stated concordance is the one that takes rows with a zero for disagreements."""
        effect, score = floats(rows, "effect"), floats(rows, "score")
        agreement = sign_agreement(effect, score)
        of_all = float((np.sign(effect) == np.sign(score)).mean()) if effect.size else math.nan
        for claim in stated:
            if claim.value is None or claim.stratum != WHOLE or not agreement.n_zero:
                continue
            if not prints_as(of_all, claim.value) or prints_as(agreement.concordance.value, claim.value):
                continue
            yield self.found(
                f"{claim}: that counts {share(agreement.n_zero, effect.size)} rows as wrong in which effect or score "
                f"is 0 and has no sign. Without them it is {agreement.concordance.value:.4f}.",
                subject=f"{claim.score}, zeros",
                n_affected=agreement.n_zero,
                n_examined=effect.size,
                statistic=agreement.concordance.value,
            )


def _sign_without_direction(rows: pl.DataFrame) -> tuple[float, float]:
    """How far concordance is from its margins, and the direction's AUROC from one half, in cluster standard errors."""
    signed = rows.filter((pl.col("effect") != 0) & pl.col("effect").is_finite() & (pl.col("score") != 0))
    effect, score = floats(signed, "effect"), floats(signed, "score")
    if signed.get_column("cluster_id").n_unique() < 2 or not 0 < (effect > 0).sum() < effect.size:
        return math.nan, math.nan
    agreement = sign_agreement(effect, score)
    agreed, expected = agreement.concordance.value, agreement.expected.value
    # Clusters only widen this error: where it is enough, nothing has to be left out in turn.
    naive = math.sqrt(expected * (1 - expected) / effect.size)
    if abs(agreed - expected) <= AGREES_BY * naive:
        return abs(agreed - expected) / naive if naive else 0.0, math.nan
    clusters = signed.get_column("cluster_id").rank("dense").cast(pl.Int64).to_numpy() - 1
    auroc, concordance = METRICS["auroc"], METRICS[CONCORDANCE]
    direction = auroc.function(effect > 0, score).value
    error = jackknife_error(agreed, jackknife(concordance, effect, score, clusters))
    auroc_error = jackknife_error(direction, jackknife(auroc, (effect > 0).astype(float), score, clusters))
    return _in_errors(agreed - expected, error), _in_errors(direction - 0.5, auroc_error)


def _in_errors(distance: float, error: float) -> float:
    return abs(distance) / error if error > 0 else math.inf
