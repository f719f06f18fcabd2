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


@pytest.mark.parametrize("width", [np.uint16, np.int64])
def test_kernels__count_draws_like_their_interpreted_version(width: type) -> None:
    drawn = np.random.default_rng(3).integers(0, 50, size=(7, 50), dtype=width)
    np.testing.assert_array_equal(kernels.count_draws(drawn, 50), counted.count_draws(drawn, 50))
