"""SA: do clusters, controls and strata stand for what they are meant to?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import (
    FEWEST,
    Floats,
    effect_rows,
    floats,
    published_effects,
    sample_words,
    sampled,
    share,
    shown_rows,
)
from refalt.columns import WHOLE
from refalt.evaluation.clusters import Clusters
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import BESIDE
from refalt.stats.association import partial_spearman, spearman
from refalt.stats.intervals import MIN_CLUSTERS
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection
from refalt.tables import Estimates, Inputs, Measurements

#: Linkage in humans mostly ends within this distance.
LINKED_WITHIN: Final = 100_000
#: Boundaries of blocks or windows split a few neighbours in a hundred.
SPLIT: Final = 0.1
LINKAGE_KINDS: Final = ("ld_block", "window_1mb", "chrom")
#: The major histocompatibility complex, in GRCh37 and GRCh38 alike, is one block of linkage.
MHC: Final = ("chr6", 25_000_000, 34_000_000)
MOST_MHC: Final = 0.05
#: Standardised differences under a tenth are called balanced (Austin 2009).
BALANCED: Final = 0.1
#: Normal quantile of a two-sided 99 % band, and of one that holds for three covariates at once.
BAND, BAND_OF_THREE = 2.576, 2.935
#: A weaker correlation with frequency hardly moves one with a score.
TRACKS_FREQUENCY: Final = 0.1


class ClustersCoverLinkage(Audit):
    """SA003.

    Over one in ten pairs of neighbours within reach of linkage lies in different clusters. Blocks and windows are
    taken at their word.
    """

    code = "SA003"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Neighbouring variants that are inherited together lie in one cluster."
    why = (
        "Linked variants share their association, so a table of 5,000 variants in 300 blocks holds 300 observations. "
        "Intervals that count 5,000 are four times too narrow."
    )
    example = "clusters = 'gene' for variants 2 kb apart; or a tenth of all rows in the MHC."
    remedy = "Give LD blocks in [genome] ld_blocks and use clusters = 'ld_block', or clusters = 'window_1mb'."

    def check(self, *, measurements: Measurements, clusters: Clusters, declared: DatasetSection) -> Finding:
        """Count neighbours within reach of linkage that are analysed as independent."""
        if declared.design != "natural":
            return self.skipped("variants of this design are not inherited together")
        rows = measurements.kept(recorded=True).filter(pl.col("source_pos").is_not_null())
        contig = pl.col("source_chrom").cast(pl.Categorical)
        rows = rows.join(clusters.ids, on="source_row").sort(contig.to_physical(), "source_pos", "source_row")
        gap = pl.col("source_pos") - pl.col("source_pos").shift(1)
        beside = (pl.col("source_chrom") == pl.col("source_chrom").shift(1)) & (gap <= LINKED_WITHIN)
        pairs = rows.with_columns(split=pl.col("cluster_id") != pl.col("cluster_id").shift(1)).filter(beside)
        if pairs.height < FEWEST:
            return self.skipped(f"{pairs.height} neighbours lie within {LINKED_WITHIN:,} bp")
        split = pairs.filter("split")
        chrom, start, end = MHC
        in_mhc = (pl.col("source_chrom") == chrom) & pl.col("source_pos").is_between(start, end)
        n_mhc = rows.filter(in_mhc).height
        numbers: Numbers = {"n_affected": split.height, "n_examined": pairs.height, "threshold": SPLIT}
        numbers["statistic"] = split.height / pairs.height
        said = f"{share(split.height, pairs.height)} neighbours within {LINKED_WITHIN:,} bp lie in different clusters"
        said += f"; {share(n_mhc, rows.height)} rows lie in the MHC" if n_mhc > MOST_MHC * rows.height else ""
        # Blocks and windows are what linkage is cut into: neighbours beyond an edge are held to be independent.
        if clusters.kind in LINKAGE_KINDS or split.height <= SPLIT * pairs.height:
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said} (clusters: {clusters.kind}).", examples=shown_rows(split, "cluster_id"), **numbers)


class ControlsMatch(Audit):
    """SA005.

    Positives and controls differ in frequency, distance to the gene or GC content by more than a tenth of a
    standard deviation, and by more than random labels would give.
    """

    code = "SA005"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Positives and controls differ in what was measured, not in frequency, distance or composition."
    why = (
        "Positives of an eQTL table lie near promoters and are common. Against controls that are neither, distance to "
        "the nearest gene alone reaches an AUROC of 0.8, and so does any model that knows promoters."
    )
    example = "Positives lie 12 kb from their gene and controls 140 kb."
    remedy = "Match controls on what differs, or read the model beside the baselines of IN007."

    def check(self, *, measurements: Measurements, inputs: Inputs | None = None) -> Finding:
        """Standardised differences of every covariate, against their band under random matching."""
        rows = measurements.kept(recorded=True).filter(pl.col("label").is_not_null())
        positive = floats(rows, "label") == 1
        if min(positive.sum(), (~positive).sum()) < FEWEST:
            return self.skipped("there are no labels, or fewer than twenty of one kind")
        covariates = {"maf": floats(rows, "maf"), "distance to the gene": np.abs(floats(rows, "tss_distance"))}
        if inputs is not None:
            covariates["GC content"] = _gc(rows, inputs)
        found, words = [], []
        for name, values in covariates.items():
            difference, band = _standardised(values, positive)
            if np.isfinite(difference):
                words.append(f"{name} {difference:+.2f} (chance within {band:.2f})")
                found += [abs(difference)] if abs(difference) > max(BALANCED, band) else []
        if not words:
            return self.skipped("no covariate is known for both positives and controls")
        numbers: Numbers = {"n_affected": len(found), "n_examined": len(words), "threshold": BALANCED}
        said = f"{int(positive.sum()):,} positives less {int((~positive).sum()):,} controls, in standard deviations: "
        said += ", ".join(words)
        return self.found(f"{said}.", statistic=max(found), **numbers) if found else self.clear(f"{said}.", **numbers)


def _standardised(values: Floats, positive: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[float, float]:
    """Difference of means over the pooled standard deviation, and its 99 % band under random labels."""
    ones, zeros = values[positive & np.isfinite(values)], values[~positive & np.isfinite(values)]
    if min(ones.size, zeros.size) < FEWEST:
        return float("nan"), float("nan")
    pooled = float(np.sqrt((ones.var(ddof=1) + zeros.var(ddof=1)) / 2))
    band = float(BAND_OF_THREE * np.sqrt(1 / ones.size + 1 / zeros.size))
    return (float(ones.mean() - zeros.mean()) / pooled if pooled > 0 else 0.0), band


def _gc(rows: pl.DataFrame, inputs: Inputs) -> Floats:
    content = pl.col("ref_sequence").str.count_matches("[GC]") / pl.col("ref_sequence").str.len_bytes()
    gc = inputs.frame.select("source_row", content.alias("gc"))
    return floats(rows.select("source_row").join(gc, on="source_row", how="left", maintain_order="left"), "gc")


class StrataHaveEnoughClusters(Audit):
    """SA006.

    A stratum has under ten clusters. It is serious where all rows together have, and else a note.
    """

    code = "SA006"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Every stratum that is judged has ten clusters or more."
    why = (
        "On a chromosome with two loci a score that is constant within each gives an |r| that the data fix whatever "
        "the model says. Under ten clusters no interval keeps its level."
    )
    example = "chrom=chr13: r = 0.004 from 812 rows in 2 loci."
    remedy = "Read such strata as descriptions; they carry no interval and no p-value."

    def check(self, *, estimates: Estimates) -> Finding:
        """Count strata under the minimum; where the whole is one of them, that is serious."""
        rows = estimates.frame.filter((pl.col("n") > 0) & (~pl.col("model").is_in(BESIDE)))
        few = rows.filter(pl.col("n_clusters") < MIN_CLUSTERS).unique(["score_name", "stratum"], maintain_order=True)
        whole = few.filter(pl.col("stratum") == WHOLE)
        n = rows.select(pl.struct("score_name", "stratum").n_unique()).item() if rows.height else 0
        numbers: Numbers = {"n_affected": few.height, "n_examined": n, "threshold": float(MIN_CLUSTERS)}
        said = f"{share(few.height, n)} strata have under {MIN_CLUSTERS} clusters"
        if few.is_empty():
            return self.clear(f"{said}.", **numbers)
        lines = few.select(pl.format("{}, {}: {} clusters", "score_name", "stratum", "n_clusters")).to_series()
        return self.found(
            f"{said}{', all rows together among them' if whole.height else ''}: their intervals are withheld.",
            severity=self.severity if whole.height else Severity.NOTE,
            examples=tuple(lines),
            **numbers,
        )


class SizeDoesNotTrackFrequency(Audit):
    """SA008.

    The rank correlation of |effect| and allele frequency is over a tenth, and beyond its 99 % band. Once scores are
    there, what is left of their correlations without frequency is printed.
    """

    code = "SA008"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.SERIOUS
    affirms = "The size of effects does not track allele frequency."
    why = (
        "Rare variants have noisy slopes, and only large ones pass a threshold: |slope| falls with frequency (-0.42 to "
        "-0.61 in public eQTL tables). A score that knows rarity, as conservation does, then seems to know effects."
    )
    example = "Spearman of |slope| and MAF is -0.51 over 20,000 pairs."
    remedy = "Read correlations with frequency taken out beside the others, or compare effects per standard deviation."

    def check(
        self,
        *,
        measurements: Measurements,
        declared: DatasetSection,
        joined: Joined | None = None,
        scores: Sequence[ScoreSection] = (),
    ) -> Iterator[Finding]:
        """Correlate size and frequency; once scores are there, say what is left of them without it."""
        finding = self._tracks(effect_rows(measurements), declared)
        if joined is None:
            yield finding
        elif finding.is_open:
            for score in scores:
                yield self._left(score.name, joined.comparison.frame.filter(pl.col("score_name") == score.name))

    def _tracks(self, whole: pl.DataFrame, declared: DatasetSection) -> Finding:
        drawn = sampled(whole)
        rows = drawn.filter(pl.col("maf") > 0)
        if declared.effect is None or rows.height < FEWEST:
            return self.skipped(f"{rows.height} rows have both an effect and an allele frequency")
        size, maf = np.abs(published_effects(rows, declared.effect)), floats(rows, "maf")
        known = np.isfinite(size)
        rho = spearman(size[known], maf[known])
        if rho.reason is not None:
            return self.skipped(rho.reason)
        numbers: Numbers = {"n_examined": int(known.sum()), "statistic": rho.value, "threshold": TRACKS_FREQUENCY}
        said = f"Spearman of |effect| and frequency is {rho.value:.3f} over {int(known.sum()):,} rows"
        said += sample_words(drawn.height, whole.height)
        if abs(rho.value) <= max(TRACKS_FREQUENCY, BAND / np.sqrt(known.sum())):
            return self.clear(f"{said}.", **numbers)
        # Slopes of standardised genotypes: what a variant adds to the variance of the trait.
        scaled = spearman((size * np.sqrt(2 * maf * (1 - maf)))[known], maf[known])
        said += f" ({scaled.value:.3f} for effects per standard deviation of the genotype)"
        return self.found(f"{said}.", n_affected=int(known.sum()), **numbers)

    def _left(self, name: str, rows: pl.DataFrame) -> Finding:
        held = rows.filter(pl.col("effect").is_finite() & (pl.col("maf") > 0))
        if held.height < FEWEST:
            return self.skipped("too few rows have a score and an allele frequency", subject=name)
        size, score, maf = np.abs(floats(held, "effect")), np.abs(floats(held, "score")), floats(held, "maf")
        whole, left = spearman(size, score), partial_spearman(size, score, covariates=maf)
        said = f"Spearman of |effect| and |{name}| is {whole.value:.3f}, and {left.value:.3f} with frequency taken out"
        numbers: Numbers = {"n_affected": held.height, "n_examined": held.height, "statistic": left.value}
        return self.found(f"{said}.", subject=name, **numbers)
