from __future__ import annotations

import numpy as np
import pytest

from refalt.stats import counted, kernels
from refalt.stats.counted import Ladder, ladder
from refalt.stats.measured import FloatArray


def clustered_rows(seed: int, *, n: int = 400, n_clusters: int = 23) -> tuple[Ladder, Ladder, Ladder, np.ndarray]:
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, n_clusters, size=n).astype(np.int32)
    score = np.round(rng.normal(size=n), 1)
    target = np.round(0.3 * score + rng.normal(size=n), 1)
    positive = target > 1
    return ladder(target, cluster), ladder(score, cluster), ladder(-score, cluster), positive


def lanes(kind: str, n_clusters: int = 23) -> FloatArray:
    rng = np.random.default_rng(17)
    if kind == "fractions":
        return rng.uniform(size=(n_clusters, 9))
    counts = rng.integers(0, 3, size=(n_clusters, 9)).astype(float)
    if kind == "some empty":
        counts[:, 3] = 0
        counts[1:, 4] = 0
    return counts


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", ["counts", "some empty", "fractions"])
def test_kernels__equal_their_interpreted_versions(seed: int, kind: str) -> None:
    by_target, by_score, descending, positive = clustered_rows(seed)
    counts = lanes(kind)
    ranked = (by_score.cluster, by_score.last, by_target.step[by_score.order], by_target.cluster, by_target.last)
    rising = (by_score.cluster, by_score.last, positive[by_score.order])
    falling = (descending.cluster, descending.last, positive[descending.order])
    for name, columns in (("spearman", ranked), ("auroc", rising), ("auprc", falling)):
        interpreted = getattr(counted, name)(counts, *columns)
        compiled = getattr(kernels, name)(counts, *columns)
        np.testing.assert_allclose(compiled, interpreted, rtol=0, atol=1e-13, err_msg=name)
        assert np.isnan(compiled[3]) == (kind == "some empty")


@pytest.mark.parametrize("n_clusters", [1, 2, 51, 70_000])
def test_kernels__count_draws_like_their_interpreted_version(n_clusters: int) -> None:
    seed = 2**63 + 12_345
    compiled, interpreted = (module.count_draws(seed, n_clusters, 7) for module in (kernels, counted))
    np.testing.assert_array_equal(compiled, interpreted)


def test_kernels__sum_by_cluster_like_their_interpreted_versions() -> None:
    rng = np.random.default_rng(5)
    target, score = np.round(rng.normal(size=(2, 300)), 1)
    cluster = rng.integers(0, 20, size=300).astype(np.int32)
    for name in ("cluster_moments", "cluster_signs"):
        compiled, interpreted = (getattr(module, name)(target, score, cluster, 21) for module in (kernels, counted))
        np.testing.assert_allclose(compiled, interpreted, rtol=0, atol=1e-13, err_msg=name)
