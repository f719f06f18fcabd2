"""Mistakes that are made after predictions: in scores, in tables of results, in the record of the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from audit_studies import clean
from audit_studies.mistakes import EARLY, Mistake, Rng, _other_history, column, section
from audit_studies.study import SCORES, Evidence, Simulated
from refalt.evaluation.join import Joined
from refalt.tables import Attrition, Estimates, Failures, Measurements


def answering(make: Callable[[Simulated, Rng], Any]) -> Callable[[Simulated, Rng], Simulated]:
    """Both scores say what `make` gives, the model's with a little noise of its own."""

    def plant(study: Simulated, rng: Rng) -> Simulated:
        said = np.asarray(make(study, rng), dtype=np.float64)
        study = study.with_rows(**{"recorded.said": said})
        return study.but(modelled=said + 1e-6 * rng.normal(size=said.size))

    return plant


def modelling(make: Callable[[Simulated, Rng], Any]) -> Callable[[Simulated, Rng], Simulated]:
    """The model's score says what `make` gives."""
    return lambda study, rng: study.but(modelled=np.asarray(make(study, rng), dtype=np.float64))


def spoiling(name: str, change: Callable[[Any], Any]) -> Callable[[Simulated, Rng], Simulated]:
    """One kind of evidence is changed once it is there."""

    def spoil(evidence: Evidence) -> Evidence:
        return evidence | {name: change(evidence[name])} if evidence.get(name) is not None else evidence

    return lambda study, _: study.but(spoiled=spoil)


def following(study: Simulated, rng: Rng, r: float) -> Any:
    """A score that correlates with the effect."""
    beta = column(study, "beta")
    return r * (beta - beta.mean()) / beta.std() + np.sqrt(1 - r * r) * rng.normal(size=beta.size)


