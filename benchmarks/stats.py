"""How much faster resampling from cluster counts is than copying rows and calling scipy or scikit-learn.

`python benchmarks/stats.py [--rows 107000] [--clusters 1361] [--resamples 1000] [--repeats 5]`

Both ways see the same rows and clusters in one process, in turn; the table shows medians, their ratio, the ratio aimed
at, and the largest difference between the two on the same resamples. The usual way is timed on a few resamples and
multiplied up; the other is timed whole, preparation included. "per core" is the ratio of processor time: what is left
when the machine is busy and a second thread gains nothing.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Timing:
    """Median seconds for all resamples, by the clock and of the processor, and how far the two ways differ."""

    usual: float
    ours: float
    usual_processor: float
    our_processor: float
    difference: float


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def simulate(n: int, n_clusters: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects and scores that share cluster effects, rounded as published tables are."""
    cluster = np.sort(np.concatenate([np.arange(n_clusters), rng.integers(0, n_clusters, size=n - n_clusters)]))
    shared = rng.normal(size=n_clusters)[cluster]
    score = np.round(rng.normal(size=n) + shared, 4)
    return np.round(0.3 * score + rng.normal(size=n) + shared, 4), score, cluster


def compare_bootstrap(name: str, options: argparse.Namespace, rng: np.random.Generator) -> Timing:
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
    return interleaved(usual, ours, options, difference)


def compare_permutation(options: argparse.Namespace, rng: np.random.Generator) -> Timing:
    effect, score, _ = simulate(options.rows, options.clusters, rng)
    exchange = exchange_inputs(np.arange(options.rows))

    def usual() -> list[float]:
        return [stats.spearmanr(effect, rng.permutation(score)).statistic for _ in range(options.usual)]

    def ours() -> np.ndarray:
        return permutation_null(
            METRICS["spearman_rho"], effect, score, exchange, permutations=options.resamples, rng=rng
        )

    usual_spread = 1 / np.sqrt(options.rows - 1)
    return interleaved(usual, ours, options, float(abs(ours().std() / usual_spread - 1)))


def interleaved(
    usual: Callable[[], object], ours: Callable[[], object], options: argparse.Namespace, difference: float
) -> Timing:
    times = [(*seconds(usual), *seconds(ours)) for _ in range(options.repeats)]
    usual_clock, usual_processor, our_clock, our_processor = (
        statistics.median(column) for column in zip(*times, strict=True)
    )
    more = options.resamples / options.usual
    return Timing(usual_clock * more, our_clock, usual_processor * more, our_processor, difference)


def show(name: str, timing: Timing, aim: int | None, what: str) -> None:
    ratio, per_core = timing.usual / timing.ours, timing.usual_processor / timing.our_processor
    print(
        f"{name:28}{timing.usual:10.2f}{timing.ours:11.4f}{ratio:8.0f}{aim or '':>6}{per_core:10.0f}  {what}",
        flush=True,
    )


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
    print(f"{'':28}{'usual, s':>10}{'refalt, s':>11}{'ratio':>8}{'aim':>6}{'per core':>10}")
    for name in USUAL:
        timing = compare_bootstrap(name, options, rng)
        show(f"bootstrap {name}", timing, TARGETS.get(name), f"differ by at most {timing.difference:.1e}")
    timing = compare_permutation(options, rng)
    show("permute spearman_rho", timing, PERMUTATION_TARGET, f"spread {timing.difference:.1%} off theory")
    print(f"peak memory {peak_memory_mb():.0f} MB (aim: under {MOST_MEMORY_MB})")


if __name__ == "__main__":
    main()
