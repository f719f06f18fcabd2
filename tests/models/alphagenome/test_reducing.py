"""Reduced as they come against the same numbers made from whole arrays."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.models.alphagenome.reducing import bins_of, reduce_tensor
from refalt.models.alphagenome.requests import Reduction
from refalt.models.alphagenome.troubles import RefusedError, TransientError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ml_dtypes
    from alphagenome import tensor_utils
    from alphagenome.protos import tensor_pb2

WINDOW = 512


def reduced(values: Any, reduction: Reduction, *, per_chunk: int = 0, compression: int = 0, drop: int = 0) -> Any:
    tensor, chunks = tensor_utils.pack_tensor(values, bytes_per_chunk=per_chunk, compression_type=compression)
    left: Iterator[Any] = iter(list(chunks)[: len(chunks) - drop])

    def take() -> Any:
        chunk = next(left, None)
        if chunk is None:
            raise TransientError("ended")
        return chunk

    return reduce_tensor(tensor, take, reduction, window=WINDOW)


@given(
    resolution=st.sampled_from([1, 8, 128]),
    n_tracks=st.integers(1, 5),
    span=st.tuples(st.integers(0, WINDOW - 1), st.integers(1, WINDOW)),
    centre=st.integers(0, WINDOW - 1),
    per_chunk=st.sampled_from([0, 4, 20, 100, 4096]),
    compression=st.sampled_from([0, 1]),
    dtype=st.sampled_from([np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]),
)
def test_reduce_tensor__is_mean_maximum_and_centre_of_the_whole_however_it_is_cut(
    resolution: int,
    n_tracks: int,
    span: tuple[int, int],
    centre: int,
    per_chunk: int,
    compression: int,
    dtype: Any,
) -> None:
    first, end = span[0], min(span[0] + span[1], WINDOW)
    values = np.random.default_rng(resolution + n_tracks).normal(size=(WINDOW // resolution, n_tracks)).astype(dtype)
    wide = values.astype(np.float64)
    counted = wide[first // resolution : -(-end // resolution)]
    found = reduced(values, Reduction(first, end, centre), per_chunk=per_chunk, compression=compression)
    assert found.shape == (3, 1, n_tracks)
    np.testing.assert_allclose(found[0, 0], counted.mean(axis=0), rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(found[1, 0], counted.max(axis=0))
    np.testing.assert_array_equal(found[2, 0], wide[centre // resolution])


def test_reduce_tensor__asks_for_another_attempt_when_values_are_missing() -> None:
    values = np.zeros((WINDOW, 2), np.float32)
    with pytest.raises(TransientError):
        reduced(values, Reduction(0, WINDOW, 0), per_chunk=100, drop=1)


def test_reduce_tensor__refuses_values_that_do_not_run_along_the_window() -> None:
    with pytest.raises(RefusedError, match="500 positions"):
        reduced(np.zeros((500, 2), np.float32), Reduction(0, WINDOW, 0))
    with pytest.raises(RefusedError, match=r"not \[positions, tracks\]"):
        reduced(np.zeros((4, 4, 2), np.float32), Reduction(0, WINDOW, 0))


def test_bins_of__counts_a_bin_that_is_partly_within() -> None:
    bins = bins_of(Reduction(100, 130, 127), window=512, n_bins=4)
    assert (bins.first, bins.end, bins.centre) == (0, 2, 0)
    bins = bins_of(Reduction(128, 256, 128), window=512, n_bins=4)
    assert (bins.first, bins.end, bins.centre) == (1, 2, 1)


def test_reduce_tensor__never_holds_the_whole() -> None:
    import tracemalloc

    values = np.ones((WINDOW, 4096), np.float32)
    tensor, chunks = tensor_utils.pack_tensor(values, bytes_per_chunk=1 << 18)
    left = iter(chunks)
    assert isinstance(next(iter(chunks)), tensor_pb2.TensorChunk)
    tracemalloc.start()
    reduce_tensor(tensor, lambda: next(left), Reduction(0, WINDOW, 5), window=WINDOW)
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert largest < values.nbytes / 4