def _shared_in_windows(study: Simulated, rng: Rng) -> Simulated:
    """What rows of one contig's window share makes up half of effects and scores."""
    window = study.rows.select(pl.struct("source_chrom", pl.col("source_pos") // 1_000_000).rank("dense")).to_series()
    common = rng.normal(size=(2, window.max() + 1))[:, window.to_numpy()]
    rows = study.with_rows(beta=common[0] + 0.7 * rng.normal(size=window.len()))
    return answering(lambda *_: common[1] + 0.7 * rng.normal(size=window.len()))(rows, rng)


def _undecided(estimates: Estimates) -> Estimates:
    of_effect = (pl.col("label_name") == "effect") & (pl.col("metric") == "spearman_rho")
    values = {"value": 0.02, "lower": -0.14, "upper": 0.18}
    return Estimates(
        estimates.frame.with_columns(
            pl.when(of_effect).then(v).otherwise(name).alias(name) for name, v in values.items()
        )
    )


def _uncorrected(estimates: Estimates) -> Estimates:
    return Estimates(estimates.frame.with_columns(q_value=pl.lit(None, pl.Float64), p_value=pl.lit(0.03)))


def _few_clusters(estimates: Estimates) -> Estimates:
    return Estimates(estimates.frame.with_columns(n_clusters=pl.lit(4, pl.Int64)))


def _biased_controls(controls: Any) -> Any:
    return [dataclasses.replace(control, values=control.values + 0.04) for control in controls]


def _lost(joined: Joined) -> Joined:
    fewer = joined.attrition.frame.with_columns(pl.col("n_rows") - 1)
    return dataclasses.replace(joined, attrition=Attrition(fewer))


def _noisy(study: Simulated, rng: Rng) -> Simulated:
    spread = column(study, "beta").std()
    return study.with_rows(standard_error=rng.uniform(0.55, 0.85, study.rows.height) * spread)


def _failed(failures: Failures) -> Failures:
    rows = {"score_name": ["modelled"] * 60, "asked_id": [f"chr1:{i}:A>C" for i in range(60)]}
    more = pl.DataFrame(
        rows | {"error": ["deadline exceeded"] * 60, "attempts": [5] * 60, "reason": ["prediction_failed"] * 60}
    )
    return Failures(pl.concat([failures.frame, more.cast(failures.frame.schema)]))  # type: ignore[arg-type]


def _imputed(measurements: Measurements) -> Measurements:
    flags = pl.when(pl.col("source_row") % 50 == 0).then(pl.lit(["imputed"])).otherwise(pl.col("flags"))
    return Measurements(measurements.frame.with_columns(flags=flags))


def _one_of_two(study: Simulated, rng: Rng) -> Simulated:
    """A second score under another name, from the same outputs."""
    return section(score=[*SCORES, {**SCORES[1], "name": "another"}])(study, rng)


def _nearness(study: Simulated, rng: Rng) -> Simulated:
    """Sizes fall with distance to the gene; scores know nothing."""
    near = np.exp(-np.abs(column(study, "tss_distance")) / 30_000)
    beta = rng.choice([-1, 1], near.size) * near * rng.gamma(2, 1, near.size)
    return answering(lambda _, r: r.normal(size=near.size))(study.with_rows(beta=beta), rng)


def _outlier(study: Simulated, rng: Rng) -> Simulated:
    beta = column(study, "beta")
    beta[7] = 80 * beta.std()
    said = rng.normal(size=beta.size)
    said[7] = 30
    return answering(lambda *_: said)(study.with_rows(beta=beta), rng)


def _clipped(study: Simulated, rng: Rng) -> Any:
    return np.clip(rng.normal(0, 0.8, study.rows.height), -1, 1)


#: Code -> the ways in which its mistake is made, in turn.
LATE: dict[str, tuple[Mistake, ...]] = {
    "EF006": (
        (clean.fine_mapped, answering(lambda s, rng: -following(s, rng, 0.3))),
        (clean.fine_mapped, _other_history),
    ),
    "MD003": ((clean.fine_mapped, modelling(_clipped)),),
    "MD007": (
        (clean.fine_mapped, modelling(lambda s, _: np.full(s.rows.height, 0.3))),
        (clean.fine_mapped, modelling(lambda s, rng: rng.choice(rng.normal(size=40), s.rows.height))),
        (clean.fine_mapped, answering(lambda s, _: 3 * column(s, "beta"))),
    ),
    "MD009": ((clean.fine_mapped, _one_of_two),),
    "IN001": ((clean.fine_mapped, _shared_in_windows),),
    "IN002": ((clean.fine_mapped, spoiling("estimates", _uncorrected)),),
    "IN003": ((clean.fine_mapped, spoiling("estimates", _undecided)),),
    "IN005": ((clean.fine_mapped, _noisy),),
    "IN006": ((clean.fine_mapped, spoiling("controls", _biased_controls)),),
    "IN007": ((clean.fine_mapped, _nearness),),
    "IN009": ((clean.fine_mapped, _outlier),),
    "SA006": ((clean.fine_mapped, spoiling("estimates", _few_clusters)),),
    "RC001": ((clean.fine_mapped, spoiling("measurements", _imputed)),),
    "RC002": (
        (clean.fine_mapped, spoiling("joined", _lost)),
        (clean.fine_mapped, spoiling("failures", _failed)),
    ),
}
MISTAKES: dict[str, tuple[Mistake, ...]] = EARLY | LATE
PLANTED_ROWS = 1_000


def broken_study(code: str, round_: int, world: Any) -> Simulated:
    """A sound study of `PLANTED_ROWS` rows with one mistake; what is planted is not waived."""
    design, plant = MISTAKES[code][round_ % len(MISTAKES[code])]
    rng = np.random.default_rng([round_, 2])
    # Filters of a design may leave fewer rows than were asked for.
    study = plant(design(PLANTED_ROWS, world, rng), rng)
    return study.but(waive={name: why for name, why in study.waive.items() if name != code})
