"""EF: is the effect column an effect, on its declared scale?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.audits import shapes
from refalt.audits.base import Audit, Finding, Phase, Severity
from refalt.audits.rows import FEWEST, Floats, effect_rows, floats, sample_words, sampled, share, shown_rows
from refalt.studies.sections import DatasetSection, EffectSection
from refalt.tables import Measurements

Flags = npt.NDArray[np.bool_]

#: Effects are spread like their noise: |beta| tables have .01 to .7 here, uniform p-values .02, p-values of
#: discoveries 1e-7 and far below.
P_LIKE_BOTTOM: Final = 1e-4
#: An all-pairs table of real p-values lies within .06 of uniform; from 200 rows on chance alone stays under .1.
UNIFORM_WITHIN, UNIFORM_FEWEST = 0.1, 200
#: A column that copies another agrees nearly everywhere; the rest is rounding.
COPIED: Final = 0.99
#: |beta / se| ranks the p-values of its own test perfectly up to rounding; another test's stays visibly below.
OWN_TEST, FOREIGN_TEST = 0.99, 0.9
#: By chance ten fair signs are all equal once in 512 tables.
FEWEST_SIGNS: Final = 10

#: Where both alleles have the same share.
HALF: Final = 0.5
#: A gap this wide, with values crowding on both sides of it, is what significance leaves of ratios. The tail of sizes
#: without signs has gaps too, with next to nothing beyond them.
GAP_FROM, FEWEST_BESIDE = 0.02, 10
#: A median is no sight of few rows: sizes without signs may lie about any value.
MEDIAN_WITHIN, MEDIAN_FEWEST = 0.05, 50
#: Some sites of an allele-specific assay have reads of one allele only.
MOST_WITHIN: Final = 0.9


@dataclass(frozen=True)
class _Sight:
    """One way in which a column betrays that it is no effect."""

    message: str
    statistic: float
    threshold: float
    n_affected: int


class EffectIsAnEffect(Audit):
    """EF001.

    The values look like p-values by themselves (all in [0, 1], and crowded towards 0 as those of discoveries are,
    or spread evenly); or they equal a p-value column or -log10 of one; or divided by their standard errors they do
    not rank the published p-values, while another column does. Columns declared as z or t are spared the last test.
    From large tables a sample is looked at.
    """

    code = "EF001"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "The effect column holds effects."
    why = (
        "A published comparison read the p-value column as the effect and reported that the model knows nothing. "
        "A p-value says how sure one is, not how large the effect is nor which way it goes, so no model can match it."
    )
    example = "A column `slope` whose thousand values lie between 2.5e-151 and 0.0005 and are never negative."
    remedy = "Name the column of slopes or fold changes in [dataset] effect; bind columns by name, not by number."

    def check(
        self, *, measurements: Measurements, declared: DatasetSection, source_columns: pl.DataFrame | None = None
    ) -> Finding:
        """Look at the values alone, then beside the p-values, then beside the other columns."""
        whole = effect_rows(measurements)
        rows = sampled(whole)
        if declared.effect is None:
            return self.skipped("no effect column is declared")
        if rows.height < FEWEST:
            return self.skipped(f"{rows.height} effects: under {FEWEST} no shape can be told")
        aside = sample_words(rows.height, whole.height)
        beta = floats(rows, "beta")
        others = _other_columns(rows, source_columns, declared.effect.column)
        held = _held(rows, source_columns)
        sight = next(_sights(beta, rows, declared.effect, others, held), None)
        if sight is None:
            bottom = shapes.bottom_to_middle(beta)
            return self.clear(
                f"{beta.size:,} values, {share(int((beta < 0).sum()), beta.size)} negative; their 1st percentile is "
                f"{bottom:.2g} of their median size{aside}.",
                n_examined=beta.size,
                statistic=bottom,
                threshold=P_LIKE_BOTTOM,
            )
        return self.found(
            f"Column `{declared.effect.column}` is not an effect{aside}: {sight.message}",
            n_affected=sight.n_affected,
            n_examined=beta.size,
            statistic=sight.statistic,
            threshold=sight.threshold,
            examples=shown_rows(rows, "beta", "p_value"),
        )


def _sights(
    beta: Floats, rows: pl.DataFrame, effect: EffectSection, others: dict[str, Floats], held: Flags
) -> Iterator[_Sight]:
    yield from _looks_like_p(beta, effect.null)
    p_value = floats(rows, "p_value")
    yield from _copies_p(beta, {"the p-value column": p_value})
    yield from _copies_p(beta, {f"column `{name}`": other for name, other in others.items() if is_p_like(other)})
    if effect.scale not in ("z", "t"):
        yield from _another_was_tested(beta, floats(rows, "standard_error"), p_value, others, held)


def is_p_like(values: Floats) -> bool:
    """Whether values look like p-values by themselves."""
    known = values[np.isfinite(values)]
    return next(_looks_like_p(known, 0.0), None) is not None if known.size >= FEWEST else False


def _looks_like_p(values: Floats, null: float) -> Iterator[_Sight]:
    if values.min() < 0 or values.max() > 1:
        return
    bottom = shapes.bottom_to_middle(values)
    within = f"all {values.size:,} values lie in [0, 1] and none is negative"
    if bottom < P_LIKE_BOTTOM:
        said = f"{within}, and their 1st percentile is {bottom:.1e} of their median, as p-values of discoveries have it"
        yield _Sight(f"{said} (effects: 0.01 to 0.7; values from {values.min():.3g} to {values.max():.3g}).",
                     bottom, P_LIKE_BOTTOM, values.size)  # fmt: skip
    distance = shapes.distance_from_uniform(values)
    if null == 0 and values.size >= UNIFORM_FEWEST and distance < UNIFORM_WITHIN:
        said = f"{within}, spread evenly from 0 to 1 as p-values are where nothing happens (distance {distance:.3f})"
        yield _Sight(f"{said}.", distance, UNIFORM_WITHIN, values.size)


def _copies_p(beta: Floats, columns: dict[str, Floats]) -> Iterator[_Sight]:
    for name, p_value in columns.items():
        known = np.isfinite(p_value) & (p_value > 0)
        if known.sum() < FEWEST:
            continue
        for copy, words in ((p_value[known], "equal to"), (-np.log10(p_value[known]), "-log10 of")):
            same = shapes.share_equal(np.abs(beta[known]), copy)
            if same > COPIED:
                count = round(same * known.sum())
                yield _Sight(f"{share(count, int(known.sum()))} of its values are {words} {name}.", same, COPIED, count)


def _another_was_tested(
    beta: Floats, error: Floats, p_value: Floats, others: dict[str, Floats], held: Flags
) -> Iterator[_Sight]:
    known = np.isfinite(error) & (error > 0) & np.isfinite(p_value)
    if known.sum() < FEWEST:
        return
    own = shapes.follows_p(beta[known], error[known], p_value[known])
    if not own < FOREIGN_TEST:
        return
    for name, other in others.items():
        both = known & np.isfinite(other)
        if both.sum() >= max(FEWEST, (known & held).sum() / 2):
            reached = shapes.follows_p(other[both], error[both], p_value[both])
            if reached > OWN_TEST:
                said = f"divided by the standard error it ranks the p-values with Spearman {own:.3f}, while"
                yield _Sight(f"{said} column `{name}` ranks them with {reached:.4f}.", own, FOREIGN_TEST, beta.size)


def _other_columns(rows: pl.DataFrame, source: pl.DataFrame | None, effect_column: str) -> dict[str, Floats]:
    """Numeric columns of the source beside the effect's own, in the order of `rows`."""
    names = [name for name in rows.columns if name.startswith("recorded.") and rows.schema[name].is_numeric()]
    columns = {name.removeprefix("recorded."): floats(rows, name) for name in [*names, "maf", "pip"]}
    if source is None:
        return columns
    beside = rows.select("source_row").join(source, on="source_row", how="left", maintain_order="left")
    wanted = [n for n, dtype in beside.schema.items() if dtype.is_numeric() and n not in ("source_row", effect_column)]
    return columns | {name: floats(beside, name) for name in wanted}


