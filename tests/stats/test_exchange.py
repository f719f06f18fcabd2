from __future__ import annotations

import numpy as np
import pytest

from refalt.stats.exchange import exchange_inputs, exchange_within_clusters, permute_scores
from refalt.stats.measured import UndefinedError


def test_permute_scores__rows_of_one_input_keep_sharing_its_score() -> None:
    inputs = np.array([2, 0, 0, 1, 2, 1])
    score = np.array([5.0, 7.0, 7.0, 9.0, 5.0, 9.0])
    exchange = exchange_inputs(inputs)
    rng = np.random.default_rng(1)
    deals = {tuple(permute_scores(score, exchange, rng=rng)) for _ in range(200)}
    for dealt in deals:
        assert dealt[0] == dealt[4]
        assert dealt[1] == dealt[2]
        assert sorted({dealt[0], dealt[1], dealt[3]}) == [5, 7, 9]
    assert len(deals) == 6
    assert exchange.n_exchangeable == 3


def test_permute_scores__equal_blocks_move_whole() -> None:
    block = np.repeat([0, 1, 2, 3], 3)
    score = np.arange(12.0)
    exchange = exchange_inputs(np.arange(12), block=block)
    rng = np.random.default_rng(1)
    for _ in range(30):
        dealt = permute_scores(score, exchange, rng=rng).reshape(4, 3)
        assert (np.diff(dealt, axis=1) == 1).all()
        assert sorted(dealt[:, 0]) == [0, 3, 6, 9]
    assert exchange.n_exchangeable == 4


def test_permute_scores__an_unequal_block_is_given_a_stretch_of_one_block_or_goes_round_it() -> None:
    sizes = [2, 5, 3]
    block = np.repeat([0, 1, 2], sizes)
    rng = np.random.default_rng(1)
    exchange = exchange_inputs(np.arange(10), block=block)
    assert not exchange.only_permutes
    starts_in_the_long_one = set()
    for _ in range(200):
        dealt = permute_scores(np.arange(10.0), exchange, rng=rng).astype(int)
        given = [np.unique(block[dealt[block == b]]) for b in range(3)]
        assert all(one.size == 1 for one in given)
        assert sorted(one[0] for one in given) == [0, 1, 2]
        for b, one in enumerate(given):
            own = dealt[block == b]
            length = sizes[one[0]]
            first = block.searchsorted(one[0])
            if length <= sizes[b]:
                assert own.tolist() == [first + i % length for i in range(sizes[b])]
            else:
                assert (np.diff(own) == 1).all()
                if (b, one[0]) == (0, 1):
                    starts_in_the_long_one.add(own[0] - first)
    assert starts_in_the_long_one == {0, 1, 2, 3}


def test_exchange__only_permutes_where_blocks_of_a_stratum_are_of_one_size() -> None:
    assert exchange_inputs(np.arange(6)).only_permutes
    assert exchange_inputs(np.arange(6), block=[0, 0, 1, 1, 2, 2]).only_permutes
    assert exchange_inputs(np.arange(6), block=[0, 0, 1, 1, 2, 3], stratum=[0, 0, 0, 0, 1, 1]).only_permutes
    assert not exchange_inputs(np.arange(6), block=[0, 0, 1, 1, 2, 3]).only_permutes


def test_permute_scores__nothing_leaves_its_stratum_whatever_the_row_order() -> None:
    rng = np.random.default_rng(2)
    stratum = rng.integers(0, 3, size=60)
    exchange = exchange_inputs(np.arange(60), stratum=stratum)
    dealt = permute_scores(np.arange(60.0), exchange, rng=rng)
    np.testing.assert_array_equal(stratum[dealt.astype(int)], stratum)
    assert (dealt != np.arange(60)).mean() > 0.8


def test_permute_scores__blocks_stay_in_their_stratum() -> None:
    block = np.repeat(np.arange(8), 2)
    stratum = np.repeat([1, 0], 8)
    exchange = exchange_inputs(np.arange(16), block=block, stratum=stratum)
    dealt = permute_scores(np.arange(16.0), exchange, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(stratum[dealt.astype(int)], stratum)


def test_exchange_within_clusters__keeps_each_cluster_its_scores() -> None:
    cluster = np.array([0, 1, 0, 1, 0, 1, 2])
    exchange = exchange_within_clusters(cluster)
    dealt = permute_scores(np.arange(7.0), exchange, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(cluster[dealt.astype(int)], cluster)
    assert exchange.n_exchangeable == 6


def test_exchange_inputs__every_order_is_equally_likely() -> None:
    exchange = exchange_inputs(np.arange(3), block=np.array([0, 1, 2]), stratum=np.zeros(3, dtype=int))
    rng = np.random.default_rng(4)
    orders, counts = np.unique([exchange.order(rng) for _ in range(3000)], axis=0, return_counts=True)
    assert len(orders) == 6
    assert (np.abs(counts - 500) < 5 * np.sqrt(500)).all()


def test_exchange_inputs__an_input_in_two_places_has_a_reason() -> None:
    with pytest.raises(UndefinedError, match="an input lies in two blocks"):
        exchange_inputs([0, 0, 1], block=[0, 1, 1])
    with pytest.raises(UndefinedError, match="a block lies in two strata"):
        exchange_inputs([0, 1, 2], block=[0, 0, 1], stratum=[0, 1, 1])
    with pytest.raises(ValueError, match="differ in length"):
        exchange_inputs([0, 1, 2], block=[0, 0])


def test_permute_scores__different_scores_of_one_input_are_refused() -> None:
    with pytest.raises(UndefinedError, match="different scores"):
        permute_scores([1.0, 2.0], exchange_inputs([0, 0]), rng=np.random.default_rng(1))
