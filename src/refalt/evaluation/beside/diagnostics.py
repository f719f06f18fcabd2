"""Numbers that stand beside the estimates, because an estimate alone has misled.

A correlation may live on the signs alone, on two clusters, on allele frequency or on the largest effects; agreement in
sign may be no better than always answering the commoner one. Each is measured on the same rows as the estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from refalt.evaluation.beside import agreement
from refalt.evaluation.beside.asked import Case, cases
from refalt.evaluation.beside.partial import partial_interval
from refalt.evaluation.held import Held, Terms, companions, described, framed, interval_of, no_number
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import EFFECT, MAGNITUDE, Floats
from refalt.evaluation.strata import strata
from refalt.stats.intervals import MIN_CLUSTERS, Interval
from refalt.stats.metric import METRICS
from refalt.stats.resampling import jackknife
from refalt.studies.study import ScoreSection
from refalt.tables import Diagnostics

#: Share of the clusters, one at least, that the estimate is made without.
INFLUENTIAL = 0.01
#: Effects of at least these percentiles of size are looked at by themselves.
PERCENTILES = (50, 75, 90, 95)
_CORRELATIONS = ("spearman_rho", "pearson_r")
#: Column of Comparison -> its short name, and what it is.
_WEIGHTS = {
    "pip": ("pip", "its posterior inclusion probability"),
    "stratum.tags": ("tags", "the number of barcodes it was counted with"),
}
_SHORT = {"spearman_rho": "spearman", "pearson_r": "pearson"}


@dataclass(frozen=True)
class Found:
    """One diagnostic: its name, answer, rows and meaning; `part` names the part of the stratum, where it is one."""

    name: str
    answer: Interval
    held: Held
    meaning: str
    part: str = ""


def diagnose(joined: Joined, scores: Sequence[ScoreSection], terms: Terms) -> pl.DataFrame:
    """Rows of Diagnostics for every score and question in every stratum that the study tests."""
    rows = [_row(case, found) for score in scores for case in cases(joined, score, terms) for found in _found(case)]
    return framed(rows, Diagnostics)


def _row(case: Case, found: Found) -> dict[str, Any]:
    parts = [part for part in (case.stratum if case.stratum != "all" or not found.part else "", found.part) if part]
    return {
        **case.subject,
        "diagnostic": found.name,
        "stratum": ", ".join(parts),
        **described(found.answer, case.terms.settings.resamples),
        **companions(found.held),
        "meaning": found.meaning,
    }


def _found(case: Case) -> Iterator[Found]:
    if case.question.name == EFFECT:
        yield from _by_sign(case)
        if case.question.reads_sign:
            yield from _agreement(case)
        yield from _by_influence(case)
        yield from _one_each(case)
        yield from _weighted(case)
        yield from _by_size(case)
    elif case.question.name == MAGNITUDE:
        yield from _given_covariates(case)
    else:
        yield from _by_frequency(case)


def _measured(case: Case, metric: str, held: Held, name: str, *, weights: Floats | None = None) -> Interval:
    stream = ("diagnostic", name, case.question.name, case.stratum)
    return interval_of(METRICS[metric], held, case.terms, *stream, reason=case.withheld(metric), weights=weights)


def _by_sign(case: Case) -> Iterator[Found]:
    held = case.held
    if not case.question.reads_sign:
        return
    for words, side in (("positive", held.target > 0), ("negative", held.target < 0)):
        for metric in _CORRELATIONS:
            name = f"{_SHORT[metric]}_within_{words}"
            part = held.only(side)
            yield Found(name, _measured(case, metric, part, name), part, f"the correlation among {words} effects only")
    signs = np.where(np.isfinite(held.target), np.sign(held.target), held.target)
    of_effect = Held(held.rows, signs, held.score, held.n_missing, held.selected)
    said = np.where(np.isfinite(held.score), np.sign(held.score), held.score)
    of_score = Held(held.rows, held.target, said, held.n_missing, held.selected)
    for name, changed, words in (
        ("pearson_with_sign_of_effect", of_effect, "correlation of the score with the sign of the effect alone"),
        ("pearson_with_sign_of_score", of_score, "correlation of the effect with the sign of the score alone"),
    ):
        yield Found(name, _measured(case, "pearson_r", changed, name), changed, words)


def _agreement(case: Case) -> Iterator[Found]:
    reason = case.withheld("sign_concordance")
    for name, meaning in agreement.MEANINGS.items():
        rng = case.rng("diagnostic", name)
        answer = no_number(case.held, case.terms, reason) if reason else agreement.interval(name, case, rng)
        yield Found(name, answer, case.held, meaning)


def _by_influence(case: Case) -> Iterator[Found]:
    """Without the clusters that move the estimate most when each is left out."""
    held, codes = case.held, case.held.codes
    n_clusters = int(codes.max(initial=-1)) + 1
    if n_clusters < MIN_CLUSTERS:
        return
    n_out = max(1, round(INFLUENTIAL * n_clusters))
    for metric in _CORRELATIONS:
        name = f"{_SHORT[metric]}_without_influential"
        moved = np.abs(jackknife(METRICS[metric], held.target, held.score, codes) - _value(metric, held))
        out = np.argsort(-np.nan_to_num(moved), kind="stable")[:n_out]
        kept = held.only(~np.isin(codes, out))
        meaning = f"the correlation without the {n_out} of {n_clusters} clusters that move it most"
        yield Found(name, _measured(case, metric, kept, name), kept, meaning)


def _value(metric: str, held: Held) -> float:
    return METRICS[metric].function(held.target, held.score).value


def _one_each(case: Case) -> Iterator[Found]:
    """With one row, drawn by chance, of each variant and of each target that has several."""
    for column, words in (("asked_id", "variant"), ("target_id", "target")):
        rows = case.held.rows.with_row_index("\0at").filter(pl.col(column).is_not_null())
        if rows.get_column(column).n_unique() == rows.height:
            continue
        order = case.rng("diagnostic", "one of each", words).permutation(rows.height)
        drawn = rows[order].unique(column, keep="first", maintain_order=True).get_column("\0at").to_numpy()
        kept = case.held.only(np.isin(np.arange(case.held.rows.height), drawn))
        for metric in _CORRELATIONS:
            name = f"{_SHORT[metric]}_one_per_{words}"
            meaning = f"the correlation with one row, drawn by chance, of each {words}"
            yield Found(name, _measured(case, metric, kept, name), kept, meaning)


def _weighted(case: Case) -> Iterator[Found]:
    """With each row weighted by what says how far it is to be trusted, where the source says that."""
    for column, (name, words) in _WEIGHTS.items():
        values = case.held.rows.get_column(column) if column in case.held.rows.columns else pl.Series()
        if not values.dtype.is_numeric() or values.null_count() == values.len():
            continue
        known = case.held.only(values.is_not_null().to_numpy())
        weights = known.rows.get_column(column).to_numpy().astype(np.float64)
        for metric in _CORRELATIONS:
            title = f"{_SHORT[metric]}_weighted_by_{name}"
            meaning = f"the correlation, each row weighted by {words}"
            yield Found(title, _measured(case, metric, known, title, weights=weights), known, meaning)


def _by_size(case: Case) -> Iterator[Found]:
    """The curve of each metric over effects of at least so much."""
    size = np.abs(case.held.target)
    for percentile in PERCENTILES if size.size else ():
        part = case.held.only(size >= np.percentile(size, percentile))
        words = f"|effect| from percentile {percentile}"
        for metric in case.question.metrics[:3]:
            meaning = f"{metric} among the rows of the largest {100 - percentile} % of effects"
            yield Found(metric, _measured(case, metric, part, f"{metric} {percentile}"), part, meaning, words)


def _given_covariates(case: Case) -> Iterator[Found]:
    for covariate in ("maf", "tss_distance"):
        values = case.held.rows.get_column(covariate)
        if values.null_count() == values.len():
            continue
        known = case.held.only(values.is_not_null().to_numpy())
        given = np.abs(known.rows.get_column(covariate).to_numpy().astype(np.float64))
        name = f"partial_spearman_given_{covariate}"
        meaning = f"rank correlation of |effect| and |score| once the ranks of {covariate} are taken out of both"
        yield Found(name, partial_interval(known, given, case, case.rng("diagnostic", name)), known, meaning)


def _by_frequency(case: Case) -> Iterator[Found]:
    if case.held.rows.get_column("maf").null_count() == case.held.rows.height:
        return
    at = pl.Series("\0at", np.arange(case.held.rows.height))
    for words, rows in list(strata(case.held.rows.with_columns(at), ["maf"]))[1:]:
        part = case.held.only(np.isin(at.to_numpy(), rows.get_column("\0at").to_numpy()))
        meaning = "AUROC among rows of like allele frequency"
        yield Found("auroc", _measured(case, "auroc", part, f"auroc {words}"), part, meaning, words)
