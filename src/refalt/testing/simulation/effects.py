"""Planted effects: what a change of letters does to binding, by plain loops over a handful of sites."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.testing.simulation.world import SITES

#: Sites whose letters match within this many are bound at all; each mismatch costs a factor of four.
MOST_MISMATCHES: Final = 3
_OTHER_STRAND: Final = {"A": "T", "C": "G", "G": "C", "T": "A"}
#: Correlation that the `planted` score has with the published effect, in the population.
PLANTED_R: Final = 0.5
#: Share of the variance that rows of one linkage block have in common, in effects and in the planted score.
SHARED: Final = 0.2

Floats = npt.NDArray[np.float64]


def binding(sequence: str) -> float:
    """Log2 of one plus the summed binding of every site, both strands, over the whole sequence."""
    total = 0.0
    for site in SITES.values():
        for wanted in {site, _opposite(site)}:
            for start in range(len(sequence) - len(wanted) + 1):
                mismatches = 0
                for at in range(len(wanted)):
                    if sequence[start + at] != wanted[at]:
                        mismatches += 1
                        if mismatches > MOST_MISMATCHES:
                            break
                if mismatches <= MOST_MISMATCHES:
                    total += 4.0**-mismatches
    return math.log2(1 + 8 * total)


def _opposite(site: str) -> str:
    return "".join(_OTHER_STRAND[letter] for letter in reversed(site))


def binding_change(flanked: str, start: int, ref: str, alt: str) -> float:
    """Binding of ALT minus binding of REF; `start` is the 0-based index of REF in `flanked`."""
    if flanked[start : start + len(ref)] != ref:
        raise ValueError("REF does not stand at its index")
    return binding(flanked[:start] + alt + flanked[start + len(ref) :]) - binding(flanked)


def shared_normal(rng: np.random.Generator, block: npt.NDArray[np.int64], share: float = SHARED) -> Floats:
    """Standard normal values, float64[n], of which rows of one block share the given part of the variance."""
    common = rng.normal(size=int(block.max()) + 1)[block]
    own: Floats = math.sqrt(share) * common + math.sqrt(1 - share) * rng.normal(size=block.size)
    return own


def published_effects(rng: np.random.Generator, change: Floats, block: npt.NDArray[np.int64], *, se: Floats) -> Floats:
    """What a study would publish: the change in binding, something that a block shares, and measurement noise."""
    effect: Floats = change + 0.5 * shared_normal(rng, block) + rng.normal(0, se)
    return effect


def planted_score(
    rng: np.random.Generator, effect: Floats, block: npt.NDArray[np.int64], *, r: float = PLANTED_R
) -> Floats:
    """A score whose correlation with the effect is `r` in the population, its noise shared within blocks."""
    standard = (effect - effect.mean()) / effect.std()
    score: Floats = r * standard + math.sqrt(1 - r * r) * shared_normal(rng, block)
    return score


def draw_arrays(
    rng: np.random.Generator, *, n_blocks: int, per_block: int
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Effect, planted score and block of a study without its genome, for measuring coverage.

    Changes in binding are drawn from a mixture of nothing and something, as in the simulated study; effects are
    standardised by their population moments, so that the correlation planted is that of the population.
    """
    block = np.repeat(np.arange(n_blocks), per_block)
    hit = rng.uniform(size=block.size) < 2 / 3
    change = np.where(hit, rng.normal(size=block.size), 0.0)
    effect = published_effects(rng, change, block, se=np.full(block.size, 0.5))
    spread = math.sqrt(2 / 3 + 0.25 + 0.25)
    score = PLANTED_R * effect / spread + math.sqrt(1 - PLANTED_R**2) * shared_normal(rng, block)
    return effect, score, block
