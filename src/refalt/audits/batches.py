"""SA007: is what was measured the variant, or the pool, plate or study it was measured in?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import FEWEST, Floats, floats, published_effects
from refalt.columns import MEAN_OVER, STRATUM_PREFIX
from refalt.evaluation.blocks import Codes, dense
from refalt.evaluation.clusters import Clusters
from refalt.evaluation.strata import stratum_values
from refalt.provenance import seed_from
from refalt.stats.dependence import eta_squared
from refalt.studies.sections import DatasetSection
from refalt.studies.study import Study
from refalt.tables import Measurements

#: A batch that explains this share adds at most its root, 0.1, to a correlation: the usual margin of "no effect".
EXPLAINS: Final = 0.01
#: The largest of this many shares by chance is passed once in a thousand clean tables.
DRAWS: Final = 999
#: Enough rows to know shares by chance; of more, whole clusters are drawn, which makes chance no smaller.
MOST_ROWS: Final = 20_000
#: Groups lie in one batch each when hardly one in ten spans two, and chance does not do that to one table in 1,000.
SPANNING, BY_CHANCE = 0.1, 1e-3


class BatchIsNotTheEffect(Audit):
    """SA007.

    Clusters or strata lie in one batch each, so that the two cannot be told apart; or batches explain more of
    the effect, or of the labels, than they do by chance.
    """

    code = "SA007"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "The pool, plate or study that a row was measured in explains neither its effect nor its label."
    why = (
        "Two pools of a reporter assay were read as one table, but each of its 18 loci lies in one pool: what the "
        "pools' handling did cannot be told from what the loci do, and a score that knows the locus knows both."
    )
    example = "Plate 3 holds most of the positives; or all elements of a locus are in one pool."
    remedy = (
        "Compare within a batch (mean_over, or permute_within), or measure some of the same variants in every batch."
    )

    def check(
        self, *, measurements: Measurements, declared: DatasetSection, clusters: Clusters, study: Study | None = None
    ) -> Iterator[Finding]:
        """Ask what lies in one batch altogether, then how much of effect and label the batches explain."""
        if declared.batch is None:
            yield self.skipped("no batch (a pool, plate or study) is declared")
            return
        rows = measurements.kept(recorded=True).join(clusters.ids, on="source_row", maintain_order="left")
        rows = rows.filter(pl.col(STRATUM_PREFIX + declared.batch).is_not_null())
        n_batches = rows.get_column(STRATUM_PREFIX + declared.batch).n_unique()
        if rows.height < FEWEST or n_batches < 2:
            yield self.skipped(f"{rows.height:,} rows are of {n_batches} {declared.batch}")
            return
        batch = dense(rows.get_column(STRATUM_PREFIX + declared.batch))
        nested = _nested_in_batch(rows, batch, declared.batch, study)
        within = _compared_within(study)
        if within in nested:
            said = f"Each {within} lies in one {declared.batch}, and rows are compared within each {within}"
            yield self.clear(f"{said}.", n_examined=rows.height)
            return
        known = {name: (values, np.isfinite(values)) for name, values in _measured(rows, declared).items()}
        told = {name: (values, at) for name, (values, at) in known.items() if _can_be_told(values[at], batch[at])}
        if not told:
            yield self.skipped("neither effects nor labels differ between rows of several batches")
        for name, (values, at) in told.items():
            yield self._one(name, values[at], batch[at], rows.filter(pl.Series(at)), nested, declared.batch)

    def _one(
        self, name: str, values: Floats, batch: Codes, rows: pl.DataFrame, nested: Mapping[str, int], batch_name: str
    ) -> Finding:
        share = eta_squared(values, batch).value
        clusters = dense(rows.get_column("cluster_id"))
        chance = by_chance(values, batch, clusters, nested=_CLUSTERS in nested, seed=seed_from(rows.height, name))
        numbers: Numbers = {"subject": name, "n_examined": values.size, "statistic": share}
        numbers |= {"threshold": max(EXPLAINS, chance)}
        said = f"{batch_name} explains {100 * share:.2f} % of the variance of the {name}"
        said += f" (by chance up to {100 * chance:.2f} %)"
        explains = share > max(EXPLAINS, chance)
        if nested:
            groups = " and ".join(f"all {n:,} {group}" for group, n in nested.items())
            said += f"; {groups} lie in one {batch_name} each: what differs between them is not separable from it"
        if not explains and (not nested or chance <= EXPLAINS):
            return self.clear(f"{said}.", **numbers)
        severity = self.severity if share > EXPLAINS else Severity.NOTE
        return self.found(f"{said}.", severity=severity, n_affected=values.size, **numbers)


_CLUSTERS: Final = "clusters"


def _can_be_told(values: Floats, batch: Codes) -> bool:
    return values.size >= FEWEST and np.unique(values).size > 1 and np.unique(batch).size > 1


def _compared_within(study: Study | None) -> str:
    """The stratum within whose values the primary estimate is made; "" where it is made across."""
    primary = study.evaluation.primary if study else None
    stratum = primary.stratum if primary else ""
    return stratum.removeprefix(MEAN_OVER) if stratum.startswith(MEAN_OVER) else ""


def _measured(rows: pl.DataFrame, declared: DatasetSection) -> dict[str, Floats]:
    effect = published_effects(rows, declared.effect) if declared.effect else floats(rows, "beta")
    return {"activity" if declared.quantity == "activity" else "effect": effect, "label": floats(rows, "label")}


def _nested_in_batch(rows: pl.DataFrame, batch: Codes, batch_name: str, study: Study | None) -> dict[str, int]:
    """What lies in one batch each, clusters or values of a stratum -> how many."""
    held = rows.select("source_row", "cluster_id").with_columns(batch=batch)
    groups = {_CLUSTERS: held.rename({"cluster_id": "group"})}
    for name in study.evaluation.strata if study else ():
        column = STRATUM_PREFIX + name
        if name == batch_name or not (column in rows.columns or name == "chrom"):
            continue
        several = rows.schema.get(column) == pl.List
        values = rows.get_column(column) if several else stratum_values(name, rows)
        parts = held.with_columns(values.alias("group"))
        groups[name] = (parts.explode("group") if several else parts).drop_nulls("group")
    found = {name: _in_one_batch(part) for name, part in groups.items()}
    return {name: n for name, n in found.items() if n}


def _in_one_batch(rows: pl.DataFrame) -> int:
    """How many groups of two rows or more there are, where nearly all of them lie in one batch beyond chance; or 0."""
    from scipy.special import pdtr

    shares = np.bincount(rows.get_column("batch")) / rows.height
    groups = rows.group_by("group").agg(pl.len().alias("n"), pl.col("batch").n_unique().alias("n_batches"))
    groups = groups.filter(pl.col("n") > 1)
    if groups.is_empty():
        return 0
    spanning = groups.filter(pl.col("n_batches") > 1).height
    alone = (shares[:, None] ** groups.get_column("n").to_numpy()).sum(axis=0)
    # Of many groups few spanning ones are about Poisson; that none spans is a plain product, also of few groups.
    p = float(np.exp(np.log(alone).sum()) if spanning == 0 else pdtr(spanning, (1 - alone).sum()))
    return groups.height if spanning <= SPANNING * groups.height and p < BY_CHANCE else 0


@dataclass(frozen=True)
class _Sums:
    """What a share of variance needs of every unit that is dealt to a batch: rows and sum of centred values."""

    n: Floats
    total: Floats
    whole: float

    def share(self, batch: npt.NDArray[np.int64], n_batches: int) -> float:
        n = np.bincount(batch, self.n, n_batches)
        between = np.bincount(batch, self.total, n_batches) ** 2 / np.where(n > 0, n, 1)
        return float(between.sum()) / self.whole


def by_chance(values: Floats, batch: Codes, clusters: Codes, *, nested: bool, seed: int) -> float:
    """The largest share of variance that batches explain in `DRAWS` tables in which they mean nothing.

    Where clusters lie in one batch each they are dealt to batches whole. Else rows change places within their cluster,
    and those that are alone in theirs among themselves; so that what clusters share is never taken for chance.

    Args:
        values: float64[n].
        batch: int64[n], from 0.
        clusters: int64[n], from 0.
        nested: Whether clusters lie in one batch each.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    if values.size > MOST_ROWS:
        held = np.bincount(clusters)
        order = rng.permutation(held.size)
        kept = np.isin(clusters, order[np.cumsum(held[order]) <= MOST_ROWS])
        values, batch, clusters = values[kept], batch[kept], np.unique(clusters[kept], return_inverse=True)[1]
    n_batches, centred = int(batch.max()) + 1, values - values.mean()
    whole = float(centred @ centred)
    if nested:
        first = np.unique(clusters, return_index=True)[1]
        sizes, totals = (np.bincount(clusters, column).astype(np.float64) for column in (np.ones(values.size), centred))
        sums = _Sums(sizes, totals, whole)
        return max(sums.share(batch[rng.permutation(first)], n_batches) for _ in range(DRAWS))
    alone = np.bincount(clusters)[clusters] == 1
    group = np.where(alone, -1, clusters)
    order = np.argsort(group, kind="stable")
    group, batch = group[order], batch[order]
    sums = _Sums(np.ones(values.size), centred[order], whole)
    shuffled = (batch[np.argsort(group + rng.random(group.size))] for _ in range(DRAWS))
    return max(sums.share(each, n_batches) for each in shuffled)
