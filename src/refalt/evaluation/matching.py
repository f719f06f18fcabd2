"""Controls that are like the positives in all but the label, chosen before any score is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.errors import UserError
from refalt.evaluation.blocks import dense
from refalt.provenance import seed_from
from refalt.studies.study import Matching
from refalt.tables import Balance

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
#: Covariates in which a control is no nearer or further: it has the positive's value or is none for it.
_CATEGORIES: Final = ("consequence",)
#: How the others are compared: distances on a logarithmic scale, others as they are.
_SCALES: Final = {
    "maf": pl.col("maf"),
    "tss_distance": (pl.col("tss_distance").abs() + 1).cast(pl.Float64).log10(),
    "gc": pl.col("gc"),
}
#: Positives with larger p-values were not chosen by them, and then a control's p-value says nothing.
LARGEST_CUT: Final = 0.05
#: A target that is an interval is a peak.
PEAK_NAME: Final = r"^(?:chr)?[0-9XYM]{1,2}[:_][0-9]+[-_][0-9]+$"


@dataclass(frozen=True)
class Matched:
    """Who was matched with whom, and how alike they are.

    Attributes:
        labels: source_row, matched_label (1 positive, 0 control chosen), rows that are neither left out.
        balance: Standardised differences before and after.
    """

    labels: pl.DataFrame
    balance: Balance


def match_controls(rows: pl.DataFrame, settings: Matching) -> Matched:
    """Choose for each positive its k nearest controls on the same chromosome, each control once.

    Distance is Euclidean in standardised covariates; controls of another consequence are none where this is matched,
    and where nothing else is, chance decides among the rest. Where positives want the same control the nearest one
    gets it and the others ask again. Contaminated controls (see `contaminated`) are set aside first; rows that lack a
    covariate or a chromosome cannot be matched.

    Args:
        rows: source_row, chrom, label, p_value, beta, target_id, context_id, maf, tss_distance, consequence and gc,
            of the rows that may be compared.
        settings: Covariates, and controls a positive.

    Raises:
        UserError: a covariate is known for no row.
    """
    labelled = rows.filter(pl.col("label").is_in([0, 1]))
    bad = contaminated(labelled)
    scaled = labelled.with_columns(_scaled(name) for name in settings.match)
    _require_covariates(scaled, settings.match)
    known = [pl.col(name).is_not_null() for name in ("chrom", *(f"\0{name}" for name in settings.match))]
    chosen = _chosen(scaled.filter(~bad, *known), settings)
    return Matched(chosen, _balance(scaled, chosen, settings, n_set_aside=int(bad.sum())))


def _scaled(name: str) -> pl.Expr:
    value = pl.col(name) if name in _CATEGORIES else _SCALES[name].cast(pl.Float64)
    return value.alias(f"\0{name}")


def suspicions(rows: pl.DataFrame) -> pl.DataFrame:
    """Why a control may be no control: one boolean column a reason, false for rows that are none.

    `significant`: it has a p-value as small as a positive's, where positives were chosen by theirs, and no fine-mapping
    says that it is not the cause. `measured`: it has a published effect, where most controls have none. `shares_peak`:
    a positive lies in its peak; genes have variants of both kinds by nature.

    Args:
        rows: label, p_value, pip, beta, target_id and context_id.
    """
    control, positive = pl.col("label") == 0, pl.col("label") == 1
    largest = pl.col("p_value").filter(positive).max()
    with_beta = pl.col("beta").is_not_null() & control
    target = pl.struct("target_id", "context_id")
    is_peak = pl.col("target_id").str.contains(PEAK_NAME)
    hit = target.is_in(rows.filter(positive & is_peak).select(target).to_series().implode())
    return rows.select(
        significant=control & (pl.col("p_value") <= largest) & (largest <= LARGEST_CUT) & pl.col("pip").is_null(),
        measured=with_beta & (with_beta.sum() < control.sum() / 2),
        shares_peak=control & is_peak & hit,
    ).select(pl.all().fill_null(value=False))


def contaminated(rows: pl.DataFrame) -> pl.Series:
    """Controls that are set aside for one of the `suspicions`: bool, one a row.

    A suspicion that falls on most controls is no reason to do without them; that they are suspicious is SA009's to say.
    """
    found = suspicions(rows)
    n_controls = int((rows.get_column("label") == 0).sum())
    rare = [name for name in found.columns if found.get_column(name).sum() < n_controls / 2]
    return found.select(pl.any_horizontal(pl.lit(value=False), *rare).alias("contaminated")).to_series()


def _require_covariates(scaled: pl.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if scaled.height and scaled.get_column(f"\0{name}").null_count() == scaled.height:
            raise UserError(
                f"controls cannot be matched on {name}: no row has it",
                where="[evaluation] controls",
                expected="carried sequences or a genome" if name == "gc" else f"a column for {name}",
                remedy="give it, or take it out of `match`",
            )


def _chosen(usable: pl.DataFrame, settings: Matching) -> pl.DataFrame:
    """source_row and matched_label of positives that got controls, and of these controls."""
    points = _points(usable, [f"\0{name}" for name in settings.match if name not in _CATEGORIES])
    positive = (usable.get_column("label") == 1).to_numpy()
    shared = pl.struct("chrom", *(f"\0{name}" for name in settings.match if name in _CATEGORIES))
    group = dense(usable.select(shared).to_series())
    labels = np.full(usable.height, -1, dtype=np.int8)
    for number in np.unique(group):
        ones, zeros = (np.flatnonzero((group == number) & side) for side in (positive, ~positive))
        owner = nearest_once(points[ones], points[zeros], settings.k)
        labels[zeros[owner >= 0]] = 0
        labels[ones[np.unique(owner[owner >= 0])]] = 1
    named = usable.select("source_row", pl.Series("matched_label", labels))
    return named.filter(pl.col("matched_label") >= 0)


def _points(usable: pl.DataFrame, names: Sequence[str]) -> Floats:
    """Where each row lies in standardised covariates, or anywhere where there are none: float64[n, d]."""
    if not names:
        return np.random.default_rng(seed_from(0, "controls")).random((usable.height, 1))
    spread = [usable.get_column(name).std() or 1.0 for name in names]
    return usable.select(pl.col(name) / s for name, s in zip(names, spread, strict=True)).to_numpy()


def nearest_once(positives: Floats, controls: Floats, k: int) -> Indices:
    """The positive that each control is chosen for, -1 for none: int64[controls].

    Every positive asks for the nearest controls it still lacks among those that are free; each is given to the nearest
    that asks; and so on until none is free or none is lacking.

    Args:
        positives: float64[p, d].
        controls: float64[c, d].
        k: Controls a positive.
    """
    from scipy.spatial import KDTree

    owner = np.full(len(controls), -1, dtype=np.int64)
    lacking = np.full(len(positives), k, dtype=np.int64)
    while lacking.any() and (owner < 0).any():
        free, asking = np.flatnonzero(owner < 0), np.flatnonzero(lacking)
        reach = min(int(lacking.max()), free.size)
        distance, place = KDTree(controls[free]).query(positives[asking], k=np.arange(1, reach + 1))
        wanted = np.arange(reach) < lacking[asking][:, None]
        asker, control = np.repeat(asking, wanted.sum(axis=1)), free[place[wanted]]
        order = np.lexsort((asker, distance[wanted]))
        taken, first = np.unique(control[order], return_index=True)
        owner[taken] = asker[order][first]
        lacking = k - np.bincount(owner[owner >= 0], minlength=len(positives))
    return owner


def _balance(rows: pl.DataFrame, chosen: pl.DataFrame, settings: Matching, *, n_set_aside: int) -> Balance:
    after = rows.join(chosen, on="source_row", how="inner", maintain_order="left")
    n_positives = int((chosen.get_column("matched_label") == 1).sum())
    n_controls = chosen.height - n_positives
    counts = {
        "n_positives": n_positives,
        "n_lacking": int((rows.get_column("label") == 1).sum()) * settings.k - n_controls,
        "n_controls": n_controls,
        "n_set_aside": n_set_aside,
    }
    lines = [
        {
            "covariate": said,
            "before": _apart(said, rows, "label"),
            "after": _apart(said, after, "matched_label"),
            **counts,
        }
        for name in settings.match
        for said in _said(name, rows)
    ]
    reason = None if n_controls else "no positive has a control"
    schema = {column.name: column.dtype for column in Balance.declared}
    return Balance(pl.DataFrame([line | {"reason": reason} for line in lines], schema=schema, orient="row"))


def _said(name: str, rows: pl.DataFrame) -> list[str]:
    """The covariate, or each of its values where it is a category."""
    if name not in _CATEGORIES:
        return [name]
    return [f"{name}={value}" for value in rows.get_column(name).drop_nulls().unique().sort()]


def _apart(said: str, rows: pl.DataFrame, label: str) -> float | None:
    """How far positives and controls lie apart: standardised, or as shares of one value of a category."""
    name, is_category, value = said.partition("=")
    column, positive = rows.get_column(f"\0{name}"), rows.get_column(label) == 1
    if not is_category:
        return standardised_difference(column, positive)
    ones, zeros = ((column.filter(side) == value).mean() for side in (positive, ~positive))
    return None if ones is None or zeros is None else float(ones) - float(zeros)  # type: ignore[arg-type]


def standardised_difference(values: pl.Series, positive: pl.Series) -> float | None:
    """Difference of means over the root of the mean of both variances (Austin 2009, doi:10.1002/sim.3697)."""
    known = values.is_not_null() & values.is_finite().fill_null(value=False)
    ones, zeros = (values.filter(known & side).to_numpy() for side in (positive, ~positive))
    if min(ones.size, zeros.size) < 2:
        return None
    pooled = float(np.sqrt((ones.var(ddof=1) + zeros.var(ddof=1)) / 2))
    return float(ones.mean() - zeros.mean()) / pooled if pooled > 0 else 0.0
