"""How much faster resampling from cluster counts is than copying rows and calling scipy or scikit-learn.

`python benchmarks/stats.py [--rows 107000] [--clusters 1361] [--resamples 1000] [--repeats 5]`

Both ways see the same rows and clusters in one process, in turn; the table shows medians, their ratio, the ratio aimed
at, and the largest difference between the two on the same resamples. The usual way is timed on a few resamples and
multiplied up; the other is timed whole, preparation included.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from refalt.stats.exchange import exchange_inputs
from refalt.stats.metric import METRICS
from refalt.stats.permutation import permutation_null
from refalt.stats.resampling import bootstrap, draw_clusters

TARGETS = {"spearman_rho": 60, "pearson_r": 300, "auroc": 300, "auprc": 40, "sign_concordance": 300}
PERMUTATION_TARGET = 150
MOST_MEMORY_MB = 1000


def usual_concordance(target: np.ndarray, score: np.ndarray) -> float:
    kept = (target != 0) & (score != 0)
    return float(np.mean(np.sign(target[kept]) == np.sign(score[kept])))


USUAL: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "spearman_rho": lambda target, score: stats.spearmanr(target, score).statistic,
    "pearson_r": lambda target, score: stats.pearsonr(target, score).statistic,
    "auroc": roc_auc_score,
    "auprc": average_precision_score,
    "sign_concordance": usual_concordance,
    "calibration_slope": lambda target, score: stats.linregress(score, target).slope,
}


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def simulate(n: int, n_clusters: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects and scores that share cluster effects, rounded as published tables are."""
    cluster = np.sort(np.concatenate([np.arange(n_clusters), rng.integers(0, n_clusters, size=n - n_clusters)]))
    shared = rng.normal(size=n_clusters)[cluster]
    score = np.round(rng.normal(size=n) + shared, 4)
    return np.round(0.3 * score + rng.normal(size=n) + shared, 4), score, cluster


def compare_bootstrap(name: str, options: argparse.Namespace, rng: np.random.Generator) -> tuple[float, float, float]:
    """Seconds per run of the usual way and of refalt, and their largest difference."""
    effect, score, cluster = simulate(options.rows, options.clusters, rng)
    target = (effect > 1).astype(int) if METRICS[name].needs == "label" else effect
    rows = [np.flatnonzero(cluster == group) for group in range(options.clusters)]
    draws = draw_clusters(options.clusters, resamples=options.resamples, rng=rng)
    counts = draws.batch(0)[:, : options.usual]
    drawn = [np.repeat(np.arange(options.clusters), lane.astype(int)) for lane in counts.T]

    def usual() -> list[float]:
        found = []
        for groups in drawn:
            kept = np.concatenate([rows[group] for group in groups])
            found.append(USUAL[name](target[kept], score[kept]))
        return found

    def ours() -> np.ndarray:
        return bootstrap(METRICS[name], target, score, cluster, draws=draws)

    difference = float(np.abs(ours()[: len(drawn)] - np.array(usual())).max())
    return (*interleaved(usual, ours, options), difference)


def compare_permutation(options: argparse.Namespace, rng: np.random.Generator) -> tuple[float, float, float]:
    effect, score, _ = simulate(options.rows, options.clusters, rng)
    exchange = exchange_inputs(np.arange(options.rows))

    def usual() -> list[float]:
        return [stats.spearmanr(effect, rng.permutation(score)).statistic for _ in range(options.usual)]

    def ours() -> np.ndarray:
        return permutation_null(
            METRICS["spearman_rho"], effect, score, exchange, permutations=options.resamples, rng=rng
        )

    usual_spread = 1 / np.sqrt(options.rows - 1)
    return (*interleaved(usual, ours, options), float(abs(ours().std() / usual_spread - 1)))


def interleaved(
    usual: Callable[[], object], ours: Callable[[], object], options: argparse.Namespace
) -> tuple[float, float]:
    times = [(seconds(usual), seconds(ours)) for _ in range(options.repeats)]
    usual_time, our_time = (statistics.median(column) for column in zip(*times, strict=True))
    return usual_time * options.resamples / options.usual, our_time


def peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=107_000)
    parser.add_argument("--clusters", type=int, default=1_361)
    parser.add_argument("--resamples", type=int, default=1_000)
    parser.add_argument("--usual", type=int, default=5, help="resamples timed the usual way")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    print(f"{options.rows} rows, {options.clusters} clusters, {options.resamples} resamples")
    print(f"{'':28}{'usual, s':>10}{'refalt, s':>11}{'ratio':>8}{'aim':>6}  largest difference")
    for name in USUAL:
        usual, ours, difference = compare_bootstrap(name, options, rng)
        aim = TARGETS.get(name, "")
        print(f"bootstrap {name:18}{usual:10.2f}{ours:11.4f}{usual / ours:8.0f}{aim:>6}  {difference:.1e}")
    usual, ours, spread = compare_permutation(options, rng)
    print(f"{'permute spearman_rho':28}{usual:10.2f}{ours:11.4f}{usual / ours:8.0f}{PERMUTATION_TARGET:6}", end="  ")
    print(f"spread off theory by {spread:.1%}")
    print(f"peak memory {peak_memory_mb():.0f} MB (aim: under {MOST_MEMORY_MB})")


if __name__ == "__main__":
    main()