def _held(rows: pl.DataFrame, source: pl.DataFrame | None) -> Flags:
    """Rows whose other columns are at hand: of a long table only some are."""
    if source is None:
        return np.ones(rows.height, dtype=bool)
    held: Flags = rows.get_column("source_row").is_in(source.get_column("source_row").implode()).to_numpy()
    return held


class DeclaredNullIsTheNull(Audit):
    """EF002.

    The null is declared as 0, and the declared scale or unit is that of a ratio, fold or percentage with no value
    below 0; or all values lie between 0 and 1 on both sides of 0.5, with an empty gap about 0.5 that values crowd
    on both sides of, or with their median beside 0.5. Effects of one sign without such a sight are EF003's.
    """

    code = "EF002"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "The declared null is what no effect looks like."
    why = (
        "Allelic ratios run from 0 to 1 and mean nothing happens at 0.5. Read as slopes about 0 they are all positive, "
        "and a published sign test counted a quarter of them as wrong for no other reason."
    )
    example = "A column `beta` from 0.04 to 0.97 with no value between 0.46 and 0.54, declared with null = 0."
    remedy = "Set effect.scale and effect.null to what the paper defines: 0.5 for allelic ratios, 1 for fold changes."

    def check(self, *, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Hold the scale, then the values, against a declared null of zero."""
        effect = declared.effect
        if effect is None or declared.quantity == "activity":
            return self.skipped("activities have no null" if effect else "no effect column is declared")
        beta = floats(effect_rows(measurements), "beta")
        if beta.size < FEWEST:
            return self.skipped(f"{beta.size} effects: under {FEWEST} no shape can be told")
        if effect.null != 0:
            return self.clear(f"The declared null is {effect.null:g}.", n_examined=beta.size)
        said = _says_ratio(effect, beta) or _looks_like_ratio(beta)
        if said is None:
            return self.clear(f"Nothing says that effects of `{effect.column}` lie about another value than 0.",
                              n_examined=beta.size)  # fmt: skip
        return self.found(f"The null of `{effect.column}` is declared as 0, but {said}.", n_affected=beta.size,
                          n_examined=beta.size, statistic=float(np.median(beta)))  # fmt: skip


def _says_ratio(effect: EffectSection, beta: Floats) -> str | None:
    """A scale or unit on which zero is not the absence of an effect (a logarithm of a ratio is)."""
    if effect.scale in ("allelic_ratio", "fold_change"):
        return f"its scale is {effect.scale.replace('_', ' ')}"
    unit = effect.unit.lower()
    if beta.min() >= 0 and (effect.scale == "percent" or any(word in unit for word in ("ratio", "fold", "percent"))):
        return None if "log" in unit else f"its unit is {effect.unit or effect.scale!r} and no value is below 0"
    return None


def _looks_like_ratio(beta: Floats) -> str | None:
    # Where few reads were counted, some shares are none or all.
    whole, beta = beta, beta[(beta > 0) & (beta < 1)]
    if whole.min() < 0 or whole.max() > 1 or beta.size < MOST_WITHIN * whole.size:
        return None
    if beta.min() >= HALF or beta.max() <= HALF:
        return None
    within = f"all values lie between {beta.min():.3g} and {beta.max():.3g}, on both sides of 0.5"
    low, high = shapes.widest_gap(beta, HALF)
    width = high - low
    beside = [int(((beta > low - width) & (beta <= low)).sum()), int(((beta >= high) & (beta < high + width)).sum())]
    if width >= GAP_FROM and min(beside) >= FEWEST_BESIDE and sum(beside) >= FEWEST:
        return f"{within}, with none between {low:.3g} and {high:.3g}"
    median = float(np.median(beta))
    about_half = beta.size >= MEDIAN_FEWEST and abs(median - HALF) <= MEDIAN_WITHIN
    return f"{within}, and their median is {median:.3f}" if about_half else None
