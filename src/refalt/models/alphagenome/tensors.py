"""Tensors as the service sends them: in one piece or in chunks, plain or zstd, and never more than was announced."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from alphagenome.protos import tensor_pb2

from refalt.models.alphagenome.troubles import RefusedError, TransientError

_BFLOAT16: Final = tensor_pb2.DATA_TYPE_BFLOAT16
_DTYPES: Final[dict[int, str]] = {
    _BFLOAT16: "<u2",
    tensor_pb2.DATA_TYPE_FLOAT16: "<f2",
    tensor_pb2.DATA_TYPE_FLOAT32: "<f4",
    tensor_pb2.DATA_TYPE_FLOAT64: "<f8",
}
NextChunk = Callable[[], tensor_pb2.TensorChunk]


def item_type(tensor: tensor_pb2.Tensor) -> np.dtype[Any]:
    """How one value travels; a bfloat16 travels as the upper half of a float32."""
    if tensor.data_type not in _DTYPES:
        raise RefusedError(f"the answer holds values of a type that scores never have ({tensor.data_type})")
    return np.dtype(_DTYPES[tensor.data_type])


def widened(values: npt.NDArray[Any], tensor: tensor_pb2.Tensor) -> npt.NDArray[Any]:
    """Half-precision values as float32, exactly; others as they are."""
    if tensor.data_type == _BFLOAT16:
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


def read_tensor(tensor: tensor_pb2.Tensor, next_chunk: NextChunk) -> npt.NDArray[Any]:
    """The values, float32 or float64, in the announced shape.

    Args:
        tensor: The announcement, with the content itself or the number of chunks that follow.
        next_chunk: Gives the following chunk; raises TransientError when the stream has ended.

    Raises:
        TransientError: fewer bytes came than were announced.
        RefusedError: more came, or they cannot be read.
    """
    dtype, shape = item_type(tensor), tuple(tensor.shape)
    n_bytes = math.prod(shape) * dtype.itemsize
    if tensor.WhichOneof("payload") == "array":
        content = decompressed(tensor.array, n_bytes)
    else:
        parts: list[bytes] = []
        for _ in range(tensor.chunk_count):
            parts.append(decompressed(next_chunk(), n_bytes - sum(map(len, parts))))
        content = b"".join(parts)
    if len(content) != n_bytes:
        raise TransientError(f"the answer was cut short: {len(content)} of {n_bytes} bytes came")
    return widened(np.frombuffer(content, dtype=dtype), tensor).reshape(shape)


def decompressed(chunk: tensor_pb2.TensorChunk, most: int) -> bytes:
    """A chunk's bytes; at most as many as are still to come, so that a damaged one cannot fill the memory."""
    content: bytes = chunk.data
    if chunk.compression_type == tensor_pb2.COMPRESSION_TYPE_ZSTD:
        import zstandard

        try:
            announced = zstandard.frame_content_size(content)
            if announced > most:
                raise RefusedError(f"the answer holds {announced} bytes where {most} were announced")
            content = zstandard.ZstdDecompressor().decompress(content, max_output_size=max(most, 1))
        except zstandard.ZstdError as error:
            trouble = TransientError(f"a compressed part of the answer cannot be read: {error}")
            raise trouble from None
    if len(content) > most:
        raise RefusedError(f"the answer holds more bytes than were announced ({len(content)}, not {most})")
    return content
