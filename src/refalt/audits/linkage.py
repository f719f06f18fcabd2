"""IN008: what linked variants leave of a correlation."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import FEWEST, Floats, effect_rows, floats, published_effects, share
from refalt.stats.reliability import linkage_ceiling
from refalt.studies.sections import DatasetSection
from refalt.tables import Measurements

#: |z| of a variant that is surely associated: p = 6e-5, one false one in a locus of ten thousand independent ones.
ASSOCIATED: Final = 4.0
#: From this posterior probability on a variant counts as causal.
CAUSAL: Final = 0.5
#: A table of lead variants has a few loci with two; beyond one locus in ten the table is of marginal effects.
SEVERAL: Final = 0.1
#: A ceiling from the loci of half a million rows is known to a few percent of itself.
MOST_ROWS: Final = 500_000


class EffectsAreOfCausalVariants(Audit):
    """IN008.

    In over one in ten loci with an associated variant there are several, and nothing says which are causal. The
    message gives the ceiling that this sets.
    """

    code = "IN008"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Effects are of causal variants, or the ceiling that linkage sets is shown."
    why = (
        "An eQTL table lists some 200 variants a gene, nearly all for being linked to one that does something. A model "
        "that knows exactly which one reaches r = 0.1 on such a table, so 0.05 is not the failure it looks like."
    )
    example = "2,414,653 variant-gene pairs, all significant, 195 for each gene, and no fine-mapping."
    remedy = "Keep fine-mapped variants ([filter] keep), or one lead variant a locus; else quote r beside its ceiling."

    def check(self, *, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Count loci with several associated variants, and compute the ceiling for one causal variant in each."""
        rows = effect_rows(measurements)
        if declared.design != "natural" or declared.quantity == "activity" or declared.effect is None:
            return self.skipped("variants of this design are not inherited together")
        if rows.get_column("target_id").null_count() == rows.height:
            return self.skipped("no target column says which rows share a locus")
        if rows.select((pl.col("pip") >= CAUSAL).all()).item() and rows.get_column("pip").null_count() == 0:
            return self.clear(f"All {rows.height:,} variants have a posterior probability of {CAUSAL} or more.")
        whole, rows = rows.height, whole_loci(rows)
        effect = published_effects(rows, declared.effect)
        z_score = _z_scores(rows, effect)
        known = np.isfinite(z_score) & np.isfinite(effect) & rows.get_column("target_id").is_not_null().to_numpy()
        if known.sum() < FEWEST:
            return self.skipped("without standard errors or p-values nobody knows which variants are associated")
        named = rows.filter(pl.Series(known)).select(pl.struct("target_id", "context_id").rank("dense")).to_series()
        codes = named.cast(pl.Int64).to_numpy() - 1
        aside = f" (of loci drawn at random, {rows.height:,} of {whole:,} rows)" if rows.height < whole else ""
        return self._loci(effect[known], z_score[known], codes, aside)

    def _loci(
        self, effect: Floats, z_score: Floats, locus: np.ndarray[tuple[int], np.dtype[np.int64]], aside: str
    ) -> Finding:
        n_associated = np.bincount(locus, weights=np.abs(z_score) >= ASSOCIATED)
        n_loci, n_several = int((n_associated > 0).sum()), int((n_associated > 1).sum())
        if n_loci == 0:
            said = f"No variant of {locus.size:,} is associated (|z| of {ASSOCIATED:g})"
            return self.clear(f"{said}.", n_examined=locus.size)
        said = f"{share(n_several, n_loci)} loci with an associated variant have several{aside}"
        numbers: Numbers = {"n_affected": n_several, "n_examined": n_loci}
        if n_several <= SEVERAL * n_loci:
            return self.clear(f"{said}.", **numbers)
        within = (n_associated > 0)[locus]
        ceiling = linkage_ceiling(effect[within], z_score[within], np.unique(locus[within], return_inverse=True)[1])
        return self.found(
            f"{said}: effects are marginal. With one causal variant a locus, a score that knows it reaches at most "
            f"r = {ceiling.value:.3f} on these {int(within.sum()):,} rows.",
            statistic=ceiling.value,
            threshold=1.0,
            **numbers,
        )


def whole_loci(rows: pl.DataFrame) -> pl.DataFrame:
    """All rows, or those of about as many loci as hold `MOST_ROWS`, drawn by their names: a locus stays whole."""
    every = -(-rows.height // MOST_ROWS)
    return rows if every < 2 else rows.filter(pl.struct("target_id", "context_id").hash(seed=0) % every == 0)


def _z_scores(rows: pl.DataFrame, effect: Floats) -> Floats:
    """Effect over its standard error; where there is none, the |z| of the published p-value."""
    error = floats(rows, "standard_error")
    if np.isfinite(error).any():
        return np.where(error > 0, effect / np.where(error > 0, error, 1), np.nan)
    from scipy.special import ndtri

    p_value = floats(rows, "p_value")
    return np.where(p_value > 0, -ndtri(np.where(p_value > 0, p_value, 1) / 2), np.nan)
