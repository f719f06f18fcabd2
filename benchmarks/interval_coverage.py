"""Do intervals cover what they say they cover when rows depend on one another?

`python benchmarks/interval_coverage.py [--simulations 500] [--resamples 400] [--metric NAME ...] [--clusters G ...]`

Effect and score share cluster effects, so that each has the intraclass correlation asked for and their population
correlation is known; cluster sizes are unequal (a few hold most rows). Shown are the coverage of the cluster interval,
its Monte-Carlo error, that of the interval that takes rows for independent, and how wide both are. The intended level
is 0.95; the naive interval is there to fail.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np

from refalt.stats.intervals import Interval, cluster_interval, naive_interval
from refalt.stats.metric import METRICS

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


def coverage(
    setting: Setting, truth: float, options: argparse.Namespace, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Coverage and mean width of the cluster interval, then of the naive one."""
    found: list[list[tuple[float, float]]] = [[], []]
    for _ in range(options.simulations):
        cluster = np.repeat(np.arange(setting.n_clusters), cluster_sizes(setting.n_clusters, rng))
        effect, score = simulate(cluster, setting.icc, rng)
        metric, target = METRICS[setting.metric], target_of(setting.metric, effect)
        settings = {"rng": rng, "level": LEVEL, "resamples": options.resamples}
        intervals = (
            cluster_interval(metric, target, score, cluster, **settings),
            naive_interval(metric, target, score, **settings),
        )
        for column, interval in zip(found, intervals, strict=True):
            column.append((covers(interval, truth), interval.upper - interval.lower))
    return [tuple(np.nanmean(np.array(column), axis=0).tolist()) for column in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=500)
    parser.add_argument("--resamples", type=int, default=400)
    parser.add_argument("--metric", nargs="+", default=["pearson_r", "spearman_rho", "auroc"], choices=list(METRICS))
    parser.add_argument("--clusters", nargs="+", type=int, default=[10, 18, 30, 100])
    parser.add_argument("--icc", nargs="+", type=float, default=[0.1, 0.5])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    error = math.sqrt(LEVEL * (1 - LEVEL) / options.simulations)
    print(f"intended {LEVEL}, {options.simulations} simulations (Monte-Carlo error {error:.3f})")
    print(f"{'metric':18}{'G':>5}{'ICC':>6}{'by cluster':>12}{'width':>8}{'naive':>8}{'width':>8}")
    for metric in options.metric:
        truth = true_value(metric, rng)
        for n_clusters in options.clusters:
            for icc in options.icc:
                (covered, width), (naive, narrow) = coverage(Setting(metric, n_clusters, icc), truth, options, rng)
                print(
                    f"{metric:18}{n_clusters:5}{icc:6.1f}{covered:12.3f}{width:8.3f}{naive:8.3f}{narrow:8.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
