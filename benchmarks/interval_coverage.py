"""Do intervals cover what they say they cover when rows depend on one another?

`python benchmarks/interval_coverage.py [--simulations 1000] [--resamples 400] [--metric NAME ...] [--clusters G ...]
[--processes 1] [--docs]`

Effect and score share cluster effects, so that each has the intraclass correlation asked for and their population
correlation is known; cluster sizes are unequal (a few hold most rows). Shown are the coverage of the cluster interval,
its Monte-Carlo error, that of the interval that takes rows for independent, and how wide both are. The intended level
is 0.95; the naive interval is there to fail. `--docs` writes docs/reference/intervals.md.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from refalt.stats.intervals import BOOTSTRAP_CLUSTERS, MIN_CLUSTERS, Interval, cluster_interval, naive_interval
from refalt.stats.metric import METRICS

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "intervals.md"
LEVEL = 0.95
# Correlation of effect and score, the same between and within clusters.
CORRELATION = 0.3
MEAN_SIZE = 20
# Rows of the sample that stands for the population where the true value has no closed form.
POPULATION_ROWS = 4_000_000


@dataclass(frozen=True)
class Setting:
    """What is simulated."""

    metric: str
    n_clusters: int
    icc: float


def cluster_sizes(n_clusters: int, rng: np.random.Generator) -> np.ndarray:
    """Unequal sizes, log-normal with a spread of about one e-fold, none empty."""
    sizes = rng.lognormal(0, 0.8, size=n_clusters)
    scaled = np.round(sizes * MEAN_SIZE / sizes.mean()).astype(int)
    return np.maximum(scaled, 1)


def simulate(cluster: np.ndarray, icc: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Effects and scores of unit variance, correlated by `CORRELATION` between and within clusters."""

    def pair(n: int) -> tuple[np.ndarray, np.ndarray]:
        first, own = rng.normal(size=(2, n))
        return first, CORRELATION * first + math.sqrt(1 - CORRELATION**2) * own

    between, within = pair(int(cluster.max()) + 1), pair(cluster.size)
    effect, score = (
        math.sqrt(icc) * shared[cluster] + math.sqrt(1 - icc) * own for shared, own in zip(between, within, strict=True)
    )
    return effect, score


def target_of(metric: str, effect: np.ndarray) -> np.ndarray:
    return (effect > 0.5).astype(int) if METRICS[metric].needs == "label" else effect


def true_value(metric: str, rng: np.random.Generator) -> float:
    """The metric in a very large sample of independent rows, which has the same joint distribution."""
    effect, score = simulate(np.arange(POPULATION_ROWS), 0.5, rng)
    return METRICS[metric].function(target_of(metric, effect), score).value


def covers(interval: Interval, truth: float) -> float:
    return float(interval.lower <= truth <= interval.upper) if math.isfinite(interval.lower) else math.nan


@dataclass(frozen=True)
class Line:
    """Coverage, mean width and share of intervals withheld of the cluster interval, then of the naive one."""

    setting: Setting
    by_cluster: tuple[float, float, float]
    naive: tuple[float, float, float]


def measure(setting: Setting, *, truths: dict[str, float], options: argparse.Namespace) -> Line:
    rng = np.random.default_rng([options.seed, *setting.metric.encode(), setting.n_clusters, int(setting.icc * 1000)])
    found: list[list[tuple[float, float]]] = [[], []]
    for index in range(options.simulations):
        cluster = np.repeat(np.arange(setting.n_clusters), cluster_sizes(setting.n_clusters, rng))
        effect, score = simulate(cluster, setting.icc, rng)
        metric, target = METRICS[setting.metric], target_of(setting.metric, effect)
        settings = {"rng": rng, "level": LEVEL, "resamples": options.resamples}
        intervals = [cluster_interval(metric, target, score, cluster, **settings)]
        if index < options.naive:
            intervals.append(naive_interval(metric, target, score, **settings))
        for column, interval in zip(found, intervals, strict=False):
            column.append((covers(interval, truths[setting.metric]), interval.upper - interval.lower))
    return Line(setting, *(summary(np.array(column)) for column in found))


