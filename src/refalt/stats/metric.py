"""What is known of each metric, in one record: what it needs, where it lives, what chance gives, how to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

from numpy.typing import ArrayLike

from refalt.stats.association import calibration_slope, pearson, sign_agreement, sign_concordance, spearman
from refalt.stats.classification import auprc, auprc_chance_with_ties, auroc
from refalt.stats.measured import Measured, paired_rows


class Statistic(Protocol):
    """A function of what was measured and what was said, row counts optional."""

    def __call__(self, target: ArrayLike, score: ArrayLike, /, *, weights: ArrayLike | None = None) -> Measured: ...


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: as written in tables.
        function: its value on rows.
        needs: what `target` must hold: effects (minus their null) or labels 0 and 1.
        scale_transform: where its sampling distribution is closest to normal; None: where it is.
        signed: whether the sign of the effect matters (such metrics are withheld when the effect's allele is unknown).
        chance: what a score that knows nothing would get on these rows.
        minimum_n: rows under which it is not computed.
        higher_is_better: whether more is better; None where closeness to a value is meant.
        meaning: one sentence for a reader.
    """

    name: str
    function: Statistic
    needs: Literal["effect", "label"]
    scale_transform: Literal["fisher_z", "logit"] | None
    signed: bool
    chance: Callable[[ArrayLike, ArrayLike], Measured]
    minimum_n: int
    higher_is_better: bool | None
    meaning: str


def _zero(target: ArrayLike, score: ArrayLike) -> Measured:  # noqa: ARG001  (same for all rows)
    return Measured(0.0)


def _half(target: ArrayLike, score: ArrayLike) -> Measured:  # noqa: ARG001
    return Measured(0.5)


def _margins(target: ArrayLike, score: ArrayLike) -> Measured:
    """Both margins over all rows: a score that knows nothing puts its zeros beside any effect, not where they stand."""
    agreement = sign_agreement(target, score)
    if agreement.expected.reason is not None:
        return agreement.expected
    rows = paired_rows(target, score, None, minimum=1)
    up, said_up = (float((column > 0).sum() / (column != 0).sum()) for column in rows[:2])
    return Measured(up * said_up + (1 - up) * (1 - said_up))


_ALL = (
    Metric(
        name="spearman_rho",
        function=spearman,
        needs="effect",
        scale_transform="fisher_z",
        signed=True,
        chance=_zero,
        minimum_n=3,
        higher_is_better=True,
        meaning="Correlation of the ranks of effect and score.",
    ),
    Metric(
        name="pearson_r",
        function=pearson,
        needs="effect",
        scale_transform="fisher_z",
        signed=True,
        chance=_zero,
        minimum_n=3,
        higher_is_better=True,
        meaning="Linear correlation of effect and score.",
    ),
    Metric(
        name="auroc",
        function=auroc,
        needs="label",
        scale_transform="logit",
        signed=False,
        chance=_half,
        minimum_n=2,
        higher_is_better=True,
        meaning="Chance that a positive scores above a negative, ties counted half.",
    ),
    Metric(
        name="auprc",
        function=auprc,
        needs="label",
        scale_transform="logit",
        signed=False,
        chance=auprc_chance_with_ties,
        minimum_n=2,
        higher_is_better=True,
        meaning="Mean precision over the positives in order of score; read it beside the prevalence.",
    ),
    Metric(
        name="sign_concordance",
        function=sign_concordance,
        needs="effect",
        scale_transform="logit",
        signed=True,
        chance=_margins,
        minimum_n=1,
        higher_is_better=True,
        meaning="Share of rows in which effect and score have the same sign, zeros left out.",
    ),
    Metric(
        name="calibration_slope",
        function=calibration_slope,
        needs="effect",
        scale_transform=None,
        signed=True,
        chance=_zero,
        minimum_n=3,
        higher_is_better=None,
        meaning="Slope of the regression of effect on score, in effect units per score unit.",
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
