"""SA: are rows as many observations as they look like?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import polars as pl

from refalt.audits.base import EXAMPLES_KEPT, Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import share, shown_rows
from refalt.columns import Reason
from refalt.evaluation.clusters import Clusters
from refalt.evaluation.join import Joined
from refalt.tables import AlleleChecks, Inputs, Measurements

#: Half of what is missing in one run of rows is a block, where chance breaks missing rows up.
IN_ONE_BLOCK, FEWEST_IN_BLOCK, CHANCE = 0.5, 10, 1e-6
#: Real tables give a model as many inputs as there are variants; the offender gave 18 for 6,963.
DISTINCT_INPUTS: Final = 0.9


class DifferentThingsAreDifferentInputs(Audit):
    """SA001.

    Distinct inputs are fewer than nine tenths of the distinct variants or elements, within a score or in the
    carried sequences. Repeats of one variant are SA002's.
    """

    code = "SA001"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.FATAL
    affirms = "Different measured things are different inputs to the model."
    why = (
        "A reporter assay of 6,963 designed variants was scored on the 18 loci they were built from: the model gave 18 "
        "answers, and the p-values were computed as if it had given 6,963."
    )
    example = "Forty designed sites of one locus share one 2-kb sequence, because the edit was never made in it."
    remedy = "Give the model the sequence that was measured, edits included; no choice of clusters mends this."

    def check(
        self, *, measurements: Measurements, inputs: Inputs | None = None, joined: Joined | None = None
    ) -> Iterator[Finding]:
        """Before predictions: carried sequences. After them: what each score's model saw."""
        if joined is not None:
            for name, rows in joined.comparison.frame.sort("score_name").group_by("score_name", maintain_order=True):
                yield self._compared(rows.select(_thing(), "input_id"), subject=str(name[0]), what=f"score {name[0]}")
        elif inputs is not None and len(inputs):
            kept = measurements.kept(recorded=True).select("source_row")
            rows = inputs.frame.join(kept, on="source_row", how="semi")
            seen = pl.concat_str("ref_sequence", pl.col("alt_sequence").fill_null(""), separator=">").hash()
            yield self._compared(rows.select(_thing(), seen.alias("input_id")), what="carried sequences")
        else:
            yield self.skipped("before predictions, it needs carried sequences")

    def _compared(self, rows: pl.DataFrame, *, what: str, subject: str = "dataset") -> Finding:
        n_inputs, n_things = rows.get_column("input_id").n_unique(), rows.get_column("thing").n_unique()
        if not rows.height:
            return self.skipped("no row is left", subject=subject)
        numbers: Numbers = {
            "subject": subject,
            "n_affected": max(n_things - n_inputs, 0),
            "n_examined": n_things,
            "statistic": n_inputs / n_things,
            "threshold": DISTINCT_INPUTS,
        }
        said = f"{n_inputs:,} distinct inputs stand for {n_things:,} measured variants or elements ({what})"
        if n_inputs >= DISTINCT_INPUTS * n_things:
            return self.clear(f"{said}.", **numbers)
        shared = rows.unique().group_by("input_id").len("n").sort("n", "input_id", descending=[True, False])
        largest = [f"one input stands for {n:,} measured things" for n in shared.get_column("n").head(5)]
        return self.found(f"{said}: that many observations, no more.", examples=tuple(largest), **numbers)


def _thing() -> pl.Expr:
    return pl.coalesce("variant_id", "element_id").alias("thing")


class RepeatsAreClustered(Audit):
    """SA002.

    Rows of one variant or element fall into several clusters.
    """

    code = "SA002"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Rows of the same variant lie in one cluster."
    why = (
        "An eQTL table lists a variant once for each gene it is tested on. The model sees one input for all of them: "
        "those rows are one observation of the model, and intervals over rows are too narrow."
    )
    example = "chr1:1284987:G>A in 14 rows, one a gene, with clusters = 'gene'."
    remedy = "Choose clusters that hold all rows of a variant: ld_block, window_1mb, locus or input."

    def check(self, *, measurements: Measurements, clusters: Clusters, checks: AlleleChecks | None = None) -> Finding:
        """Count variants whose rows fall into several clusters."""
        rows = measurements.kept(recorded=True).join(clusters.ids, on="source_row", maintain_order="left")
        names = ["variant_id", "element_id"]
        if checks is not None:
            asked = checks.frame.select("variant_id", "asked_id")
            rows = rows.join(asked, on="variant_id", how="left", maintain_order="left")
            names = ["asked_id", *names]
        rows = rows.with_columns(pl.coalesce(names).alias("thing")).filter(pl.col("thing").is_not_null())
        counts = pl.len().alias("n"), pl.col("cluster_id").n_unique().alias("n_clusters")
        things = rows.group_by("thing", maintain_order=True).agg(*counts)
        repeats = things.filter(pl.col("n") > 1)
        split = repeats.filter(pl.col("n_clusters") > 1).sort("n", descending=True, maintain_order=True)
        numbers: Numbers = {"n_affected": int(split.get_column("n").sum()), "n_examined": rows.height}
        if split.is_empty():
            said = f"{repeats.height:,} of {things.height:,} variants or elements have several rows"
            return self.clear(f"{said}, each within one cluster.", **numbers)
        lines = [f"{name}: {n} rows in {m} clusters" for name, n, m in split.head(EXAMPLES_KEPT).iter_rows()]
        return self.found(
            f"{share(split.height, things.height)} variants or elements have rows in several clusters "
            f"(clusters: {clusters.kind}).",
            examples=tuple(lines),
            **numbers,
        )


