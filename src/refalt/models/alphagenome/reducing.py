"""Predicted tracks reduced as they come: a whole window is a gigabyte, and a few numbers are kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from alphagenome.protos import tensor_pb2

from refalt.models.alphagenome.requests import Reduction
from refalt.models.alphagenome.tensors import NextChunk, decompressed, item_type, widened
from refalt.models.alphagenome.troubles import RefusedError, TransientError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bins:
    """Which bins of an output a reduction looks at.

    Attributes:
        first: First bin that counts.
        end: Bin after the last one.
        centre: Bin that holds the centre.
        total: Bins of the window.
    """

    first: int
    end: int
    centre: int
    total: int


def bins_of(reduction: Reduction, *, window: int, n_bins: int) -> Bins:
    """The bins a reduction looks at; a bin that is partly within counts whole.

    Args:
        reduction: In bases.
        window: Bases of the window.
        n_bins: Bins it is divided into.
    """
    if n_bins < 1 or window % n_bins:
        raise RefusedError(f"the answer has {n_bins} positions, which do not divide a window of {window} bases")
    width = window // n_bins
    return Bins(reduction.first // width, -(-reduction.end // width), reduction.centre // width, n_bins)


class Reducer:
    """Takes rows of bins in their order and keeps mean, maximum and centre of each track, in float64."""

    def __init__(self, bins: Bins, n_tracks: int) -> None:
        """Begin before the first bin."""
        self._bins, self._at = bins, 0
        self._sum = np.zeros(n_tracks)
        self._max = np.full(n_tracks, -np.inf)
        self._centre = np.full(n_tracks, np.nan)

    def take(self, rows: npt.NDArray[Any]) -> None:
        """Take float[k, tracks], the next k bins."""
        begin, stop = self._at, self._at + len(rows)
        counted = rows[max(self._bins.first - begin, 0) : max(self._bins.end - begin, 0)]
        if len(counted):
            self._sum += counted.sum(axis=0, dtype=np.float64)
            np.maximum(self._max, counted.max(axis=0), out=self._max)
        if begin <= self._bins.centre < stop:
            self._centre = rows[self._bins.centre - begin].astype(np.float64)
        self._at = stop

    def kept(self) -> Floats:
        """float64[3, 1, tracks]: mean, maximum, centre."""
        n = self._bins.end - self._bins.first
        return np.stack([self._sum / n, self._max, self._centre])[:, None, :]


def reduce_tensor(tensor: tensor_pb2.Tensor, next_chunk: NextChunk, reduction: Reduction, *, window: int) -> Floats:
    """Reduce predicted tracks without ever holding them whole.

    Args:
        tensor: Announcement of values [bins, tracks].
        next_chunk: Gives the following chunk.
        reduction: What is kept.
        window: Bases of the window.

    Returns:
        float64[3, 1, tracks].
    """
    if len(tensor.shape) != 2:
        raise RefusedError(f"the answer has shape {tuple(tensor.shape)}, not [positions, tracks]")
    n_bins, n_tracks = tensor.shape
    reducer = Reducer(bins_of(reduction, window=window, n_bins=n_bins), n_tracks)
    dtype = item_type(tensor)
    row_bytes = max(1, n_tracks * dtype.itemsize)
    left, over = n_bins * n_tracks * dtype.itemsize, b""
    for piece in _pieces(tensor, next_chunk):
        content = decompressed(piece, left)
        left -= len(content)
        content = over + content if over else content
        whole = len(content) // row_bytes * row_bytes
        rows = np.frombuffer(content, dtype, whole // dtype.itemsize)
        reducer.take(widened(rows, tensor).reshape(-1, n_tracks))
        over = content[whole:]
    if left or over:
        raise TransientError(f"the answer was cut short: {left + len(over)} bytes did not come")
    return reducer.kept()


def _pieces(tensor: tensor_pb2.Tensor, next_chunk: NextChunk) -> Any:
    if tensor.WhichOneof("payload") == "array":
        return [tensor.array]
    ask: Callable[[int], tensor_pb2.TensorChunk] = lambda _: next_chunk()  # noqa: E731
    return map(ask, range(tensor.chunk_count))
