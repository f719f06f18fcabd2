"""How names and numbers are written for a reader, in figures and in the report alike."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Final, Literal

Format = Literal["estimate", "count", "p", "share", "plain", "text"]

NOTHING: Final = "–"

METRIC_WORDS: Final = MappingProxyType(
    {
        "spearman_rho": "Spearman rank correlation",
        "pearson_r": "Pearson correlation",
        "auroc": "area under the ROC curve",
        "auprc": "area under the precision-recall curve",
        "sign_concordance": "sign concordance",
        "calibration_slope": "calibration slope",
    }
)

METRIC_SYMBOLS: Final = MappingProxyType(
    {
        "spearman_rho": "Spearman ρ",
        "pearson_r": "Pearson r",
        "auroc": "AUROC",
        "auprc": "AUPRC",
        "sign_concordance": "sign concordance",
        "calibration_slope": "calibration slope",
    }
)

LABEL_WORDS: Final = MappingProxyType(
    {
        "effect": "the measured effect",
        "magnitude": "the magnitude of the effect",
        "given": "the published labels",
        "matched": "positives and their matched controls",
        "direction": "the direction of the effect",
        "magnitude_median": "effects above the median magnitude",
        "activity_median": "activities above the median",
    }
)


def metric_words(metric: str) -> str:
    """A metric's name in words; a metric of a third party keeps its own name with blanks."""
    return METRIC_WORDS.get(metric, metric.replace("_", " "))


def metric_symbol(metric: str) -> str:
    """A metric's short name, for axes and tables."""
    return METRIC_SYMBOLS.get(metric, metric.replace("_", " "))


def label_words(label_name: str, quantity: str = "effect") -> str:
    """What a score is held against, in words; `quantity` is what the dataset measured, effect or activity."""
    if label_name == "effect":
        return f"the measured {quantity}"
    return LABEL_WORDS.get(label_name, label_name.replace("_", " "))


def stratum_words(stratum: str) -> str:
    """`all` as a reader would say it; other strata as they are."""
    return "all rows" if stratum == "all" else stratum


def stratum_column(stratum: str) -> str:
    """The column that a stratum divides or averages over; `all` for all rows."""
    return stratum.removeprefix("mean over ").partition("=")[0]


def written(value: float | int | str | None, form: Format) -> str:
    """A cell as text: `estimate` three decimals, `count` with thousands, `p` two digits, `share` in per cent.

    An estimate under 0.001 has four decimals, one under 0.0001 three digits.

    A missing value (None, NaN) is a dash, never a number.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    if isinstance(value, str) or form in ("text", "plain"):
        return str(value)
    text = _FORMS[form](value)
    return "−" + text[1:] if text.startswith("-") else text


def _estimate(value: float) -> str:
    if value == 0:
        return "0"
    if 0.0001 <= abs(value) < 0.001:
        return f"{value:.4f}"
    return f"{value:.3f}" if 0.001 <= abs(value) < 100 else f"{value:.3g}"


def _share(value: float) -> str:
    per_cent = value * 100
    return f"{per_cent:.3g}%" if abs(per_cent) < 99.95 else f"{per_cent:.4g}%"


_FORMS: Final = MappingProxyType(
    {
        "estimate": _estimate,
        "count": lambda value: f"{value:,.0f}",
        "p": lambda value: f"{value:.2g}",
        "share": _share,
    }
)