class JoinsAreOneToOne(Audit):
    """SA004.

    Several rows share variant, target and context and differ in effect; or, after predictions, most rows without a
    score stand in one run that chance would break up.
    """

    code = "SA004"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.SERIOUS
    affirms = "Each measured thing has one row, and no block of rows went missing."
    why = (
        "A key that occurs n times on both sides of a join gives n times n rows: 18 wild types became 4.8 million. A "
        "resumed run once skipped the first hundred rows of a pool, all of one locus."
    )
    example = "The same variant and gene in two rows with different effects; or rows 0 to 99 of 3,720 without a score."
    remedy = "Name the column that tells repeats apart as context_id; score missing rows again before reading results."

    def check(self, *, measurements: Measurements, joined: Joined | None = None) -> Iterator[Finding]:
        """Before predictions: keys that hold several effects. After them: where the missing rows lie."""
        if joined is None:
            yield self._collisions(measurements)
            return
        for (name,), rows in pl.concat(
            [joined.comparison.frame.with_columns(reason=pl.lit(None, pl.String)), joined.removed]
        ).group_by("score_name", maintain_order=True):
            yield self._missing(str(name), rows.sort("source_row"))

    def _collisions(self, measurements: Measurements) -> Finding:
        repeatable = pl.col("reason").is_null() | (pl.col("reason") == Reason.DUPLICATE_ROW.value)
        rows = measurements.frame.filter(repeatable & pl.col("beta").is_not_null())
        key = list(Measurements.unique_when_kept)
        # Kept rows have keys of their own: only a row marked as a repeat can share one.
        if not (rows.get_column("reason") == Reason.DUPLICATE_ROW.value).any():
            return self.clear(f"No key of {rows.height:,} rows holds two effects.", n_examined=rows.height)
        several = rows.group_by(key).agg(pl.col("beta").n_unique().alias("n_effects")).filter(pl.col("n_effects") > 1)
        collided = rows.join(several, on=key, how="semi", nulls_equal=True, maintain_order="left")
        numbers: Numbers = {"n_affected": collided.height, "n_examined": rows.height}
        if collided.is_empty():
            return self.clear(f"No key of {rows.height:,} rows holds two effects.", **numbers)
        return self.found(
            f"{share(collided.height, rows.height)} rows share variant, target and context with a row of another "
            "effect; of each such group only the first is compared.",
            examples=shown_rows(collided.sort(*key, "source_row"), "beta"),
            **numbers,
        )

    def _missing(self, name: str, rows: pl.DataFrame) -> Finding:
        lost = [Reason.NO_SCORE.value, Reason.PREDICTION_FAILED.value]
        asked = rows.filter(pl.col("reason").is_null() | pl.col("reason").is_in(lost))
        missing = pl.col("reason").is_not_null()
        runs = (
            asked.with_columns(missing=missing, run=missing.rle_id())
            .filter("missing")
            .group_by("run")
            .agg(
                pl.len().alias("n"), pl.col("source_row").min().alias("first"), pl.col("source_row").max().alias("last")
            )
        )
        n_missing = int(runs.get_column("n").sum())
        if not n_missing or n_missing == asked.height:
            said = f"{n_missing:,} of {asked.height:,} rows lack {name}"
            return self.clear(f"{said}.", subject=name, n_examined=asked.height)
        longest = runs.sort("n", "first", descending=[True, False]).row(0, named=True)
        portion = n_missing / asked.height
        # Expected number of runs this long when rows are missing at random.
        expected = asked.height * (1 - portion) * math.exp(longest["n"] * math.log(portion))
        numbers: Numbers = {"subject": name, "n_affected": n_missing, "n_examined": asked.height}
        said = f"{share(n_missing, asked.height)} rows lack {name}, {longest['n']:,} of them in a row"
        if longest["n"] < max(FEWEST_IN_BLOCK, IN_ONE_BLOCK * n_missing) or expected > CHANCE:
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said}: source rows {longest['first']:,} to {longest['last']:,}.", **numbers)
