"""Rows as audits look at them: those still in the comparison, and how a few of them are shown."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.audits.base import EXAMPLES_KEPT
from refalt.evaluation.join import of_sign as sign_of
from refalt.provenance import seed_from
from refalt.studies.sections import EffectSection
from refalt.tables import Measurements

Floats = npt.NDArray[np.float64]

#: Under this many values neither a shape nor a share says anything.
FEWEST: Final = 20


#: A share is known to a third of a percent from so many rows, and a rank correlation to a quarter of one.
SAMPLED: Final = 200_000


def effect_rows(measurements: Measurements) -> pl.DataFrame:
    """Rows with a finite published effect that a recorded score may still be compared with."""
    rows = measurements.kept(recorded=True)
    finite = rows.get_column("beta").is_finite().fill_null(value=False)
    return rows if finite.all() else rows.filter(finite)


def sampled(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, or `SAMPLED` of them, drawn at random and in order: for shapes, ranks and mixtures."""
    if rows.height <= SAMPLED:
        return rows
    rng = np.random.default_rng(seed_from("sampled rows", rows.height))
    return rows[np.sort(rng.choice(rows.height, SAMPLED, replace=False, shuffle=False))]


def sample_words(n: int, whole: int) -> str:
    """ " (looked at in 200,000 of 2,400,000 rows, drawn at random)", or nothing where all rows were looked at."""
    return f" (looked at in {n:,} of {whole:,} rows, drawn at random)" if n < whole else ""


def published_effects(rows: pl.DataFrame, effect: EffectSection) -> Floats:
    """Effects of ALT over REF as published, minus their null: float64[n], NaN where the allele is neither.

    The sign of `of` is the join's own; that of the anchor does not matter to a shape.
    """
    turned = rows.select((pl.col("beta") - effect.null) * sign_of(effect.of, pl.col("effect_allele")))
    return floats(turned, "beta")


def floats(frame: pl.DataFrame, name: str) -> Floats:
    """A numeric column as float64[n], NaN where it is null."""
    return np.asarray(frame.get_column(name).cast(pl.Float64).fill_null(np.nan).to_numpy(), dtype=np.float64)


def shown_rows(frame: pl.DataFrame, *columns: str) -> tuple[str, ...]:
    """The first rows in words: "row 17: chr1:1042:A>C, beta 0.2"; the name comes from variant_id or element_id."""
    names = [name for name in ("variant_id", "element_id") if name in frame.columns]
    wanted = frame.head(EXAMPLES_KEPT).select("source_row", *names, *columns)
    lines = []
    for row in wanted.iter_rows(named=True):
        name = next((row[column] for column in names if row[column] is not None), "no name")
        lines.append(", ".join([f"row {row['source_row']}: {name}", *(f"{c} {_short(row[c])}" for c in columns)]))
    return tuple(lines)


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "missing" if value is None else str(value)


def share(part: int, whole: int) -> str:
    """ "12 of 300 (4.0 %)"."""
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)" if whole else "0 of 0"
