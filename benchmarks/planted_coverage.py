"""How often the printed interval covers the correlation that the simulation planted, on arrays alone.

    python benchmarks/planted_coverage.py [--seeds 500]

Each seed draws a study like the demo's (linkage blocks with a shared part of the effect, noise with known standard
errors, a score of known population correlation) and makes refalt's cluster interval for it. A nominal 95 % interval
should cover in 93 to 97 % of the seeds.
"""

from __future__ import annotations

import argparse

import numpy as np

from refalt.stats.intervals import cluster_interval
from refalt.stats.metric import METRICS
from refalt.testing.simulation.effects import PLANTED_R, draw_arrays

DESIGNS = ((160, 16), (60, 16), (18, 40))


def main() -> None:
    """Print the coverage of each design."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--resamples", type=int, default=500)
    asked = parser.parse_args()
    print(f"planted r {PLANTED_R}, {asked.seeds} seeds\n{'blocks':>6} {'rows':>6} {'covered':>8}")
    for n_blocks, per_block in DESIGNS:
        covered = sum(_covers(seed, n_blocks, per_block, asked.resamples) for seed in range(asked.seeds))
        print(f"{n_blocks:6} {n_blocks * per_block:6} {covered / asked.seeds:8.1%}")


def _covers(seed: int, n_blocks: int, per_block: int, resamples: int) -> bool:
    effect, score, block = draw_arrays(np.random.default_rng(seed), n_blocks=n_blocks, per_block=per_block)
    rng = np.random.default_rng(seed + 1_000_000)
    found = cluster_interval(METRICS["pearson_r"], effect, score, block, rng=rng, resamples=resamples)
    return bool(found.lower <= PLANTED_R <= found.upper)


if __name__ == "__main__":
    main()
