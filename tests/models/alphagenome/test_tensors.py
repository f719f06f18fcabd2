"""Tensors against the official client's own packing and unpacking."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from refalt.models.alphagenome.tensors import read_tensor
from refalt.models.alphagenome.troubles import RefusedError, TransientError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ml_dtypes
    from alphagenome import tensor_utils
    from alphagenome.protos import tensor_pb2

NONE, ZSTD = tensor_pb2.COMPRESSION_TYPE_NONE, tensor_pb2.COMPRESSION_TYPE_ZSTD
DTYPES = [np.dtype(ml_dtypes.bfloat16), np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)]


def following(chunks: list[Any]) -> Any:
    left: Iterator[Any] = iter(chunks)

    def take() -> Any:
        chunk = next(left, None)
        if chunk is None:
            raise TransientError("ended")
        return chunk

    return take


@given(
    dtype=st.sampled_from(DTYPES),
    shape=st.tuples(st.integers(1, 2), st.integers(0, 3), st.integers(1, 40)),
    per_chunk=st.sampled_from([0, 8, 24, 64, 4096]),
    compression=st.sampled_from([NONE, ZSTD]),
    seed=st.integers(0, 100),
)
def test_read_tensor__gives_what_the_official_client_reads_bit_for_bit(
    dtype: Any, shape: tuple[int, ...], per_chunk: int, compression: int, seed: int
) -> None:
    values = (np.random.default_rng(seed).normal(size=shape) * 1e3).astype(dtype)
    tensor, chunks = tensor_utils.pack_tensor(values, bytes_per_chunk=per_chunk, compression_type=compression)
    expected = tensor_utils.upcast_floating(tensor_utils.unpack_proto(tensor, chunks))
    found = read_tensor(tensor, following(list(chunks)))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=["bfloat16", "float16"])
def test_read_tensor__widens_every_half_precision_number_exactly(dtype: Any) -> None:
    every = np.arange(2**16, dtype=np.uint16).view(dtype)
    tensor, _ = tensor_utils.pack_tensor(every)
    expected = tensor_utils.upcast_floating(every)
    np.testing.assert_array_equal(read_tensor(tensor, following([])), expected)


def test_read_tensor__asks_for_another_attempt_when_bytes_are_missing() -> None:
    tensor, chunks = tensor_utils.pack_tensor(np.arange(10, dtype=np.float32), bytes_per_chunk=8)
    with pytest.raises(TransientError, match="ended"):
        read_tensor(tensor, following(list(chunks)[:-1]))
    short = [*list(chunks)[:-1], tensor_pb2.TensorChunk(data=b"1234")]
    with pytest.raises(TransientError, match="36 of 40 bytes"):
        read_tensor(tensor, following(short))


@pytest.mark.parametrize("compression", [NONE, ZSTD])
def test_read_tensor__refuses_more_bytes_than_were_announced(compression: int) -> None:
    tensor, _ = tensor_utils.pack_tensor(np.zeros(2, dtype=np.float32), bytes_per_chunk=8)
    content = b"\0" * 12
    packed = zstandard.compress(content) if compression == ZSTD else content
    with pytest.raises(RefusedError, match="12"):
        read_tensor(tensor, following([tensor_pb2.TensorChunk(data=packed, compression_type=compression)]))


def test_read_tensor__does_not_unpack_a_chunk_that_would_fill_the_memory() -> None:
    tensor, _ = tensor_utils.pack_tensor(np.zeros(2, dtype=np.float32), bytes_per_chunk=8)
    bomb = zstandard.compress(bytes(50_000_000))
    with pytest.raises(RefusedError, match="50000000 bytes where 8"):
        read_tensor(tensor, following([tensor_pb2.TensorChunk(data=bomb, compression_type=ZSTD)]))


def test_read_tensor__asks_for_another_attempt_when_a_chunk_is_damaged() -> None:
    tensor, chunks = tensor_utils.pack_tensor(np.zeros(64, np.float32), bytes_per_chunk=256, compression_type=ZSTD)
    damaged = tensor_pb2.TensorChunk(data=chunks[0].data[:-3], compression_type=ZSTD)
    with pytest.raises(TransientError, match="cannot be read"):
        read_tensor(tensor, following([damaged]))


def test_read_tensor__refuses_values_that_are_no_scores() -> None:
    tensor, _ = tensor_utils.pack_tensor(np.zeros(2, dtype=np.int32))
    with pytest.raises(RefusedError, match="never have"):
        read_tensor(tensor, following([]))
