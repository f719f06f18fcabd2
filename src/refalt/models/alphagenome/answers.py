"""An answer in plain arrays, and how it is kept: a line of JSON that describes it, then the values as they came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from refalt.models.alphagenome.tracks import TrackTable
from refalt.provenance import canonical_json

_LAYOUT: Final = 1


@dataclass(frozen=True, slots=True)
class GeneLine:
    """What one line of a score by gene is about: a gene, or a junction (0-based start, end excluded) of it."""

    gene_id: str
    name: str | None = None
    strand: str | None = None
    biotype: str | None = None
    junction_start: int | None = None
    junction_end: int | None = None

    @property
    def target(self) -> str:
        """How measurements name it: the gene's identifier without its version, with the junction where there is one."""
        gene = self.gene_id.split(".")[0]
        return gene if self.junction_start is None else f"{gene}:{self.junction_start}-{self.junction_end}"


@dataclass(frozen=True, eq=False)
class Part:
    """What one scorer answered, or the reductions of one output.

    Attributes:
        values: float32[planes, lines, tracks]. Of a scorer: the raw score, then its quantile where there is one. Of
            a sequence: mean, maximum and centre (float64).
        table: The tracks.
        lines: Genes; empty when the score has one line a variant.
    """

    values: npt.NDArray[Any]
    table: TrackTable
    lines: tuple[GeneLine, ...] = ()


def pack(parts: Iterable[Part]) -> tuple[bytes, dict[str, bytes]]:
    """The payload of an answer, and the track tables it refers to: name -> content."""
    parts = tuple(parts)
    head = [
        {
            "shape": part.values.shape,
            "dtype": part.values.dtype.str,
            "tracks": part.table.digest,
            "lines": [astuple(line) for line in part.lines],
        }
        for part in parts
    ]
    text = canonical_json({"layout": _LAYOUT, "parts": head}).encode()
    payload = b"\n".join([text, b"".join(part.values.tobytes() for part in parts)])
    return payload, {table_name(part.table.digest): part.table.content for part in parts}


def unpack(payload: bytes, table_of: Callable[[str], TrackTable]) -> tuple[Part, ...]:
    """The answer again; `table_of` finds a track table by its digest."""
    end = payload.index(b"\n")
    at, parts = end + 1, []
    for part in json.loads(payload[:end])["parts"]:
        shape, dtype = tuple(part["shape"]), np.dtype(part["dtype"])
        values = np.frombuffer(payload, dtype, int(np.prod(shape)), at).reshape(shape)
        at += values.nbytes
        parts.append(Part(values, table_of(part["tracks"]), tuple(GeneLine(*line) for line in part["lines"])))
    return tuple(parts)


def table_name(digest: str) -> str:
    """Under which a track table stands on the shelf."""
    return f"tracks/{digest}"