def summary(rounds: np.ndarray) -> tuple[float, float, float]:
    covered, width = np.nanmean(rounds, axis=0).tolist()
    return covered, width, float(np.isnan(rounds[:, 0]).mean())


def page(lines: Iterable[Line], options: argparse.Namespace) -> str:
    rows = "\n".join(
        f"| `{line.setting.metric}` | {line.setting.n_clusters} | {line.setting.icc:.1f} "
        f"| {line.by_cluster[0]:.1%} | {line.by_cluster[1]:.3f} | {line.naive[0]:.1%} | {line.naive[1]:.3f} |"
        for line in lines
    )
    error = math.sqrt(LEVEL * (1 - LEVEL) / options.simulations)
    return f"""# Intervals, and how often they cover

Clusters (LD blocks, loci, inputs), not rows, are the independent units. With {BOOTSTRAP_CLUSTERS} clusters or more the
interval is the percentile bootstrap over clusters. With {MIN_CLUSTERS} to {BOOTSTRAP_CLUSTERS - 1} it is the
delete-one-cluster jackknife on the scale where the metric is closest to normal (Fisher's z for correlations, the logit
for shares and areas), with Student's t on G - 1 degrees of freedom. With fewer than {MIN_CLUSTERS} there is none, and
the table says so.

Of nominal {LEVEL:.0%} intervals, this many held the true value in {options.simulations:,} simulations each
(Monte-Carlo standard error {error:.1%}), the naive interval in {options.naive} of them. Effect and score both have the
intraclass correlation (ICC) given and correlate by {CORRELATION}; clusters hold {MEAN_SIZE} rows in the mean,
log-normally spread so that a few hold most rows. "Naive" is the interval of somebody who takes rows for independent: it
is never printed as a result. Average precision is not symmetric on any of these scales, and its interval is a little
short where clusters are few.

| metric | clusters | ICC | covered | width | naive covered | naive width |
|---|---:|---:|---:|---:|---:|---:|
{rows}

Made by `python benchmarks/interval_coverage.py --simulations {options.simulations} --docs`.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=500)
    parser.add_argument("--naive", type=int, default=250, help="simulations in which the naive interval is made too")
    parser.add_argument("--resamples", type=int, default=400)
    parser.add_argument("--metric", nargs="+", default=list(METRICS), choices=list(METRICS))
    parser.add_argument("--clusters", nargs="+", type=int, default=[10, 18, 30, 60, 100])
    parser.add_argument("--icc", nargs="+", type=float, default=[0.1, 0.5])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--docs", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    truths = {metric: true_value(metric, np.random.default_rng(options.seed)) for metric in options.metric}
    settings = [Setting(m, g, icc) for m in options.metric for g in options.clusters for icc in options.icc]
    error = math.sqrt(LEVEL * (1 - LEVEL) / options.simulations)
    print(f"intended {LEVEL}, {options.simulations} simulations (Monte-Carlo error {error:.3f})")
    print(f"{'metric':18}{'G':>5}{'ICC':>6}{'by cluster':>12}{'width':>8}{'none':>7}{'naive':>8}{'width':>8}")
    lines = []
    with ProcessPoolExecutor(options.processes) as pool:
        for line in pool.map(partial(measure, truths=truths, options=options), settings):
            lines.append(line)
            (covered, width, none), (naive, narrow, _), of = line.by_cluster, line.naive, line.setting
            print(
                f"{of.metric:18}{of.n_clusters:5}{of.icc:6.1f}{covered:12.3f}{width:8.3f}{none:7.3f}"
                f"{naive:8.3f}{narrow:8.3f}",
                flush=True,
            )
    if options.docs:
        PAGE.write_text(page(lines, options), encoding="utf-8")


if __name__ == "__main__":
    main()
