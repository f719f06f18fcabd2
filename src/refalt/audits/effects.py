"""EF: is the effect column an effect, on its declared scale, for its declared allele?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from refalt.audits import shapes
from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import FEWEST, Floats, effect_rows, floats, published_effects, share, shown_rows
from refalt.studies.sections import AlleleColumn, DatasetSection, EffectSection
from refalt.tables import Measurements

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


@dataclass(frozen=True)
class _Sight:
    """One way in which a column betrays that it is no effect."""

    message: str
    statistic: float
    threshold: float
    n_affected: int


class EffectIsAnEffect(Audit):
    """EF001."""

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
        rows = effect_rows(measurements)
        if declared.effect is None:
            return self.skipped("no effect column is declared")
        if rows.height < FEWEST:
            return self.skipped(f"{rows.height} effects: under {FEWEST} no shape can be told")
        beta = floats(rows, "beta")
        others = _other_columns(rows, source_columns, declared.effect.column)
        sight = next(_sights(beta, rows, declared.effect, others), None)
        if sight is None:
            bottom = shapes.bottom_to_middle(beta)
            return self.clear(
                f"{beta.size:,} values, {share(int((beta < 0).sum()), beta.size)} negative; their 1st percentile is "
                f"{bottom:.2g} of their median size.",
                n_examined=beta.size,
                statistic=bottom,
                threshold=P_LIKE_BOTTOM,
            )
        return self.found(
            f"Column `{declared.effect.column}` is not an effect: {sight.message}",
            n_affected=sight.n_affected,
            n_examined=beta.size,
            statistic=sight.statistic,
            threshold=sight.threshold,
            examples=shown_rows(rows, "beta", "p_value"),
        )


def _sights(beta: Floats, rows: pl.DataFrame, effect: EffectSection, others: dict[str, Floats]) -> Iterator[_Sight]:
    yield from _looks_like_p(beta, effect.null)
    p_value = floats(rows, "p_value")
    yield from _copies_p(beta, {"the p-value column": p_value})
    yield from _copies_p(beta, {f"column `{name}`": other for name, other in others.items() if is_p_like(other)})
    if effect.scale not in ("z", "t"):
        yield from _another_was_tested(beta, floats(rows, "standard_error"), p_value, others)


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


def _another_was_tested(beta: Floats, error: Floats, p_value: Floats, others: dict[str, Floats]) -> Iterator[_Sight]:
    known = np.isfinite(error) & (error > 0) & np.isfinite(p_value)
    if known.sum() < FEWEST:
        return
    own = shapes.follows_p(beta[known], error[known], p_value[known])
    if not own < FOREIGN_TEST:
        return
    for name, other in others.items():
        both = known & np.isfinite(other)
        if both.sum() >= max(FEWEST, known.sum() / 2):
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


class EffectsHaveTwoSigns(Audit):
    """EF003."""

    code = "EF003"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Effects have two signs, or the study says why not."
    why = (
        "Sizes without their sign pass for effects: agreement in sign then only counts how often the model says the "
        "one sign there is, and a correlation mixes size with direction."
    )
    example = "All 4,000 slopes are positive because the authors published |beta|."
    remedy = "Find the signed column; if one sign is the design, waive EF003 and say where that is written."

    def check(self, *, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Count both signs about the declared null."""
        if declared.quantity == "activity" or declared.effect is None:
            return self.skipped("activities have no sign" if declared.effect else "no effect column is declared")
        rows = effect_rows(measurements)
        away = published_effects(rows, declared.effect)
        above, below = int((away > 0).sum()), int((away < 0).sum())
        n = above + below
        if n < FEWEST_SIGNS:
            return self.skipped(f"{n} effects differ from their null: under {FEWEST_SIGNS} one sign can be chance")
        counts = f"{above:,} effects lie above their null of {declared.effect.null:g} and {below:,} below"
        numbers: Numbers = {"n_examined": n, "statistic": min(above, below) / n, "threshold": 0.0}
        if min(above, below):
            return self.clear(f"{counts}.", **numbers)
        return self.found(
            f"{counts}: the effects have one sign, so what reads it is withheld.",
            n_affected=n,
            examples=shown_rows(rows, "beta"),
            withholds=("sign_concordance", "direction"),
            **numbers,
        )


class EffectAlleleIsDeclared(Audit):
    """EF005."""

    code = "EF005"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "The allele that the effect is for is declared, and so is where that is written."
    why = (
        "Half of the public tables give the effect of the alternate allele and half that of another one. A sign that "
        "was turned after a negative correlation was seen makes any model agree with any data."
    )
    example = "effect = { column = 'log2fc' } and nothing that says whose log2 fold change it is."
    remedy = "Set effect.of from the paper's own column definition, and quote it in effect.source."

    def check(self, *, declared: DatasetSection, measurements: Measurements | None = None) -> Finding:
        """Read the declaration; where a column names the allele, look whether it names one of the row's two."""
        effect = declared.effect
        if effect is None:
            return self.skipped("no effect column is declared")
        if declared.quantity == "activity":
            return self.skipped("an activity is for an element, not for an allele")
        if effect.of == "unknown":
            return self.found(
                f"The allele that `{effect.column}` is for is not declared: what reads its sign is withheld.",
                n_affected=1,
                n_examined=1,
                withholds=("signed",),
            )
        if not effect.source.strip():
            flips = effect.of == "ref"
            said = f"`{effect.column}` is declared for {_words(effect)}, and no source is given for that"
            return self.found(
                f"{said}; turning every sign needs one." if flips else f"{said}.",
                severity=Severity.FATAL if flips else self.severity,
                n_affected=1,
                n_examined=1,
            )
        strangers = _neither_allele(effect, measurements)
        if strangers is not None and strangers.height:
            return self.found(
                f"{strangers.height:,} rows name an effect allele that is neither their REF nor their ALT: they have "
                "no effect to compare.",
                n_affected=strangers.height,
                n_examined=len(measurements or ()),
                examples=shown_rows(strangers, "ref", "alt", "effect_allele"),
            )
        return self.clear(f"The effect is for {_words(effect)}: {effect.source.strip()}", n_examined=1)


def _words(effect: EffectSection) -> str:
    if isinstance(effect.of, AlleleColumn):
        return f"the allele in column `{effect.of.column}`"
    return {"alt": "the alternate allele", "ref": "the reference allele"}[effect.of]


def _neither_allele(effect: EffectSection, measurements: Measurements | None) -> pl.DataFrame | None:
    if measurements is None or not isinstance(effect.of, AlleleColumn):
        return None
    named = pl.col("effect_allele")
    known = (named == pl.col("ref")) | (named == pl.col("alt")) | named.is_in(["REF", "ALT"])
    return effect_rows(measurements).filter(~known.fill_null(value=False))
