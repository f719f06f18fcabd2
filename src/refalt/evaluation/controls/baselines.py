"""Scores that anyone has: nearness to the gene, rarity, GC content. A model that does not beat them added nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import polars as pl

from refalt.columns import Reason
from refalt.evaluation.held import Terms, rows_of
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import BASELINE
from refalt.studies.study import ScoreSection
from refalt.tables import Comparison

#: Each is never negative and larger where an effect is more likely, as |score| is read.
BASELINES: Mapping[str, pl.Expr] = MappingProxyType(
    {
        "nearness": 1 / (1 + pl.coalesce("tss_distance", "centre_distance").abs()),
        "rarity": 0.5 - pl.col("maf"),
        "gc": pl.col("gc"),
    }
)


@dataclass(frozen=True)
class Baselines:
    """Rows of Comparison for each baseline, and how each would be declared as a score."""

    joined: Joined
    scores: Sequence[ScoreSection]


def baselines(joined: Joined, scores: Sequence[ScoreSection], trained: pl.DataFrame | None = None) -> Baselines:
    """Baselines on the rows that scores are compared on.

    Args:
        joined: The rows of all scores.
        scores: How each score is made; the rows of the first one, those that lack it included, are all rows.
        trained: source_row, score of the k-mer baseline, where the study asks for it.
    """
    if not scores:
        return Baselines(joined, ())
    rows = rows_of(joined, scores[0])
    made = {
        name: rows.with_columns(score=value.cast(pl.Float64))
        for name, value in BASELINES.items()
        if rows.select(value).to_series().null_count() < rows.height
    }
    sections = [ScoreSection(name=name, model=BASELINE, signed=False) for name in made]
    if trained is not None:
        made[TRAINED] = rows.drop("score").join(trained, on="source_row", how="left", maintain_order="left")
        sections.append(ScoreSection(name=TRAINED, model=BASELINE))
    return Baselines(_as_joined(made, joined), sections)


#: It was trained on measured effects of other chromosomes, and its name says so wherever it stands.
TRAINED = "kmers-trained-on-effects"


def _as_joined(made: Mapping[str, pl.DataFrame], joined: Joined) -> Joined:
    order = joined.removed.columns
    if not made:
        return Joined(Comparison.empty(), joined.removed.head(0), joined.attrition)
    whole = pl.concat(
        rows.with_columns(score_name=pl.lit(name), input_id="asked_id").select(order[:-1])
        for name, rows in made.items()
    )
    known = pl.col("score").is_not_null()
    lost = whole.filter(~known).with_columns(reason=pl.lit(Reason.NO_SCORE.value)).select(order)
    return Joined(Comparison(whole.filter(known)), lost, joined.attrition)


def terms_of_baselines(terms: Terms) -> Terms:
    """Baselines are estimated where the study tests, not in every stratum."""
    return replace(terms, settings=terms.settings.model_copy(update={"strata": terms.tested_strata}))


def beside_scores(joined: Joined, baselines: Baselines) -> Joined:
    """Scores and baselines in one table, to be compared with one another."""
    order = joined.comparison.frame.columns
    rows = (
        pl.concat([joined.comparison.frame, baselines.joined.comparison.frame.select(order)])
        if baselines.scores
        else joined.comparison.frame
    )
    lost = pl.concat([joined.removed, baselines.joined.removed]) if baselines.scores else joined.removed
    return Joined(Comparison(rows), lost, joined.attrition)
