"""What a score is held against: the effect itself, its magnitude, and the labels made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

EFFECT, MAGNITUDE, GIVEN, DIRECTION, MAGNITUDE_MEDIAN = "effect", "magnitude", "given", "direction", "magnitude_median"
ACTIVITY_MEDIAN: Final = "activity_median"
MATCHED: Final = "matched"
#: `model` of scores that anyone has: held against measurements as any score is, and no part of what a study tests.
BASELINE: Final = "baseline"
#: Models of rows of Estimates that stand beside the scores: controls and simple baselines.
BESIDE: Final = ("control", BASELINE)
#: Labels that come with the rows: where a score covers one class only in part, it says nothing of them.
LABELS: Final = (GIVEN, MATCHED)


@dataclass(frozen=True)
class Question:
    """One way to hold a score against what was measured.

    Attributes:
        name: `label_name` in Estimates.
        metrics: Names of the metrics that answer it.
        reads_sign: Whether the sign of the effect decides the answer: such a question is withheld where the
            effect's allele is unknown.
        magnitude_of_score: Whether |score| is taken, because the label has no direction.
    """

    name: str
    metrics: tuple[str, ...]
    reads_sign: bool
    magnitude_of_score: bool


QUESTIONS: Final = (
    Question(
        EFFECT,
        ("spearman_rho", "pearson_r", "sign_concordance", "calibration_slope"),
        reads_sign=True,
        magnitude_of_score=False,
    ),
    Question(MAGNITUDE, ("spearman_rho",), reads_sign=False, magnitude_of_score=True),
    Question(GIVEN, ("auroc", "auprc"), reads_sign=False, magnitude_of_score=True),
    Question(MATCHED, ("auroc", "auprc"), reads_sign=False, magnitude_of_score=True),
    Question(DIRECTION, ("auroc",), reads_sign=True, magnitude_of_score=False),
    Question(MAGNITUDE_MEDIAN, ("auroc", "auprc"), reads_sign=False, magnitude_of_score=True),
    Question(ACTIVITY_MEDIAN, ("auroc", "auprc"), reads_sign=False, magnitude_of_score=False),
)
#: An activity is no difference between alleles: what it is correlated with needs no allele, and zero is no null.
_ACTIVITY: Final = Question(EFFECT, ("spearman_rho", "pearson_r"), reads_sign=False, magnitude_of_score=False)


def asked_questions(labels: Iterable[str], quantity: str = "effect") -> list[Question]:
    """The questions of a study: effect and magnitude always, labels as the study file lists them.

    Where the quantity is an activity, nothing that reads a sign or a magnitude is asked, and the label made of the
    median is of the activity itself.
    """
    listed = set(labels)
    if quantity == "activity":
        made = {ACTIVITY_MEDIAN} if MAGNITUDE_MEDIAN in listed else set()
        return [_ACTIVITY, *(question for question in QUESTIONS if question.name in (listed & set(LABELS)) | made)]
    wanted = {EFFECT, MAGNITUDE, *listed}
    return [question for question in QUESTIONS if question.name in wanted]


def can_be_asked(question: Question, *, model: str, signed: bool) -> bool:
    """Whether a question makes sense of a score: baselines without a sign are not even asked for a direction."""
    return model != BASELINE or signed or not question.reads_sign


def target_of(question: Question, rows: pl.DataFrame) -> Floats:
    """What was measured, one value a row, NaN where nothing was.

    Args:
        question: The question.
        rows: Rows of Comparison; `effect` is ALT over REF minus its null.

    Returns:
        float64[n]. Effects and magnitudes in the effect's unit; labels 1 and 0. For `direction`, effects of
        exactly zero are NaN: they have none. For `magnitude_median` and `activity_median`, 1 is above the median of
        the rows given.
    """
    effect = _column(rows, "effect")
    if question.name == EFFECT:
        return effect
    if question.name in LABELS:
        return _column(rows, "label" if question.name == GIVEN else "matched_label")
    if question.name == DIRECTION:
        direction: Floats = np.where(np.isnan(effect) | (effect == 0), np.nan, effect > 0)
        return direction
    if question.name == ACTIVITY_MEDIAN:
        return _above_median(effect)
    magnitude = np.abs(effect)
    return magnitude if question.name == MAGNITUDE else _above_median(magnitude)


def _above_median(values: Floats) -> Floats:
    held = values[~np.isnan(values)]
    median = np.median(held) if held.size else np.nan
    above: Floats = np.where(np.isnan(values), np.nan, values > median)
    return above


def score_of(question: Question, rows: pl.DataFrame) -> Floats:
    """The score as the question reads it: float64[n]."""
    score = _column(rows, "score")
    return np.abs(score) if question.magnitude_of_score else score


def _column(rows: pl.DataFrame, name: str) -> Floats:
    return np.asarray(rows.get_column(name).cast(pl.Float64).to_numpy(), dtype=np.float64)
