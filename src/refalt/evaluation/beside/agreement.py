"""Agreement in sign beside what it would be without any knowledge: margins, kappa, the commoner sign, zeros apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from refalt.evaluation.beside.asked import Case
from refalt.evaluation.beside.limits import interval_of_counts
from refalt.evaluation.labels import Floats
from refalt.stats.intervals import Interval
from refalt.stats.measured import Measured, nothing

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "sign_expected": "agreement in sign that the two shares of positive signs give by themselves",
        "sign_kappa": "agreement in sign beyond its margins, 0 for none and 1 for complete (Cohen's kappa)",
        "sign_constant": "agreement that always answering the commoner sign of the effect would reach",
        "sign_beyond_constant": "agreement in sign minus that of always answering the commoner sign",
        "sign_zero_share": "share of rows left out of agreement in sign because effect or score is zero",
    }
)
#: Those of `MEANINGS` that lie between 0 and 1.
SHARES = ("sign_expected", "sign_constant", "sign_zero_share")


def interval(name: str, case: Case, rng: np.random.Generator) -> Interval:
    """One of `MEANINGS` with its interval over clusters."""
    held = case.held
    bad = int((~np.isfinite(held.target) | ~np.isfinite(held.score)).sum())
    cells = _cells(held.target, held.score, held.codes)
    value = float(_OF[name](cells.sum(axis=0)[None, :])[0]) if held.target.size and not bad else np.nan
    reason = f"{bad} values are NaN or infinite" if bad else "no two signs to compare, or one sign only in each"
    return interval_of_counts(
        Measured(value) if np.isfinite(value) else nothing(reason),
        lambda counts: _OF[name](counts.T @ cells),
        cells.shape[0],
        n=held.rows.height, rng=rng, level=case.terms.level, resamples=case.terms.settings.resamples,
        scale="logit" if name in SHARES else None,
    )  # fmt: skip


def _cells(target: Floats, score: Floats, codes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Rows of each cluster: both up, effect up alone, score up alone, both down, any zero. float64[clusters, 5]."""
    kind = np.where(target > 0, 0, 2) + np.where(score > 0, 0, 1)
    kind = np.choose(kind, [0, 1, 2, 3])
    kind[(target == 0) | (score == 0)] = 4
    n_clusters = int(codes.max(initial=-1)) + 1
    return np.bincount(codes * 5 + kind, minlength=n_clusters * 5).reshape(n_clusters, 5).astype(np.float64)


def _shares(cells: Floats) -> tuple[Floats, Floats, Floats]:
    """Share of equal signs, of positive effects, of positive scores, among rows with two signs: float64[k] each."""
    with np.errstate(invalid="ignore", divide="ignore"):
        part = cells[:, :4] / cells[:, :4].sum(axis=1, keepdims=True)
    return part[:, 0] + part[:, 3], part[:, 0] + part[:, 1], part[:, 0] + part[:, 2]


def _expected(cells: Floats) -> Floats:
    _, up, said_up = _shares(cells)
    return up * said_up + (1 - up) * (1 - said_up)


def _kappa(cells: Floats) -> Floats:
    expected = _expected(cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa: Floats = np.where(expected < 1, (_shares(cells)[0] - expected) / (1 - expected), np.nan)
    return kappa


def _constant(cells: Floats) -> Floats:
    up = _shares(cells)[1]
    return np.maximum(up, 1 - up)


def _beyond(cells: Floats) -> Floats:
    return _shares(cells)[0] - _constant(cells)


def _zero(cells: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Floats = cells[:, 4] / cells.sum(axis=1)
    return share


_OF: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType(
    {
        "sign_expected": _expected,
        "sign_kappa": _kappa,
        "sign_constant": _constant,
        "sign_beyond_constant": _beyond,
        "sign_zero_share": _zero,
    }
)
