from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import refalt.testing.simulation.effects as effects
from refalt.stats.intervals import cluster_interval
from refalt.stats.metric import METRICS


def test_binding__counts_both_strands_alike() -> None:
    site = "TTTTATGACTCATTTTT"
    opposite = "AAAAATGAGTCATAAAA"
    assert effects.binding(site) == pytest.approx(effects.binding(opposite))
    assert effects.binding(site) > effects.binding("T" * 17)


def test_binding_change__turns_with_the_alleles() -> None:
    flanked = "TTTTATGACTCATTTTT"
    loss = effects.binding_change(flanked, 6, "G", "C")
    gain = effects.binding_change(flanked[:6] + "C" + flanked[7:], 6, "C", "G")
    assert loss == -gain < 0
    with pytest.raises(ValueError, match="REF does not stand"):
        effects.binding_change(flanked, 6, "A", "C")


def test_effects__share_no_code_with_the_motif_model() -> None:
    for path in Path(effects.__file__).parent.glob("*.py"):
        imported = {
            node.module
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not [name for name in imported if "motif" in name or name.startswith("refalt.stats")]


@pytest.mark.parametrize("seed", range(8))
def test_planted_correlation__lies_within_four_standard_errors(seed: int) -> None:
    effect, score, block = effects.draw_arrays(np.random.default_rng(seed), n_blocks=100, per_block=8)
    found = cluster_interval(METRICS["pearson_r"], effect, score, block, rng=np.random.default_rng(seed), resamples=400)
    assert abs(found.value - effects.PLANTED_R) < 4 * found.standard_error


def test_planted_correlation__is_covered_by_most_of_eight_intervals() -> None:
    covered = 0
    for seed in range(8):
        effect, score, block = effects.draw_arrays(np.random.default_rng(seed), n_blocks=100, per_block=8)
        found = cluster_interval(
            METRICS["pearson_r"], effect, score, block, rng=np.random.default_rng(seed), resamples=400
        )
        covered += found.lower <= effects.PLANTED_R <= found.upper
    assert covered >= 6
