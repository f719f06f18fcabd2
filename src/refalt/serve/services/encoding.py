"""Arrays and track metadata as the protocol's messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from alphagenome.protos import tensor_pb2
from alphagenome.protos.v1 import dna_model_pb2

from refalt.errors import unknown_name
from refalt.serve.methods import Message
from refalt.serve.simulation.gene_scores import GeneRow
from refalt.serve.simulation.scene import Variant, Window
from refalt.serve.simulation.tracks import SIMULATED, Biosample, Track

_DTYPES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "bfloat16": tensor_pb2.DATA_TYPE_BFLOAT16,
        "float16": tensor_pb2.DATA_TYPE_FLOAT16,
        "float32": tensor_pb2.DATA_TYPE_FLOAT32,
    }
)
_COMPRESSIONS: Final[Mapping[str, int]] = MappingProxyType(
    {"none": tensor_pb2.COMPRESSION_TYPE_NONE, "zstd": tensor_pb2.COMPRESSION_TYPE_ZSTD}
)
_STRANDS: Final = MappingProxyType(
    {
        "+": dna_model_pb2.STRAND_POSITIVE,
        "-": dna_model_pb2.STRAND_NEGATIVE,
        ".": dna_model_pb2.STRAND_UNSTRANDED,
    }
)


@dataclass(frozen=True)
class TensorFormat:
    """How arrays travel.

    Attributes:
        dtype: "float32", "float16" or "bfloat16"; the latter two round.
        compression: "zstd" or "none", of each chunk on its own.
        chunk_bytes: Bytes of a chunk before compression; 0 puts an array whole into the message that announces it.
    """

    dtype: str = "float32"
    compression: str = "zstd"
    chunk_bytes: int = 1 << 20

    def __post_init__(self) -> None:
        """Refuse names that are not known.

        Raises:
            UserError: no such dtype or compression.
        """
        if self.dtype not in _DTYPES:
            raise unknown_name("tensor dtype", self.dtype, _DTYPES)
        if self.compression not in _COMPRESSIONS:
            raise unknown_name("tensor compression", self.compression, _COMPRESSIONS)

    def encode(self, array: npt.NDArray[np.float32]) -> tuple[Message, list[Message]]:
        """The Tensor message of an array and the TensorChunk messages that follow it, row-major."""
        raw = np.ascontiguousarray(array, dtype=self._numpy_dtype())
        tensor = tensor_pb2.Tensor(shape=raw.shape, data_type=_DTYPES[self.dtype])
        flat = raw.reshape(-1).view(np.uint8).data
        if self.chunk_bytes <= 0:
            tensor.array.CopyFrom(self._chunk(flat))
            return tensor, []
        step = max(self.chunk_bytes // raw.itemsize, 1) * raw.itemsize
        # An empty array is one empty chunk, so that the number of chunks is always given.
        chunks = [self._chunk(flat[begin : begin + step]) for begin in range(0, max(len(flat), 1), step)]
        tensor.chunk_count = len(chunks)
        return tensor, chunks

    def _chunk(self, content: memoryview) -> Message:
        if self.compression == "none":
            return tensor_pb2.TensorChunk(data=bytes(content), compression_type=_COMPRESSIONS["none"])
        import zstandard

        return tensor_pb2.TensorChunk(data=zstandard.compress(content), compression_type=_COMPRESSIONS["zstd"])

    def _numpy_dtype(self) -> np.dtype[Any]:
        if self.dtype != "bfloat16":
            return np.dtype(self.dtype)
        import ml_dtypes

        rounded: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return rounded


def track_message(track: Track) -> Message:
    """The TrackMetadata of a track."""
    return dna_model_pb2.TrackMetadata(
        name=track.name,
        strand=_STRANDS[track.strand],
        **_described(track),
        histone_mark_code=track.mark or None,
        transcription_factor_code=track.factor or None,
        endedness=dna_model_pb2.ENDEDNESS_PAIRED if track.output == "ATAC" else None,
        genetically_modified=False if track.output == "CHIP_TF" else None,
    )


def junction_message(track: Track) -> Message:
    """The JunctionMetadata of a track of splice junctions."""
    return dna_model_pb2.JunctionMetadata(name=track.name, **_described(track))


def gene_message(row: GeneRow) -> Message:
    """The GeneScorerMetadata of a row of scores."""
    start, end = row.junction or (None, None)
    return dna_model_pb2.GeneScorerMetadata(
        gene_id=row.gene.gene_id,
        name=row.gene.name,
        strand=_STRANDS[row.gene.strand],
        type=row.gene.biotype,
        junction_start=start,
        junction_end=end,
    )


def interval_message(window: Window, strand: str = ".") -> Message:
    """The Interval of a window."""
    return dna_model_pb2.Interval(chromosome=window.contig, start=window.start, end=window.end, strand=_STRANDS[strand])


def variant_message(variant: Variant) -> Message:
    """The Variant of a variant."""
    return dna_model_pb2.Variant(
        chromosome=variant.contig,
        position=variant.pos,
        reference_bases=variant.ref,
        alternate_bases=variant.alt,
    )


def ontology_message(curie: str) -> Message:
    """The OntologyTerm of a CURIE such as "EFO:0002067"."""
    ontology, _, number = curie.partition(":")
    return dna_model_pb2.OntologyTerm(
        ontology_type=dna_model_pb2.OntologyType.Value(f"ONTOLOGY_TYPE_{ontology}"), id=int(number)
    )


def _described(track: Track) -> dict[str, Any]:
    """What the metadata of tracks and of junctions share; an absent thing is left out."""
    sample = track.biosample
    described: dict[str, Any] = {"assay": track.assay or None, "data_source": SIMULATED}
    if sample is not None:
        described |= {"ontology_term": ontology_message(sample.curie), "biosample": _biosample_message(sample)}
        # The hosted table says "" of an RNA-seq track that is not GTEx's.
        described["gtex_tissue"] = sample.gtex_tissue if " gtex " in track.name else ""
    return described


def _biosample_message(sample: Biosample) -> Message:
    kind = dna_model_pb2.BiosampleType.Value(f"BIOSAMPLE_TYPE_{sample.kind.upper()}")
    return dna_model_pb2.Biosample(type=kind, name=sample.name, stage=sample.stage)
