"""MD006: has the model been trained on what it is evaluated on?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import FEWEST, floats, share
from refalt.columns import STRATUM_PREFIX
from refalt.evaluation.blocks import dense
from refalt.evaluation.join import RECORDED, Joined
from refalt.provenance import seed_from
from refalt.sources.intervals import IntervalSet
from refalt.stats.intervals import cluster_interval
from refalt.stats.metric import METRICS
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection, Study
from refalt.tables import Measurements

#: Weights that were trained on every chromosome.
SEEN_ALL: Final = "ALL_FOLDS"
#: Revision of AlphaGenome -> the folds it was validated and tested on, which leaves the other six for training
#: (`alphagenome.data.fold_intervals` of the official client, 0.10).
HELD_OUT: Final[Mapping[str, tuple[str, str]]] = {
    "FOLD_0": ("fold0", "fold1"),
    "FOLD_1": ("fold3", "fold4"),
    "FOLD_2": ("fold2", "fold5"),
    "FOLD_3": ("fold6", "fold7"),
}
#: Enough to say how far two parts of a table are known.
RESAMPLES: Final = 500


class EvaluationWasHeldOut(Audit):
    """MD006.

    A recorded score says what it was trained on; the weights of a model have seen every chromosome; or rows lie in the
    folds that the weights were trained on, or nobody says where those folds are.
    """

    code = "MD006"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.SERIOUS
    affirms = "The model was not trained on what it is evaluated on."
    why = (
        "An ensemble predicts the variants it was trained on with r = 0.42 and others with 0.34. A sequence model that "
        "saw every chromosome has seen the reference sequence around every variant, with its tracks."
    )
    example = "A recorded score with supervised_on = 'this assay, training half'; or revision = 'ALL_FOLDS'."
    remedy = "Quote the held-out part, or use a revision that held chromosomes out and name them in [evaluation] folds."

    def check(
        self,
        *,
        declared: DatasetSection,
        study: Study,
        scores: Sequence[ScoreSection],
        measurements: Measurements | None = None,
        folds: Mapping[str, IntervalSet] | None = None,
        joined: Joined | None = None,
    ) -> Iterator[Finding]:
        """Read what scores were trained on and count such rows; after the estimates, put the others beside them."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            said = _trained_on(score, declared, study)
            seen = _seen_rows(score, declared, study, measurements, folds) if said and measurements else None
            if joined is None:
                yield self._before(score.name, said, seen)
            elif seen is not None and seen.get_column("seen").any():
                yield self._beside(score, said, seen, joined, study)

    def _before(self, name: str, said: str, seen: pl.DataFrame | None) -> Finding:
        if not said:
            return self.clear(f"Nothing says that {name} has seen these data.", subject=name)
        if seen is None:
            return self.found(f"{name}: {said}.", subject=name, n_affected=1, n_examined=1)
        n_seen = int(seen.get_column("seen").sum())
        numbers: Numbers = {"subject": name, "n_affected": n_seen, "n_examined": seen.height}
        counted = f"{name}: {said}; {share(n_seen, seen.height)} rows are of these"
        return self.found(f"{counted}.", **numbers) if n_seen else self.clear(f"{counted}.", **numbers)

    def _beside(self, score: ScoreSection, said: str, seen: pl.DataFrame, joined: Joined, study: Study) -> Finding:
        rows = joined.comparison.frame.filter((pl.col("score_name") == score.name) & pl.col("effect").is_finite())
        rows = rows.join(seen, on="source_row", maintain_order="left")
        parts = {"held out": rows.filter(~pl.col("seen")), "trained on": rows.filter("seen")}
        words = ", ".join(f"{name} {_measured(part, study)}" for name, part in parts.items())
        metric = _metric_of(study)
        return self.found(
            f"{score.name}: {said}. {metric} with the effect: {words}.",
            subject=score.name,
            n_affected=parts["trained on"].height,
            n_examined=rows.height,
        )


def _trained_on(score: ScoreSection, declared: DatasetSection, study: Study) -> str:
    if score.model == RECORDED:
        recorded = declared.recorded.get(score.name)
        return f"it was trained on {recorded.supervised_on}" if recorded and recorded.supervised_on else ""
    if score.model != "alphagenome":
        return ""
    revision = str(study.models.get(score.model, {}).get("revision", SEEN_ALL))
    if revision in HELD_OUT:
        return f"{revision} was trained on all folds of the genome but {' and '.join(HELD_OUT[revision])}"
    return f"{revision} was trained on every chromosome of the reference" if revision == SEEN_ALL else ""


def _seen_rows(
    score: ScoreSection, declared: DatasetSection, study: Study, measurements: Measurements,
    folds: Mapping[str, IntervalSet] | None,
) -> pl.DataFrame | None:  # fmt: skip
    """source_row and whether it was trained on, of rows of which that is known; None where nothing tells."""
    rows = measurements.kept(recorded=True)
    recorded = declared.recorded.get(score.name)
    if score.model == RECORDED and recorded and recorded.seen:
        value = pl.col(STRATUM_PREFIX + recorded.seen.stratum)
        return rows.select("source_row", (value == recorded.seen.value).alias("seen")).drop_nulls()
    held_out = HELD_OUT.get(str(study.models.get(score.model, {}).get("revision")))
    if held_out is None or folds is None:
        return None
    rows = rows.filter(pl.col("pos").is_not_null())
    chrom, pos = rows.get_column("chrom"), rows.get_column("pos")
    trained = np.zeros(rows.height, dtype=bool)
    for name, fold in folds.items():
        if name not in held_out:
            trained |= fold.overlaps(chrom, pos - 1, pos)
    return rows.select("source_row", pl.Series("seen", trained))


def _metric_of(study: Study) -> str:
    primary = study.evaluation.primary
    return primary.metric if primary and primary.metric in ("pearson_r", "spearman_rho") else "spearman_rho"


def _measured(rows: pl.DataFrame, study: Study) -> str:
    """The metric on some rows with its companions, in words."""
    if rows.height < FEWEST:
        return f"{rows.height} rows, too few"
    found = cluster_interval(
        METRICS[_metric_of(study)], floats(rows, "effect"), floats(rows, "score"), dense(rows.get_column("cluster_id")),
        rng=np.random.default_rng(seed_from(study.study.seed, "held out")), level=1 - study.study.alpha,
        resamples=RESAMPLES,
    )  # fmt: skip
    interval = found.reason or f"from {found.lower:.3f} to {found.upper:.3f}"
    return f"{found.value:.3f} ({interval}; {found.n:,} rows in {found.n_clusters:,} clusters)"
